import type { Acknowledged } from './probe/events';

/**
 * The longest time between two acknowledged commits of a stream, in seconds, counting those that end after `fromMs` and the time
 * since the last one until `untilMs`.
 * @throws Error when nothing was acknowledged before: then there is nothing that a gap could be measured from
 */
export function longestGapSeconds(acknowledged: readonly Acknowledged[], fromMs: number, untilMs: number): number {
  const times = acknowledged.map(({ answeredMs }) => answeredMs).sort((a, b) => a - b);
  const before = times.filter((time) => time <= fromMs).at(-1);
  if (before === undefined) throw new Error('no acknowledged commit before the fault');
  const points = [before, ...times.filter((time) => time > fromMs && time <= untilMs), untilMs];
  const gaps = points.slice(1).map((time, index) => time - points[index]);
  return Math.max(...gaps) / 1000;
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

export interface Ledger {
  /** Acknowledged and not in the table. */
  readonly missing: string[];
  /** In the table more than once, acknowledged or not. */
  readonly doubled: string[];
  /** In the table without an acknowledgement: a blind second try would have doubled these. */
  readonly unacknowledged: number;
}

/** Compares what was acknowledged with what is stored. */
export function compare(acknowledged: readonly Acknowledged[], stored: readonly Stored[]): Ledger {
  const key = ({ writer, number }: { writer: string; number: number }): string => `${writer} ${number}`;
  const rows = new Map(stored.map((row) => [key(row), row.rows]));
  const known = new Set(acknowledged.map(key));
  return {
    missing: [...known].filter((name) => !rows.has(name)),
    doubled: [...rows].filter(([, count]) => count > 1).map(([name]) => name),
    unacknowledged: [...rows.keys()].filter((name) => !known.has(name)).length,
  };
}

/** Nearest-rank quantile. @param share from 0 to 1 */
export function quantile(values: readonly number[], share: number): number {
  if (values.length === 0) throw new Error('a quantile of no values');
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}
