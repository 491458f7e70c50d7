import type { Client } from 'pg';
import { shardOf } from '../../events/event-id';
import { formatDay, parseDay } from '../../model/day';
import type { Snapshot } from '../snapshot';
import { Differences, Tally, type RowDifference, type TextRow } from './differences';

/** Outcome of one dimension table. */
export interface DimensionResult {
  readonly compared: number;
  readonly lost: number;
  readonly extra: number;
  readonly changed: number;
}

interface Dimension {
  readonly table: string;
  readonly columns: readonly string[];
  /** Number of leading columns that identify a row, whole numbers or days. */
  readonly keys: number;
  /** Rows that must be there, ascending by key; `stored` are those that are. */
  expected(snapshot: Snapshot, client: Client): AsyncIterable<TextRow> | Iterable<TextRow>;
}

const FETCH_ROWS = 4_000;

const text = (value: number | string | null): string | null => (value === null ? null : String(value));
const micros = (ms: number | null): string | null => (ms === null ? null : String(ms * 1_000));

const COHORTS: Dimension = {
  table: 'cohorts',
  columns: ['cohort_id', 'name', 'time_zone'],
  keys: 1,
  expected: ({ stream }) => stream.cohorts.map((cohort) => [text(cohort.cohortId), cohort.name, cohort.timeZone]),
};

const CLASSROOMS: Dimension = {
  table: 'classrooms',
  columns: ['classroom_id', 'cohort_id', 'segment', 'name'],
  keys: 1,
  expected: ({ stream }) =>
    stream.classrooms().map((room) => [text(room.classroomId), text(room.cohortId), room.segment, room.name]),
};

const LESSONS: Dimension = {
  table: 'lessons',
  columns: ['lesson_id', 'segment', 'sequence', 'subject', 'title', 'length_seconds'],
  keys: 1,
  expected: ({ stream }) =>
    stream.lessons.map((lesson) => [
      text(lesson.lessonId),
      lesson.segment,
      text(lesson.sequence),
      lesson.subject,
      lesson.title,
      text(lesson.lengthSeconds),
    ]),
};

/** A student's row appears when the enrolment is received and has the withdrawal once that is: no row tells the future. */
const STUDENTS: Dimension = {
  table: 'students',
  columns: ['student_id', 'classroom_id', 'cohort_id', 'seat', 'display_name', 'email', 'enrolled_at', 'unenrolled_at'],
  keys: 1,
  *expected({ stream, watermarks, forgotten }) {
    for (const studentId of stream.studentIds()) {
      const student = stream.student(studentId);
      const watermark = watermarks[shardOf(studentId)];
      if (student.enrolledAt > watermark || forgotten.has(studentId)) continue;
      const { displayName, email } = stream.profile(studentId);
      const left = student.unenrolledAt !== null && student.unenrolledAt <= watermark ? student.unenrolledAt : null;
      const place = [text(studentId), text(student.classroomId), text(student.cohortId), text(student.seat)];
      yield [...place, displayName, email, micros(student.enrolledAt), micros(left)];
    }
  },
};

/** School days reach without a gap from the stream's first day to the last one stored, at least to the watermark's. */
const SCHOOL_DAYS: Dimension = {
  table: 'school_days',
  columns: ['cohort_id', 'day', 'starts_at', 'ends_at', 'kind'],
  keys: 2,
  async *expected({ stream, watermarks }, client) {
    const { rows } = await client.query<{ cohort_id: number; last: string }>(
      'select cohort_id, max(day)::text as last from edtech.school_days group by 1',
    );
    const stored = new Map(rows.map((row) => [row.cohort_id, parseDay(row.last)]));
    const latest = watermarks.reduce((a, b) => Math.max(a, b), -Infinity);
    for (const { cohortId } of stream.cohorts) {
      for (let day = stream.firstDay; ; day++) {
        const { startsAt, endsAt, kind } = stream.schoolDay(cohortId, day);
        if (startsAt > latest && day > (stored.get(cohortId) ?? -Infinity)) break;
        yield [text(cohortId), formatDay(day), micros(startsAt), micros(endsAt), kind];
      }
    }
  },
};

const DIMENSIONS = [COHORTS, CLASSROOMS, LESSONS, STUDENTS, SCHOOL_DAYS];

/** Compares every dimension table, row by row and column by column, with what the stream says. */
export async function verifyDimensions(
  snapshot: Snapshot,
  list: RowDifference[],
  maxListed: number,
): Promise<Record<string, DimensionResult>> {
  const results: Record<string, DimensionResult> = {};
  for (const dimension of DIMENSIONS) {
    results[dimension.table] = await verifyDimension(snapshot, dimension, list, maxListed);
  }
  return results;
}

async function verifyDimension(
  snapshot: Snapshot,
  dimension: Dimension,
  list: RowDifference[],
  maxListed: number,
): Promise<DimensionResult> {
  const key = Array.from({ length: dimension.keys }, (_, index) => index);
  const differences = new Differences(dimension.table, dimension.columns, [key], list, maxListed);
  const tally = new Tally();
  const compare = (a: TextRow, b: TextRow): number => {
    for (const index of key) {
      const difference = keyNumber(a[index]) - keyNumber(b[index]);
      if (difference !== 0) return difference;
    }
    return 0;
  };
  const stored = storedRows(snapshot.client, dimension);
  let compared = 0;
  let next = await stored.next();
  for await (const wanted of dimension.expected(snapshot, snapshot.client)) {
    compared++;
    while (next.done !== true && compare(next.value, wanted) < 0) {
      differences.addExtra(next.value, tally);
      next = await stored.next();
    }
    if (next.done === true || compare(next.value, wanted) > 0) differences.addLost(wanted, tally);
    else {
      const actual: TextRow = next.value;
      if (wanted.some((value, index) => value !== actual[index])) differences.addChanged(wanted, actual, tally);
      next = await stored.next();
    }
  }
  for (; next.done !== true; next = await stored.next()) differences.addExtra(next.value, tally);
  differences.settle();
  const { lost, extra, changed } = tally;
  return { compared: compared + extra, lost, extra, changed };
}

/** Keys are whole numbers or days. */
const keyNumber = (value: string | null): number =>
  value === null ? NaN : value.includes('-') ? parseDay(value) : Number(value);

async function* storedRows(client: Client, { table, columns, keys }: Dimension): AsyncGenerator<TextRow> {
  const select = columns.map((column) =>
    column.endsWith('_at') ? `(extract(epoch from ${column}) * 1000000)::bigint::text` : `${column}::text`,
  );
  await client.query(
    `declare dimension_${table} no scroll cursor for
     select ${select.join(', ')} from edtech.${table} t order by ${columns
       .slice(0, keys)
       .map((key) => `t.${key}`)
       .join(', ')}`,
  );
  for (;;) {
    const { rows } = await client.query<(string | null)[]>({
      text: `fetch ${FETCH_ROWS} from dimension_${table}`,
      rowMode: 'array',
    });
    yield* rows;
    if (rows.length < FETCH_ROWS) break;
  }
  await client.query(`close dimension_${table}`);
}
