/** A range of time with both ends resolved. */
export interface TimeRange {
  readonly from: Date;
  readonly to: Date;
}

const UNITS: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
};

/** Grafana's relative times that the dashboards use: `now`, `now-14d`, `now/d`; or an ISO instant. */
const RELATIVE = /^now(?:-(\d{1,4})([smhdw]))?(\/d)?$/;

/** Longest range: a term and its holidays, twice. Longer ones would only be slow. */
const LONGEST_MS = 400 * UNITS.d;

export class InvalidRange extends Error {}

/**
 * Resolves a range as a dashboard or an address line names it.
 * @param timeZone IANA zone in which a day begins, for `now/d`
 * @throws InvalidRange on anything else than the forms above, and on ends in the wrong order
 */
export function resolveRange(from: string, to: string, now: Date, timeZone: string): TimeRange {
  const range = { from: instant(from, now, timeZone), to: instant(to, now, timeZone) };
  if (range.from >= range.to) throw new InvalidRange(`range must begin before it ends, got ${from} to ${to}`);
  if (range.to.getTime() - range.from.getTime() > LONGEST_MS) {
    throw new InvalidRange(`range must not be longer than 400 days, got ${from} to ${to}`);
  }
  return range;
}

function instant(text: string, now: Date, timeZone: string): Date {
  const match = RELATIVE.exec(text);
  if (match) {
    const [, count, unit, startOfDay] = match;
    const time = new Date(now.getTime() - (count ? Number(count) * UNITS[unit] : 0));
    return startOfDay ? beginningOfDay(time, timeZone) : time;
  }
  const time = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(text) ? new Date(text) : new Date(NaN);
  if (Number.isNaN(time.getTime())) {
    throw new InvalidRange(`time must be now, now-14d, now/d or an instant such as 2026-03-02T08:00:00Z, got ${text}`);
  }
  return time;
}

/** The relative part of a panel that looks back by itself, such as `14d`. */
export function lookBack(range: TimeRange, length: string): TimeRange {
  const match = /^(\d{1,4})([smhdw])$/.exec(length);
  if (!match) throw new InvalidRange(`length must be a number and one of s, m, h, d, w, got ${length}`);
  return { from: new Date(range.to.getTime() - Number(match[1]) * UNITS[match[2]]), to: range.to };
}

/** Length such as `5m` in milliseconds. */
export function lengthMs(length: string): number {
  return -lookBack({ from: new Date(0), to: new Date(0) }, length).from.getTime();
}

/** Wall clock time minus UTC at an instant, in milliseconds. */
export function zoneOffsetMs(time: Date, timeZone: string): number {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  }).formatToParts(time);
  const part = (type: string): number => Number(parts.find((p) => p.type === type)!.value);
  const wall = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'));
  return wall - Math.floor(time.getTime() / 1_000) * 1_000;
}

/** Local midnight before an instant; the offset is taken twice because midnight may lie before a change of the clocks. */
function beginningOfDay(time: Date, timeZone: string): Date {
  const wall = time.getTime() + zoneOffsetMs(time, timeZone);
  const midnight = Math.floor(wall / UNITS.d) * UNITS.d;
  const guess = new Date(midnight - zoneOffsetMs(time, timeZone));
  return new Date(midnight - zoneOffsetMs(guess, timeZone));
}
