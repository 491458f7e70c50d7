import { COHORTS } from '../../src/model/cohorts';
import { CohortDays } from '../../src/model/cohort-days';
import { DAY_MS, formatDay, HOUR_MS, parseDay, weekdayOf } from '../../src/model/day';
import { easterSunday, isHoliday } from '../../src/model/holidays';
import { LocalCalendar } from '../../src/model/local-calendar';
import { dayKind, TERM_DAYS, termOf, termStart, termWeek } from '../../src/model/term-calendar';
import { versionOf } from './support/sample';

const hours = (zone: string, date: string): number => {
  const calendar = new LocalCalendar(zone);
  return (calendar.startOf(parseDay(date) + 1) - calendar.startOf(parseDay(date))) / HOUR_MS;
};

describe('local days', () => {
  it.each([
    ['America/Los_Angeles', '2026-03-08', 23],
    ['America/Los_Angeles', '2026-11-01', 25],
    ['America/Los_Angeles', '2026-07-01', 24],
    ['Europe/Berlin', '2026-03-29', 23],
    ['Europe/Berlin', '2026-10-25', 25],
    // Midnight itself is skipped here.
    ['America/Santiago', '2026-09-06', 23],
    ['America/Sao_Paulo', '2026-02-15', 24],
    ['Asia/Tokyo', '2026-03-29', 24],
  ])('of %s on %s have %i hours', (zone, date, expected) => expect(hours(zone, date)).toBe(expected));

  it('begin where Intl says that the date changes', () => {
    for (const { timeZone } of COHORTS) {
      const calendar = new LocalCalendar(timeZone);
      const format = new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' });
      for (let day = parseDay('2026-01-01'); day < parseDay('2027-01-01'); day += 3) {
        expect(format.format(calendar.startOf(day))).toBe(formatDay(day));
        expect(format.format(calendar.startOf(day) - 1)).toBe(formatDay(day - 1));
      }
    }
  });

  it('map a skipped hour to the jump and a double hour to its first coming', () => {
    const calendar = new LocalCalendar('America/Los_Angeles');
    const jump = Date.parse('2026-03-08T10:00:00Z');
    expect([2, 2.5, 3].map((hour) => calendar.instantOf(parseDay('2026-03-08'), hour))).toEqual([jump, jump, jump]);
    expect(calendar.instantOf(parseDay('2026-11-01'), 1.5)).toBe(Date.parse('2026-11-01T08:30:00Z'));
  });

  it('make stream days of 23 and 25 hours whose sessions end by 03:30', () => {
    const days = new CohortDays(COHORTS[0], [versionOf(parseDay('2026-01-05'), 1)]);
    for (const [date, length] of [
      ['2026-03-07', 23],
      ['2026-10-31', 25],
      ['2026-06-01', 24],
    ] as const) {
      const clock = days.clock(parseDay(date));
      expect((clock.endsAt - clock.startsAt) / HOUR_MS).toBe(length);
      expect(clock.limit).toBeLessThan(clock.endsAt - HOUR_MS / 2);
      expect([...clock.hours]).toEqual([...clock.hours].sort((a, b) => a - b));
      expect(clock.hours[24]).toBeLessThan(clock.limit);
    }
  });
});

describe('dates', () => {
  it('are read strictly', () => {
    expect(formatDay(parseDay('2028-02-29'))).toBe('2028-02-29');
    expect(weekdayOf(parseDay('2026-01-05'))).toBe(0);
    for (const text of ['2026-02-30', '2026-1-05', 'today', '']) expect(() => parseDay(text)).toThrow('is not a date');
  });
});

describe('holidays', () => {
  it.each([
    ['US', '2026-11-26'],
    ['US', '2026-11-27'],
    ['US', '2026-05-25'],
    ['US', '2026-09-07'],
    ['BR', '2026-02-17'],
    ['BR', '2026-04-03'],
    ['BR', '2026-06-04'],
    ['RU', '2026-01-08'],
    ['JP', '2026-01-12'],
    ['JP', '2026-03-20'],
    ['JP', '2026-09-23'],
  ] as const)('of %s contain %s', (country, date) => expect(isHoliday(country, parseDay(date))).toBe(true));

  it('do not contain plain days, and Easter moves', () => {
    expect(isHoliday('US', parseDay('2026-11-25'))).toBe(false);
    expect([2024, 2025, 2026, 2027].map((year) => formatDay(easterSunday(year)))).toEqual([
      '2024-03-31',
      '2025-04-20',
      '2026-04-05',
      '2027-03-28',
    ]);
  });
});

describe('the term calendar', () => {
  const [pacific, brasilia] = COHORTS;

  it('begins terms on Mondays, thirteen weeks apart, shifted between the cohorts', () => {
    for (const cohort of COHORTS) {
      const start = termStart(cohort, 24);
      expect(weekdayOf(start)).toBe(0);
      expect([termOf(cohort, start), termOf(cohort, start + TERM_DAYS - 1), termOf(cohort, start - 1)]).toEqual([
        24, 24, 23,
      ]);
      expect(termWeek(cohort, start + 6)).toBe(0);
    }
    expect(termStart(brasilia, 0) - termStart(pacific, 0)).toBe(21);
  });

  it('never has two cohorts on break', () => {
    for (let day = parseDay('2026-01-01'); day < parseDay('2027-12-31'); day++)
      expect(COHORTS.filter((cohort) => dayKind(cohort, day) === 'break').length).toBeLessThanOrEqual(1);
  });

  it('has school days, exams, weekends, breaks and holidays', () => {
    const start = termStart(pacific, 25);
    expect(formatDay(start)).toBe('2026-03-30');
    expect([0, 5, 70, 74, 75, 84, 89].map((offset) => dayKind(pacific, start + offset))).toEqual([
      'school_day',
      'weekend',
      'exam',
      'exam',
      'weekend',
      'break',
      'break',
    ]);
    expect(dayKind(pacific, parseDay('2026-05-25'))).toBe('holiday');
    expect(parseDay('1970-01-02') * DAY_MS).toBe(DAY_MS);
  });
});
