import { NAMESPACE, WORKLOAD } from '../names';
import { primaryMember, systemIdentifier, trySql } from './database';
import { find, until } from '../kubectl';
import { InvalidCall, targetText, type RestoreOptions } from './options';
import type { Progress } from './progress';
import { newestArchived, readStanza, type Stanza } from './repository';
import { outOfReach, reachable } from './reachable';

const ARCHIVE_SECONDS = 120;

interface Labelled {
  readonly metadata: { readonly labels?: Readonly<Record<string, string>> };
}

/** @throws InvalidCall unless the cluster of the current context runs the environment that was named */
export async function checkEnvironment(environment: string): Promise<void> {
  const set = await find<Labelled>('statefulset', WORKLOAD.postgres);
  if (set === undefined) {
    throw new InvalidCall([
      `there is no StatefulSet ${WORKLOAD.postgres} in namespace ${NAMESPACE}: apply the platform first`,
    ]);
  }
  const instance = set.metadata.labels?.['app.kubernetes.io/instance'];
  if (instance !== environment) {
    throw new InvalidCall([`--env is ${environment}, but the cluster of the current context runs ${instance}`]);
  }
}

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
 * A primary that still runs may hold commits that are in no segment of the archive yet.
 * @returns whether the database that runs, or ran, is the one of the repository; on a new site an empty one waits to be replaced
 * @throws Error where its latest commits are wanted and can't be archived
 */
export async function archiveTheRest({ target }: RestoreOptions, progress: Progress): Promise<boolean> {
  const primary = await primaryMember();
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
          `or stop the primary first (kubectl scale statefulset ${WORKLOAD.postgres} --replicas=0)`,
      );
    }
    progress.note(`${message}: only what is archived already can be reached`);
  }
  return true;
}

/** What the repository holds, if the target is within it. @throws InvalidCall otherwise, with what is reachable */
export async function checkTarget({ target }: RestoreOptions, progress: Progress): Promise<Stanza> {
  const stanza = await readStanza();
  const found = reachable(stanza.info, await newestArchived(stanza.info));
  const problem = outOfReach(target, found, stanza.info);
  if (problem !== undefined) throw new InvalidCall([problem]);
  progress.note(`target ${targetText(target)}; archived until ${found!.to.toISOString()}`);
  return stanza;
}
