import { EventColumns, EventType } from '../../src/events/columns';
import { classroomOf, seatOf } from '../../src/events/event-id';
import { MODEL_VERSION } from '../../src/model/config';
import { DAY_MS, HOUR_MS, parseDay } from '../../src/model/day';
import { Stream } from '../../src/model/stream';
import { checksum, dayOfStream, rowsOf } from './support/events';
import { versionOf } from './support/sample';

const FIRST = parseDay('2026-01-05');
const stream = new Stream([versionOf(FIRST, 1, { students: 500 })]);

/** Whoever changes the model on purpose raises MODEL_VERSION and writes the new checksums here. */
const GOLDEN: Readonly<Record<string, string>> = {
  '2026-01-06': '12300 872a8e0ec9655bafbbac5744a5db6ed992f7b69e4de402657444582c4d7ef608',
  '2026-02-14': '5276 5041517ccdb5fa66cc67050680c9d52715a5c15632f7250c616404a47727f732',
  '2026-03-07': '4349 53acc22b63d1c25ea15b68d90b2f1376494405dd3352dd2db4bd660dc9626141',
};

describe('the stream', () => {
  it.each(Object.keys(GOLDEN))('makes the same events of %s as when this model version was released', (day) => {
    expect(MODEL_VERSION).toBe('1');
    expect(checksum(dayOfStream(stream, parseDay(day)))).toBe(GOLDEN[day]);
  });

  it('makes the same days in any order, alone or together', () => {
    const students = [...stream.studentIds()].slice(0, 150);
    const days = Array.from({ length: 20 }, (_, offset) => FIRST + 3 * offset);
    const forwards = days.map((day) => checksum(dayOfStream(stream, day, students)));
    const backwards = [...days].reverse().map((day) => checksum(dayOfStream(stream, day, [...students].reverse())));
    expect(backwards.reverse()).toEqual(forwards);
    const again = new Stream([versionOf(FIRST, 1, { students: 500 })]);
    expect(checksum(dayOfStream(again, days[11], students))).toBe(forwards[11]);
  });

  it('differs between seeds', () => {
    const other = new Stream([versionOf(FIRST, 2, { students: 500 })]);
    expect(checksum(dayOfStream(other, FIRST + 1))).not.toBe(checksum(dayOfStream(stream, FIRST + 1)));
  });

  it('has nothing before its first day and nothing of students who do not exist', () => {
    expect(dayOfStream(stream, FIRST - 1).length).toBe(0);
    expect(dayOfStream(stream, FIRST, [1, 62, 63 * 1000]).length).toBe(0);
    expect(() => stream.student(62)).toThrow('student 62 does not exist in this stream');
  });

  it('keeps the events of a student in order, in their stream day and inside the enrolment', () => {
    const out = new EventColumns();
    const wrong: string[] = [];
    for (const studentId of stream.studentIds()) {
      const { enrolledAt, unenrolledAt, cohortId } = stream.student(studentId);
      let last = -Infinity;
      for (let day = FIRST; day < FIRST + 100; day++) {
        out.clear();
        stream.appendStudentDay(studentId, day, out);
        const { startsAt, endsAt } = stream.streamDay(cohortId, day);
        for (let row = 0; row < out.length; row++) {
          const at = out.occurredAt[row];
          const delay = out.receivedAt[row] - at;
          if (!(at > last && at >= startsAt && at < endsAt - HOUR_MS / 2))
            wrong.push(`${studentId} ${at} order or day`);
          if (!(at >= enrolledAt && at <= (unenrolledAt ?? Infinity))) wrong.push(`${studentId} ${at} not enrolled`);
          if (!(delay >= 0 && delay <= 72 * HOUR_MS)) wrong.push(`${studentId} ${at} received after ${delay} ms`);
          last = at;
        }
      }
    }
    expect(wrong).toEqual([]);
  });

  it('says when students come and go as events at exactly those instants', () => {
    const seen: string[] = [];
    for (let day = FIRST; day < FIRST + 120; day++) {
      const events = dayOfStream(stream, day);
      rowsOf(events).forEach(([at, received, session, student, lesson, type]) => {
        if (type !== EventType.enrolled && type !== EventType.unenrolled) return;
        expect([received, session, lesson]).toEqual([at, -1, -1]);
        seen.push(`${type} ${student} ${at}`);
      });
    }
    const from = (cohortId: number): number => stream.streamDay(cohortId, FIRST).startsAt;
    const until = (cohortId: number): number => stream.streamDay(cohortId, FIRST + 120).startsAt;
    const expected = [...stream.studentIds()].flatMap((id) => {
      const { enrolledAt, unenrolledAt, cohortId } = stream.student(id);
      const inside = (at: number | null): at is number => at !== null && at >= from(cohortId) && at < until(cohortId);
      return [
        ...(inside(enrolledAt) ? [`${EventType.enrolled} ${id} ${enrolledAt}`] : []),
        ...(inside(unenrolledAt) ? [`${EventType.unenrolled} ${id} ${unenrolledAt}`] : []),
      ];
    });
    expect(seen.length).toBeGreaterThan(10);
    expect(seen.sort()).toEqual(expected.sort());
  });

  it('answers whether a change of enrolment lies in an interval as its instant says, to the millisecond', () => {
    const changes = [...stream.studentIds()].map((id) => stream.student(id));
    const instants = changes.flatMap(({ enrolledAt, unenrolledAt }) => [enrolledAt, unenrolledAt ?? enrolledAt]);
    for (const student of changes.filter((_, index) => index % 7 === 0)) {
      const { studentId, cohortId, enrolledAt, unenrolledAt } = student;
      expect(stream.cohortOf(studentId)).toBe(cohortId);
      for (const edge of [enrolledAt, unenrolledAt ?? enrolledAt, instants[studentId % instants.length]]) {
        for (const [from, to] of [
          [edge - 1, edge],
          [edge, edge + 1],
          [edge - 40 * DAY_MS, edge - 1],
          [-Infinity, edge],
        ]) {
          const inside = (at: number | null): boolean => at !== null && at > from && at <= to;
          expect([stream.enrolsIn(studentId, from, to), stream.withdrawsIn(studentId, from, to)]).toEqual([
            inside(enrolledAt),
            inside(unenrolledAt),
          ]);
        }
      }
    }
  });

  it('numbers students by classroom and seat and gives each an address of its own', () => {
    const emails = new Set<string>();
    for (const studentId of stream.studentIds()) {
      const student = stream.student(studentId);
      expect([student.classroomId, student.seat]).toEqual([classroomOf(studentId), seatOf(studentId)]);
      const { email, displayName } = stream.profile(studentId);
      expect(email).toMatch(/^[a-z.]+\.\d+@students\.example\.org$/);
      expect(displayName.length).toBeGreaterThan(2);
      emails.add(email);
    }
    expect(emails.size).toBe(stream.studentIds().length);
    expect(stream.profile(stream.studentIds()[3])).toEqual(stream.profile(stream.studentIds()[3]));
  });

  it('divides the students among the shards', () => {
    const all = Array.from({ length: 64 }, (_, shard) => [...stream.studentIds(shard)]).flat();
    expect(all.sort((a, b) => a - b)).toEqual([...stream.studentIds()]);
  });

  it('names classrooms and lessons without repeating a key', () => {
    const rooms = stream.classrooms();
    expect(new Set(rooms.map(({ cohortId, name }) => `${cohortId} ${name}`)).size).toBe(rooms.length);
    expect(rooms.reduce((sum, { size }) => sum + size, 0)).toBe(500);
    expect(new Set(stream.lessons.map(({ lessonId }) => lessonId)).size).toBe(3 * 360);
    expect(new Set(stream.lessons.map(({ segment, sequence }) => `${segment} ${sequence}`)).size).toBe(3 * 360);
  });

  it('refuses a cohort that does not exist', () => {
    expect(() => stream.schoolDay(9, FIRST)).toThrow('cohort 9 is unknown, allowed are 1, 2, 3, 4');
    expect(stream.schoolDay(4, FIRST).startsAt).toBe(FIRST * DAY_MS - 9 * HOUR_MS);
  });
});
