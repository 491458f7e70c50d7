import { dateText, timestamp, type Session } from '../database/session';
import { EVENT_TYPES, NONE, type EventColumns } from '../events/columns';
import { COPY_COLUMNS, type CopyEncoder } from '../events/copy-encoder';
import { orderByOccurredAt } from '../events/row-order';
import { DAY_MS } from '../model/day';
import { UnknownIds } from './errors';

/** What must not be stored: read anew at each tick. */
export interface Exclusions {
  /** UTC days (since 1970-01-01) whose partition retention has dropped. */
  readonly droppedDays: ReadonlySet<number>;
  /** Students that were erased; the stream goes on making their events, nobody stores them. */
  readonly forgottenStudents: ReadonlySet<number>;
}

/** The rows of one UTC day in a batch. */
export interface DayRows {
  /** Days since 1970-01-01. */
  readonly day: number;
  /** Row numbers of the events, by `occurred_at`. */
  readonly order: Uint32Array;
  readonly firstOccurredAt: number;
  readonly lastOccurredAt: number;
}

/** A batch split by UTC day: what is stored, and what is refused because its day was dropped. */
export interface SplitBatch {
  readonly stored: readonly DayRows[];
  readonly rejected: readonly { readonly day: number; readonly events: number }[];
}

/** Orders a batch by `occurred_at` and splits it by UTC day, without the events of forgotten students. */
export function splitByDay(events: EventColumns, { droppedDays, forgottenStudents }: Exclusions): SplitBatch {
  const { occurredAt, studentId } = events;
  const keep = forgottenStudents.size === 0 ? undefined : (row: number) => !forgottenStudents.has(studentId[row]);
  const order = orderByOccurredAt(events, keep);
  const stored: DayRows[] = [];
  const rejected: { day: number; events: number }[] = [];
  for (let start = 0, end = 0; start < order.length; start = end) {
    const day = Math.floor(occurredAt[order[start]] / DAY_MS);
    const nextDay = (day + 1) * DAY_MS;
    while (end < order.length && occurredAt[order[end]] < nextDay) end++;
    if (droppedDays.has(day)) rejected.push({ day, events: end - start });
    else
      stored.push({
        day,
        order: order.subarray(start, end),
        firstOccurredAt: occurredAt[order[start]],
        lastOccurredAt: occurredAt[order[end - 1]],
      });
  }
  return { stored, rejected };
}

/** Number of events of each kind, by the code of the kind. */
export function countTypes(events: EventColumns, days: readonly DayRows[]): number[] {
  const counts = new Array<number>(EVENT_TYPES.length).fill(0);
  for (const { order } of days) for (let i = 0; i < order.length; i++) counts[events.eventType[order[i]]]++;
  return counts;
}

/**
 * Writes rows by COPY with the foreign keys checked as a set: the per-row checks would take most of the time. `for key share`
 * makes a concurrent delete of a student or lesson wait for our transaction, just as the declared keys would.
 * Runs inside the caller's transaction.
 * @throws UnknownIds if a student or lesson of the rows is not in the database
 */
export async function copyRows(
  session: Session,
  encoder: CopyEncoder,
  events: EventColumns,
  days: readonly DayRows[],
): Promise<void> {
  const students = new Set<number>();
  const lessons = new Set<number>();
  for (const { order } of days) {
    for (let i = 0; i < order.length; i++) {
      students.add(events.studentId[order[i]]);
      const lesson = events.lessonId[order[i]];
      if (lesson !== NONE) lessons.add(lesson);
    }
  }
  await requireKnown(session, 'edtech.students', 'student_id', students);
  await requireKnown(session, 'edtech.lessons', 'lesson_id', lessons);
  await session.query('set local session_replication_role = replica');
  for (const { order } of days) {
    const copied = await session.copy(
      `copy edtech.streaming_logs (${COPY_COLUMNS}) from stdin with (format binary)`,
      encoder.encode(events, order),
    );
    if (copied !== order.length) throw new Error(`COPY stored ${copied} of ${order.length} rows`);
  }
  await session.query('set local session_replication_role = origin');
}

async function requireKnown(session: Session, table: string, key: string, ids: ReadonlySet<number>): Promise<void> {
  if (ids.size === 0) return;
  const { rows } = await session.query<{ known: number }>(
    `select count(*)::int as known from (select from ${table} where ${key} = any ($1::int[]) for key share) known`,
    [[...ids]],
  );
  if (rows[0].known !== ids.size)
    throw new UnknownIds(
      `${ids.size - rows[0].known} of ${ids.size} values of ${key} in the batch are not in ${table}`,
    );
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

/** Writes one ledger row per UTC day, or an empty one: also a tick without events leaves a trace. */
export async function writeLedger(
  session: Session,
  entry: LedgerEntry,
  { stored, rejected }: SplitBatch,
): Promise<void> {
  const days = stored.length > 0 ? stored : [undefined];
  await session.query(
    `insert into ingest.batches (replica, kind, shard_mask, received_from, received_to, utc_day, min_occurred_at, max_occurred_at, events)
     select $1, $2, $3, $4, $5, d.* from unnest($6::date[], $7::timestamptz[], $8::timestamptz[], $9::bigint[]) d`,
    [
      entry.replica,
      entry.kind,
      shardMask(entry.shards),
      timestamp(entry.receivedFrom),
      timestamp(entry.receivedTo),
      days.map((day) => (day ? dateText(day.day) : null)),
      days.map((day) => (day ? timestamp(day.firstOccurredAt) : null)),
      days.map((day) => (day ? timestamp(day.lastOccurredAt) : null)),
      days.map((day) => day?.order.length ?? 0),
    ],
  );
  if (rejected.length > 0)
    await session.query(
      `insert into ingest.rejected (utc_day, events, reason) select d.*, 'partition dropped' from unnest($1::date[], $2::bigint[]) d`,
      [rejected.map(({ day }) => dateText(day)), rejected.map(({ events }) => events)],
    );
}
