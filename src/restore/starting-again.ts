import { WORKLOAD } from '../names';
import { memberPods, saidBy, type MemberPod } from './database';
import { find, kubectl, list, until } from '../cluster/kubectl';
import { isReady } from '../cluster/settled';
import type { Progress } from './progress';

/** So long a scheduler may take for a pod that has a place: one that has none then waits for a node. */
const PLACE_SECONDS = 60;
/** A primary with strict synchronous replication commits nothing alone. */
const ENOUGH_MEMBERS = 2;

const isFollowing = (pod: MemberPod): boolean =>
  isReady(pod) && (pod.metadata.labels?.role === 'primary' || saidBy(pod).replication_state === 'streaming');

const hasPlace = ({ status }: MemberPod): boolean =>
  (status.conditions ?? []).some(({ type, status: value }) => type === 'PodScheduled' && value === 'True');

/**
 * Waits for the members; not for one that has no node, as after the loss of one: it clones by itself when it gets one.
 * @param placeSeconds so long a member may be without a node
 */
export async function untilMembersFollow(
  members: number,
  seconds: number,
  progress: Progress,
  placeSeconds = PLACE_SECONDS,
): Promise<void> {
  let said = '';
  let lackingSince: number | undefined;
  await until(
    `${members} members ready, replicas following`,
    seconds,
    async () => {
      const pods = await memberPods();
      const state = (pod: MemberPod): string => (hasPlace(pod) ? `${saidBy(pod).state ?? 'starts'}` : 'has no node');
      said = pods.map((pod) => `${pod.metadata.name}: ${state(pod)}`).join(', ');
      const following = pods.filter(isFollowing).length;
      if (following === members) return true;
      const lacking = members - pods.filter(hasPlace).length;
      const isEnough = lacking > 0 && following >= ENOUGH_MEMBERS && following === members - lacking;
      lackingSince = isEnough ? (lackingSince ?? Date.now()) : undefined;
      if (lackingSince === undefined || Date.now() - lackingSince < placeSeconds * 1000) return undefined;
      progress.note(
        `${following} of ${members} members: there is no node for the others (${said}); they follow when there is`,
      );
      return true;
    },
    () => said,
  );
}

interface Deployment {
  readonly spec: { readonly replicas?: number };
  readonly status?: { readonly readyReplicas?: number };
}

/**
 * Passwords, roles and settings may be younger than what was restored: the reconciler sets them at its start, and is ready then.
 * Its earlier pod is not waited for: on a lost node it stays.
 */
export async function untilReconciled(seconds: number): Promise<void> {
  const selector = `app.kubernetes.io/name=${WORKLOAD.postgresReconciler}`;
  const pods = (): Promise<readonly MemberPod[]> => list<MemberPod>('pods', selector);
  const earlier = new Set((await pods()).map(({ metadata }) => metadata.uid));
  await kubectl(['delete', 'pod', `--selector=${selector}`, '--wait=false']);
  await until('a new pod of the reconciler ready', seconds, async () =>
    (await pods()).some((pod) => isReady(pod) && !earlier.has(pod.metadata.uid)) ? true : undefined,
  );
}

/** One that is ready is enough to go on: backups must not wait until there is room for all of them. */
export async function startSimulators(replicas: number, seconds: number): Promise<void> {
  await kubectl(['scale', 'deployment', WORKLOAD.simulator, `--replicas=${replicas}`]);
  await until('a simulator ready', seconds, async () => {
    const found = await find<Deployment>('deployment', WORKLOAD.simulator);
    return (found?.status?.readyReplicas ?? 0) > 0 ? true : undefined;
  });
}
