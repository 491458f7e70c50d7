/** What an archive holds, by timeline. Each restore and each failover begins one; what it left out of the one before stays in the archive. */

/** A position in the write-ahead log, in bytes. */
export type Position = number;

export const SEGMENT_BYTES = 16 * 2 ** 20;

/** `1/5000028`, as PostgreSQL writes it. */
export function positionOf(text: string): Position {
  const [upper, lower] = text.split('/').map((half) => Number.parseInt(half, 16));
  return upper * 2 ** 32 + lower;
}

export const positionText = (position: Position): string =>
  `${Math.floor(position / 2 ** 32).toString(16)}/${(position % 2 ** 32).toString(16)}`.toUpperCase();

const part = (segment: string, at: number): number => Number.parseInt(segment.slice(at, at + 8), 16);
export const timelineOf = (segment: string): number => part(segment, 0);
/** Where a segment begins. */
export const beginOf = (segment: string): Position => part(segment, 8) * 2 ** 32 + part(segment, 16) * SEGMENT_BYTES;

/** Where a timeline was left for the next one. */
export interface Fork {
  readonly timeline: number;
  readonly position: Position;
  /** Why, in PostgreSQL's words. */
  readonly reason: string;
}

/** The lines of a timeline's history: its ancestors, oldest first. */
export function parseHistory(text: string): readonly Fork[] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [timeline, position, reason = ''] = line.split('\t');
      return { timeline: Number(timeline), position: positionOf(position), reason: reason.trim() };
    });
}

/**
 * The ancestors that hold something of it. A recovery that ends before it comes to the timeline that it was told to follow names that one
 * as the parent all the same: whatever a later line cuts off was never read.
 */
function lineage(history: readonly Fork[]): readonly Fork[] {
  const forks: Fork[] = [];
  for (const fork of history) {
    const at = forks.findIndex(({ position }) => position >= fork.position);
    if (at < 0) forks.push(fork);
    else forks.splice(at, forks.length, { ...fork, timeline: forks[at].timeline });
  }
  return forks;
}

export interface Segment {
  readonly name: string;
  /** When it came into the archive. */
  readonly at: Date;
}

export interface Timeline {
  readonly id: number;
  /** Its ancestors, oldest first. */
  readonly forks: readonly Fork[];
  /** When its history came into the archive; undefined for one that has none, as the first. */
  readonly beganAt: Date | undefined;
  /** Its own, in their order. */
  readonly segments: readonly Segment[];
}

/** The file that says where a timeline and its ancestors were left. */
export const historyFile = (timeline: number): string =>
  `${timeline.toString(16).toUpperCase().padStart(8, '0')}.history`;

const HISTORY = /^([0-9A-F]{8})\.history$/;
const SEGMENT = /([0-9A-F]{24})-[0-9a-f]{40}(\.\w+)?$/;

/** Names of the histories among the files of an archive. */
export const historiesOf = (files: ReadonlyMap<string, Date>): string[] =>
  [...files.keys()].filter((name) => HISTORY.test(name));

/**
 * @param files of an archive with the time of each
 * @param histories text of each history file
 */
export function timelinesOf(
  files: ReadonlyMap<string, Date>,
  histories: ReadonlyMap<string, string>,
): ReadonlyMap<number, Timeline> {
  const segments = new Map<number, Segment[]>();
  const began = new Map<number, Date>();
  for (const [file, at] of files) {
    const history = HISTORY.exec(file)?.[1];
    if (history !== undefined) began.set(Number.parseInt(history, 16), at);
    const name = SEGMENT.exec(file)?.[1];
    if (name === undefined) continue;
    const own = segments.get(timelineOf(name));
    if (own === undefined) segments.set(timelineOf(name), [{ name, at }]);
    else own.push({ name, at });
  }
  const ids = [...new Set([...segments.keys(), ...began.keys()])].sort((a, b) => a - b);
  return new Map(
    ids.map((id) => {
      const text = histories.get(historyFile(id)) ?? '';
      const own = (segments.get(id) ?? []).sort((a, b) => a.name.localeCompare(b.name));
      return [id, { id, forks: lineage(parseHistory(text)), beganAt: began.get(id), segments: own }];
    }),
  );
}

/** Whether what a timeline wrote at a position lies on the way of another one, too. */
export const holdsPosition = ({ id, forks }: Timeline, timeline: number, position: Position): boolean =>
  timeline === id || forks.some((fork) => fork.timeline === timeline && position <= fork.position);

/** The last segment on the way of a timeline: its own, or of the ancestor that it came from last. */
export function newestSegment(timeline: Timeline, all: ReadonlyMap<number, Timeline>): Segment | undefined {
  const own = timeline.segments.at(-1);
  if (own !== undefined) return own;
  for (const { timeline: id, position } of [...timeline.forks].reverse()) {
    const found = all.get(id)?.segments.findLast(({ name }) => beginOf(name) < position);
    if (found !== undefined) return found;
  }
  return undefined;
}
