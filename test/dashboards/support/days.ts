import type { Choice } from './expected-class';
import { sum, type Row, type Tables } from './tables';

/** Smallest group of the dashboards under test. */
export const MINIMUM = 3;
export const DAY_MS = 86_400_000;

/** School days of a cohort in their order. */
export const daysOf = (t: Tables, cohort: number): Row[] =>
  t['edtech.school_days'].filter((d) => d.cohort_id === cohort).sort((a, b) => a.starts_at - b.starts_at);

export const dayNumber = (day: string): number => Date.parse(`${day}T00:00:00Z`) / DAY_MS;

/** Where a figure of a day stands on a time axis. */
export const noonOf = (day: string): number => Date.parse(`${day}T12:00:00Z`);

/** The first of some days. */
export const firstDay = (days: readonly Row[]): string => days.map((d) => d.day as string).sort()[0];

/** Number of the week, which begins on Monday. */
export const weekOf = (day: string): number => Math.floor((dayNumber(day) + 3) / 7);

/** Published days of a cohort that lie in the range with any of their hours: their figures and their hours, by day. */
export function published(t: Tables, cohort: number, { from, to }: Pick<Choice, 'from' | 'to'>): Map<string, Row> {
  const days = new Map(
    daysOf(t, cohort)
      .filter((d) => d.starts_at < to && d.ends_at > from)
      .map((d) => [d.day, d]),
  );
  const held = t['analytics.cohort_day']
    .filter((d) => d.cohort_id === cohort && days.has(d.day))
    .map((d): Row => ({ ...d, starts_at: days.get(d.day)!.starts_at, ends_at: days.get(d.day)!.ends_at }))
    .sort((a, b) => a.starts_at - b.starts_at);
  return new Map(held.map((d) => [d.day, d]));
}

export const views = (r: Row): number => r.first_views + r.repeat_views;

/** Distinct students of a lesson over several days, from below. */
export const atLeast = (rows: readonly Row[]): number =>
  Math.max(
    sum(rows, (r) => r.first_views),
    ...rows.map((r) => r.students),
  );

/** a / b with so many digits after the point, halves up; exact where both are whole. */
export const ratio = (a: number, b: number, digits = 0): number => {
  const scale = 10 ** digits;
  return Math.floor((2 * a * scale + b) / (2 * b)) / scale;
};

const parts = (at: number, timeZone: string): Record<string, string> =>
  Object.fromEntries(
    new Intl.DateTimeFormat('en-GB', {
      timeZone,
      weekday: 'short',
      day: '2-digit',
      month: 'short',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    })
      .formatToParts(at)
      .map(({ type, value }) => [type, value.slice(0, 3)]),
  );

/** `Wed 25 Feb 10:00`, in a zone. */
export function instantWords(at: number, timeZone: string): string {
  const p = parts(at, timeZone);
  return `${p.weekday} ${p.day} ${p.month} ${p.hour}:${p.minute}`;
}

/** `Wed 25 Feb` of a calendar day. */
export const dayWords = (day: string): string => instantWords(noonOf(day), 'UTC').slice(0, 10);

export const localHour = (at: number, timeZone: string): number => Number(parts(at, timeZone).hour);

export const zoneOf = (t: Tables, cohort: number): string =>
  t['edtech.cohorts'].find((c) => c.cohort_id === cohort)!.time_zone as string;
