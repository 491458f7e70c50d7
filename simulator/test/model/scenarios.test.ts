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
  it('brings more students and more of them in the evening', () => {
    const day = parseDay('2026-04-14');
    const [exam] = observe(streamWith({ name: 'exam-week', start: '2026-04-13' }), 4, day, 1);
    const [usual] = observe(plain, 4, day, 1);
    expect(exam.active.size / usual.active.size).toBeGreaterThan(1.15);
    const evening = ({ startsByHour }: DayFigures): number =>
      startsByHour.slice(19).reduce((a, b) => a + b, 0) / startsByHour.reduce((a, b) => a + b, 0);
    expect(evening(exam)).toBeGreaterThan(1.15 * evening(usual));
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
