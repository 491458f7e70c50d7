import { beginOf, newestSegment, SEGMENT_BYTES, type Fork, type Timeline } from './timelines';

export type Timelines = ReadonlyMap<number, Timeline>;

/** PostgreSQL's reason for the end of a recovery to a time: that of the first commit that it left out. */
const LEFT_OUT = /^before (\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}:\d{2}(?:\.\d+)?)([+-]\d{2}(?::\d{2})?)$/;

function leftOut(reason: string): Date | undefined {
  const [, day, time, zone] = LEFT_OUT.exec(reason) ?? [];
  return day === undefined ? undefined : new Date(`${day}T${time}${zone.length === 3 ? `${zone}:00` : zone}`);
}

/**
 * From when on the commits of a timeline are missing on the next one; undefined where that one goes on at its end, as after a failover.
 * Where the history does not tell it, it is the time of the last segment that both share: what was committed later may be missing.
 */
function cutAt({ timeline, position, reason }: Fork, all: Timelines): Date | undefined {
  const at = leftOut(reason);
  if (at !== undefined) return at;
  const segments = all.get(timeline)?.segments ?? [];
  if (segments.every(({ name }) => beginOf(name) < position)) return undefined;
  return segments.findLast(({ name }) => beginOf(name) + SEGMENT_BYTES <= position)?.at ?? new Date(0);
}

/** Commits of an ancestor that a timeline does not hold, since it left that one before them. */
export interface Gap {
  readonly ancestor: number;
  readonly from: Date;
  /** When the timeline began that was written instead. */
  readonly to: Date;
}

function gapsOf({ id, forks }: Timeline, all: Timelines): readonly Gap[] {
  const way = [...forks.map(({ timeline }) => timeline), id];
  return forks.flatMap((fork, at) => {
    const next = all.get(way[at + 1]);
    const to = next?.beganAt ?? next?.segments[0]?.at;
    if (to === undefined) return [];
    const from = cutAt(fork, all) ?? writtenInstead(fork.timeline, to, way, all);
    return from === undefined ? [] : [{ ancestor: fork.timeline, from, to }];
  });
}

/** When, between the end of a timeline and the begin of the next one on a way, another one began that is not on that way. */
function writtenInstead(ancestor: number, to: Date, way: readonly number[], all: Timelines): Date | undefined {
  const end = all.get(ancestor)?.segments.at(-1)?.at;
  if (end === undefined) return undefined;
  return [...all.values()]
    .filter(({ id }) => !way.includes(id))
    .flatMap(({ beganAt }) => (beganAt !== undefined && beganAt > end && beganAt < to ? [beganAt] : []))
    .sort((a, b) => a.getTime() - b.getTime())[0];
}

/** When the last segment on the way of a timeline was archived. */
export const archivedUntil = (timeline: Timeline, all: Timelines): Date | undefined => newestSegment(timeline, all)?.at;

/** Times of the segments next to a moment on the way of a timeline: a long time between them is one without commits, or without a repository. */
export function around(
  timeline: Timeline,
  at: Date,
  all: Timelines,
): { readonly before?: Date; readonly after?: Date } {
  const shared = timeline.forks.flatMap(({ timeline: id, position }) =>
    (all.get(id)?.segments ?? []).filter(({ name }) => beginOf(name) < position),
  );
  const times = [...shared, ...timeline.segments]
    .map((segment) => segment.at)
    .sort((a, b) => a.getTime() - b.getTime());
  return { before: times.findLast((time) => time <= at), after: times.find((time) => time > at) };
}

/** What a timeline lacks of a moment: undefined if it holds it, a gap that it lies in, or `later` than what is archived of it. */
export function lacks(timeline: Timeline, at: Date, all: Timelines): Gap | 'later' | undefined {
  const until = archivedUntil(timeline, all);
  if (until === undefined || at > until) return 'later';
  return gapsOf(timeline, all).find(({ from, to }) => at >= from && at < to);
}

/** The timeline that was written at a moment, on the way of one that holds it. */
function writer({ id, forks }: Timeline, at: Date, all: Timelines): number {
  const way = [...forks.map(({ timeline }) => timeline), id];
  return way.findLast((timeline) => (all.get(timeline)?.beganAt ?? new Date(0)) <= at) ?? way[0];
}

export const newestTimeline = (all: Timelines): Timeline | undefined => all.get(Math.max(...all.keys()));

/**
 * Those that hold a moment, of such that hold the same one the newest. The newest of all comes first, and alone: what it holds is what the
 * database has been since.
 */
export function holders(at: Date, all: Timelines): readonly Timeline[] {
  const newest = newestTimeline(all);
  if (newest !== undefined && lacks(newest, at, all) === undefined) return [newest];
  const found = new Map<number, Timeline>();
  for (const timeline of all.values()) {
    if (lacks(timeline, at, all) === undefined) found.set(writer(timeline, at, all), timeline);
  }
  return [...found.values()];
}

/** A timeline with its times, for people. */
export function describe(timeline: Timeline, all: Timelines): string {
  const { id, forks, beganAt } = timeline;
  const from = forks.at(-1);
  const origin = from === undefined ? '' : ` from timeline ${from.timeline}${endOf(from, all)}`;
  const began = beganAt === undefined ? '' : ` since ${beganAt.toISOString()}`;
  return `${id}${origin}${began} until ${archivedUntil(timeline, all)?.toISOString() ?? 'then'}`;
}

function endOf(fork: Fork, all: Timelines): string {
  const cut = cutAt(fork, all);
  return cut === undefined ? '' : ` as of ${cut.toISOString()}`;
}
