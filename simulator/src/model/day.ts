/** Days since 1970-01-01 of a local calendar date: a date without an instant. */
export type Day = number;

export const SECOND_MS = 1000;
export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;

/** Day of the month, counted from 1 for January. */
export const dayOf = (year: number, month: number, date: number): Day => Date.UTC(year, month - 1, date) / DAY_MS;

/** `2026-03-08` as a day; anything that is not a date of the calendar is refused. */
export function parseDay(text: string): Day {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  const day = match ? dayOf(Number(match[1]), Number(match[2]), Number(match[3])) : NaN;
  if (!match || formatDay(day) !== text) throw new Error(`"${text}" is not a date, expected YYYY-MM-DD`);
  return day;
}

/** Whether a text is a date of the calendar such as `2026-03-08`. */
export function isDay(text: string): boolean {
  try {
    parseDay(text);
    return true;
  } catch {
    return false;
  }
}

export const formatDay = (day: Day): string =>
  Number.isFinite(day) ? new Date(day * DAY_MS).toISOString().slice(0, 10) : 'none';

/** 0 for Monday to 6 for Sunday. */
export const weekdayOf = (day: Day): number => (((day + 3) % 7) + 7) % 7;

export const yearOf = (day: Day): number => new Date(day * DAY_MS).getUTCFullYear();
