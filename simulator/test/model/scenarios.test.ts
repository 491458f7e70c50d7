import { EventColumns, EventType } from '../../src/events/columns';
import { HOUR_MS, MINUTE_MS, parseDay } from '../../src/model/day';
import { LocalCalendar } from '../../src/model/local-calendar';
import { Stream } from '../../src/model/stream';
import { checksum, dayOfStream } from './support/events';
import { versionOf } from './support/sample';

/** The Pacific cohort's term begins on this Monday, Tokyo is in its fifth week. */
const FIRST = parseDay('2026-03-30');
const STUDENTS = 4000;

const streamWith = (...scenarios: object[]): Stream =>
  new Stream([versionOf(FIRST, 5, { students: STUDENTS, scenarios })]);
const plain = streamWith();

interface DayFigures {
  active: Set<number>;
  events: number;
  late: number;
  views: number;
  completed: number;
  atRisk: number;
  enrolled: number;
  left: number;
  startsByHour: number[];
}

/** What an observer sees of one cohort, stream day by stream day. */
function observe(
  stream: Stream,
  cohortId: number,
  from: number,
  days: number,
  only = (_id: number): boolean => true,
): DayFigures[] {
  const out = new EventColumns();
  const calendar = new LocalCalendar(stream.cohorts[cohortId - 1].timeZone);
  const ids = [...stream.studentIds()].filter((id) => stream.student(id).cohortId === cohortId && only(id));
  return Array.from({ length: days }, (_, offset) => {
    const day = from + offset;
    const figures: DayFigures = {
      active: new Set(),
      events: 0,
      late: 0,
      views: 0,
      completed: 0,
      atRisk: 0,
      enrolled: 0,
      left: 0,
      startsByHour: Array(24).fill(0),
    };
    const midnight = calendar.startOf(day);
    for (const id of ids) {
      const { enrolledAt, unenrolledAt } = stream.student(id);
      if (enrolledAt <= midnight && (unenrolledAt ?? Infinity) > midnight) {
        figures.enrolled++;
        if (stream.groundTruthAtRisk(id, day)) figures.atRisk++;
      }
      out.clear();
      stream.appendStudentDay(id, day, out);
      if (out.length > 0) figures.active.add(id);
      figures.events += out.length;
      for (let row = 0; row < out.length; row++) {
        if (out.receivedAt[row] - out.occurredAt[row] > 2 * MINUTE_MS) figures.late++;
        const type = out.eventType[row];
        if (type === EventType.lesson_started) figures.views++;
        else if (type === EventType.lesson_completed) figures.completed++;
        else if (type === EventType.unenrolled) figures.left++;
        else if (type === EventType.session_started)
          figures.startsByHour[Math.floor((out.occurredAt[row] - midnight) / HOUR_MS) % 24]++;
      }
    }
    return figures;
  });
}

const activeIn = (days: readonly DayFigures[]): number => new Set(days.flatMap(({ active }) => [...active])).size;
const sum = (days: readonly DayFigures[], of: (day: DayFigures) => number): number =>
  days.reduce((total, day) => total + of(day), 0);

describe('an outage', () => {
  it('leaves the stream unchanged, the twenty minutes of the outage included', () => {
    const outage = streamWith({ name: 'outage', start: '2026-04-14' });
    const day = parseDay('2026-04-14');
    const students = plain.studentIds().slice(0, 800);
    expect(checksum(dayOfStream(outage, day, students))).toBe(checksum(dayOfStream(plain, day, students)));
    const from = plain.schoolDay(4, day).startsAt + 9 * HOUR_MS;
    const minutes = new Set<number>();
    const events = dayOfStream(outage, day);
    for (let row = 0; row < events.length; row++) {
      const minute = Math.floor((events.occurredAt[row] - from) / MINUTE_MS);
      if (minute >= 0 && minute < 20) minutes.add(minute);
    }
    expect(minutes.size).toBe(20);
  });
});

describe('an offline morning', () => {
  const day = parseDay('2026-04-14');
  const stream = streamWith({ name: 'offline-morning', start: '2026-04-14', cohort: 4 });

  it('makes more than a fifth of the day late, in that cohort and on that day only', () => {
    const [before, during, after] = observe(stream, 4, day - 1, 3);
    expect(during.late / during.events).toBeGreaterThan(0.2);
    expect(before.late / before.events).toBeLessThan(0.06);
    expect(after.late / after.events).toBeLessThan(0.06);
    const [other] = observe(stream, 3, day, 1);
    expect(other.late / other.events).toBeLessThan(0.06);
  });

  it('changes no activity: only when the events arrive, most of them within minutes of 16:00', () => {
    expect(observe(stream, 4, day, 1)[0].events).toBe(observe(plain, 4, day, 1)[0].events);
    const sync = stream.schoolDay(4, day).startsAt + 16 * HOUR_MS;
    const events = dayOfStream(
      stream,
      day,
      [...stream.studentIds()].filter((id) => stream.student(id).cohortId === 4),
    );
    let late = 0;
    let atSync = 0;
    for (let row = 0; row < events.length; row++) {
      if (events.receivedAt[row] - events.occurredAt[row] <= 2 * MINUTE_MS) continue;
      late++;
      if (events.receivedAt[row] >= sync && events.receivedAt[row] < sync + 11 * MINUTE_MS) atSync++;
    }
    expect(atSync / late).toBeGreaterThan(0.75);
  });
});

describe('a churn wave', () => {
  const start = parseDay('2026-04-20');
  const wave = observe(streamWith({ name: 'churn-wave', start: '2026-04-20', cohort: 1 }), 1, start - 7, 49);
  const calm = observe(plain, 1, start - 7, 49);
  const week = (days: readonly DayFigures[], number: number): DayFigures[] => days.slice(7 * number, 7 * number + 7);

  it('costs a third of the weekly active students by its second week', () => {
    expect(activeIn(week(wave, 0))).toBe(activeIn(week(calm, 0)));
    expect(activeIn(week(wave, 2)) / activeIn(week(calm, 2))).toBeLessThan(0.7);
  });

  it('puts three times as many students at risk', () => {
    expect(wave[7 + 14].atRisk / calm[7 + 14].atRisk).toBeGreaterThan(3);
  });

  it('makes students leave sooner, but not before it begins', () => {
    expect(sum(week(wave, 0), ({ left }) => left)).toBe(sum(week(calm, 0), ({ left }) => left));
    expect(sum(wave.slice(7, 28), ({ left }) => left)).toBeGreaterThan(
      2.5 * sum(calm.slice(7, 28), ({ left }) => left),
    );
  });

  it('leaves the other cohorts alone', () => {
    const stream = streamWith({ name: 'churn-wave', start: '2026-04-20', cohort: 1 });
    const others = [...plain.studentIds()].filter((id) => plain.student(id).cohortId !== 1).slice(0, 300);
    expect(checksum(dayOfStream(stream, start + 15, others))).toBe(checksum(dayOfStream(plain, start + 15, others)));
  });
});

describe('an exam week', () => {
  const start = parseDay('2026-04-13');
  const exam = observe(streamWith({ name: 'exam-week', start: '2026-04-13' }), 4, start, 7);
  const usual = observe(plain, 4, start, 7);
  const activeDays = (days: readonly DayFigures[]): number => sum(days, ({ active }) => active.size);
  const completed = (days: readonly DayFigures[]): number =>
    sum(days, (day) => day.completed) / sum(days, (day) => day.views);

  it('brings 40 to 60 % more active students on a day of the week', () => {
    const ratio = activeDays(exam) / activeDays(usual);
    expect(ratio).toBeGreaterThan(1.4);
    expect(ratio).toBeLessThan(1.6);
  });

  it('lowers the share of completed views by 2 to 4 points, because more of them are repeats', () => {
    const fall = completed(usual) - completed(exam);
    expect(fall).toBeGreaterThan(0.02);
    expect(fall).toBeLessThan(0.04);
  });

  it('moves the sessions into the evening', () => {
    const evening = ([{ startsByHour }]: readonly DayFigures[]): number =>
      startsByHour.slice(19).reduce((a, b) => a + b, 0) / startsByHour.reduce((a, b) => a + b, 0);
    expect(evening(exam)).toBeGreaterThan(1.15 * evening(usual));
  });
});

describe('a holiday week', () => {
  const start = parseDay('2026-04-13');
  const stream = streamWith({ name: 'holiday-week', start: '2026-04-13', cohort: 4 });
  const schools = (id: number): boolean => plain.student(id).segment === 'school';

  it('leaves about 15 % of the activity of the schools, and nothing of it afterwards', () => {
    const holiday = observe(stream, 4, start, 14, schools);
    const usual = observe(plain, 4, start, 14, schools);
    const week = (days: readonly DayFigures[], number: number): number =>
      sum(days.slice(7 * number, 7 * number + 7), ({ events }) => events);
    expect(week(holiday, 0) / week(usual, 0)).toBeGreaterThan(0.1);
    expect(week(holiday, 0) / week(usual, 0)).toBeLessThan(0.2);
    expect(Math.abs(week(holiday, 1) / week(usual, 1) - 1)).toBeLessThan(0.03);
  });

  it('makes holidays of its days in that cohort, so that nobody is called inactive because of it', () => {
    const days = Array.from({ length: 7 }, (_, offset) => start + offset);
    expect(days.map((day) => stream.schoolDay(4, day).kind)).toEqual(Array(7).fill('holiday'));
    expect(stream.schoolDay(4, start + 7).kind).toBe('school_day');
    expect(days.map((day) => stream.schoolDay(2, day).kind)).toEqual(days.map((day) => plain.schoolDay(2, day).kind));
    const before = inactive(stream, stream, start - 1);
    const after = inactive(stream, stream, start + 6);
    expect([...after].filter((id) => !before.has(id))).toEqual([]);
    // Had these days stayed school days, the week would have put students on the list.
    expect(inactive(stream, plain, start + 6).size).toBeGreaterThan(2 * Math.max(5, before.size));
  });

  /** Students of the schools of cohort 4 without activity on the last seven school days of a calendar. */
  function inactive(observed: Stream, calendar: Stream, day: number): Set<number> {
    const days = observe(observed, 4, day - 20, 21, schools);
    const counted = days.filter((_, offset) =>
      ['school_day', 'exam'].includes(calendar.schoolDay(4, day - 20 + offset).kind),
    );
    const last = days.indexOf(counted[counted.length - 7]);
    const active = new Set(days.slice(last).flatMap((figures) => [...figures.active]));
    const ids = [...plain.studentIds()].filter((id) => plain.student(id).cohortId === 4 && schools(id));
    const wereThere = ids.filter((id) => plain.student(id).enrolledAt < plain.schoolDay(4, FIRST).startsAt);
    return new Set(
      wereThere.filter((id) => (plain.student(id).unenrolledAt ?? Infinity) === Infinity && !active.has(id)),
    );
  }
});

describe('a term start', () => {
  const start = parseDay('2026-04-13');
  const stream = streamWith({ name: 'term-start', start: '2026-04-13', cohort: 4 });
  const ofCohort = (of: Stream): number[] => [...of.studentIds()].filter((id) => of.student(id).cohortId === 4);
  const enrolledIn = (of: Stream, from: number, days: number): number[] => {
    const [first, last] = [of.schoolDay(4, from).startsAt, of.schoolDay(4, from + days).startsAt];
    return ofCohort(of).filter((id) => of.student(id).enrolledAt >= first && of.student(id).enrolledAt < last);
  };
  const newcomers = enrolledIn(stream, start, 5);

  it('brings about 30 % more students within five days, twenty times as many as enrol otherwise', () => {
    const there = ofCohort(plain).filter((id) => {
      const { enrolledAt, unenrolledAt } = plain.student(id);
      const at = plain.schoolDay(4, start).startsAt;
      return enrolledAt < at && (unenrolledAt ?? Infinity) > at;
    });
    expect(newcomers.length / there.length).toBeGreaterThan(0.25);
    expect(newcomers.length / there.length).toBeLessThan(0.35);
    expect(newcomers.length).toBeGreaterThan(20 * enrolledIn(plain, start, 5).length);
  });

  it('moves nobody who had come before it, and no other cohort', () => {
    for (const id of plain.studentIds()) {
      const student = plain.student(id);
      if (student.cohortId !== 4 || student.enrolledAt < plain.schoolDay(4, start).startsAt)
        expect(stream.student(id)).toEqual(student);
    }
    for (const { size } of stream.classrooms()) expect(size).toBeLessThanOrEqual(63);
  });

  it('lets the newcomers begin: more than 40 % of their views are of the first lesson of the term', () => {
    const views = new Map<number, number>();
    for (let day = start; day < start + 5; day++) {
      const events = dayOfStream(stream, day, newcomers);
      for (let row = 0; row < events.length; row++)
        if (events.eventType[row] === EventType.lesson_started)
          views.set(events.lessonId[row], (views.get(events.lessonId[row]) ?? 0) + 1);
    }
    const all = [...views.values()].reduce((a, b) => a + b, 0);
    // The lesson that a segment's newcomers watch most is the first one of its term.
    const first = [1, 2, 3].map((segment) =>
      Math.max(...[...views].map(([lesson, count]) => (Math.floor(lesson / 1000) === segment ? count : 0))),
    );
    expect(first.reduce((a, b) => a + b, 0) / all).toBeGreaterThan(0.4);
  });

  it('lets everybody come more often while it lasts', () => {
    const rest = (id: number): boolean => !newcomers.includes(id);
    const ratio = (from: number): number => {
      const [during, usual] = [observe(stream, 4, from, 5, rest), observe(plain, 4, from, 5, rest)];
      return sum(during, ({ events }) => events) / sum(usual, ({ events }) => events);
    };
    expect(Math.abs(ratio(start) - 1.4)).toBeLessThan(0.1);
  });
});

describe('a snow day', () => {
  it('takes the class hours of the schools of one cohort away and doubles what is late', () => {
    const day = parseDay('2026-04-14');
    const stream = streamWith({ name: 'snow-day', start: '2026-04-14', cohort: 4 });
    const schools = (id: number): boolean => plain.student(id).segment === 'school';
    const [snow] = observe(stream, 4, day, 1, schools);
    const [usual] = observe(plain, 4, day, 1, schools);
    const morning = ({ startsByHour }: DayFigures): number => startsByHour[8] + startsByHour[9];
    expect(morning(usual)).toBeGreaterThan(50);
    expect(morning(snow)).toBeLessThan(5);
    expect(snow.late / snow.events).toBeGreaterThan(1.5 * (usual.late / usual.events));
    const others = [...plain.studentIds()].filter((id) => plain.student(id).cohortId === 2).slice(0, 300);
    expect(checksum(dayOfStream(stream, day, others))).toBe(checksum(dayOfStream(plain, day, others)));
  });
});

describe('a slow network in one classroom', () => {
  it('stalls that classroom in school hours and costs it watch time', () => {
    const room = plain
      .classrooms()
      .find(({ segment, cohortId, size }) => segment === 'school' && cohortId === 4 && size >= 24)!;
    const from = parseDay('2026-04-13');
    const stream = streamWith({
      name: 'slow-wifi',
      start: '2026-04-13',
      end: '2026-04-24',
      classroom: room.classroomId,
    });
    const inRoom = [...plain.studentIds()].filter((id) => plain.student(id).classroomId === room.classroomId);
    const slow = playback(stream, inRoom, from, 12);
    const usual = playback(plain, inRoom, from, 12);
    expect(slow.stalled / slow.watched).toBeGreaterThan(0.04);
    expect(usual.stalled / usual.watched).toBeLessThan(0.03);
    expect(slow.leftAtOnce / slow.views).toBeGreaterThan(0.2);
    expect(slow.watched / usual.watched).toBeLessThan(0.75);
  });
});

describe('a viral lesson', () => {
  it('takes a fifth of the views of its segment on the first day and half as many on the second', () => {
    const day = parseDay('2026-04-14');
    const stream = streamWith({ name: 'viral-lesson', start: '2026-04-14', lesson: 1100 });
    const schools = [...stream.studentIds()].filter((id) => stream.student(id).segment === 'school');
    const share = (offset: number): number => {
      const events = dayOfStream(stream, day + offset, schools);
      let views = 0;
      let viral = 0;
      for (let row = 0; row < events.length; row++) {
        if (events.eventType[row] !== EventType.lesson_started) continue;
        views++;
        if (events.lessonId[row] === 1100) viral++;
      }
      return viral / views;
    };
    expect(share(0)).toBeGreaterThan(0.2);
    expect(Math.abs(share(1) / share(0) - 0.5)).toBeLessThan(0.15);
    expect(share(3)).toBeLessThan(0.02);
  });
});

/** Figures of the sessions that begin from 08:00 to 15:00 in the Tokyo cohort. */
function playback(
  stream: Stream,
  students: readonly number[],
  from: number,
  days: number,
): { stalled: number; watched: number; views: number; leftAtOnce: number } {
  const total = { stalled: 0, watched: 0, views: 0, leftAtOnce: 0 };
  for (let day = from; day < from + days; day++) {
    const events = dayOfStream(stream, day, students);
    const midnight = stream.schoolDay(4, day).startsAt;
    for (let row = 0; row < events.length; row++) {
      const hour = (events.sessionStartedAt[row] - midnight) / HOUR_MS;
      if (hour < 8 || hour >= 15) continue;
      const type = events.eventType[row];
      total.watched += events.watchedSeconds[row];
      if (type === EventType.buffered) total.stalled += events.stalledMs[row] / 1000;
      if (type !== EventType.lesson_started) continue;
      total.views++;
      if (events.eventType[row + 1] === EventType.abandoned) total.leftAtOnce++;
    }
  }
  return total;
}
