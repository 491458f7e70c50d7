import { EventColumns, EventType, NONE } from '../../events/columns';
import type { Day } from '../../model/day';
import type { Stream, Student } from '../../model/stream';
import type { CohortCalendar } from './calendar';

/** What a student did on one local day, as far as it was received by a cut. */
export interface DayTotals {
  /** Rows of any kind. */
  readonly rows: number;
  readonly active: boolean;
  readonly sessions: number;
  readonly views: number;
  readonly completions: number;
  readonly watchedSeconds: number;
}

const NOTHING: DayTotals = { rows: 0, active: false, sessions: 0, views: 0, completions: 0, watchedSeconds: 0 };

/**
 * All events of one student up to a day, in memory, indexed by local day. Loaded student after student into the same arrays.
 * Events come from the model, not from the database.
 */
export class StudentHistory {
  readonly events = new EventColumns();
  student!: Student;
  calendar!: CohortCalendar;
  /** Row where each local day of the calendar begins; one element more than days. */
  private dayRows = new Int32Array(0);
  private settledAt = new Float64Array(0);
  private totals: DayTotals[] = [];
  /** Rows of `lesson_started` by lesson, ascending. */
  private readonly starts = new Map<number, number[]>();

  constructor(private readonly stream: Stream) {}

  /** Replaces the content by the events of a student on the stream days `stream.firstDay … lastDay`. */
  load(studentId: number, calendar: CohortCalendar, lastDay: Day): void {
    this.student = this.stream.student(studentId);
    this.calendar = calendar;
    this.events.clear();
    for (let day = this.stream.firstDay; day <= lastDay; day++) {
      this.stream.appendStudentDay(studentId, day, this.events);
    }
    this.index();
  }

  private index(): void {
    const { events, calendar } = this;
    const days = calendar.last - calendar.first + 1;
    this.dayRows = new Int32Array(days + 1).fill(events.length);
    this.settledAt = new Float64Array(days);
    this.totals = new Array<DayTotals>(days).fill(NOTHING);
    this.indexStarts();
    let row = 0;
    for (let index = 0; index < days; index++) {
      const end = calendar.endsAt(calendar.first + index);
      this.dayRows[index] = row;
      let settled = 0;
      for (; row < events.length && events.occurredAt[row] < end; row++) {
        settled = Math.max(settled, events.receivedAt[row]);
      }
      this.settledAt[index] = settled;
      if (row > this.dayRows[index]) this.totals[index] = this.sum(this.dayRows[index], row, Infinity);
    }
    if (row < events.length) throw new Error(`student ${this.student.studentId}: event after the calendar's last day`);
  }

  private indexStarts(): void {
    const { events } = this;
    this.starts.clear();
    for (let row = 0; row < events.length; row++) {
      if (events.eventType[row] !== EventType.lesson_started) continue;
      const rows = this.starts.get(events.lessonId[row]);
      if (rows === undefined) this.starts.set(events.lessonId[row], [row]);
      else rows.push(row);
    }
  }

  /** Whether no earlier `lesson_started` of the lesson of `row`, since the stream began, was received by `asOf`. */
  isFirstView(row: number, asOf: number): boolean {
    for (const start of this.starts.get(this.events.lessonId[row]) ?? []) {
      if (start >= row) break;
      if (this.events.receivedAt[start] <= asOf) return false;
    }
    return true;
  }

  /** First row of a local day. */
  firstRow(day: Day): number {
    return this.dayRows[day - this.calendar.first];
  }

  /** Row after the last of a local day. */
  endRow(day: Day): number {
    return this.dayRows[day - this.calendar.first + 1];
  }

  /** Totals of a local day over the rows received by `asOf`. */
  dayTotals(day: Day, asOf: number): DayTotals {
    const index = day - this.calendar.first;
    if (index < 0) return NOTHING;
    return this.settledAt[index] <= asOf
      ? this.totals[index]
      : this.sum(this.dayRows[index], this.dayRows[index + 1], asOf);
  }

  /** Whether the student belongs to the class at an instant. */
  enrolledAt(instant: number): boolean {
    const { enrolledAt, unenrolledAt } = this.student;
    return enrolledAt < instant && (unenrolledAt === null || unenrolledAt >= instant);
  }

  private sum(from: number, to: number, asOf: number): DayTotals {
    const { events } = this;
    let rows = 0;
    let active = false;
    let sessions = 0;
    let views = 0;
    let completions = 0;
    let watchedSeconds = 0;
    for (let row = from; row < to; row++) {
      if (events.receivedAt[row] > asOf) continue;
      const type = events.eventType[row];
      rows++;
      if (events.sessionStartedAt[row] !== NONE) active = true;
      if (type === EventType.session_started) sessions++;
      else if (type === EventType.lesson_started) views++;
      else if (type === EventType.lesson_completed) completions++;
      watchedSeconds += events.watchedSeconds[row];
    }
    return { rows, active, sessions, views, completions, watchedSeconds };
  }
}
