import { dayNumber, daysOf, dayWords, localHour, noonOf, zoneOf } from './days';
import { groupBy, share, shareWords, sum, type Row, type Tables } from './tables';

export interface Choice {
  readonly cohort: number;
  readonly classroom: number;
  readonly lesson: number;
  readonly student: number;
  readonly from: number;
  readonly to: number;
}
export type Expected = (tables: Tables, choice: Choice) => unknown[][];

const HOUR = 3_600_000;
const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

const popcount = (mask: bigint): number => mask.toString(2).replaceAll('0', '').length;
const today = (t: Tables, { cohort, to }: Choice) => daysOf(t, cohort).find((d) => d.starts_at <= to && d.ends_at > to);
const inClass = (c: Choice) => (row: Row) => Math.floor(row.student_id / 63) === c.classroom;

function hourRows(t: Tables, { classroom }: Choice): Map<number, Row> {
  return new Map(t['analytics.classroom_hour'].filter((h) => h.classroom_id === classroom).map((h) => [h.hour, h]));
}
const studentsAt = (rows: Map<number, Row>, hour: number): number => {
  const row = rows.get(hour);
  return row ? popcount(BigInt(row.mask)) : 0;
};

/** The newest published days that ended by the end of the range. */
function lastDays(t: Tables, { cohort, to }: Choice, count: number): Row[] {
  const published = new Set(t['analytics.cohort_day'].filter((d) => d.cohort_id === cohort).map((d) => d.day));
  return daysOf(t, cohort)
    .filter((d) => d.ends_at <= to && published.has(d.day))
    .slice(-count);
}

export const enrolledAt = (t: Tables, classroom: number, at: number): Row[] =>
  t['edtech.students'].filter(
    (s) => s.classroom_id === classroom && s.enrolled_at < at && (s.unenrolled_at === null || s.unenrolled_at >= at),
  );

/** Students with an event of a session in the last five minutes: of the raw events, as the panel. */
const activeNow = (t: Tables, c: Choice): number =>
  new Set(
    t['edtech.streaming_logs']
      .filter((e) => e.occurred_at > c.to - 300_000 && e.occurred_at <= c.to && e.session_id !== null)
      .filter(inClass(c))
      .map((e) => e.student_id),
  ).size;

export const active: Expected = (t, c) => {
  const day = today(t, c)!;
  const rows = [...hourRows(t, c).values()].filter(
    (h) => h.hour >= day.starts_at && h.hour < day.ends_at && h.hour <= c.to,
  );
  const seats = rows.reduce((mask, h) => mask | BigInt(h.mask), 0n);
  return [[activeNow(t, c), popcount(seats), enrolledAt(t, c.classroom, c.to).length]];
};

export const completions: Expected = (t, c) => {
  const day = today(t, c)!;
  const rows = [...hourRows(t, c).values()].filter((h) => h.hour >= day.starts_at && h.hour <= c.to);
  return [[sum(rows, (h) => h.completions), sum(rows, (h) => h.views)]];
};

const hoursOf = (day: Row): number[] =>
  Array.from({ length: (day.ends_at - day.starts_at) / HOUR }, (_, k) => day.starts_at + k * HOUR);

export const usual: Expected = (t, c) => {
  const day = today(t, c)!;
  const hours = hourRows(t, c);
  const zone = zoneOf(t, c.cohort);
  const past = daysOf(t, c.cohort).filter(
    (d) =>
      [7, 14, 21, 28].includes(dayNumber(day.day) - dayNumber(d.day)) &&
      !['holiday', 'break'].includes(d.kind) &&
      !['holiday', 'break'].includes(day.kind) &&
      [...hours.keys()].some((hour) => hour >= d.starts_at && hour < d.ends_at),
  );
  const rows: unknown[][] = [];
  for (const hour of hoursOf(day)) {
    const counts = past
      .flatMap(hoursOf)
      .filter((then) => localHour(then, zone) === localHour(hour, zone))
      .map((then) => studentsAt(hours, then))
      .sort((a, b) => a - b);
    const band =
      counts.length > 0 ? [counts[0], counts.at(-1), counts[Math.ceil(counts.length / 2) - 1]] : [null, null, null];
    rows.push([hour, ...band, hour <= c.to ? studentsAt(hours, hour) : null]);
  }
  return rows;
};

export const rhythm: Expected = (t, c) => {
  const hours = hourRows(t, c);
  const zone = zoneOf(t, c.cohort);
  const cells = new Map<string, number[]>();
  for (const day of lastDays(t, c, 28)) {
    const weekday = new Date(`${day.day}T00:00:00Z`).getUTCDay();
    for (const hour of hoursOf(day)) {
      const key = `${weekday} ${localHour(hour, zone)}`;
      cells.set(key, [...(cells.get(key) ?? []), studentsAt(hours, hour)]);
    }
  }
  return [1, 2, 3, 4, 5, 6, 0].map((weekday) => [
    WEEKDAYS[weekday],
    ...Array.from({ length: 24 }, (_, hour) => {
      const values = cells.get(`${weekday} ${hour}`) ?? [];
      const total = values.reduce((a, b) => a + b, 0);
      return values.length === 0 ? null : Math.floor((20 * total + values.length) / (2 * values.length)) / 10;
    }),
  ]);
};

function ofLastDays(t: Tables, c: Choice, count: number): Row[] {
  const days = new Set(lastDays(t, c, count).map((d) => d.day));
  return t['analytics.student_lesson_day']
    .filter((r) => r.cohort_id === c.cohort && days.has(r.day))
    .filter(inClass(c));
}

export const lessons: Expected = (t, c) => {
  const titles = new Map(t['edtech.lessons'].map((l) => [l.lesson_id, l.title]));
  const rows = [...groupBy(ofLastDays(t, c, 14), (r) => r.lesson_id)].map(([lesson, of]) => {
    const students = [...groupBy(of, (r) => r.student_id).values()];
    const started = students.filter((rows) => sum(rows, (r) => r.first_views + r.repeat_views) > 0);
    const completed = started.filter((rows) => sum(rows, (r) => r.completions) > 0);
    const minutes = Math.round(sum(of, (r) => r.watched_seconds) / 60);
    return [titles.get(lesson), started.length, completed.length, minutes, lesson] as const;
  });
  return rows
    .filter(([, started]) => started > 0)
    .map(([title, started, completed, minutes, lesson]) => [
      title,
      started,
      completed,
      shareWords(completed, started),
      minutes,
      lesson,
    ]);
};

export const days: Expected = (t, c) => {
  const active = groupBy(ofLastDays(t, c, 14), (r) => r.student_id);
  const counts = enrolledAt(t, c.classroom, c.to).map(
    (s) => new Set((active.get(s.student_id) ?? []).map((r) => r.day)).size,
  );
  return Array.from({ length: lastDays(t, c, 14).length + 1 }, (_, n) => [
    String(n),
    counts.filter((count) => count === n).length,
  ]);
};

export const network: Expected = (t, c) => {
  const starts = new Map(daysOf(t, c.cohort).map((d) => [d.day, d]));
  return t['analytics.classroom_day']
    .filter((r) => r.classroom_id === c.classroom && r.first_views + r.repeat_views > 0)
    .map((r) => [starts.get(r.day)!, r] as const)
    .filter(([d]) => d.starts_at < c.to && d.ends_at > c.to - 14 * 24 * HOUR)
    .map(([d, r]) => [noonOf(d.day), share(r.buffered_views, r.first_views + r.repeat_views)])
    .sort((a, b) => Number(a[0]) - Number(b[0]));
};

export const watch: Expected = (t, c) => {
  const ended = daysOf(t, c.cohort).filter((d) => d.ends_at <= c.to && d.ends_at > c.to - 28 * 24 * HOUR);
  const rows = t['analytics.classroom_day'].filter((r) => r.classroom_id === c.classroom && r.active_students > 0);
  const last = ended
    .map((d) => rows.find((r) => r.day === d.day))
    .filter((r) => r !== undefined)
    .at(-1)!;
  return [[last.watched_seconds_p25, last.watched_seconds_p50, last.watched_seconds_p75]];
};

/** Day of the newest snapshot of the cohort, or undefined: snapshots are the days of which anybody is assessed. */
export function snapshotDay(t: Tables, { cohort, to }: Choice): Row | undefined {
  const first = new Set(t['analytics.at_risk'].filter((r) => r.cohort_id === cohort).map((r) => r.day));
  return daysOf(t, cohort)
    .filter((d) => first.has(d.day) && d.ends_at <= to)
    .at(-1);
}

export const riskOf = (t: Tables, c: Choice, day: string): Row[] =>
  t['analytics.at_risk'].filter((r) => r.cohort_id === c.cohort && r.day === day).filter(inClass(c));

export const attention: Expected = (t, c) => {
  const { day } = snapshotDay(t, c)!;
  const rows = riskOf(t, c, day);
  const of = (level: number): number => rows.filter((r) => r.level === level).length;
  return [[of(2), of(1), rows.length, dayWords(day)]];
};
