import type { Target } from './options';
import { archivedUntil, describe, holders, lacks, newestTimeline, type Timelines } from './moments';
import { beginOf, holdsPosition, newestSegment, parseHistory, positionOf, positionText, timelineOf } from './timelines';
import type { Timeline } from './timelines';

/** As much of `pgbackrest info --output=json` as choosing needs. */
export interface StanzaInfo {
  readonly name: string;
  readonly status: { readonly code: number; readonly message: string };
  readonly backup: readonly {
    readonly label: string;
    readonly error?: boolean;
    readonly timestamp: { readonly stop: number };
    readonly lsn: { readonly stop: string };
    readonly archive: { readonly stop: string };
    readonly database: { readonly id: number };
  }[];
  readonly archive: readonly {
    readonly id: string;
    readonly database: { readonly id: number };
  }[];
}

export interface Backup {
  readonly label: string;
  readonly stopped: Date;
  readonly timeline: number;
  readonly stop: number;
}

/** The whole backups of a stanza, oldest first. */
export const backupsOf = (info: StanzaInfo): readonly Backup[] =>
  info.backup
    .filter(({ error }) => error !== true)
    .map(({ label, timestamp, lsn, archive }) => ({
      label,
      stopped: new Date(timestamp.stop * 1000),
      timeline: timelineOf(archive.stop),
      stop: positionOf(lsn.stop),
    }))
    .sort((a, b) => a.stopped.getTime() - b.stopped.getTime());

/** What a repository can bring back. */
export interface Archive {
  readonly backups: readonly Backup[];
  readonly timelines: Timelines;
}

/** What is asked for; what is not is chosen. */
export interface Wanted {
  readonly target: Target;
  readonly timeline?: number;
  readonly backup?: string;
}

/** What is restored: a backup, and all that follows it on the way of a timeline until the target. */
export interface Plan {
  readonly backup: Backup;
  readonly timeline: number;
  /** The last segment that is archived on that way. */
  readonly segment: string;
}

/** Why a target can't be reached, with what was given and what is allowed. */
export class OutOfReach extends Error {}

const instants = (backups: readonly Backup[]): string =>
  backups.map(({ label, stopped }) => `${label} (${stopped.toISOString()})`).join(', ');

const those = (timelines: Timelines): string =>
  `timelines ${[...timelines.values()].map((timeline) => describe(timeline, timelines)).join('; ')}`;

const choices = (found: readonly Timeline[]): string => found.map(({ id }) => `--timeline ${id}`).join(' or ');

function chosenTimeline({ target, timeline: id }: Wanted, { timelines, backups }: Archive): Timeline {
  const newest = newestTimeline(timelines);
  if (newest === undefined) throw new OutOfReach('the repository holds no write-ahead log');
  const given = id === undefined ? undefined : timelines.get(id);
  if (id !== undefined && given === undefined) {
    throw new OutOfReach(`--timeline is ${id}; allowed ${[...timelines.keys()].join(', ')}: ${those(timelines)}`);
  }
  if (target === 'latest') return given ?? newest;
  const { at } = target;
  const to = `--to is ${at.toISOString()}`;
  const until = [...timelines.values()].flatMap((timeline) => archivedUntil(timeline, timelines) ?? []);
  const last = new Date(Math.max(...until.map((date) => date.getTime())));
  const span = `reachable is ${backups[0].stopped.toISOString()} to ${last.toISOString()}`;
  // A backup must have ended before the target.
  if (at <= backups[0].stopped) {
    throw new OutOfReach(`${to}, before the oldest backup; ${span}, from backups ${instants(backups)}`);
  }
  if (at > last) throw new OutOfReach(`${to}, later than what is archived; ${span}; --latest takes all of it`);
  const found = holders(at, timelines);
  if (given !== undefined) {
    const lacking = lacks(given, at, timelines);
    if (lacking === undefined) return given;
    const why =
      lacking === 'later'
        ? 'which is archived until ' + (archivedUntil(given, timelines)?.toISOString() ?? 'no time at all')
        : `which left timeline ${lacking.ancestor} as of ${lacking.from.toISOString()} and goes on at ${lacking.to.toISOString()}`;
    const other = found.length === 0 ? 'no timeline holds that time' : `allowed ${choices(found)}`;
    throw new OutOfReach(`${to}, not on timeline ${given.id}, ${why}; ${other}: ${those(timelines)}`);
  }
  if (found.length === 0) {
    throw new OutOfReach(`${to}, when no timeline was written; allowed a time within one of ${those(timelines)}`);
  }
  if (found.length > 1) {
    throw new OutOfReach(`${to}, which several timelines hold; choose by ${choices(found)}: ${those(timelines)}`);
  }
  return found[0];
}

/** @throws OutOfReach */
export function planOf(wanted: Wanted, archive: Archive, status: string): Plan {
  const { backups, timelines } = archive;
  if (backups.length === 0) throw new OutOfReach(`the repository has no backup: ${status}`);
  const timeline = chosenTimeline(wanted, archive);
  const { target, backup: label } = wanted;
  const fitting = backups.filter(
    (backup) =>
      holdsPosition(timeline, backup.timeline, backup.stop) && (target === 'latest' || backup.stopped < target.at),
  );
  const backup = label === undefined ? fitting.at(-1) : fitting.find((found) => found.label === label);
  const segment = newestSegment(timeline, timelines);
  if (backup === undefined || segment === undefined) {
    const before = target === 'latest' ? '' : ` before ${target.at.toISOString()}`;
    const allowed = fitting.length === 0 ? 'there is none' : `allowed ${instants(fitting)}`;
    throw new OutOfReach(
      `${label === undefined ? 'no backup' : `--backup is ${label}, which`} ended on the way of timeline ${timeline.id}${before}; ` +
        `${allowed}. The repository holds ${instants(backups)}; ${those(timelines)}`,
    );
  }
  return { backup, timeline: timeline.id, segment: segment.name };
}

/**
 * Recovery ends quietly at the first segment that can't be read, as if it were the last one; only what the archive holds tells the difference.
 * @param history of the timeline that the restored database writes
 * @param followed the timeline that it was told to follow
 * @param segment on that timeline's way that the restore must have read something of; empty for none
 */
export function shortOf(history: string, followed: number, segment: string): string | undefined {
  const lines = parseHistory(history);
  const end = lines.find(({ timeline }) => timeline === followed);
  if (end === undefined) {
    const way = lines.map(({ timeline }) => timeline).join(', ');
    return `recovery followed timeline ${way === '' ? 'of its own' : way} and not ${followed}`;
  }
  if (segment === '' || end.position > beginOf(segment)) return undefined;
  return `recovery ended on the way of timeline ${followed} at ${positionText(end.position)}, before segment ${segment}, which is archived`;
}
