import { atLeast, firstDay, MINIMUM, noonOf, published, views, weekOf } from './days';
import type { Choice, Expected } from './expected-class';
import { clamp, groupBy, share, shareWords, sum, twoDigits, wilson, type Row, type Tables } from './tables';

const WORDS = `fewer than ${MINIMUM}`;

const guarded = (k: number, n: number, students: number): number | null =>
  students >= MINIMUM && n > 0 ? clamp(share(k, n)!) : null;
const guardedWords = (k: number, n: number, students: number): string => {
  if (students < MINIMUM) return WORDS;
  const p = Math.min(1, k / n);
  return p > 0.95 ? '>95 %' : p < 0.05 ? '<5 %' : shareWords(k, n);
};

function lessonRows(t: Tables, c: Choice): Row[] {
  const days = published(t, c.cohort, c);
  return t['analytics.lesson_day'].filter((r) => r.cohort_id === c.cohort && days.has(r.day));
}
const ofLesson = (t: Tables, c: Choice): Row[] => lessonRows(t, c).filter((r) => r.lesson_id === c.lesson);

export const need: Expected = (t, c) => {
  const lessons = new Map(t['edtech.lessons'].map((l) => [l.lesson_id, l]));
  return [...groupBy(lessonRows(t, c), (r) => r.lesson_id)]
    .filter(([, rows]) => sum(rows, views) > 0)
    .map(([id, rows]) => {
      const [k, n, students] = [sum(rows, (r) => r.completions), sum(rows, views), atLeast(rows)];
      const { title, segment, length_seconds } = lessons.get(id)!;
      const count = (x: number): string => (x < MINIMUM ? WORDS : String(x));
      const stalled = students < MINIMUM ? null : twoDigits(sum(rows, (r) => r.stalled_ms) / 1000 / n);
      return [title, segment, guardedWords(k, n, students), count(n), count(students), length_seconds, stalled, id];
    });
};

export const completionOverTime: Expected = (t, c) =>
  ofLesson(t, c)
    .filter((r) => views(r) > 0)
    .map((r) => [noonOf(r.day), guarded(r.completions, views(r), r.students)])
    .sort((a, b) => Number(a[0]) - Number(b[0]));

function buckets(t: Tables, c: Choice): Row[][] {
  const days = published(t, c.cohort, c);
  const rows = t['analytics.lesson_dropoff'].filter(
    (r) => r.cohort_id === c.cohort && r.lesson_id === c.lesson && days.has(r.day),
  );
  return Array.from({ length: 20 }, (_, bucket) => rows.filter((r) => r.bucket === bucket));
}

export const dropOff: Expected = (t, c) => {
  const rows = ofLesson(t, c);
  if (atLeast(rows) < MINIMUM) return [];
  const repeats = sum(rows, (r) => r.repeat_views);
  const days = published(t, c.cohort, c);
  const repeating = t['analytics.student_lesson_day'].filter(
    (r) => r.cohort_id === c.cohort && r.lesson_id === c.lesson && days.has(r.day) && r.repeat_views > 0,
  );
  const all = buckets(t, c);
  const firsts = sum(all[0], (r) => r.first_reached);
  return all.map((of, i) => [
    i * 5,
    i === 0 && firsts >= MINIMUM
      ? 1
      : guarded(
          sum(of, (r) => r.first_reached),
          firsts,
          firsts,
        ),
    guarded(
      sum(of, (r) => r.repeat_reached),
      repeats,
      groupBy(repeating, (r) => r.student_id).size,
    ),
  ]);
};

export const pauses: Expected = (t, c) => {
  const rows = ofLesson(t, c);
  if (atLeast(rows) < MINIMUM) return [];
  const n = sum(rows, views);
  return buckets(t, c).map((of, i) => [
    `${i * 5} %`,
    twoDigits((100 * sum(of, (r) => r.pauses)) / n),
    twoDigits((100 * sum(of, (r) => r.seeks_back)) / n),
  ]);
};

export const repeats: Expected = (t, c) => {
  const rows = ofLesson(t, c);
  if (atLeast(rows) < MINIMUM) return [];
  return [
    [
      guardedWords(
        sum(rows, (r) => r.repeat_views),
        sum(rows, views),
        atLeast(rows),
      ),
      sum(rows, views),
    ],
  ];
};

const atPlace = (t: Tables, place: number): Row | undefined =>
  [...t['edtech.cohorts']].sort((a, b) => (a.name < b.name ? -1 : 1))[place];

function weekly(t: Tables, c: Choice, place: number, value: (rows: Row[]) => number | null): unknown[][] {
  const cohort = atPlace(t, place);
  if (!cohort) return [];
  const days = [...published(t, cohort.cohort_id, c).values()].filter((d) => ['school_day', 'exam'].includes(d.kind));
  return [...groupBy(days, (d) => weekOf(d.day)).values()]
    .map((rows) => [noonOf(firstDay(rows)), cohort.name, value(rows)])
    .sort((a, b) => Number(a[0]) - Number(b[0]));
}

export const activeWeekly = (t: Tables, c: Choice, place: number): unknown[][] =>
  weekly(t, c, place, (rows) =>
    guarded(
      sum(rows, (r) => r.active_students),
      sum(rows, (r) => r.enrolled_students),
      Math.min(...rows.map((r) => r.enrolled_students)),
    ),
  );

export const watchWeekly = (t: Tables, c: Choice, place: number): unknown[][] =>
  weekly(t, c, place, (rows) =>
    Math.max(...rows.map((r) => r.active_students)) < MINIMUM
      ? null
      : twoDigits(sum(rows, (r) => r.watched_seconds) / sum(rows, (r) => r.active_students)),
  );

export const lateDaily = (t: Tables, c: Choice, place: number): unknown[][] => {
  const cohort = atPlace(t, place);
  if (!cohort) return [];
  return [...published(t, cohort.cohort_id, c).values()]
    .map((d) => [
      noonOf(d.day),
      cohort.name,
      d.active_students >= MINIMUM && d.events > 0 ? twoDigits(d.late_events / d.events) : null,
    ])
    .sort((a, b) => Number(a[0]) - Number(b[0]));
};

export const completionByCohort: Expected = (t, c) =>
  [0, 1, 2, 3].map((place) => {
    const cohort = atPlace(t, place)!;
    const rows = [...published(t, cohort.cohort_id, c).values()];
    const [k, n] = [sum(rows, (r) => r.completions), sum(rows, views)];
    const beyond = share(k, n)! < 0.05 || share(k, n)! > 0.95;
    const interval = beyond ? [null, null] : wilson(k, n);
    return [cohort.name, guarded(k, n, Math.max(...rows.map((r) => r.active_students))), ...interval, n];
  });
