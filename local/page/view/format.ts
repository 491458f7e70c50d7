import type { Unit } from '../../../dashboards/lib/model';
import type { Cell } from '../data/database';

/** What stands where a figure is missing. */
export const MISSING = '–';

const SECOND = 1;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

function number(value: number, decimals?: number): string {
  const digits = decimals ?? (Number.isInteger(value) ? 0 : Math.abs(value) < 10 ? 1 : 0);
  const text = new Intl.NumberFormat('en', { maximumFractionDigits: digits, minimumFractionDigits: decimals ?? 0 });
  return text.format(value).replace('-', '−');
}

/** A length of time in the largest unit of which there is at least one; two significant digits where it is short. */
function duration(seconds: number): string {
  const size = Math.abs(seconds);
  if (size < 1 && size > 0) return `${number(seconds * 1_000, 0)} ms`;
  if (size < 2 * MINUTE) return `${number(seconds)} s`;
  if (size < 2 * HOUR) return `${number(seconds / MINUTE)} min`;
  if (size < 2 * DAY) return `${number(seconds / HOUR)} h`;
  return `${number(seconds / DAY)} d`;
}

function bytes(value: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = value === 0 ? 0 : Math.min(units.length - 1, Math.floor(Math.log(Math.abs(value)) / Math.log(1024)));
  return `${number(value / 1024 ** power)} ${units[power]}`;
}

function percent(share: number, decimals?: number): string {
  const value = share * 100;
  return `${number(value, decimals ?? (Math.abs(value) < 9.95 && value !== 0 ? 1 : 0))} %`;
}

export function dateTime(ms: number, timeZone: string): string {
  return new Intl.DateTimeFormat('en-GB', {
    timeZone,
    day: '2-digit',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
  }).format(ms);
}

/** A day that stands at noon UTC: `Tue, 24 Feb` wherever it is read. */
export function dayOf(ms: number): string {
  return new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', weekday: 'short', day: '2-digit', month: 'short' }).format(
    ms,
  );
}

/** A figure as people read it. */
export function format(value: Cell | undefined, unit: Unit, timeZone: string, decimals?: number): string {
  if (value === null || value === undefined || (typeof value === 'number' && Number.isNaN(value))) return MISSING;
  if (typeof value !== 'number') return String(value);
  switch (unit) {
    case 'percentunit':
      return percent(value, decimals);
    case 'percent':
      return percent(value / 100, decimals);
    case 'points':
      return `${value > 0 ? '+' : ''}${number(value, decimals)} pp`;
    case 's':
    case 'dtdurations':
      return duration(value);
    case 'ms':
      return duration(value / 1_000);
    case 'm':
      return duration(value * MINUTE);
    case 'h':
      return duration(value * HOUR);
    case 'd':
      return duration(value * DAY);
    case 'bytes':
      return bytes(value);
    case 'Bps':
      return `${bytes(value)}/s`;
    case 'cps':
      // Two marks of an axis must not read the same.
      return `${number(value, value !== 0 && Math.abs(value) < 1 ? 2 : undefined)}/s`;
    case 'dateTimeAsIso':
    case 'dateTimeFromNow':
      return dateTime(value, timeZone);
    case 'none':
    case 'short':
    case 'string':
      return number(value, decimals);
  }
}
