import { lessonTexts } from '../../../dashboards/texts/lesson';
import { atLeast, dayWords, MINIMUM, published, views } from './days';
import type { Choice, Expected } from './expected-class';
import { clamp, groupBy, share, sum, twoDigits, type Row, type Tables } from './tables';

/** Panels of lesson effectiveness that compare parts of a whole, or lessons with each other. */

function lessonRows(t: Tables, c: Choice): Row[] {
  const days = published(t, c.cohort, c);
  return t['analytics.lesson_day'].filter((r) => r.cohort_id === c.cohort && days.has(r.day));
}

/** Parts that must not be seen: the small ones, and beside a single small one the smallest of the others. */
function hidden(sizes: readonly number[]): boolean[] {
  const small = (size: number): boolean => size > 0 && size < MINIMUM;
  const smallest = Math.min(...sizes.filter((size) => size >= MINIMUM));
  const single = sizes.filter(small).length === 1;
  return sizes.map((size) => small(size) || (single && size === smallest));
}

export const length: Expected = (t, c) => {
  const lengths = new Map(t['edtech.lessons'].map((l) => [l.lesson_id, l.length_seconds as number]));
  const classOf = (seconds: number): number => [180, 360, 600, 900].filter((limit) => seconds >= limit).length;
  const perLesson = [...groupBy(lessonRows(t, c), (r) => r.lesson_id as number)].map(([id, rows]) => ({
    bucket: classOf(lengths.get(id)!),
    watched: sum(rows, (r) => r.watched_seconds),
    offered: sum(rows, views) * lengths.get(id)!,
    students: atLeast(rows),
  }));
  const buckets = [...groupBy(perLesson as Row[], (r) => r.bucket as number)]
    .sort(([a], [b]) => a - b)
    .filter(([, rows]) => sum(rows, (r) => r.offered) > 0);
  const covered = hidden(buckets.map(([, rows]) => Math.max(...rows.map((r) => r.students))));
  return buckets.map(([bucket, rows], i) => [
    lessonTexts.lengths[bucket],
    covered[i] ? null : twoDigits(sum(rows, (r) => r.watched) / sum(rows, (r) => r.offered)),
  ]);
};

export const time: Expected = (t, c) =>
  lessonRows(t, c)
    .filter((r) => r.lesson_id === c.lesson && r.complete_seconds_p50 !== null)
    .filter((r) => Math.min(r.completions, r.students) >= MINIMUM)
    .sort((a, b) => (a.day < b.day ? 1 : -1))
    .slice(0, 1)
    .map((r) => [r.complete_seconds_p25, r.complete_seconds_p50, r.complete_seconds_p75, dayWords(r.day)]);

export const devices: Expected = (t, c) => {
  const rows = lessonRows(t, c).filter((r) => r.lesson_id === c.lesson);
  const parts = (['desktop', 'tablet', 'mobile'] as const)
    .map((device) => ({
      device,
      views: sum(rows, (r) => r[`views_${device}`]),
      abandons: sum(rows, (r) => r[`abandons_${device}`]),
    }))
    .filter((part) => part.views > 0);
  const covered = hidden(parts.map((part) => part.views));
  return parts.map((part, i) => [
    lessonTexts.devices[part.device],
    covered[i] ? null : clamp(twoDigits(share(part.abandons, part.views)!)),
  ]);
};

export const compared: Expected = (t, c) => {
  const chosen = t['edtech.lessons'].find((l) => l.lesson_id === c.lesson)!;
  const near = t['edtech.lessons'].filter(
    (l) =>
      l.segment === chosen.segment &&
      l.length_seconds >= chosen.length_seconds * 0.75 &&
      l.length_seconds <= chosen.length_seconds * 1.25,
  );
  const ids = new Set(near.map((l) => l.lesson_id));
  const perLesson = groupBy(
    lessonRows(t, c).filter((r) => ids.has(r.lesson_id)),
    (r) => r.lesson_id as number,
  );
  const side = (lessons: Row[][]) => ({
    share: share(
      sum(lessons.flat(), (r) => r.completions),
      sum(lessons.flat(), views),
    ),
    students: Math.max(0, ...lessons.map(atLeast)),
  });
  const own = side([...perLesson].filter(([id]) => id === c.lesson).map(([, rows]) => rows));
  const others = [...perLesson].filter(([id]) => id !== c.lesson).map(([, rows]) => rows);
  const rest = side(others);
  if (Math.min(own.students, rest.students) < MINIMUM || own.share === null || rest.share === null) return [];
  return [[twoDigits(100 * (own.share - rest.share)), others.filter((rows) => sum(rows, views) > 0).length]];
};
