/** Files of an archive that tell where timelines begin. */
export interface Histories {
  /** Timelines that have one. */
  readonly timelines: readonly number[];
  /** Text of the newest one; it names all ancestors of its timeline. Undefined when there is none. */
  readonly newest: string | undefined;
}

interface Segment {
  readonly timeline: number;
  readonly number: number;
}

/** The part of the way to the newest timeline that one timeline has: from its first segment until the one in which the next begins. */
interface Leg {
  readonly timeline: number;
  readonly from: number;
  /** Not included. */
  readonly until: number;
}

const SEGMENTS_PER_FILE_NAME = 256;
/** Of 16 MiB. */
const SEGMENT_BITS = 24;

const hex = (value: number): string => value.toString(16).toUpperCase().padStart(8, '0');

const segmentOf = (name: string): Segment => ({
  timeline: parseInt(name.slice(0, 8), 16),
  number: parseInt(name.slice(8, 16), 16) * SEGMENTS_PER_FILE_NAME + parseInt(name.slice(16), 16),
});

const nameOf = ({ timeline, number }: Segment): string =>
  `${hex(timeline)}${hex(Math.floor(number / SEGMENTS_PER_FILE_NAME))}${hex(number % SEGMENTS_PER_FILE_NAME)}`;

/** Ancestors of a timeline, oldest first, each with the segment in which the next one begins. @throws Error for a text without any */
function ancestors(history: string): { timeline: number; until: number }[] {
  const lines = [...history.matchAll(/^\s*(\d+)\s+([0-9A-F]+)\/([0-9A-F]+)/gim)];
  if (lines.length === 0) throw new Error(`a history file names no ancestor: "${history.trim().slice(0, 200)}"`);
  return lines.map(([, timeline, high, low]) => ({
    timeline: Number(timeline),
    until: parseInt(high, 16) * SEGMENTS_PER_FILE_NAME + (parseInt(low, 16) >>> SEGMENT_BITS),
  }));
}

/** Without a history file each timeline is taken to begin with its first segment: one that is missing there is not seen. */
const begunWithFirst = (segments: readonly Segment[], timelines: readonly number[]) =>
  timelines.slice(1).map((next, index) => ({
    timeline: timelines[index],
    until: Math.min(...segments.filter(({ timeline }) => timeline === next).map(({ number }) => number)),
  }));

/**
 * What a restore to the newest timeline lacks in an archive, from the first segment on that is there: segments, and history files,
 * which it looks for one after the other until one is missing. What lies beside the way there does not matter: segments of a
 * former primary beyond the switch.
 * @param names of WAL segments, 24 hexadecimal digits each
 * @param histories without them only what lies between segments of the archive is seen
 */
export function gapsOf(names: readonly string[], histories?: Histories): string[] {
  const segments = [...new Set(names)].sort().map(segmentOf);
  const timelines = [...new Set(segments.map(({ timeline }) => timeline))];
  const newest = Math.max(...timelines, ...(histories?.timelines ?? []));
  const withoutHistory =
    histories === undefined
      ? []
      : Array.from({ length: newest - timelines[0] + 1 }, (_, index) => timelines[0] + index).filter(
          (timeline) => timeline > 1 && !histories.timelines.includes(timeline),
        );
  const told = histories?.newest !== undefined && histories.timelines.includes(newest);
  const before = told ? ancestors(histories.newest as string) : begunWithFirst(segments, timelines);
  const last = Math.max(-1, ...segments.flatMap(({ timeline, number }) => (timeline === newest ? number : [])));
  const legs = [...before, { timeline: newest, until: last + 1 }].map((leg, index): Leg => ({
    ...leg,
    from: index === 0 ? 0 : before[index - 1].until,
  }));
  return [...withoutHistory.map((timeline) => `${hex(timeline)}.history is missing`), ...missingOn(legs, segments)];
}

/** Segments that the legs need and the archive has not, one line per run of them. */
function missingOn(legs: readonly Leg[], segments: readonly Segment[]): string[] {
  const there = new Set(segments.map(nameOf));
  const first = segments.find((segment) =>
    legs.some(
      ({ timeline, from, until }) => timeline === segment.timeline && segment.number >= from && segment.number < until,
    ),
  );
  if (first === undefined) return [`no segment leads to timeline ${legs.at(-1)?.timeline}`];
  return legs.flatMap(({ timeline, from, until }) => {
    const runs: { begin: number; end: number }[] = [];
    for (let number = Math.max(from, first.number); number < until; number++) {
      if (there.has(nameOf({ timeline, number }))) continue;
      const run = runs.at(-1);
      if (run?.end === number - 1) run.end = number;
      else runs.push({ begin: number, end: number });
    }
    return runs.map(({ begin, end }) => {
      const [from, to] = [begin, end].map((number) => nameOf({ timeline, number }));
      return begin === end ? `${from} is missing` : `${from} to ${to} are missing`;
    });
  });
}
