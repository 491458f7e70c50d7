import { EventType, NONE, type EventColumns } from '../../events/columns';
import { eventId, EVENT_EPOCH_MS, seatOf } from '../../events/event-id';
import type { StudentHistory } from './history';
import { DAY_MS, HOUR_MS } from './calendar';
import type { Day } from '../../model/day';
import type { ExpectedRow } from './tables';

const MINUTE_MS = 60_000;
const LATE_MS = 120_000;
/** In `minute`: `events`, one column per type, then `watched_seconds`, `stalled_ms`, `startup_ms`, `late_events`. */
const MINUTE_COLUMNS = 17;

/** Columns of `lesson_hour`, `classroom_hour` and `student_day` that count one type of event. */
const LESSON_HOUR_TYPES = [
  EventType.lesson_started,
  EventType.lesson_completed,
  EventType.abandoned,
  EventType.paused,
  EventType.seeked,
  EventType.buffered,
];
const CLASSROOM_HOUR_TYPES = [
  EventType.session_started,
  EventType.lesson_started,
  EventType.lesson_completed,
  EventType.abandoned,
  EventType.buffered,
];

/** Which rows the roll-ups hold, in ms: instants `from ≤ t < to`, of minutes, hours and events; local days by their start. */
export interface RollUpRange {
  readonly from: number;
  readonly to: number;
  readonly firstDay: number;
  readonly lastDay: number;
}

interface Counted {
  readonly sums: number[];
  mask: bigint;
}

interface StudentDayRow {
  readonly day: number;
  readonly lateHours: number;
  readonly sums: number[];
  activeHours: number;
  first: number;
  last: number;
}

function counted<K>(rows: Map<K, Counted>, key: K, columns: number): Counted {
  let row = rows.get(key);
  if (row === undefined) rows.set(key, (row = { sums: new Array<number>(columns).fill(0), mask: 0n }));
  return row;
}

/**
 * Gathers the live roll-ups from the rows that the ledger says are rolled up. The tables by minute and by lesson grow with
 * the range, the others are handed out student after student and classroom after classroom.
 */
export class RollUps {
  private readonly minutes = new Map<number, Counted>();
  private readonly lessonHours = new Map<string, Counted>();
  private classroomHours = new Map<number, Counted>();
  private studentDays = new Map<number, StudentDayRow>();
  private views: ExpectedRow[] = [];

  constructor(
    private readonly range: RollUpRange,
    /** Whether the batch that holds a row is rolled up. */
    private readonly isRolledUp: (studentId: number, occurredAt: number, receivedAt: number) => boolean,
  ) {}

  /**
   * Adds the events of one student; {@link takeStudent} hands out the student's rows.
   * @param keptOf for an erased student: the UTC days whose counts could not be made again and stay, without the seat
   */
  add(history: StudentHistory, keptOf?: (utcDay: Day) => boolean): void {
    const erased = keptOf !== undefined;
    const { events, calendar } = history;
    const { studentId } = history.student;
    for (let day = calendar.first; day <= calendar.last; day++) {
      const end = history.endRow(day);
      for (let row = history.firstRow(day); row < end; row++) {
        if (!this.isRolledUp(studentId, events.occurredAt[row], events.receivedAt[row])) continue;
        if (erased && !keptOf(Math.floor(events.occurredAt[row] / DAY_MS))) continue;
        const hourNumber = calendar.hourOf(day, events.occurredAt[row]);
        const hour = calendar.startsAt(day) + hourNumber * HOUR_MS;
        const inRange = events.occurredAt[row] >= this.range.from && events.occurredAt[row] < this.range.to;
        if (inRange) this.addMinute(events, row, history.student.cohortId);
        if (hour >= this.range.from && hour < this.range.to)
          this.addHour(events, row, history.student.cohortId, hour, erased);
        if (erased) continue;
        if (day >= this.range.firstDay && day <= this.range.lastDay) {
          this.addStudentDay(events, row, day, calendar.lateHours(day, events.receivedAt[row]), hourNumber);
        }
        if (inRange && events.eventType[row] === EventType.lesson_started) this.addView(events, row);
      }
    }
  }

  private addMinute(events: EventColumns, row: number, cohortId: number): void {
    const minute = Math.floor(events.occurredAt[row] / MINUTE_MS);
    // Cohorts are few; the product orders by minute, then cohort.
    const { sums } = counted(this.minutes, minute * 1_024 + cohortId, MINUTE_COLUMNS);
    const type = events.eventType[row];
    sums[0]++;
    sums[1 + type]++;
    sums[13] += events.watchedSeconds[row];
    sums[14] += events.stalledMs[row];
    if (type === EventType.lesson_started) sums[15] += events.stalledMs[row];
    if (events.receivedAt[row] > events.occurredAt[row] + LATE_MS) sums[16]++;
  }

  private addHour(events: EventColumns, row: number, cohortId: number, hour: number, erased: boolean): void {
    const type = events.eventType[row];
    const startup = type === EventType.lesson_started ? events.stalledMs[row] : 0;
    if (events.lessonId[row] !== NONE) {
      const { sums } = counted(this.lessonHours, `${events.lessonId[row]} ${cohortId} ${hour}`, 10);
      sums[0]++;
      const column = LESSON_HOUR_TYPES.indexOf(type);
      if (column !== -1) sums[1 + column]++;
      sums[7] += events.watchedSeconds[row];
      sums[8] += events.stalledMs[row];
      sums[9] += startup;
    }
    const classroom = counted(this.classroomHours, hour, 10);
    const { sums } = classroom;
    sums[0]++;
    const column = CLASSROOM_HOUR_TYPES.indexOf(type);
    if (column !== -1) sums[1 + column]++;
    sums[6] += events.watchedSeconds[row];
    sums[7] += events.stalledMs[row];
    sums[8] += startup;
    if (events.receivedAt[row] > events.occurredAt[row] + LATE_MS) sums[9]++;
    if (events.sessionStartedAt[row] !== NONE && !erased) classroom.mask |= 1n << BigInt(seatOf(events.studentId[row]));
  }

  private addStudentDay(events: EventColumns, row: number, day: number, lateHours: number, hour: number): void {
    const key = day * 128 + lateHours;
    const at = events.occurredAt[row];
    let found = this.studentDays.get(key);
    if (found === undefined) {
      found = { day, lateHours, sums: new Array<number>(8).fill(0), activeHours: 0, first: at, last: at };
      this.studentDays.set(key, found);
    }
    found.sums[0]++;
    const column = CLASSROOM_HOUR_TYPES.indexOf(events.eventType[row]);
    if (column !== -1) found.sums[1 + column]++;
    found.sums[6] += events.watchedSeconds[row];
    found.sums[7] += events.stalledMs[row];
    if (events.sessionStartedAt[row] !== NONE) found.activeHours |= 1 << hour;
    found.first = Math.min(found.first, at);
    found.last = Math.max(found.last, at);
  }

  private addView(events: EventColumns, row: number): void {
    const at = events.occurredAt[row];
    this.views.push({
      keys: [events.studentId[row], events.lessonId[row], at - EVENT_EPOCH_MS],
      values: [eventId(at, events.studentId[row]), events.receivedAt[row]],
    });
  }

  /** Rows of `student_day` and `lesson_views` of the student added last. */
  takeStudent(studentId: number): { studentDay: ExpectedRow[]; lessonViews: ExpectedRow[] } {
    const studentDay = [...this.studentDays]
      .sort(([a], [b]) => a - b)
      .map(([, row]) => ({
        keys: [studentId, row.day, row.lateHours],
        values: [...row.sums, row.activeHours, row.first, row.last],
      }));
    const lessonViews = this.views.sort((a, b) => a.keys[1] - b.keys[1] || a.keys[2] - b.keys[2]);
    this.studentDays = new Map();
    this.views = [];
    return { studentDay, lessonViews };
  }

  /** Rows of `classroom_hour` of the students added since the last call. */
  takeClassroom(classroomId: number): ExpectedRow[] {
    const rows = [...this.classroomHours].sort(([a], [b]) => a - b);
    this.classroomHours = new Map();
    return rows.map(([hour, { sums, mask }]) => ({ keys: [classroomId, hour], values: [mask, ...sums] }));
  }

  minuteRows(): ExpectedRow[] {
    return [...this.minutes]
      .sort(([a], [b]) => a - b)
      .map(([key, { sums }]) => ({ keys: [Math.floor(key / 1_024) * MINUTE_MS, key % 1_024], values: sums }));
  }

  lessonHourRows(): ExpectedRow[] {
    return [...this.lessonHours]
      .map(([key, { sums }]) => ({ keys: key.split(' ').map(Number), values: sums }))
      .sort((a, b) => a.keys[0] - b.keys[0] || a.keys[1] - b.keys[1] || a.keys[2] - b.keys[2]);
  }
}
