import { seatOf } from '../../events/event-id';
import type { Day } from '../../model/day';
import type { SchoolDay } from '../../model/stream';
import { quartiles } from './quartiles';
import type { StudentDay } from './student-day';
import type { ExpectedRow } from './tables';

/** The columns that `classroom_day`, `cohort_day` and `total_day` share, in the order of the tables. */
const sums = (day: StudentDay): number[] => [
  day.events,
  day.sessions,
  day.firstViews,
  day.repeatViews,
  day.completions,
  day.abandons,
  day.watchedSeconds,
  day.stalledMs,
  day.startupMs,
  day.bufferedViews,
  day.lateEvents,
];
const newSums = (): number[] => new Array<number>(11).fill(0);

const addTo = (totals: number[], values: readonly number[]): void => values.forEach((value, i) => (totals[i] += value));

/** Gathers `classroom_day` of one classroom and day. */
export class ClassroomDay {
  private mask = 0n;
  private enrolled = 0;
  private readonly sums = newSums();
  private readonly watched: number[] = [];
  private rows = 0;

  /** @param erased the student's figures stay in the sums, the seat does not stay in the mask */
  add(studentId: number, enrolled: boolean, day: StudentDay, erased: boolean): void {
    if (enrolled) this.enrolled++;
    this.rows += day.events;
    addTo(this.sums, sums(day));
    if (!day.active) return;
    if (!erased) this.mask |= 1n << BigInt(seatOf(studentId));
    this.watched.push(day.watchedSeconds);
  }

  /** No row for a classroom that nobody belongs to and nobody of which did anything. */
  row(classroomId: number, cohortId: number, day: Day): ExpectedRow[] {
    if (this.enrolled === 0 && this.rows === 0) return [];
    const values = [cohortId, this.mask, this.watched.length, this.enrolled, ...this.sums, ...quartiles(this.watched)];
    return [{ keys: [classroomId, day], values }];
  }

  get active(): boolean {
    return this.watched.length > 0;
  }
}

/** Gathers `cohort_day` of one cohort and day. */
export class CohortDay {
  enrolled = 0;
  activeClassrooms = 0;
  private enrolments = 0;
  private withdrawals = 0;
  private readonly sums = newSums();
  private readonly watched: number[] = [];

  add(enrolled: boolean, day: StudentDay): void {
    if (enrolled) this.enrolled++;
    this.enrolments += day.enrolments;
    this.withdrawals += day.withdrawals;
    addTo(this.sums, sums(day));
    if (day.active) this.watched.push(day.watchedSeconds);
  }

  row(cohortId: number, day: Day, kind: SchoolDay['kind']): ExpectedRow {
    return { keys: [cohortId, day], values: [kind, ...this.counters, ...quartiles(this.watched)] };
  }

  private get counters(): number[] {
    return [this.enrolled, this.watched.length, this.activeClassrooms, this.enrolments, this.withdrawals, ...this.sums];
  }

  /** The row of `total_day` of these cohorts. */
  static total(day: Day, cohorts: readonly CohortDay[]): ExpectedRow {
    const totals = new Array<number>(16).fill(0);
    for (const cohort of cohorts) addTo(totals, cohort.counters);
    return { keys: [day], values: [cohorts.length, ...totals] };
  }
}
