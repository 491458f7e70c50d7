import { EventColumns } from '../../src/events/columns';
import { DAY_MS, MINUTE_MS, parseDay } from '../../src/model/day';
import { isHoliday } from '../../src/model/holidays';
import { Stream } from '../../src/model/stream';
import { dayKind } from '../../src/model/term-calendar';
import { versionOf } from './support/sample';

const MONDAY = parseDay('2026-08-31');
const MINUTES = 7 * 24 * 60;

/** Events of each minute of the UTC week. */
function eventsPerMinute(stream: Stream): Uint32Array {
  const counts = new Uint32Array(MINUTES);
  const out = new EventColumns();
  const from = MONDAY * DAY_MS;
  for (const studentId of stream.studentIds())
    for (let day = MONDAY - 1; day <= MONDAY + 7; day++) {
      out.clear();
      stream.appendStudentDay(studentId, day, out);
      for (let row = 0; row < out.length; row++) {
        const minute = Math.floor((out.occurredAt[row] - from) / MINUTE_MS);
        if (minute >= 0 && minute < MINUTES) counts[minute]++;
      }
    }
  return counts;
}

describe('the load of the default configuration', () => {
  it.each([1, 101, 202])('has at least 12 events in every minute of a term week without holidays, seed %i', (seed) => {
    const stream = new Stream([versionOf(parseDay('2026-06-29'), seed)]);
    for (const cohort of stream.cohorts)
      for (let day = MONDAY; day < MONDAY + 7; day++) {
        expect(isHoliday(cohort.country, day)).toBe(false);
        expect(dayKind(cohort, day)).not.toBe('break');
      }
    const counts = eventsPerMinute(stream);
    expect(Math.min(...counts)).toBeGreaterThanOrEqual(12);
    const mean = counts.reduce((a, b) => a + b, 0) / MINUTES;
    // In four zones the busiest hour is far less than twice the mean.
    const hours = Array.from(
      { length: 168 },
      (_, hour) => counts.subarray(60 * hour, 60 * hour + 60).reduce((a, b) => a + b, 0) / 60,
    );
    expect(Math.max(...hours) / mean).toBeLessThan(2.2);
  });
});
