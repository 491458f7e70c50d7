import type { Day } from '../../model/day';
import type { Lesson } from '../../model/stream';
import { quartiles } from './quartiles';
import type { LessonTally, StudentDay, View } from './student-day';
import type { ExpectedRow } from './tables';

/** Buckets of 5 % of a lesson's length. */
const BUCKETS = 20;

/** The columns that `student_lesson_day` and `lesson_day` share, in the order of the tables. */
const sums = (tally: LessonTally): number[] => [
  tally.firstViews,
  tally.repeatViews,
  tally.completions,
  tally.abandons,
  tally.watchedSeconds,
  tally.stalledMs,
  tally.startupMs,
  tally.pauses,
  tally.resumes,
  tally.seeks,
  tally.bufferedViews,
];

/** Rows of `student_lesson_day` of one student and day. */
export function studentLessonRows(studentId: number, cohortId: number, day: Day, result: StudentDay): ExpectedRow[] {
  const lessons = [...result.lessons.values()].sort((a, b) => a.lessonId - b.lessonId);
  return lessons.map((lesson) => ({
    keys: [studentId, day, lesson.lessonId],
    values: [cohortId, ...sums(lesson), lesson.furthestPosition],
  }));
}

class LessonTotals {
  students = 0;
  readonly sums: number[] = new Array<number>(11).fill(0);
  readonly views = [0, 0, 0];
  readonly abandons = [0, 0, 0];
  readonly completeSeconds: number[] = [];
  readonly firstReached = new Float64Array(BUCKETS);
  readonly repeatReached = new Float64Array(BUCKETS);
  readonly pauses = new Float64Array(BUCKETS);
  readonly seeksBack = new Float64Array(BUCKETS);

  add(tally: LessonTally): void {
    this.students++;
    sums(tally).forEach((value, index) => (this.sums[index] += value));
    for (let device = 0; device < 3; device++) {
      this.views[device] += tally.viewsByDevice[device];
      this.abandons[device] += tally.abandonsByDevice[device];
    }
  }

  addView(view: View, length: number): void {
    const bucketOf = (position: number): number => Math.min(BUCKETS - 1, Math.floor((BUCKETS * position) / length));
    for (const position of view.pausedAt) this.pauses[bucketOf(position)]++;
    for (const position of view.seekedBackAt) this.seeksBack[bucketOf(position)]++;
    if (view.startedAt === -1) return;
    if (view.completedAt !== -1) this.completeSeconds.push(Math.floor((view.completedAt - view.startedAt) / 1_000));
    const reached = view.first ? this.firstReached : this.repeatReached;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      if (BUCKETS * view.furthestPosition < bucket * length) break;
      // A repeat view starts anywhere: it cannot be lost before the place where it started.
      if (view.first || BUCKETS * view.startPosition < (bucket + 1) * length) reached[bucket]++;
    }
  }

  get hasDropoff(): boolean {
    return [this.firstReached, this.repeatReached, this.pauses, this.seeksBack].some((counts) =>
      counts.some((n) => n > 0),
    );
  }
}

/** Gathers `lesson_day` and `lesson_dropoff` of one cohort and day, student after student. */
export class LessonTables {
  private readonly totals = new Map<number, LessonTotals>();

  constructor(
    private readonly cohortId: number,
    private readonly day: Day,
    private readonly lessons: ReadonlyMap<number, Lesson>,
  ) {}

  add(result: StudentDay): void {
    for (const tally of result.lessons.values()) this.of(tally.lessonId).add(tally);
    for (const view of result.views) {
      const lesson = this.lessons.get(view.lessonId);
      if (lesson === undefined) throw new Error(`lesson ${view.lessonId} is watched but not in the curriculum`);
      this.of(view.lessonId).addView(view, lesson.lengthSeconds);
    }
  }

  lessonRows(): ExpectedRow[] {
    return this.sorted().map(([lessonId, totals]) => ({
      keys: [this.cohortId, this.day, lessonId],
      values: [
        totals.students,
        ...totals.sums,
        ...totals.views,
        ...totals.abandons,
        ...quartiles(totals.completeSeconds),
      ],
    }));
  }

  dropoffRows(): ExpectedRow[] {
    return this.sorted()
      .filter(([, totals]) => totals.hasDropoff)
      .flatMap(([lessonId, totals]) =>
        Array.from({ length: BUCKETS }, (_, bucket) => ({
          keys: [this.cohortId, this.day, lessonId, bucket],
          values: [
            totals.firstReached[bucket],
            totals.repeatReached[bucket],
            totals.pauses[bucket],
            totals.seeksBack[bucket],
          ],
        })),
      );
  }

  private of(lessonId: number): LessonTotals {
    let totals = this.totals.get(lessonId);
    if (totals === undefined) this.totals.set(lessonId, (totals = new LessonTotals()));
    return totals;
  }

  private sorted(): [number, LessonTotals][] {
    return [...this.totals].sort(([a], [b]) => a - b);
  }
}
