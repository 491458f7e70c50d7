import { EventType, NONE, type EventColumns } from '../../src/events/columns';
import type { Day } from '../../src/model/day';
import type { Stream } from '../../src/model/stream';
import { CohortCalendar, DAY_MS, HOUR_MS } from '../../src/proof/answers/calendar';
import { StudentHistory } from '../../src/proof/answers/history';
import { LessonTables } from '../../src/proof/answers/lesson-tables';
import { quartiles } from '../../src/proof/answers/quartiles';
import { studentDay, type StudentDay } from '../../src/proof/answers/student-day';

const FIRST: Day = 20_500;
const MIDNIGHT = FIRST * DAY_MS;
const STUDENT = 63;
const LESSON = { lessonId: 7, segment: 'school', sequence: 1, subject: '', title: '', lengthSeconds: 200 } as const;

interface Row {
  /** Seconds after the first midnight. */
  readonly at: number;
  readonly type: number;
  readonly session?: number;
  readonly lesson?: number;
  readonly position?: number;
  readonly watched?: number;
  readonly stalled?: number;
  /** Seconds until the event arrives. */
  readonly late?: number;
}

/** A history of one student who does exactly this; the second day has 25 hours. */
function historyOf(rows: readonly Row[]): StudentHistory {
  const starts = [0, 24, 49, 73, 97].map((hours) => MIDNIGHT + hours * HOUR_MS);
  const stream = {
    firstDay: FIRST,
    student: () => ({ studentId: STUDENT, enrolledAt: MIDNIGHT - DAY_MS, unenrolledAt: null }),
    schoolDay: (_cohort: number, day: Day) => ({
      day,
      startsAt: starts[day - FIRST],
      endsAt: starts[day - FIRST + 1],
      kind: 'school_day',
    }),
    appendStudentDay: (_student: number, day: Day, out: EventColumns) => {
      if (day !== FIRST) return;
      for (const {
        at,
        type,
        session = 0,
        lesson = NONE,
        position = NONE,
        watched = 0,
        stalled = 0,
        late = 0,
      } of rows) {
        const occurred = MIDNIGHT + at * 1_000;
        const started = session === NONE ? NONE : MIDNIGHT + session * 1_000;
        const device = session === NONE ? NONE : 2;
        out.push(occurred, occurred + late * 1_000, started, STUDENT, lesson, type, position, watched, stalled, device);
      }
    },
  } as unknown as Stream;
  const history = new StudentHistory(stream);
  history.load(STUDENT, new CohortCalendar(stream, 1, FIRST, FIRST + 3), FIRST);
  return history;
}

const lesson = (at: number, type: number, position: number, more: Partial<Row> = {}): Row => ({
  at,
  type,
  lesson: LESSON.lessonId,
  position,
  ...more,
});

function dropoff(day: StudentDay): (string | number | bigint | null)[][] {
  const tables = new LessonTables(1, FIRST, new Map([[LESSON.lessonId, LESSON]]));
  tables.add(day);
  return tables.dropoffRows().map(({ values }) => [...values]);
}

it('counts a view as first only if no earlier start of the lesson was received by the cut', () => {
  const history = historyOf([
    lesson(100, EventType.lesson_started, 0, { late: 7_200 }),
    lesson(5_000, EventType.lesson_started, 0, { session: 4_990 }),
  ]);
  expect(studentDay(history, FIRST, MIDNIGHT + 6_000_000)).toMatchObject({ firstViews: 1, repeatViews: 0 });
  expect(studentDay(history, FIRST, MIDNIGHT + 7_300_000)).toMatchObject({ firstViews: 1, repeatViews: 1 });
});

it('puts the start and the end of a view that crosses midnight on their own days', () => {
  const history = historyOf([
    lesson(86_000, EventType.lesson_started, 0, { session: 85_990 }),
    lesson(86_500, EventType.lesson_completed, 200, { session: 85_990 }),
  ]);
  expect(studentDay(history, FIRST, Infinity)).toMatchObject({ firstViews: 1, completions: 0, events: 1 });
  expect(studentDay(history, FIRST + 1, Infinity)).toMatchObject({ firstViews: 0, completions: 1, events: 1 });
});

it('counts an event as late from the first millisecond after two minutes', () => {
  const history = historyOf([
    { at: 10, type: EventType.session_started, late: 120 },
    { at: 20, type: EventType.session_ended, late: 120.001 },
  ]);
  expect(studentDay(history, FIRST, Infinity)).toMatchObject({ events: 2, sessions: 1, lateEvents: 1 });
});

it('does not call a student active who was only enrolled', () => {
  const history = historyOf([{ at: 10, type: EventType.enrolled, session: NONE }]);
  expect(studentDay(history, FIRST, Infinity)).toMatchObject({ active: false, enrolments: 1, events: 1 });
});

it('reaches the buckets up to the furthest position, which a seek back does not lower', () => {
  const history = historyOf([
    lesson(10, EventType.lesson_started, 0),
    lesson(60, EventType.paused, 50, { watched: 50 }),
    lesson(70, EventType.seeked, 20),
    lesson(80, EventType.seeked, 45),
    lesson(90, EventType.abandoned, 49),
  ]);
  const rows = dropoff(studentDay(history, FIRST, Infinity));
  // 50 of 200 seconds are exactly 5 buckets: bucket 5 is reached, too.
  expect(rows.map(([first]) => first)).toEqual([...Array(6).fill(1), ...Array(14).fill(0)]);
  expect(
    rows.map(([, , pauses, back], bucket) => [bucket, pauses, back]).filter(([, a, b]) => a !== 0 || b !== 0),
  ).toEqual([
    [2, 0, 1],
    [5, 1, 0],
  ]);
});

it('counts a repeat view from the bucket where it starts', () => {
  const history = historyOf([
    lesson(10, EventType.lesson_started, 0),
    lesson(20, EventType.abandoned, 0),
    lesson(1_000, EventType.lesson_started, 100, { session: 990 }),
    lesson(1_030, EventType.abandoned, 130, { session: 990 }),
  ]);
  const rows = dropoff(studentDay(history, FIRST, Infinity));
  expect(rows.map(([, repeat]) => repeat)).toEqual(Array.from({ length: 20 }, (_, b) => (b >= 10 && b <= 13 ? 1 : 0)));
});

it('numbers the hours of a 25-hour day from 0 to 24 and rounds lateness up to whole hours', () => {
  const { calendar } = historyOf([]);
  const [start, end] = [calendar.startsAt(FIRST + 1), calendar.endsAt(FIRST + 1)];
  expect([calendar.hourOf(FIRST + 1, start), calendar.hourOf(FIRST + 1, end - 1)]).toEqual([0, 24]);
  expect([0, 1, HOUR_MS, HOUR_MS + 1].map((after) => calendar.lateHours(FIRST + 1, end + after))).toEqual([0, 1, 1, 2]);
});

it('takes quartiles by nearest rank', () => {
  expect(quartiles([])).toEqual([null, null, null]);
  expect(quartiles([5])).toEqual([5, 5, 5]);
  expect(quartiles([4, 1, 3, 2])).toEqual([1, 2, 3]);
  expect(quartiles([5, 4, 1, 3, 2])).toEqual([2, 3, 4]);
});
