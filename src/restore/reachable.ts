import type { Target } from './options';

/** As much of `pgbackrest info --output=json` as choosing needs. */
export interface StanzaInfo {
  readonly name: string;
  readonly status: { readonly code: number; readonly message: string };
  readonly backup: readonly {
    readonly label: string;
    readonly error?: boolean;
    readonly timestamp: { readonly stop: number };
  }[];
  readonly archive: readonly {
    readonly id: string;
    readonly max: string | null;
  }[];
}

/** What a repository can bring back. */
export interface Reachable {
  /** End of the oldest backup: earlier instants are out of reach. */
  readonly from: Date;
  /** When the newest segment was archived; what was committed later is not in the repository. */
  readonly to: Date;
  readonly backups: readonly { readonly label: string; readonly stopped: Date }[];
}

const second = (epoch: number): Date => new Date(epoch * 1000);

/**
 * @param newestArchived when the newest segment was archived
 * @returns undefined where there is no backup to begin with
 */
export function reachable(info: StanzaInfo, newestArchived: Date | undefined): Reachable | undefined {
  const backups = info.backup
    .filter(({ error }) => error !== true)
    .map(({ label, timestamp }) => ({ label, stopped: second(timestamp.stop) }))
    .sort((a, b) => a.stopped.getTime() - b.stopped.getTime());
  if (backups.length === 0) return undefined;
  const last = backups[backups.length - 1].stopped;
  return {
    from: backups[0].stopped,
    to: newestArchived !== undefined && newestArchived > last ? newestArchived : last,
    backups,
  };
}

const span = ({ from, to, backups }: Reachable): string =>
  `reachable is ${from.toISOString()} to ${to.toISOString()}, from backups ${backups
    .map(({ label, stopped }) => `${label} (${stopped.toISOString()})`)
    .join(', ')}`;

/** Why a target can't be reached, or undefined. */
export function outOfReach(target: Target, found: Reachable | undefined, info: StanzaInfo): string | undefined {
  if (found === undefined) return `the repository has no backup: ${info.status.message}`;
  if (target === 'latest') return undefined;
  // pgBackRest chooses a backup that ended before the target.
  if (target.at <= found.from) return `--to is ${target.at.toISOString()}, before the oldest backup; ${span(found)}`;
  if (target.at > found.to) {
    return `--to is ${target.at.toISOString()}, later than what is archived; ${span(found)}; --latest takes all of it`;
  }
  return undefined;
}

const SEGMENT_BYTES = 16 * 2 ** 20;

/** Where a segment begins, as a timeline and bytes. */
function beginOf(segment: string): readonly [number, number] {
  const part = (at: number): number => Number.parseInt(segment.slice(at, at + 8), 16);
  return [part(0), part(8) * 2 ** 32 + part(16) * SEGMENT_BYTES];
}

/**
 * Recovery ends quietly at the first segment that can't be read, as if it were the last one; only what the archive holds tells the difference.
 * @param history last line of the new timeline's history: the timeline that was left, the position, a reason
 * @param segment that the restore must have read something of
 */
export function shortOf(history: string, segment: string): string | undefined {
  const [timeline, position] = history.split('\t');
  const [upper, lower] = position.split('/').map((half) => Number.parseInt(half, 16));
  const [left, reached] = [Number(timeline), upper * 2 ** 32 + lower];
  const [wanted, begin] = beginOf(segment);
  if (left > wanted || (left === wanted && reached > begin)) return undefined;
  return `recovery ended on timeline ${left} at ${position}, before segment ${segment}, which is archived`;
}

/** The newest segment of all, with the folder of the archive that holds it. */
export function newestSegment(info: StanzaInfo): { readonly name: string; readonly folder: string } | undefined {
  return info.archive
    .flatMap(({ id, max }) => (max === null ? [] : [{ name: max, folder: `${id}/${max.slice(0, 16)}` }]))
    .sort((a, b) => a.name.localeCompare(b.name))
    .pop();
}
