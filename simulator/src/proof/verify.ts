import type { Checksums } from '../events/row-hash';
import { SHARDS } from '../events/event-id';
import type { DatabaseConfig } from '../database/session';
import { formatDay, type Day } from '../model/day';
import { DaysRefused, requireOrder } from './day-range';
import { kept } from './kept';
import type { OnProgress } from './progress';
import { wholeRange, withSnapshot, type Snapshot } from './snapshot';
import { Differences, Tally, type RowDifference } from './verification/differences';
import { verifyDimensions, type DimensionResult } from './verification/dimensions';
import { differingShards, drillDown } from './verification/drill-down';
import { firstDueDay } from './verification/due';
import { EVENT_COLUMNS, EVENT_KEYS } from './verification/event-text';
import { ExpectedEvents } from './verification/expected-events';
import { recordVerification } from './verification/record';
import { sumsByShard, type StoredSum } from './verification/stored-events';

export interface VerifyOptions {
  /** With the simulator's login. */
  readonly database: DatabaseConfig;
  /** First and last UTC day, inclusive. @default everything that the stream and the database have */
  readonly from?: Day;
  readonly to?: Day;
  /** Begins with the first day that no recorded run has proven as it is now, or the last one with rows if all are. @default false */
  readonly due?: boolean;
  /** Keeps the outcome in the database: retention may drop proven days, monitoring sees differences. @default false */
  readonly record?: boolean;
  /** Differences that are listed; all are counted. @default 100 */
  readonly maxListed?: number;
  readonly onProgress?: OnProgress;
  /** Called with the result before anything is kept of it: what was found out is told also if it cannot be kept. */
  readonly onResult?: (result: VerifyResult) => void;
}

/** One UTC day. */
export interface VerifiedDay {
  readonly day: string;
  /** `held`: rows were compared; `dropped`: the checksum recorded by retention was compared. */
  readonly state: 'held' | 'dropped';
  /** Rows that must be there, and their checksum. */
  readonly events: number;
  readonly checksum: string;
  readonly lost: number;
  readonly extra: number;
  readonly changed: number;
  /** For a dropped day: whether the recorded count and checksum are those of the stream. */
  readonly proven?: boolean;
}

export interface VerifyResult {
  /** Stored events compared with the stream, lost ones included; the rows of dropped days are not among them. */
  readonly compared: number;
  /** Events and rows of dimensions. */
  readonly lost: number;
  readonly extra: number;
  readonly changed: number;
  /** Events of dropped days whose recorded checksum was compared, and days where it is not the stream's. */
  readonly notHeld: number;
  readonly unproven: number;
  readonly forgottenStudents: number;
  readonly days: readonly VerifiedDay[];
  readonly dimensions: Readonly<Record<string, DimensionResult>>;
  readonly differences: readonly RowDifference[];
}

/**
 * Recomputes from the seed what the database must hold and compares both in one snapshot. Rows do not have to be quiet:
 * ingest may go on.
 * @throws DaysRefused if `from` is after `to`, or is given with `due`; StoredStreamError if the database holds no stream
 */
export async function runVerify(options: VerifyOptions): Promise<VerifyResult> {
  const result = await withSnapshot(options.database, (snapshot) => verifySnapshot(snapshot, options));
  options.onResult?.(result);
  if (options.record === true) await kept('recorded', recordVerification(options.database, result));
  return result;
}

/** 0 if something was compared and nothing differs, otherwise 1. */
export function verifyExitCode(result: VerifyResult): 0 | 1 {
  const { compared, lost, extra, changed, unproven } = result;
  return compared > 0 && lost + extra + changed + unproven === 0 ? 0 : 1;
}

async function verifySnapshot(snapshot: Snapshot, options: VerifyOptions): Promise<VerifyResult> {
  const whole = wholeRange(snapshot);
  if (options.due === true && options.from !== undefined)
    throw new DaysRefused('verify of what is due: finds its first day itself, none must be given');
  const due = options.due === true ? await firstDueDay(snapshot.client, options.to) : undefined;
  const from = options.from ?? due ?? whole.from;
  const to = options.to ?? whole.to;
  requireOrder('verify', from, to);
  const maxListed = options.maxListed ?? 100;
  const expected = new ExpectedEvents(snapshot, from, to);
  // The server sums while this process regenerates.
  const [stored, sums] = await Promise.all([
    storedSums(snapshot, from, to),
    expected.checksums(options.onProgress ?? (() => undefined)),
  ]);
  const list: RowDifference[] = [];
  const differences = new Differences('streaming_logs', EVENT_COLUMNS, EVENT_KEYS, list, maxListed);
  const tallies = new Map<Day, Tally>();
  for (let day = from; day <= to; day++) {
    if (snapshot.droppedDays.has(day)) continue;
    const tally = new Tally();
    tallies.set(day, tally);
    const shards = differingShards(expected, sums, stored.get(day) ?? new Map<number, StoredSum>(), day);
    if (shards.size > 0) await drillDown(snapshot, expected, day, shards, differences, tally);
  }
  differences.settle();
  const days = [...range(from, to)].map((day) => verifiedDay(snapshot, expected, sums, day, tallies.get(day)));
  const dimensions = await verifyDimensions(snapshot, list, maxListed);
  return summary(snapshot, days, dimensions, list);
}

function* range(from: Day, to: Day): Generator<Day> {
  for (let day = from; day <= to; day++) yield day;
}

async function storedSums(
  { client, heldDays }: Snapshot,
  from: Day,
  to: Day,
): Promise<Map<Day, Map<number, StoredSum>>> {
  const sums = new Map<Day, Map<number, StoredSum>>();
  for (const day of range(from, to)) if (heldDays.has(day)) sums.set(day, await sumsByShard(client, day));
  return sums;
}

function verifiedDay(
  { droppedDays }: Snapshot,
  expected: ExpectedEvents,
  sums: Checksums,
  day: Day,
  tally: Tally = new Tally(),
): VerifiedDay {
  let events = 0;
  let checksum = 0n;
  for (let shard = 0; shard < SHARDS; shard++) {
    events += sums.count(expected.bucket(day, shard));
    checksum += sums.sum(expected.bucket(day, shard));
  }
  const { lost, extra, changed } = tally;
  const common = { day: formatDay(day), events, checksum: String(checksum), lost, extra, changed };
  const dropped = droppedDays.get(day);
  if (dropped === undefined) return { ...common, state: 'held' };
  return { ...common, state: 'dropped', proven: dropped.events === events && dropped.checksum === checksum };
}

function summary(
  { forgotten }: Snapshot,
  days: readonly VerifiedDay[],
  dimensions: Readonly<Record<string, DimensionResult>>,
  differences: readonly RowDifference[],
): VerifyResult {
  const total = (
    rows: readonly { lost: number; extra: number; changed: number }[],
    field: 'lost' | 'extra' | 'changed',
  ) => rows.reduce((sum, row) => sum + row[field], 0);
  const all = [...days, ...Object.values(dimensions)];
  const held = days.filter(({ state }) => state === 'held');
  const dropped = days.filter(({ state }) => state === 'dropped');
  const events = (rows: readonly VerifiedDay[]): number => rows.reduce((sum, day) => sum + day.events, 0);
  return {
    compared: events(held) + total(held, 'extra'),
    lost: total(all, 'lost'),
    extra: total(all, 'extra'),
    changed: total(all, 'changed'),
    notHeld: events(dropped),
    unproven: dropped.filter(({ proven }) => proven !== true).length,
    forgottenStudents: forgotten.size,
    days,
    dimensions,
    differences,
  };
}
