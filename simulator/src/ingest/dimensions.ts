import { dateText, timestamp, type Session } from '../database/session';
import { DAY_MS } from '../model/day';
import type { Stream } from '../model/stream';

/** Local days that stand in `edtech.school_days` ahead of stream time. */
const DAYS_AHEAD = 8;
/** Rows of one INSERT: an answer must come within the query timeout, also on a busy server. */
const ROWS_PER_INSERT = 5000;

/** Writes the cohorts, classrooms and lessons that are missing; what stands there is never changed. */
export async function storeDimensions(session: Session, stream: Stream): Promise<void> {
  const { cohorts, lessons } = stream;
  const classrooms = stream.classrooms();
  await session.transaction(async () => {
    await session.query(
      `insert into edtech.cohorts (cohort_id, name, time_zone) select * from unnest($1::smallint[], $2::text[], $3::text[])
       on conflict (cohort_id) do nothing`,
      [cohorts.map((c) => c.cohortId), cohorts.map((c) => c.name), cohorts.map((c) => c.timeZone)],
    );
    for (const part of parts(classrooms)) {
      await session.query(
        `insert into edtech.classrooms (classroom_id, cohort_id, segment, name)
         select * from unnest($1::int[], $2::smallint[], $3::edtech.segment[], $4::text[]) on conflict (classroom_id) do nothing`,
        [
          part.map((c) => c.classroomId),
          part.map((c) => c.cohortId),
          part.map((c) => c.segment),
          part.map((c) => c.name),
        ],
      );
    }
    for (const part of parts(lessons)) {
      await session.query(
        `insert into edtech.lessons (lesson_id, segment, sequence, subject, title, length_seconds)
         select * from unnest($1::int[], $2::edtech.segment[], $3::int[], $4::text[], $5::text[], $6::int[])
         on conflict (lesson_id) do nothing`,
        [
          part.map((l) => l.lessonId),
          part.map((l) => l.segment),
          part.map((l) => l.sequence),
          part.map((l) => l.subject),
          part.map((l) => l.title),
          part.map((l) => l.lengthSeconds),
        ],
      );
    }
  });
}

/**
 * Writes the school days that are missing, from the stream's first day to 8 days ahead of `now`.
 * @returns the last day that stands there now
 */
export async function storeSchoolDays(session: Session, stream: Stream, now: number): Promise<number> {
  const last = Math.floor(now / DAY_MS) + DAYS_AHEAD;
  const { rows } = await session.query<{ first: number | null }>(
    `select max(day) - date '1970-01-01' + 1 as first from edtech.school_days`,
  );
  const days = [];
  for (let day = rows[0].first ?? stream.firstDay; day <= last; day++)
    for (const { cohortId } of stream.cohorts) days.push({ cohortId, ...stream.schoolDay(cohortId, day) });
  for (const part of parts(days)) {
    await session.query(
      `insert into edtech.school_days (cohort_id, day, starts_at, ends_at, kind)
       select * from unnest($1::smallint[], $2::date[], $3::timestamptz[], $4::timestamptz[], $5::edtech.day_kind[])
       on conflict (cohort_id, day) do nothing`,
      [
        part.map((d) => d.cohortId),
        part.map((d) => dateText(d.day)),
        part.map((d) => timestamp(d.startsAt)),
        part.map((d) => timestamp(d.endsAt)),
        part.map((d) => d.kind),
      ],
    );
  }
  return last;
}

/** A new version may make other kinds of days that stand there already and have not begun. */
export async function correctSchoolDays(session: Session, stream: Stream): Promise<void> {
  const from = stream.versions[stream.versions.length - 1].validFromDay;
  const { rows } = await session.query<{ cohortId: number; day: number }>(
    `select cohort_id as "cohortId", day - date '1970-01-01' as day from edtech.school_days where day >= $1`,
    [dateText(from)],
  );
  for (const part of parts(rows)) {
    await session.query('select ingest.change_day_kinds($1::smallint[], $2::date[], $3::edtech.day_kind[])', [
      part.map(({ cohortId }) => cohortId),
      part.map(({ day }) => dateText(day)),
      part.map(({ cohortId, day }) => stream.schoolDay(cohortId, day).kind),
    ]);
  }
}

/**
 * Inserts students, in the caller's transaction.
 * @param asOf whoever withdrew later than this is written as enrolled: no row tells the future
 */
export async function insertStudents(
  session: Session,
  stream: Stream,
  ids: readonly number[],
  asOf: number,
): Promise<void> {
  for (const part of parts(ids)) {
    const students = part.map((id) => ({ ...stream.student(id), ...stream.profile(id) }));
    await session.query(
      `insert into edtech.students (student_id, classroom_id, cohort_id, seat, display_name, email, enrolled_at, unenrolled_at)
       select * from unnest($1::int[], $2::int[], $3::smallint[], $4::smallint[], $5::text[], $6::text[], $7::timestamptz[], $8::timestamptz[])`,
      [
        part,
        students.map((s) => s.classroomId),
        students.map((s) => s.cohortId),
        students.map((s) => s.seat),
        students.map((s) => s.displayName),
        students.map((s) => s.email),
        students.map((s) => timestamp(s.enrolledAt)),
        students.map((s) => (s.unenrolledAt !== null && s.unenrolledAt <= asOf ? timestamp(s.unenrolledAt) : null)),
      ],
    );
  }
}

/** Writes the withdrawal of students that stand in the database, in the caller's transaction. */
export async function withdrawStudents(session: Session, stream: Stream, ids: readonly number[]): Promise<void> {
  for (const part of parts(ids)) {
    await session.query(
      `update edtech.students s set unenrolled_at = left_at
       from unnest($1::int[], $2::timestamptz[]) as withdrawn (id, left_at) where s.student_id = withdrawn.id`,
      [part, part.map((id) => withdrawal(stream, id))],
    );
  }
}

function withdrawal(stream: Stream, id: number): string {
  const { unenrolledAt } = stream.student(id);
  if (unenrolledAt === null) throw new Error(`student ${id} is to be withdrawn, the stream has no withdrawal`);
  return timestamp(unenrolledAt);
}

function* parts<T>(all: readonly T[]): Generator<T[]> {
  for (let start = 0; start < all.length; start += ROWS_PER_INSERT) yield all.slice(start, start + ROWS_PER_INSERT);
}
