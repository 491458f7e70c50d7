import { WORKLOAD } from '../names';
import { DATA_DIRECTORY } from '../constructs/postgres-cluster';
import { memberPods, primaryMember, saidBy, systemIdentifier, trySql, type MemberPod } from './database';
import { kubectl, tryKubectl, until } from '../cluster/kubectl';
import type { Progress } from './progress';
import { shortOf } from './reachable';
import type { Stanza } from './repository';
import type { Request } from './request';
import { historyFile } from './timelines';

/** Bootstraps that may fail before it is no use to wait on: one can be the node's fault. */
const ATTEMPTS = 3;
const REASON = / (FATAL|PANIC|ERROR): |bootstrap: refused/;
/** No attempt gets further: there is no commit after the target. */
const FINAL = /recovery ended before configured recovery target was reached|bootstrap: refused/;
/** The simulators commit every second, and Airflow every few. */
export const IDLE_SECONDS = 600;

/** Why the bootstrap of a member failed, in its own words. */
async function failure(member: string): Promise<string> {
  const { stdout } = await tryKubectl(['logs', member, '--container=postgres', '--previous', '--tail=200']);
  const lines = stdout.split('\n').filter((line) => REASON.test(line) && !line.includes('starting up'));
  return lines.slice(-3).join(' | ') || 'its log names no reason';
}

const restartsOf = ({ status }: MemberPod): number =>
  status.containerStatuses?.find(({ name }) => name === 'postgres')?.restartCount ?? 0;

/**
 * @param before restarts of each member when this call began: what an earlier one has tried in vain may have been repaired
 * @throws Error where trying once more is of no use
 */
async function checkAttempts(pods: readonly MemberPod[], before: ReadonlyMap<string, number>): Promise<void> {
  for (const pod of pods) {
    const { name } = pod.metadata;
    const restarts = restartsOf(pod) - (before.get(name) ?? 0);
    if (restarts <= 0) continue;
    const why = await failure(name);
    if (restarts < ATTEMPTS && !FINAL.test(why)) continue;
    throw new Error(
      `${name} could not restore ${restarts} times: ${why}. The repository is untouched: ` +
        'the same call tries again when the cause is repaired, another target, --timeline or --backup begins anew',
    );
  }
}

/** Starts the members, of which one restores. @returns the primary when it accepts writes */
export async function restorePrimary(members: number, seconds: number, progress: Progress): Promise<string> {
  const before = new Map((await memberPods()).map((pod) => [pod.metadata.name, restartsOf(pod)]));
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
      await checkAttempts(pods, before);
      return undefined;
    },
    () => `${said}. Where none of them restores, --anew takes them away once more`,
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

/** @throws NotRestored if the way that was asked for was not followed, or not to its end */
export async function checkReached(primary: string, { timeline: own, at }: Reached, request: Request): Promise<void> {
  const { timeline, newestSegment, target } = request;
  const file = `${DATA_DIRECTORY}/pg_wal/${historyFile(own)}`;
  const history = await kubectl(['exec', primary, '--container=postgres', '--', 'cat', file]);
  const problem = shortOf(history, timeline, newestSegment);
  if (problem !== undefined) {
    throw new NotRestored(
      `${problem}: it could not be read. The repository is untouched: the same call tries again when the cause is repaired; ` +
        `--to with a time before ${at || 'that'} gives up what follows`,
    );
  }
  if (target === 'latest' || at === '') return;
  const idle = Math.round((Date.parse(target) - Date.parse(at)) / 1000);
  if (idle <= IDLE_SECONDS) return;
  throw new NotRestored(
    `the last commit on timeline ${timeline} before ${target} is of ${at}, ${idle} s earlier: nothing was written in between, ` +
      'or it is on another timeline. --timeline follows another one; --to with a time just after that commit takes what there is',
  );
}
