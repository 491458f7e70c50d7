import { find, heldContext } from './kubectl';
import { NAMESPACE, RESTORE_REQUEST, WORKLOAD } from '../names';

/** The database's StatefulSet, as far as it says what a cluster runs. */
export interface Database {
  readonly metadata: {
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
}

/** The cluster runs something that a call must not touch: nothing is done to it. */
export class NotThisCluster extends Error {}

/**
 * A cluster runs one environment: objects of two have the same names, and selectors of the one match no pod of the other.
 * @returns the database of the cluster, or undefined where nothing is applied yet
 * @throws NotThisCluster where it is of another environment than was named
 */
export async function runningDatabase(environment: string): Promise<Database | undefined> {
  const database = await find<Database>('statefulset', WORKLOAD.postgres);
  const instance = database?.metadata.labels?.['app.kubernetes.io/instance'];
  if (database === undefined || instance === environment) return database;
  const context = (await heldContext()) ?? 'none';
  throw new NotThisCluster(
    `--env is ${environment}, but the cluster of the current context (${context}) runs ${instance ?? 'an unnamed environment'}, ` +
      'which is left alone. A cluster runs one environment',
  );
}

/**
 * Before anything is applied, and before it is written.
 * @throws NotThisCluster where another environment runs, or a restore is under way: an apply would start the members that it has stopped
 */
export async function checkApplicable(environment: string): Promise<void> {
  await runningDatabase(environment);
  if ((await find('configmap', RESTORE_REQUEST)) === undefined) return;
  throw new NotThisCluster(
    `a restore is under way (ConfigMap ${RESTORE_REQUEST} in namespace ${NAMESPACE}): nothing is applied until it has ended. End it by the call that began it, then call this again to go on`,
  );
}
