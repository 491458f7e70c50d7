import type { Session } from '../database/session';
import { EVENT_TYPES, NONE, type EventColumns } from '../events/columns';
import { COPY_COLUMNS, type CopyEncoder, type OrderedRows } from '../events/copy-encoder';
import { orderByOccurredAt } from '../events/row-order';
import { DAY_MS } from '../model/day';
import { UnknownIds } from './errors';
import type { DayTotals, Exclusions, RejectedDay } from './ledger';

/** The rows of one UTC day in a batch, by `occurred_at`. */
export interface DayRows extends OrderedRows {
  readonly totals: DayTotals;
}

/** A batch split by UTC day: what is stored, and what is refused because its day was dropped. */
export interface SplitBatch {
  readonly stored: readonly DayRows[];
  readonly rejected: readonly RejectedDay[];
}

/** Orders a batch by `occurred_at` and splits it by UTC day, without the events of forgotten students. */
export function splitByDay(events: EventColumns, { droppedDays, forgottenStudents }: Exclusions): SplitBatch {
  const { occurredAt, studentId } = events;
  const keep = forgottenStudents.size === 0 ? undefined : (row: number) => !forgottenStudents.has(studentId[row]);
  const order = orderByOccurredAt(events, keep);
  const stored: DayRows[] = [];
  const rejected: RejectedDay[] = [];
  for (let start = 0, end = 0; start < order.length; start = end) {
    const day = Math.floor(occurredAt[order[start]] / DAY_MS);
    const nextDay = (day + 1) * DAY_MS;
    while (end < order.length && occurredAt[order[end]] < nextDay) end++;
    if (droppedDays.has(day)) rejected.push({ day, events: end - start });
    else
      stored.push({
        events,
        order: order.subarray(start, end),
        totals: {
          day,
          rows: end - start,
          firstOccurredAt: occurredAt[order[start]],
          lastOccurredAt: occurredAt[order[end - 1]],
        },
      });
  }
  return { stored, rejected };
}

/** Number of events of each kind, by the code of the kind. */
export function countTypes(days: readonly DayRows[]): number[] {
  const counts = new Array<number>(EVENT_TYPES.length).fill(0);
  for (const { events, order } of days) for (let i = 0; i < order.length; i++) counts[events.eventType[order[i]]]++;
  return counts;
}

/**
 * Writes rows by COPY with the foreign keys checked as a set: the per-row checks would take most of the time. `for key share`
 * makes a concurrent delete of a student or lesson wait for our transaction, just as the declared keys would.
 * Runs inside the caller's transaction.
 * @throws UnknownIds if a student or lesson of the rows is not in the database
 */
export async function copyRows(session: Session, encoder: CopyEncoder, days: readonly DayRows[]): Promise<void> {
  if (days.length === 0) return;
  const students = new Set<number>();
  const lessons = new Set<number>();
  let rows = 0;
  for (const { events, order } of days) {
    rows += order.length;
    for (let i = 0; i < order.length; i++) {
      students.add(events.studentId[order[i]]);
      const lesson = events.lessonId[order[i]];
      if (lesson !== NONE) lessons.add(lesson);
    }
  }
  await requireKnown(session, 'edtech.students', 'student_id', students);
  await requireKnown(session, 'edtech.lessons', 'lesson_id', lessons);
  await session.query('set local session_replication_role = replica');
  const copied = await session.copy(
    `copy edtech.streaming_logs (${COPY_COLUMNS}) from stdin with (format binary)`,
    encoder.encode(days),
  );
  if (copied !== rows) throw new Error(`COPY stored ${copied} of ${rows} rows`);
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
