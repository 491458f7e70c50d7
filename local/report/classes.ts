import type { DashboardDatabase } from '../page/data/database';

/** A class on a published day. */
export interface ClassDay {
  readonly classroomId: number;
  readonly classroom: string;
  readonly cohortId: number;
  readonly cohort: string;
  readonly timeZone: string;
  readonly kind: string;
  readonly startsAt: Date;
  readonly endsAt: Date;
  /** Instant up to which received events are counted. */
  readonly asOf: Date;
}

const QUERY = `
select c.classroom_id, c.name, h.cohort_id, h.name, h.time_zone, d.kind::text, d.starts_at, d.ends_at, r.as_of
from edtech.classrooms c join edtech.cohorts h using (cohort_id) join edtech.school_days d using (cohort_id)
join analytics.runs r on r.cohort_id = d.cohort_id and r.day = d.day and r.status = 'published'
where d.day = $1::date and ($2::integer is null or c.classroom_id = $2::integer)
order by c.classroom_id`;

/**
 * The classes whose cohort has published the day.
 * @param classroom one classroom, or undefined for all
 * @throws Error if there is none
 */
export async function publishedClasses(
  database: DashboardDatabase,
  day: string,
  classroom: number | undefined,
): Promise<ClassDay[]> {
  const { rows } = await database.run('educator', 'classes', {
    text: QUERY,
    values: [day, classroom ?? null],
  });
  if (rows.length === 0) {
    throw new Error(
      `there is no published day ${day} of ${classroom === undefined ? 'any class' : `classroom ${classroom}`}`,
    );
  }
  return rows.map(([classroomId, name, cohortId, cohort, timeZone, kind, startsAt, endsAt, asOf]) => ({
    classroomId: Number(classroomId),
    classroom: String(name),
    cohortId: Number(cohortId),
    cohort: String(cohort),
    timeZone: String(timeZone),
    kind: String(kind),
    startsAt: new Date(Number(startsAt)),
    endsAt: new Date(Number(endsAt)),
    asOf: new Date(Number(asOf)),
  }));
}
