import { common } from '../../../dashboards/texts/common';
import { studentTexts } from '../../../dashboards/texts/student';
import {
  DAY_MS,
  dayNumber,
  daysOf,
  dayWords,
  firstDay,
  instantWords,
  localHour,
  noonOf,
  published,
  ratio,
  views,
  weekOf,
  zoneOf,
} from './days';
import type { Choice, Expected } from './expected-class';
import { groupBy, share, sum, type Row, type Tables } from './tables';

/** Words of a reason of the at-risk list. */
export const reasonWords = (reason: string): string => common.reasons[reason as keyof typeof common.reasons] ?? reason;

/** Daily figures of the student by lesson, on the published days of the range. */
function ofStudent(t: Tables, c: Choice): Row[] {
  const days = published(t, c.cohort, c);
  return t['analytics.student_lesson_day'].filter((r) => r.student_id === c.student && days.has(r.day));
}

/** Whether the student was enrolled in some hour of a day. */
const isEnrolled = (t: Tables, c: Choice) => {
  const { enrolled_at, unenrolled_at } = t['edtech.students'].find((s) => s.student_id === c.student)!;
  return (d: Row): boolean => d.ends_at > enrolled_at && (unenrolled_at === null || d.starts_at < unenrolled_at);
};

const liveDays = (t: Tables, c: Choice): Row[] => t['analytics.student_day'].filter((r) => r.student_id === c.student);

export const seen: Expected = (t, c) => {
  const begun = daysOf(t, c.cohort).filter((d) => d.starts_at <= c.to);
  const rows = liveDays(t, c).filter((r) => begun.some((d) => d.day === r.day));
  if (rows.length === 0) return [];
  const recent = new Set(begun.slice(-14).map((d) => d.day));
  const active = rows.filter((r) => r.active_hours !== 0);
  const last = active.length === 0 ? null : Math.max(...active.map((r) => r.last_event_at));
  return [
    [
      last === null ? null : instantWords(last, zoneOf(t, c.cohort)),
      new Set(active.filter((r) => recent.has(r.day)).map((r) => r.day)).size,
    ],
  ];
};

export const network: Expected = (t, c) => {
  const rows = ofStudent(t, c);
  const watched = sum(rows, (r) => r.watched_seconds);
  if (sum(rows, views) === 0) return [];
  const stalled = sum(rows, (r) => r.stalled_ms);
  return [
    [
      share(
        sum(rows, (r) => r.buffered_views),
        sum(rows, views),
      ),
      // Seconds per hour: 3600 / 1000 = 36 / 10.
      watched === 0 ? null : ratio(stalled * 36, watched * 10, 1),
    ],
  ];
};

export const weeks: Expected = (t, c) => {
  const watched = groupBy(
    t['analytics.student_lesson_day'].filter((r) => r.student_id === c.student),
    (r) => r.day as string,
  );
  const days = [...published(t, c.cohort, { from: c.from - 35 * DAY_MS, to: c.to }).values()].filter(isEnrolled(t, c));
  const perWeek = [...groupBy(days, (d) => weekOf(d.day))]
    .map(([week, of]) => ({
      week,
      complete: of.length === 7,
      first: firstDay(of),
      starts: Math.min(...of.map((d) => d.starts_at)),
      seconds: sum(of, (d) => sum(watched.get(d.day) ?? [], (r) => r.watched_seconds)),
    }))
    .sort((a, b) => a.week - b.week);
  return perWeek
    .filter(({ starts }) => starts < c.to && starts > c.from - 7 * DAY_MS)
    .map(({ week, first, seconds }) => {
      const before = perWeek
        .filter((other) => other.complete && other.week >= week - 4 && other.week < week)
        .map((other) => other.seconds)
        .sort((a, b) => a - b);
      return [noonOf(first), seconds, before.length === 0 ? null : before[Math.ceil(before.length / 2) - 1]];
    });
};

export const risk: Expected = (t, c) => {
  const days = published(t, c.cohort, c);
  const rows = t['analytics.at_risk']
    .filter((r) => r.student_id === c.student && days.has(r.day))
    .flatMap((r) => (r.reasons as string[]).map((reason) => ({ reason, day: r.day as string }) as Row));
  return [...groupBy(rows, (r) => r.reason as string)].map(([reason, of]) => {
    const sorted = of.map((r) => r.day as string).sort();
    return [reasonWords(reason), sorted[0], sorted.at(-1), of.length];
  });
};

export const lessons: Expected = (t, c) => {
  const known = new Map(t['edtech.lessons'].map((l) => [l.lesson_id, l]));
  return [...groupBy(ofStudent(t, c), (r) => r.lesson_id as number)].map(([id, rows]) => [
    known.get(id)!.title,
    sum(rows, views),
    sum(rows, (r) => r.completions) > 0 ? studentTexts.yes : studentTexts.no,
    ratio(Math.max(...rows.map((r) => r.furthest_position_seconds)), known.get(id)!.length_seconds, 2),
    sum(rows, (r) => r.watched_seconds),
    rows
      .map((r) => r.day as string)
      .sort()
      .at(-1),
    id,
  ]);
};

export const calendar: Expected = (t, c) => {
  const watched = groupBy(ofStudent(t, c), (r) => r.day as string);
  const perWeek = groupBy([...published(t, c.cohort, c).values()].filter(isEnrolled(t, c)), (d) => weekOf(d.day));
  return [...perWeek]
    .sort(([a], [b]) => b - a)
    .map(([week, days]) => {
      const monday = new Date((week * 7 - 3) * DAY_MS).toISOString().slice(0, 10);
      const minutes = Array.from({ length: 7 }, (_, weekday) => {
        const day = days.find((d) => dayNumber(d.day) === week * 7 - 3 + weekday);
        return day
          ? ratio(
              sum(watched.get(day.day) ?? [], (r) => r.watched_seconds),
              60,
            )
          : null;
      });
      return [dayWords(monday).slice(4), ...minutes];
    });
};

export const rhythm: Expected = (t, c) => {
  const zone = zoneOf(t, c.cohort);
  const live = groupBy(liveDays(t, c), (r) => r.day as string);
  const hours = daysOf(t, c.cohort)
    .filter((d) => d.starts_at < c.to && d.ends_at > c.from)
    .flatMap((d) => {
      const mask = (live.get(d.day) ?? []).reduce((bits, r) => bits | r.active_hours, 0);
      return Array.from({ length: 25 }, (_, k) => k)
        .filter((k) => (mask >> k) & 1)
        .map((k) => localHour(d.starts_at + k * 3_600_000, zone));
    });
  if (hours.length === 0) return [];
  return Array.from({ length: 24 }, (_, hour) => [
    String(hour).padStart(2, '0'),
    hours.filter((h) => h === hour).length / hours.length,
  ]);
};
