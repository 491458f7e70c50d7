import { dayOf, weekdayOf, yearOf, type Day } from './day';

type Country = 'US' | 'BR' | 'RU' | 'JP';

const MONDAY = 0;
const THURSDAY = 3;

/** Whether a day is a public holiday. Rules, not lists, so that any year works; days in lieu are left out. */
export function isHoliday(country: Country, day: Day): boolean {
  return holidaysOf(country, yearOf(day)).has(day);
}

const known = new Map<string, ReadonlySet<Day>>();

function holidaysOf(country: Country, year: number): ReadonlySet<Day> {
  const key = `${country}${year}`;
  let days = known.get(key);
  if (!days) {
    days = new Set(RULES[country](year));
    known.set(key, days);
  }
  return days;
}

const RULES: Readonly<Record<Country, (year: number) => Day[]>> = {
  US: (year) => [
    ...dates(year, [1, 1], [6, 19], [7, 4], [11, 11], [12, 24], [12, 25]),
    nth(year, 1, MONDAY, 3),
    nth(year, 2, MONDAY, 3),
    last(year, 5, MONDAY),
    nth(year, 9, MONDAY, 1),
    nth(year, 11, THURSDAY, 4),
    nth(year, 11, THURSDAY, 4) + 1,
  ],
  BR: (year) => {
    const easter = easterSunday(year);
    return [
      ...dates(year, [1, 1], [4, 21], [5, 1], [9, 7], [10, 12], [11, 2], [11, 15], [11, 20], [12, 25]),
      // Carnival Monday and Tuesday, Good Friday, Corpus Christi.
      easter - 48,
      easter - 47,
      easter - 2,
      easter + 60,
    ];
  },
  RU: (year) =>
    dates(
      year,
      [1, 1],
      [1, 2],
      [1, 3],
      [1, 4],
      [1, 5],
      [1, 6],
      [1, 7],
      [1, 8],
      [2, 23],
      [3, 8],
      [5, 1],
      [5, 9],
      [6, 12],
      [11, 4],
    ),
  JP: (year) => [
    ...dates(
      year,
      [1, 1],
      [1, 2],
      [1, 3],
      [2, 11],
      [2, 23],
      [4, 29],
      [5, 3],
      [5, 4],
      [5, 5],
      [8, 11],
      [11, 3],
      [11, 23],
    ),
    nth(year, 1, MONDAY, 2),
    nth(year, 7, MONDAY, 3),
    nth(year, 9, MONDAY, 3),
    nth(year, 10, MONDAY, 2),
    dayOf(year, 3, equinox(year, 20.8431)),
    dayOf(year, 9, equinox(year, 23.2488)),
  ],
};

const dates = (year: number, ...monthsAndDates: readonly (readonly [number, number])[]): Day[] =>
  monthsAndDates.map(([month, date]) => dayOf(year, month, date));

/** The n-th given weekday of a month. */
function nth(year: number, month: number, weekday: number, n: number): Day {
  const first = dayOf(year, month, 1);
  return first + ((weekday - weekdayOf(first) + 7) % 7) + 7 * (n - 1);
}

function last(year: number, month: number, weekday: number): Day {
  const end = dayOf(year, month + 1, 0);
  return end - ((weekdayOf(end) - weekday + 7) % 7);
}

/** Western Easter, anonymous Gregorian algorithm. */
export function easterSunday(year: number): Day {
  const a = year % 19;
  const b = Math.floor(year / 100);
  const c = year % 100;
  const g = Math.floor((b - Math.floor((b + 8) / 25) + 1) / 3);
  const h = (19 * a + b - Math.floor(b / 4) - g + 15) % 30;
  const l = (32 + 2 * (b % 4) + 2 * Math.floor(c / 4) - h - (c % 4)) % 7;
  const m = Math.floor((a + 11 * h + 22 * l) / 451);
  const sum = h + l - 7 * m + 114;
  return dayOf(year, Math.floor(sum / 31), (sum % 31) + 1);
}

/** Date of the Japanese equinox days, valid from 1980 to 2099. */
const equinox = (year: number, base: number): number =>
  Math.floor(base + 0.242194 * (year - 1980) - Math.floor((year - 1980) / 4));
