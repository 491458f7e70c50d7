import { EventType, NONE, type EventColumns } from '../events/columns';
import { classroomOf, seatOf, SEATS, shardOf } from '../events/event-id';
import { mix32, unit, hash32, Purpose } from '../random';
import type { Classroom } from './classrooms';
import { CohortDays } from './cohort-days';
import { COHORTS, SEGMENTS, type Cohort, type SegmentName } from './cohorts';
import { checkVersions, versionAt, type StreamVersion } from './config';
import { Curriculum, type Lesson } from './curriculum';
import { DAY_MS, HOUR_MS, type Day } from './day';
import { NEVER } from './enrolment';
import { Population } from './population';
import { profileOf, type Profile } from './profile';
import { StudentDayWriter } from './student-day';
import type { DayKind } from './term-calendar';

export type { Classroom, Cohort, Day, DayKind, Lesson, Profile, SegmentName, StreamVersion };

export interface Student {
  readonly studentId: number;
  readonly classroomId: number;
  readonly cohortId: number;
  readonly seat: number;
  readonly segment: SegmentName;
  /** Milliseconds since 1970-01-01Z; may lie before the stream's first day. */
  readonly enrolledAt: number;
  readonly unenrolledAt: number | null;
}

export interface SchoolDay {
  readonly day: Day;
  /** Local midnight, milliseconds since 1970-01-01Z. */
  readonly startsAt: number;
  /** The next local midnight: 23 to 25 hours later. */
  readonly endsAt: number;
  readonly kind: DayKind;
}

/**
 * The event stream: a pure function of its versions. Any part can be asked for in any order and always comes out the same; nothing is
 * carried from one call to the next, and there is no clock.
 */
export class Stream {
  /** The stream's first day: nothing happens before its 04:00 local. */
  readonly firstDay: Day;
  readonly cohorts: readonly Cohort[] = COHORTS;
  private readonly seed: number;
  private readonly population: Population;
  private readonly curriculum: Curriculum;
  private readonly days: readonly CohortDays[];
  private readonly writer: StudentDayWriter;

  /** `versions` ascend by day; throws StreamConfigError if they cannot follow each other or this program does not know them. */
  constructor(readonly versions: readonly StreamVersion[]) {
    checkVersions(versions);
    const [first] = versions;
    this.firstDay = first.validFromDay;
    this.seed = mix32(first.seed);
    this.population = new Population(this.seed, versions);
    this.curriculum = new Curriculum(this.seed, first.config.lessonsPerSegment);
    this.days = COHORTS.map((cohort) => new CohortDays(cohort, versions));
    this.writer = new StudentDayWriter(this.seed, this.population, this.curriculum, this.days);
  }

  get lessons(): readonly Lesson[] {
    return this.curriculum.lessons;
  }

  /** Factor of a lesson on the hazard of leaving it: a latent trait like motivation, 0.7 to 1.5. */
  difficultyOf(lessonId: number): number {
    return this.curriculum.difficulty[this.curriculum.indexOfId(lessonId)];
  }

  classrooms(): readonly Classroom[] {
    return Array.from({ length: this.population.classrooms.count }, (_, index) =>
      this.population.classrooms.describe(index),
    );
  }

  /** Every student that ever exists under the versions, also those who enrol in later terms; of one shard if given. */
  studentIds(shard?: number): Int32Array {
    const ids: number[] = [];
    for (let index = 0; index < this.population.enrolledDay.length; index++) {
      const studentId = index + SEATS;
      if (this.population.exists(index) && (shard === undefined || shardOf(studentId) === shard)) ids.push(studentId);
    }
    return Int32Array.from(ids);
  }

  student(studentId: number): Student {
    const index = this.indexOf(studentId);
    const unenrolled = this.population.unenrolledDay[index];
    return {
      studentId,
      classroomId: classroomOf(studentId),
      cohortId: COHORTS[this.population.cohortIndex(index)].cohortId,
      seat: seatOf(studentId),
      segment: SEGMENTS[this.population.segment(index)],
      enrolledAt: this.enrolmentInstant(index, this.population.enrolledDay[index], 0),
      unenrolledAt: unenrolled === NEVER ? null : this.enrolmentInstant(index, unenrolled, 1),
    };
  }

  /** A student's cohort without the rest of {@link student}, which asks the calendar. */
  cohortOf(studentId: number): number {
    return COHORTS[this.population.cohortIndex(this.indexOf(studentId))].cohortId;
  }

  /** Whether a student enrols in (from, to], ms since 1970-01-01Z. Asks the calendar about days near the two instants only. */
  enrolsIn(studentId: number, from: number, to: number): boolean {
    const index = this.indexOf(studentId);
    return this.liesIn(index, this.population.enrolledDay[index], 0, from, to);
  }

  /** Whether a student withdraws in (from, to], likewise. */
  withdrawsIn(studentId: number, from: number, to: number): boolean {
    const index = this.indexOf(studentId);
    return this.liesIn(index, this.population.unenrolledDay[index], 1, from, to);
  }

  private liesIn(index: number, day: Day, change: 0 | 1, from: number, to: number): boolean {
    // A local day begins and ends within a day of the UTC day of the same date.
    const first = Math.floor(from / DAY_MS);
    const last = Math.floor(to / DAY_MS);
    if (day < first - 1 || day > last + 1) return false;
    if (day > first + 1 && day < last - 1) return true;
    const instant = this.enrolmentInstant(index, day, change);
    return instant > from && instant <= to;
  }

  /** Name and e-mail address; slow, for writing and verifying rows only. */
  profile(studentId: number): Profile {
    this.indexOf(studentId);
    return profileOf(this.seed, studentId);
  }

  schoolDay(cohortId: number, day: Day): SchoolDay {
    const days = this.daysOf(cohortId);
    return {
      day,
      startsAt: days.calendar.startOf(day),
      endsAt: days.calendar.startOf(day + 1),
      kind: days.plan(day).kind,
    };
  }

  /** The instants between which the events of a stream day of a cohort lie: 04:00 to 04:00 local. */
  streamDay(cohortId: number, day: Day): { startsAt: number; endsAt: number } {
    return this.daysOf(cohortId).clock(day);
  }

  private daysOf(cohortId: number): CohortDays {
    const days = this.days[COHORTS.findIndex((cohort) => cohort.cohortId === cohortId)];
    if (days !== undefined) return days;
    throw new Error(
      `cohort ${cohortId} is unknown, allowed are ${COHORTS.map((cohort) => cohort.cohortId).join(', ')}`,
    );
  }

  /** The version in force on a day; the first one for the days before the stream. */
  versionAt(day: Day): StreamVersion {
    return versionAt(this.versions, day);
  }

  /** Appends all events of a student's stream day, ascending by `occurred_at`. */
  appendStudentDay(studentId: number, day: Day, out: EventColumns): void {
    const index = studentId - SEATS;
    const { population } = this;
    if (day < this.firstDay || !population.exists(index)) return;
    const enrolled = population.enrolledDay[index];
    const unenrolled = population.unenrolledDay[index];
    if (day < enrolled || day > unenrolled) return;
    const { startsAt, endsAt } = this.days[population.cohortIndex(index)].clock(day);
    let from = startsAt;
    let to = endsAt;
    if (day === enrolled) {
      from = this.enrolmentInstant(index, day, 0);
      pushEnrolment(out, from, studentId, EventType.enrolled);
      from += HOUR_MS / 6;
    }
    if (day === unenrolled) to = this.enrolmentInstant(index, day, 1);
    this.writer.append(index, day, this.versionAt(day).config, from, to, out);
    if (day === unenrolled) pushEnrolment(out, to, studentId, EventType.unenrolled);
  }

  /** Whether a device of the student is offline during a session planned for the day, so that its events may arrive late. */
  hasOfflineSession(studentId: number, day: Day): boolean {
    const index = studentId - SEATS;
    const { enrolledDay, unenrolledDay } = this.population;
    return day >= enrolledDay[index] && day <= unenrolledDay[index] && this.writer.hasOffline(index, day);
  }

  /**
   * The truth that the at-risk rule is measured against: whether the student's latent motivation of the day is low. It must never
   * enter the database.
   */
  groundTruthAtRisk(studentId: number, day: Day): boolean {
    return this.writer.atRisk(this.indexOf(studentId), day);
  }

  /** Enrolments are made from 08:00, withdrawals from 09:00, both within ten hours. */
  private enrolmentInstant(index: number, day: Day, which: 0 | 1): number {
    const share = unit(hash32(this.seed, Purpose.enrolment, index, 2 + which));
    const { calendar } = this.days[this.population.cohortIndex(index)];
    return calendar.startOf(day) + Math.floor((8 + which + 10 * share) * HOUR_MS);
  }

  private indexOf(studentId: number): number {
    const index = studentId - SEATS;
    if (!Number.isInteger(studentId) || !this.population.exists(index))
      throw new Error(`student ${studentId} does not exist in this stream`);
    return index;
  }
}

function pushEnrolment(out: EventColumns, at: number, studentId: number, type: number): void {
  out.push(at, at, NONE, studentId, NONE, type, NONE, 0, 0, NONE);
}
