import { WORKLOAD } from '../names';
import { isReady, memberPods, primaryMember, saidBy, systemIdentifier, trySql } from './database';
import { find, kubectl, tryKubectl, until } from '../kubectl';
import type { Progress } from './progress';
import { shortOf } from './reachable';
import type { Stanza } from './repository';

/** Bootstraps that may fail before it is no use to wait on: one can be the node's fault. */
const ATTEMPTS = 3;
const REASON = / (FATAL|PANIC|ERROR): |bootstrap: refused/;

/** Why the bootstrap of a member failed, in its own words. */
async function failure(member: string): Promise<string> {
  const { stdout } = await tryKubectl(['logs', member, '--container=postgres', '--previous', '--tail=200']);
  const lines = stdout.split('\n').filter((line) => REASON.test(line) && !line.includes('starting up'));
  return lines.slice(-3).join(' | ') || 'its log names no reason';
}

/** Starts the members, of which one restores. @returns the primary when it accepts writes */
export async function restorePrimary(members: number, seconds: number, progress: Progress): Promise<string> {
  await kubectl(['scale', 'statefulset', WORKLOAD.postgres, `--replicas=${members}`]);
  let said = '';
  return until(
    'a primary',
    seconds,
    async () => {
      const primary = await primaryMember();
      const pods = await memberPods();
      const leader = pods.find(({ metadata }) => metadata.labels?.role === 'primary');
      if (primary !== undefined && leader?.metadata.name === primary) return primary;
      const now = pods.map((pod) => `${pod.metadata.name}: ${saidBy(pod).state ?? 'starts'}`).join(', ');
      if (now !== said) progress.note((said = now));
      const restarts = (pod: (typeof pods)[number]): number =>
        pod.status.containerStatuses?.find(({ name }) => name === 'postgres')?.restartCount ?? 0;
      const failing = pods.find((pod) => restarts(pod) >= ATTEMPTS);
      if (failing !== undefined) {
        throw new Error(
          `${failing.metadata.name} could not restore ${restarts(failing)} times: ${await failure(failing.metadata.name)}. ` +
            'The repository is untouched: call again with another target',
        );
      }
      return undefined;
    },
    () => said,
  );
}

/** The new cluster is not what the repository holds: it has to go again. */
export class NotRestored extends Error {}

/** @throws NotRestored if the new cluster is not a continuation of what the repository holds */
export async function checkOrigin(primary: string, { systemIdentifiers }: Stanza): Promise<void> {
  const identifier = await systemIdentifier(primary);
  if (!systemIdentifiers.includes(identifier)) {
    throw new NotRestored(
      `${primary} began an empty database (${identifier}) instead of restoring ${systemIdentifiers.join(', ')}: ` +
        'call again with the same target',
    );
  }
}

export interface Reached {
  /** Last commit that is in the restored database, as an instant. */
  readonly at: string;
  readonly timeline: number;
}

/** How far the restore went. The last replayed commit is known until the server's next restart. */
export async function reachedBy(primary: string): Promise<Reached> {
  const [row] =
    (await trySql(
      primary,
      'select to_char(pg_last_xact_replay_timestamp() at time zone \'UTC\', \'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"\'), ' +
        'substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8);',
    )) ?? [];
  if (row === undefined) throw new Error(`${primary} does not say how far it was restored`);
  const [at, timeline] = row.split('|');
  return { at, timeline: Number.parseInt(timeline, 16) };
}

/** @throws NotRestored if not everything that is archived was read */
export async function checkReached(primary: string, segment: string): Promise<void> {
  const last = 'tail -n 1 "$(ls /pgdata/pg17/pg_wal/*.history | sort | tail -n 1)"';
  const history = await kubectl(['exec', primary, '--container=postgres', '--', 'sh', '-c', last]);
  const problem = shortOf(history.trim(), segment);
  if (problem !== undefined) throw new NotRestored(`${problem}: it could not be read. The repository is untouched`);
}

export async function untilMembersFollow(members: number, seconds: number): Promise<void> {
  let said = '';
  await until(
    `${members} members ready, replicas following`,
    seconds,
    async () => {
      const pods = await memberPods();
      said = pods.map((pod) => `${pod.metadata.name}: ${saidBy(pod).state ?? 'starts'}`).join(', ');
      const following = pods.filter(
        (pod) =>
          isReady(pod) && (pod.metadata.labels?.role === 'primary' || saidBy(pod).replication_state === 'streaming'),
      );
      return following.length === members ? true : undefined;
    },
    () => said,
  );
}

interface Deployment {
  readonly spec: { readonly replicas?: number };
  readonly status?: { readonly readyReplicas?: number };
}

/** Passwords, roles and settings may be younger than what was restored: the reconciler sets them at its start. */
export async function untilReconciled(seconds: number): Promise<void> {
  await kubectl(['delete', 'pod', `--selector=app.kubernetes.io/name=${WORKLOAD.postgresReconciler}`, '--wait=true']);
  await kubectl(['rollout', 'status', 'deployment', WORKLOAD.postgresReconciler, `--timeout=${seconds}s`], {
    timeoutSeconds: seconds + 10,
  });
}

export async function startSimulators(replicas: number, seconds: number): Promise<void> {
  await kubectl(['scale', 'deployment', WORKLOAD.simulator, `--replicas=${replicas}`]);
  await until('simulators ready', seconds, async () => {
    const found = await find<Deployment>('deployment', WORKLOAD.simulator);
    return (found?.status?.readyReplicas ?? 0) >= replicas ? true : undefined;
  });
}
