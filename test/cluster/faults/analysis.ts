import type { Request } from '../support/page-probe/page-probe';
import type { Kept } from './fault';
import type { Acknowledged } from './probe/events';

/** From the last answer before until the next one. */
export interface Gap {
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * All times between two neighbouring answers of a stream that end after `fromMs`, the one since the last until `untilMs` included.
 * @throws Error when nothing was answered before: then there is nothing that a gap could be measured from
 */
export function gaps(answers: readonly { readonly answeredMs: number }[], fromMs: number, untilMs: number): Gap[] {
  const times = answers.map(({ answeredMs }) => answeredMs).sort((a, b) => a - b);
  const before = times.filter((time) => time <= fromMs).at(-1);
  if (before === undefined) throw new Error('no answer before the fault');
  const points = [before, ...times.filter((time) => time > fromMs && time <= untilMs), untilMs];
  return points.slice(1).map((toMs, index) => ({ fromMs: points[index], toMs }));
}

/** The longest of them, in seconds. */
export const longestGapSeconds = (...args: Parameters<typeof gaps>): number =>
  Math.max(...gaps(...args).map(({ fromMs, toMs }) => toMs - fromMs)) / 1000;

/**
 * Where writes are meant to wait: longest time without an answer from the end of the damage until the round's, in seconds. All
 * members away are back before what is looked at afterwards is done; it counts from the moment when the database takes connections.
 * @throws Error when nothing was answered since
 */
export function waitedSeconds(
  answers: readonly { readonly answeredMs: number }[],
  { takesConnectionsMs }: Pick<Kept, 'takesConnectionsMs'>,
  damageEndMs: number,
  untilMs: number,
): number {
  const fromMs = takesConnectionsMs ?? damageEndMs;
  const times = answers.map(({ answeredMs }) => answeredMs).filter((time) => time >= fromMs);
  if (times.length === 0) throw new Error('no answer since the end of the damage');
  const firstMs = Math.min(...times);
  return Math.max((firstMs - fromMs) / 1000, longestGapSeconds(answers, firstMs, untilMs));
}

/** A pause of writes that a page may feel; the streams' own rhythm is a tenth of a second. */
const FELT_MS = 500;

/** Requests that failed although writes did not pause, nor had within `graceSeconds`. */
export function failuresOutsideGaps(
  requests: readonly Request[],
  writes: readonly Gap[],
  graceSeconds: number,
): Request[] {
  const felt = writes.filter(({ fromMs, toMs }) => toMs - fromMs >= FELT_MS);
  return requests.filter(
    ({ failure, sentMs, answeredMs }) =>
      failure !== undefined &&
      !felt.some(({ fromMs, toMs }) => answeredMs >= fromMs && sentMs <= toMs + graceSeconds * 1000),
  );
}

/** The times at which pages must have answered: between the first two, and since the third. */
export interface Around {
  readonly fromMs: number;
  readonly beganMs: number;
  readonly damageEndMs: number;
}

/** Pages without a good answer on one side of a fault, each with the side: where nothing was asked, nothing can fail. */
export function silentPages(pages: readonly string[], requests: readonly Request[], around: Around): string[] {
  const { fromMs, beganMs, damageEndMs } = around;
  const good = requests.filter(({ failure }) => failure === undefined);
  const sides: readonly [string, (request: Request) => boolean][] = [
    ['before', ({ sentMs, answeredMs }) => sentMs >= fromMs && answeredMs <= beganMs],
    ['after', ({ sentMs }) => sentMs >= damageEndMs],
  ];
  return pages.flatMap((name) =>
    sides
      .filter(([, within]) => !good.some((request) => request.page === name && within(request)))
      .map(([side]) => `${name} gave no good answer ${side} the fault`),
  );
}

/** Acknowledgements of an older timeline after the first one of a newer: two primaries would have acknowledged side by side. */
export function staleAcknowledgements(acknowledged: readonly Acknowledged[]): Acknowledged[] {
  let newest = 0;
  return [...acknowledged]
    .sort((a, b) => a.answeredMs - b.answeredMs || b.timeline - a.timeline)
    .filter(({ timeline }) => {
      newest = Math.max(newest, timeline);
      return timeline < newest;
    });
}

export interface Stored {
  readonly writer: string;
  readonly number: number;
  /** Rows with this number. */
  readonly rows: number;
}

/** Rows by name. */
export interface Ledger {
  readonly acknowledged: readonly string[];
  /** Acknowledged and not in the table. */
  readonly missing: readonly string[];
  /** In the table more than once, acknowledged or not. */
  readonly doubled: readonly string[];
  /** In the table without an acknowledgement: a blind second try would have doubled these. */
  readonly unacknowledged: readonly string[];
  /** Acknowledged on an older timeline after a newer one's first, see {@link staleAcknowledgements}; with the timeline. */
  readonly stale: readonly string[];
}

/** Compares what was acknowledged with what is stored, and with the timelines that were acknowledged before. */
export function compare(acknowledged: readonly Acknowledged[], stored: readonly Stored[]): Ledger {
  const key = ({ writer, number }: { writer: string; number: number }): string => `${writer} ${number}`;
  const rows = new Map(stored.map((row) => [key(row), row.rows]));
  const known = new Set(acknowledged.map(key));
  return {
    acknowledged: [...known],
    missing: [...known].filter((name) => !rows.has(name)),
    doubled: [...rows].filter(([, count]) => count > 1).map(([name]) => name),
    unacknowledged: [...rows.keys()].filter((name) => !known.has(name)),
    stale: staleAcknowledgements(acknowledged).map((row) => `${key(row)} on timeline ${row.timeline}`),
  };
}

/** What a comparison shows that an earlier one of the same table did not: each row counts in one round only. */
export function newSince(earlier: Ledger, now: Ledger): Ledger {
  const added = (rows: keyof Ledger): string[] => {
    const known = new Set(earlier[rows]);
    return now[rows].filter((name) => !known.has(name));
  };
  return {
    acknowledged: added('acknowledged'),
    missing: added('missing'),
    doubled: added('doubled'),
    unacknowledged: added('unacknowledged'),
    stale: added('stale'),
  };
}

/** Nearest-rank quantile. @param share from 0 to 1 */
export function quantile(values: readonly number[], share: number): number {
  if (values.length === 0) throw new Error('a quantile of no values');
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}
