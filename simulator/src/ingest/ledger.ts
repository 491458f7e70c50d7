import { dateText, timestamp, type Session } from '../database/session';

/** What must not be stored: read anew at each tick. */
export interface Exclusions {
  /** UTC days (since 1970-01-01) whose partition retention has dropped. */
  readonly droppedDays: ReadonlySet<number>;
  /** Students that were erased; the stream goes on making their events, nobody stores them. */
  readonly forgottenStudents: ReadonlySet<number>;
}

/** What a transaction stored of one UTC day. */
export interface DayTotals {
  /** Days since 1970-01-01. */
  readonly day: number;
  readonly rows: number;
  /** ms since 1970-01-01Z. */
  readonly firstOccurredAt: number;
  readonly lastOccurredAt: number;
}

/** Events that came too late for a day whose partition retention has dropped. */
export interface RejectedDay {
  readonly day: number;
  readonly events: number;
}

/** What a transaction received and for whom. */
export interface LedgerEntry {
  readonly replica: string;
  readonly kind: 'live' | 'backfill';
  readonly shards: readonly number[];
  /** Exclusive, ms since 1970-01-01Z. */
  readonly receivedFrom: number;
  /** Inclusive. */
  readonly receivedTo: number;
}

/** Shards as bits of a signed 64-bit number, in decimal. */
export function shardMask(shards: readonly number[]): string {
  let mask = 0n;
  for (const shard of shards) mask |= 1n << BigInt(shard);
  return BigInt.asIntN(64, mask).toString();
}

/** Writes one ledger row per UTC day, or an empty one: also a tick without events leaves a trace. In the caller's transaction. */
export async function writeLedger(session: Session, entry: LedgerEntry, days: readonly DayTotals[]): Promise<void> {
  const rows = days.length > 0 ? days : [undefined];
  await session.query(
    `insert into ingest.batches
       (replica, kind, shard_mask, received_from, received_to, utc_day, min_occurred_at, max_occurred_at, events)
     select $1, $2, $3, $4, $5, d.* from unnest($6::date[], $7::timestamptz[], $8::timestamptz[], $9::bigint[]) d`,
    [
      entry.replica,
      entry.kind,
      shardMask(entry.shards),
      timestamp(entry.receivedFrom),
      timestamp(entry.receivedTo),
      rows.map((day) => (day ? dateText(day.day) : null)),
      rows.map((day) => (day ? timestamp(day.firstOccurredAt) : null)),
      rows.map((day) => (day ? timestamp(day.lastOccurredAt) : null)),
      rows.map((day) => day?.rows ?? 0),
    ],
  );
}

/**
 * A backfill writes a ledger row with whatever it commits, and moves the watermarks at its very end: a row that is ahead of them
 * tells how far one that is under way or was interrupted wants to go. Only with that target do the days fit that it has left behind.
 * @returns ms since 1970-01-01Z, or undefined without such a backfill
 */
export async function unfinishedBackfill(session: Session): Promise<number | undefined> {
  const { rows } = await session.query<{ target: number | null }>(
    'select (extract(epoch from ingest.unfinished_backfill()) * 1000)::float8 as target',
  );
  return rows[0].target ?? undefined;
}

/** For people. */
export const saidUnfinished = (target: number): string =>
  `the backfill up to ${timestamp(target)} is unfinished, only another backfill can go on with it`;

/** Counts events that came too late, in the caller's transaction. */
export async function writeRejected(session: Session, days: readonly RejectedDay[]): Promise<void> {
  if (days.length === 0) return;
  await session.query(
    `insert into ingest.rejected (utc_day, events, reason)
     select d.*, 'partition dropped' from unnest($1::date[], $2::bigint[]) d`,
    [days.map(({ day }) => dateText(day)), days.map(({ events }) => events)],
  );
}
