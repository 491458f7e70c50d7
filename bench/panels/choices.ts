import type { Random } from '../../simulator/src/random';
import type { BenchDatabase } from '../server';

/** Values of all variables of the dashboards, as a person could choose them. */
export type Choice = Readonly<Record<'cohort' | 'classroom' | 'lesson' | 'student', string>>;

interface Classroom {
  readonly cohort: number;
  readonly classroom: number;
  readonly students: readonly number[];
}

/** Draws classrooms, students of them, and lessons that their cohorts viewed; every classroom is as likely. */
export class Choices {
  private constructor(
    private readonly classrooms: readonly Classroom[],
    private readonly lessons: ReadonlyMap<number, readonly number[]>,
  ) {}

  /** @throws Error if a cohort has no classroom with students or no viewed lesson */
  static async read({ admin }: BenchDatabase): Promise<Choices> {
    const classrooms = await admin.query<Classroom>(`
      select cohort_id as cohort, classroom_id as classroom, array_agg(student_id order by student_id) as students
      from edtech.students group by 1, 2 order by 2`);
    const lessons = await admin.query<{ cohort: number; lessons: number[] }>(`
      select cohort_id as cohort, array_agg(distinct lesson_id) as lessons from analytics.lesson_day group by 1`);
    const cohorts = new Set(classrooms.rows.map(({ cohort }) => cohort));
    if (cohorts.size === 0 || lessons.rows.length !== cohorts.size)
      throw new Error(`${cohorts.size} cohorts have students, ${lessons.rows.length} viewed a lesson`);
    return new Choices(classrooms.rows, new Map(lessons.rows.map(({ cohort, lessons }) => [cohort, lessons])));
  }

  draw(random: Random): Choice {
    const one = <T>(list: readonly T[]): T => list[random.below(list.length)];
    const { cohort, classroom, students } = one(this.classrooms);
    const values = { cohort, classroom, student: one(students), lesson: one(this.lessons.get(cohort)!) };
    return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)])) as Choice;
  }
}
