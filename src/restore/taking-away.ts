import { CLUSTER_LABEL } from '../constructs/postgres-cluster';
import { WORKLOAD } from '../names';
import { memberPods } from './database';
import { kubectl, list, until } from '../kubectl';

interface Named {
  readonly metadata: { readonly name: string };
}
interface Job extends Named {
  readonly status?: { readonly active?: number };
}

const POD_SECONDS = 180;
const DELETION = { timeoutSeconds: 180 };
const BACKUP_JOBS = [WORKLOAD.backupFull, WORKLOAD.backupIncr, WORKLOAD.restoreDrill];
const nameIs = (workload: string): string => `app.kubernetes.io/name=${workload}`;

/** No backup begins while there is no database, and none that runs expires what is being restored. */
export async function suspendBackups(suspended: boolean): Promise<void> {
  const patch = JSON.stringify({ spec: { suspend: suspended } });
  for (const name of BACKUP_JOBS) {
    await kubectl(['patch', 'cronjob', name, '--type=merge', `--patch=${patch}`]);
    if (!suspended) continue;
    const active = (await list<Job>('jobs', nameIs(name))).filter(({ status }) => (status?.active ?? 0) > 0);
    for (const { metadata } of active) await kubectl(['delete', 'job', metadata.name, '--wait=true'], DELETION);
  }
}

/** The autoscaler leaves a Deployment with no replicas alone. */
export async function stopSimulators(): Promise<void> {
  await kubectl(['scale', 'deployment', WORKLOAD.simulator, '--replicas=0']);
  await until('simulators stopped', POD_SECONDS, async () =>
    (await list('pods', nameIs(WORKLOAD.simulator))).length === 0 ? true : undefined,
  );
}

export async function stopMembers(): Promise<void> {
  await kubectl(['scale', 'statefulset', WORKLOAD.postgres, '--replicas=0']);
  let left = '';
  await until(
    'members stopped; the pod of a node that is lost for good is deleted by hand with --force',
    POD_SECONDS,
    async () => {
      const pods = await memberPods();
      left = pods.map(({ metadata }) => metadata.name).join(', ');
      return pods.length === 0 ? true : undefined;
    },
    () => `still there: ${left}`,
  );
}

/** The members' volumes: this is what can't be undone. */
export async function deleteVolumes(): Promise<readonly string[]> {
  const claims = (await list<Named>('persistentvolumeclaims', nameIs(WORKLOAD.postgres))).map(
    ({ metadata }) => metadata.name,
  );
  if (claims.length > 0) {
    await kubectl(['delete', 'persistentvolumeclaim', ...claims, '--ignore-not-found', '--wait=true'], DELETION);
  }
  return claims;
}

/** Leader lock, history and settings of the old cluster: with them the new one would wait for the old leader for ever. */
export async function deletePatroniState(): Promise<void> {
  await kubectl(['delete', 'configmap', `--selector=${CLUSTER_LABEL}=${WORKLOAD.postgres}`]);
}
