import { EventColumns } from '../../src/events/columns';
import { shardOf } from '../../src/events/event-id';
import { DAY_MS, HOUR_MS, MINUTE_MS, parseDay } from '../../src/model/day';
import { ReceiveSchedule } from '../../src/model/receive-schedule';
import { Stream } from '../../src/model/stream';
import { Random } from '../../src/random';
import { sortedRows } from './support/events';
import { versionOf } from './support/sample';

const FIRST = parseDay('2026-03-03');
const DAYS = 14;
const stream = new Stream([
  versionOf(FIRST, 9, { students: 400, scenarios: [{ name: 'offline-morning', start: '2026-03-06', cohort: 2 }] }),
]);
const all = new EventColumns();
for (const studentId of stream.studentIds())
  for (let day = FIRST; day < FIRST + DAYS + 2; day++) stream.appendStudentDay(studentId, day, all);

/** What the schedule must give, without an index: every event that there is, filtered. */
function filtered(shards: readonly number[], from: number, to: number): string[] {
  const out = new EventColumns();
  for (let row = 0; row < all.length; row++)
    if (all.receivedAt[row] > from && all.receivedAt[row] <= to && shards.includes(shardOf(all.studentId[row])))
      out.push(
        all.occurredAt[row],
        all.receivedAt[row],
        all.sessionStartedAt[row],
        all.studentId[row],
        all.lessonId[row],
        all.eventType[row],
        all.positionSeconds[row],
        all.watchedSeconds[row],
        all.stalledMs[row],
        all.device[row],
      );
  return sortedRows(out);
}

const received = (schedule: ReceiveSchedule, from: number, to: number): string[] => {
  const out = new EventColumns();
  schedule.appendReceived(from, to, out);
  return sortedRows(out);
};

const BEGIN = FIRST * DAY_MS;

describe('the receive schedule', () => {
  it('gives exactly the events of random intervals and shards, in any order of asking', () => {
    const random = new Random(1, 2, 3, 4);
    const shards = [0, 5, 17, 40, 63];
    const schedule = new ReceiveSchedule(stream, shards);
    let found = 0;
    for (let round = 0; round < 60; round++) {
      const from = BEGIN + Math.floor(random.unit() * DAYS * DAY_MS);
      const to = Math.min(
        BEGIN + DAYS * DAY_MS,
        from + Math.floor(random.unit() * [5000, 10 * MINUTE_MS, 9 * HOUR_MS][round % 3]),
      );
      const rows = received(schedule, from, to);
      expect(rows).toEqual(filtered(shards, from, to));
      found += rows.length;
    }
    expect(found).toBeGreaterThan(1000);
  });

  it('has nothing left to make for an interval that it was prepared for', () => {
    const [from, to] = [BEGIN + 4 * DAY_MS + 15 * HOUR_MS, BEGIN + 4 * DAY_MS + 15 * HOUR_MS + 5000];
    const made = jest.spyOn(stream, 'hasOfflineSession');
    const prepared = new ReceiveSchedule(stream, [17, 18]);
    prepared.prepare(from, to);
    expect(made.mock.calls.length).toBeGreaterThan(0);
    made.mockClear();
    const rows = received(prepared, from, to);
    expect(made).not.toHaveBeenCalled();
    expect(rows).toEqual(filtered([17, 18], from, to));
    received(new ReceiveSchedule(stream, [17, 18]), from, to);
    expect(made.mock.calls.length).toBeGreaterThan(0);
    made.mockRestore();
  });

  it('gives every event once to ticks that follow each other, late ones included', () => {
    const shards = Array.from({ length: 64 }, (_, shard) => shard);
    const schedule = new ReceiveSchedule(stream, shards);
    // 15:50 in the cohort whose tablets find a network at 16:00.
    const from = BEGIN + 3 * DAY_MS + (15 + 50 / 60 + 3) * HOUR_MS;
    const out = new EventColumns();
    let late = 0;
    for (let tick = 0; tick < 300; tick++) schedule.appendReceived(from + tick * 5000, from + (tick + 1) * 5000, out);
    for (let row = 0; row < out.length; row++) if (out.receivedAt[row] - out.occurredAt[row] > 2 * MINUTE_MS) late++;
    expect(sortedRows(out)).toEqual(filtered(shards, from, from + 300 * 5000));
    expect(late).toBeGreaterThan(0);
  });

  it('catches up a gap of three days in one interval and goes on', () => {
    const shards = [3, 33];
    const schedule = new ReceiveSchedule(stream, shards);
    const tick = BEGIN + 2 * DAY_MS;
    expect(received(schedule, tick, tick + 5000)).toEqual(filtered(shards, tick, tick + 5000));
    expect(received(schedule, tick + 5000, tick + 3 * DAY_MS)).toEqual(
      filtered(shards, tick + 5000, tick + 3 * DAY_MS),
    );
    expect(received(schedule, tick + 3 * DAY_MS, tick + 4 * DAY_MS)).toEqual(
      filtered(shards, tick + 3 * DAY_MS, tick + 4 * DAY_MS),
    );
    expect(received(schedule, tick, tick + 5000)).toEqual(filtered(shards, tick, tick + 5000));
  });

  it('has nothing in an empty interval', () => {
    const schedule = new ReceiveSchedule(stream, [1]);
    expect(received(schedule, BEGIN + DAY_MS, BEGIN + DAY_MS)).toEqual([]);
  });

  it('tells who enrols and withdraws in an interval', () => {
    const shards = Array.from({ length: 64 }, (_, shard) => shard);
    const schedule = new ReceiveSchedule(stream, shards);
    const [from, to] = [BEGIN, BEGIN + 60 * DAY_MS];
    const { enrolled, unenrolled } = schedule.enrolmentChanges(from, to);
    const within = (at: number | null): boolean => at !== null && at > from && at <= to;
    const students = [...stream.studentIds()].map((id) => stream.student(id));
    const sorted = (ids: number[]): number[] => [...ids].sort((a, b) => a - b);
    expect(sorted(enrolled)).toEqual(students.filter((s) => within(s.enrolledAt)).map((s) => s.studentId));
    expect(sorted(unenrolled)).toEqual(students.filter((s) => within(s.unenrolledAt)).map((s) => s.studentId));
    expect(enrolled.length + unenrolled.length).toBeGreaterThan(5);
  });
});
