import { WORKLOAD } from '../names';
import { memberPods, primaryMember, systemIdentifier, trySql } from './database';
import { until } from '../cluster/kubectl';
import { isReady } from '../cluster/settled';
import type { Target } from './options';
import type { Progress } from './progress';
import { readStanza } from './repository';

const ARCHIVE_SECONDS = 120;
/** So long a member still counts as ready that has lost its server or its node. */
const READY_SECONDS = 60;
const STOP = `kubectl -n edtech scale statefulset ${WORKLOAD.postgres} --replicas=0`;

/** Has a primary that still runs archive all that it has committed. @returns the segment that holds the last of it */
async function archive(primary: string): Promise<string> {
  // Recovery to an instant ends at the first commit after it, so there has to be one, also for an instant just now.
  const rows = await trySql(primary, 'select pg_current_xact_id(); select pg_walfile_name(pg_switch_wal());');
  const segment = rows?.[1];
  if (segment === undefined) throw new Error(`${primary} does not begin a new segment`);
  const archived =
    "select coalesce(max(last_archived_wal), '') >= '" +
    `${segment}' from pg_stat_archiver where last_archived_wal ~ '^[0-9A-F]{24}$';`;
  await until(`segment ${segment} of ${primary} archived`, ARCHIVE_SECONDS, async () =>
    (await trySql(primary, archived))?.[0] === 't' ? true : undefined,
  );
  return segment;
}

/**
 * The primary, or undefined where no member can have what the archive lacks.
 * @param seconds that a member may be ready and no primary answer
 * @throws Error where a member is ready all the same: a replica without a primary, or a primary that this machine can't ask
 */
export async function primaryOrNone(seconds = READY_SECONDS): Promise<string | undefined> {
  let ready: readonly string[] = [];
  const ask = async (): Promise<{ readonly primary?: string } | undefined> => {
    const primary = await primaryMember();
    ready = (await memberPods()).filter(isReady).map(({ metadata }) => metadata.name);
    return primary === undefined && ready.length > 0 ? undefined : { primary };
  };
  try {
    return (await until('a primary', seconds, ask)).primary;
  } catch (error) {
    if (ready.length === 0) throw error;
    throw new Error(
      `no primary answers, but ${ready.join(', ')} ${ready.length > 1 ? 'are' : 'is'} ready: commits that are not archived yet would be lost. ` +
        `Have one take over (patronictl list, patronictl failover), or stop it first to give them up (${STOP})`,
    );
  }
}

/**
 * A primary that still runs may hold commits that are in no segment of the archive yet.
 * @returns whether the database that runs, or ran, is the one of the repository; on a new site an empty one waits to be replaced
 * @throws Error where its latest commits are wanted and can't be archived
 */
export async function archiveTheRest(target: Target, progress: Progress): Promise<boolean> {
  const primary = target === 'latest' ? await primaryOrNone() : await primaryMember();
  if (primary === undefined) {
    progress.note('no primary answers: what it had not archived is lost');
    return true;
  }
  const { systemIdentifiers } = await readStanza();
  const identifier = await systemIdentifier(primary);
  if (!systemIdentifiers.includes(identifier)) {
    progress.note(`${primary} holds another database (${identifier}) than the repository: it is replaced`);
    return false;
  }
  try {
    progress.note(`${primary} has archived ${await archive(primary)}`);
  } catch (error) {
    const { message } = error as Error;
    if (target === 'latest') {
      throw new Error(
        `${message}: its latest commits would be lost. Repair the archive, or give them up with --to, ` +
          `or stop the primary first (${STOP})`,
      );
    }
    progress.note(`${message}: only what is archived already can be reached`);
  }
  return true;
}
