import { CLUSTER_LABEL } from '../constructs/postgres-cluster';
import { WORKLOAD } from '../names';
import { memberPods, type MemberPod } from './database';
import { kubectl, list, until } from '../cluster/kubectl';
import { hasEnded, isOver, type Conditioned } from '../cluster/settled';

interface Named {
  readonly metadata: { readonly name: string };
}
type Job = Named & Conditioned;

const POD_SECONDS = 180;
const DELETION = { timeoutSeconds: 180 };
const BACKUP_JOBS = [WORKLOAD.backupFull, WORKLOAD.backupIncr, WORKLOAD.restoreDrill];
const nameIs = (workload: string): string => `app.kubernetes.io/name=${workload}`;

/** No backup begins while there is no database, and none that has begun expires what is being restored. */
export async function suspendBackups(suspended: boolean): Promise<void> {
  const patch = JSON.stringify({ spec: { suspend: suspended } });
  for (const name of BACKUP_JOBS) {
    await kubectl(['patch', 'cronjob', name, '--type=merge', `--patch=${patch}`]);
    if (!suspended) continue;
    const begun = (await list<Job>('jobs', nameIs(name))).filter((job) => !isOver(job));
    for (const { metadata } of begun) {
      await kubectl(['delete', 'job', metadata.name, '--ignore-not-found', '--wait=true'], DELETION);
    }
  }
}

async function untilStopped(what: string, seconds: number, ask: () => Promise<readonly MemberPod[]>): Promise<void> {
  let left = '';
  await until(
    `${what} stopped; the pod of a node that is lost for good is deleted by hand with --force`,
    seconds,
    async () => {
      const pods = await ask();
      left = pods.map(({ metadata }) => metadata.name).join(', ');
      return pods.length === 0 ? true : undefined;
    },
    () => `still there: ${left}`,
  );
}

/** The autoscaler leaves a Deployment with no replicas alone. Its pods that have ended stay, as those that were evicted. */
export async function stopSimulators(seconds = POD_SECONDS): Promise<void> {
  await kubectl(['scale', 'deployment', WORKLOAD.simulator, '--replicas=0']);
  await untilStopped('simulators', seconds, async () =>
    (await list<MemberPod>('pods', nameIs(WORKLOAD.simulator))).filter((pod) => !hasEnded(pod)),
  );
}

export async function stopMembers(): Promise<void> {
  await kubectl(['scale', 'statefulset', WORKLOAD.postgres, '--replicas=0']);
  await untilStopped('members', POD_SECONDS, memberPods);
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
