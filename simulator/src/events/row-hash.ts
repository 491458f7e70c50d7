import { eventIdHigh, eventIdLow } from './event-id';
import { EventColumns, NONE } from './columns';

/**
 * The checksum of a row, equal to `ops.row_hash` in the database: PostgreSQL's `hashint8extended` chained over the columns.
 * 64-bit numbers are handled as two 32-bit halves, since neither doubles nor BigInt are both exact and fast.
 */

/** `0x9e3779b9 + sizeof(uint32) + 3923095`: the initial state of Jenkins' lookup3 in `hash_bytes_uint32_extended`. */
const INITIAL = (0x9e3779b9 + 4 + 3923095) | 0;

/** 2^32: the weight of the high half. */
const HALF = 4_294_967_296;

let hashHigh = 0;
let hashLow = 0;

/** `(high, low) := hashint8extended(value, (high, low))` for the value with the given halves. */
function chain(valueHigh: number, valueLow: number): void {
  let a = INITIAL;
  let b = INITIAL;
  let c = INITIAL;
  if (hashHigh !== 0 || hashLow !== 0) {
    a = (a + hashHigh) | 0;
    b = (b + hashLow) | 0;
    a = (a - c) ^ ((c << 4) | (c >>> 28));
    c = (c + b) | 0;
    b = (b - a) ^ ((a << 6) | (a >>> 26));
    a = (a + c) | 0;
    c = (c - b) ^ ((b << 8) | (b >>> 24));
    b = (b + a) | 0;
    a = (a - c) ^ ((c << 16) | (c >>> 16));
    c = (c + b) | 0;
    b = (b - a) ^ ((a << 19) | (a >>> 13));
    a = (a + c) | 0;
    c = (c - b) ^ ((b << 4) | (b >>> 28));
    b = (b + a) | 0;
  }
  // int8 is folded so that it hashes like int4 where it fits: the high half is complemented for negative numbers.
  a = (a + (valueLow ^ (valueHigh >= 0 ? valueHigh : ~valueHigh))) | 0;
  c = ((c ^ b) - ((b << 14) | (b >>> 18))) | 0;
  a = ((a ^ c) - ((c << 11) | (c >>> 21))) | 0;
  b = ((b ^ a) - ((a << 25) | (a >>> 7))) | 0;
  c = ((c ^ b) - ((b << 16) | (b >>> 16))) | 0;
  a = ((a ^ c) - ((c << 4) | (c >>> 28))) | 0;
  b = ((b ^ a) - ((a << 14) | (a >>> 18))) | 0;
  c = ((c ^ b) - ((b << 24) | (b >>> 8))) | 0;
  hashHigh = b;
  hashLow = c;
}

/** The same for a whole number that a double holds exactly. */
function chainNumber(value: number): void {
  const high = Math.floor(value / HALF);
  chain(high | 0, (value - high * HALF) | 0);
}

/** The same for a number that fits into 32 bits. */
function chainInt(value: number): void {
  chain(value >> 31, value);
}

/** Leaves the hash of row `row` in the two module variables. */
function hashRow(events: EventColumns, row: number): void {
  const occurredAt = events.occurredAt[row];
  const studentId = events.studentId[row];
  const sessionStartedAt = events.sessionStartedAt[row];
  hashHigh = 0;
  hashLow = 0;
  chain(eventIdHigh(occurredAt) | 0, eventIdLow(occurredAt, studentId) | 0);
  chainNumber(occurredAt);
  chainNumber(events.receivedAt[row]);
  if (sessionStartedAt === NONE) chainInt(NONE);
  else chain(eventIdHigh(sessionStartedAt) | 0, eventIdLow(sessionStartedAt, studentId) | 0);
  chainInt(studentId);
  chainInt(events.lessonId[row]);
  chainInt(events.eventType[row]);
  chainInt(events.positionSeconds[row]);
  chainInt(events.watchedSeconds[row]);
  chainInt(events.stalledMs[row]);
  chainInt(events.device[row]);
}

/** `hashint8extended(value, seed)` of PostgreSQL 17, as signed 64-bit numbers. */
export function hashInt8Extended(value: bigint, seed: bigint): bigint {
  hashHigh = Number(BigInt.asIntN(32, seed >> 32n));
  hashLow = Number(BigInt.asIntN(32, seed));
  chain(Number(BigInt.asIntN(32, value >> 32n)), Number(BigInt.asIntN(32, value)));
  return signed64(hashHigh, hashLow);
}

/** The hash of one row as the signed 64-bit number that `ops.row_hash` returns. Slow: for reports, not for loops. */
export function rowHash(events: EventColumns, row: number): bigint {
  hashRow(events, row);
  return signed64(hashHigh, hashLow);
}

const signed64 = (high: number, low: number): bigint => (BigInt(high) << 32n) | BigInt(low >>> 0);

/** Rows after which the halves are moved to the exact total, so that no half leaves the 53 bits of a double. */
const FLUSH_ROWS = 1 << 20;

/**
 * Count and exact sum of row hashes for a fixed number of buckets. The sum does not depend on the order of the rows and
 * equals `sum(ops.row_hash(...))`, a `numeric`. Costs 28 bytes per bucket and no BigInt per row.
 */
export class Checksums {
  private readonly counts: Float64Array;
  private readonly highs: Float64Array;
  private readonly lows: Float64Array;
  private readonly unflushed: Int32Array;
  private readonly flushed = new Map<number, bigint>();

  constructor(readonly buckets: number) {
    this.counts = new Float64Array(buckets);
    this.highs = new Float64Array(buckets);
    this.lows = new Float64Array(buckets);
    this.unflushed = new Int32Array(buckets);
  }

  /** Adds row `row` of `events` to bucket `bucket`. */
  add(bucket: number, events: EventColumns, row: number): void {
    hashRow(events, row);
    this.counts[bucket] += 1;
    this.highs[bucket] += hashHigh;
    this.lows[bucket] += hashLow >>> 0;
    if (++this.unflushed[bucket] === FLUSH_ROWS) this.flush(bucket);
  }

  count(bucket: number): number {
    return this.counts[bucket];
  }

  sum(bucket: number): bigint {
    this.flush(bucket);
    return this.flushed.get(bucket) ?? 0n;
  }

  private flush(bucket: number): void {
    if (this.unflushed[bucket] === 0) return;
    const part = (BigInt(this.highs[bucket]) << 32n) + BigInt(this.lows[bucket]);
    this.flushed.set(bucket, (this.flushed.get(bucket) ?? 0n) + part);
    this.highs[bucket] = 0;
    this.lows[bucket] = 0;
    this.unflushed[bucket] = 0;
  }
}
