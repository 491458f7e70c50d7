import { STANZA, WORKLOAD } from '../../../src/names';
import { gapsOf } from './archive-way';
import { inPod, kubectl } from './cluster';
import { eventually } from '../../support/eventually';
import { sql } from './members';

const HOST = `${WORKLOAD.backupRepository}-0`;

/** A backup as the database has it. */
export interface Recorded {
  readonly label: string;
  readonly kind: string;
  readonly seconds: number;
  readonly databaseMiB: number;
  readonly repositoryMiB: number;
}

/** Runs pgBackRest on the repository host. */
export const pgbackrest = (args: readonly string[], timeoutSeconds = 300): Promise<string> =>
  inPod(HOST, 'repository', ['pgbackrest', `--stanza=${STANZA}`, ...args], { timeoutSeconds });

/** Code of the stanza's state: 0 well, 1 none, 2 no backup yet. */
export async function stanzaCode(): Promise<number> {
  const answer = await pgbackrest(['--output=json', '--log-level-console=error', 'info']);
  return (JSON.parse(answer) as { status: { code: number } }[])[0].status.code;
}

/**
 * Segments in a listing of the repository's archive, as text.
 * @throws Error when there is none: nothing would have a gap
 */
export function segmentsIn(listing: string): string[] {
  const names = [...listing.matchAll(/^.*\/([0-9A-F]{24})-[0-9a-f]{40}/gm)].map(([, name]) => name);
  if (names.length === 0)
    throw new Error(`no WAL segment in the listing of the archive: "${listing.trim().slice(0, 500)}"`);
  return names;
}

/** History files in such a listing, by timeline in ascending order, each with its path in it. */
export const historiesIn = (listing: string): { readonly timeline: number; readonly file: string }[] =>
  [...listing.matchAll(/^(.*\/([0-9A-F]{8})\.history)\s*$/gm)]
    .map(([, file, timeline]) => ({ timeline: parseInt(timeline, 16), file }))
    .sort((a, b) => a.timeline - b.timeline);

/**
 * What a restore to the newest timeline lacks in the archive that a repository holds now.
 * @param ask runs pgBackRest with these arguments where the repository is and returns its output @default on the repository host
 */
export async function archiveGaps(ask: (args: readonly string[]) => Promise<string> = pgbackrest): Promise<string[]> {
  const archive = `archive/${STANZA}`;
  const quiet = '--log-level-console=error';
  const listing = await ask(['--output=text', quiet, '--recurse', 'repo-ls', archive]);
  const histories = historiesIn(listing);
  const last = histories.at(-1);
  const newest = last === undefined ? undefined : await ask([quiet, 'repo-get', `${archive}/${last.file}`]);
  return gapsOf(segmentsIn(listing), { timelines: histories.map(({ timeline }) => timeline), newest });
}

/** Segments that the repository holds, and what is wrong with any of them or with a backup, as `verify` says. */
export async function verifyRepository(): Promise<{ readonly segments: number; readonly problems: string[] }> {
  const text = await pgbackrest(['--verbose', '--output=text', '--log-level-console=warn', 'verify'], 600);
  const segments = [...text.matchAll(/total WAL checked: (\d+)/g)].reduce((sum, [, count]) => sum + Number(count), 0);
  // Counts of what is not well stand behind names such as "missing" or "checksum invalid".
  const problems = [...text.matchAll(/(missing|checksum invalid|size invalid|other): (\d+)/g)]
    .filter(([, , count]) => count !== '0')
    .map(([line]) => line);
  return { segments, problems: [...problems, ...[...text.matchAll(/(WARN|ERROR).*/g)].map(([line]) => line)] };
}

/** What the archived WAL takes in the repository. */
export async function archiveMiB(): Promise<number> {
  const text = await inPod(HOST, 'repository', ['du', '-sk', `/backup/repository/archive/${STANZA}`]);
  return Number.parseInt(text, 10) / 1024;
}

/** Starts a Job from the CronJob of a kind of backup, as a person would. */
export async function startBackup(kind: 'full' | 'incr', name: string): Promise<void> {
  const cronJob = kind === 'full' ? WORKLOAD.backupFull : WORKLOAD.backupIncr;
  await kubectl(['create', 'job', name, `--from=cronjob/${cronJob}`]);
}

export async function recordedBackups(primary: string): Promise<Recorded[]> {
  const rows = await sql(
    primary,
    `select label, kind, extract(epoch from stopped_at - started_at), database_bytes / 1048576.0, repository_bytes / 1048576.0
     from ops.backups order by stopped_at;`,
  );
  return rows.map((row) => {
    const [label, kind, ...numbers] = row.split('|');
    const [seconds, database, repository] = numbers.map(Number);
    return { label, kind, seconds, databaseMiB: Math.round(database), repositoryMiB: Math.round(repository * 10) / 10 };
  });
}

export interface Archiver {
  readonly archived: number;
  readonly failed: number;
  readonly ageSeconds: number;
  /** Segments that are complete and not archived. */
  readonly waiting: number;
}

/** What the archiver of a member has done. */
export async function archiver(member: string): Promise<Archiver> {
  const [row] = await sql(
    member,
    `select archived_count, failed_count, coalesce(extract(epoch from clock_timestamp() - last_archived_time), -1),
       (select count(*) from pg_ls_archive_statusdir() where name like '%.ready') from pg_stat_archiver;`,
  );
  const [archived, failed, ageSeconds, waiting] = row.split('|').map(Number);
  return { archived, failed, ageSeconds, waiting };
}

/** Closes the present segment and returns its name. */
export async function closeSegment(primary: string): Promise<string> {
  const [segment] = await sql(primary, 'select pg_walfile_name(pg_switch_wal());');
  return segment;
}

/** Whether a closed segment is not archived yet. */
export async function waitsForArchive(member: string, segment: string): Promise<boolean> {
  const [name] = await sql(member, `select name from pg_ls_archive_statusdir() where name = '${segment}.ready';`);
  return name !== undefined;
}

/** Closes the present segment and waits until it is in the repository. */
export async function untilArchived(primary: string, seconds: number): Promise<void> {
  const segment = await closeSegment(primary);
  await eventually(`segment ${segment} archived`, seconds, async () => {
    const [last] = await sql(primary, "select coalesce(last_archived_wal, '') from pg_stat_archiver;");
    return last >= segment && (await archiver(primary)).waiting === 0;
  });
}

export const scaleRepository = (replicas: number): Promise<string> =>
  kubectl(['scale', `statefulset/${WORKLOAD.backupRepository}`, `--replicas=${replicas}`]);
