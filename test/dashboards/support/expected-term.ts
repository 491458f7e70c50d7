import { dayNumber, daysOf, firstDay, MINIMUM, noonOf, published, weekOf } from './days';
import type { Choice, Expected } from './expected-class';
import { clamp, groupBy, share, sum, type Row, type Tables } from './tables';

/** Panels of the cohort comparison that follow one cohort. */

const guarded = (k: number, n: number, students: number): number | null =>
  students >= MINIMUM && n > 0 ? clamp(share(k, n)!) : null;

export const funnel: Expected = (t, c) => {
  const lessons = new Map(t['edtech.lessons'].map((l) => [l.lesson_id, l]));
  const days = published(t, c.cohort, c);
  const rows = t['analytics.lesson_day']
    .filter((r) => r.cohort_id === c.cohort && days.has(r.day))
    .map((r): Row => ({ ...lessons.get(r.lesson_id)!, first_views: r.first_views }));
  const students = (segment: string, sequence: number): number | undefined => {
    const of = rows.filter((r) => r.segment === segment && r.sequence === sequence);
    return of.length === 0 ? undefined : sum(of, (r) => r.first_views);
  };
  const sequences = [...new Set(rows.map((r) => r.sequence as number))].sort((a, b) => a - b);
  const SEGMENTS = ['school', 'university', 'evening'];
  const top = SEGMENTS.map((segment) => Math.max(0, ...sequences.map((s) => students(segment, s) ?? 0)));
  return sequences
    .filter((sequence) => SEGMENTS.some((segment) => (students(segment, sequence) ?? 0) >= MINIMUM))
    .map((sequence) => [
      sequence,
      ...SEGMENTS.map((segment, i) => {
        const found = students(segment, sequence);
        return found === undefined ? null : guarded(found, top[i], found);
      }),
    ]);
};

export const enrolment: Expected = (t, c) =>
  [...groupBy([...published(t, c.cohort, c).values()], (d) => weekOf(d.day)).values()].map((days) => [
    noonOf(firstDay(days)),
    sum(days, (d) => d.enrolments),
    sum(days, (d) => d.withdrawals),
  ]);

/** Days with the number of their term: one begins with the first day that is no break after a break, or with the first day. */
function numbered(t: Tables, { cohort, to }: Choice): { day: string; kind: string; term: number }[] {
  let term = 0;
  let before = 'break';
  return daysOf(t, cohort)
    .filter((d) => d.starts_at < to)
    .map(({ day, kind }) => {
      if (before === 'break' && kind !== 'break') term++;
      before = kind as string;
      return { day: day as string, kind: kind as string, term };
    });
}

export const term: Expected = (t, c) => {
  const days = numbered(t, c);
  const last = Math.max(...days.map((d) => d.term));
  const figures = new Map(
    t['analytics.cohort_day'].filter((d) => d.cohort_id === c.cohort).map((d) => [d.day as string, d]),
  );
  const shareOf = (of: number, week: number): { found: boolean; share: number | null } => {
    const all = days.filter((d) => d.term === of);
    const rows = all
      .filter((d) => Math.floor((dayNumber(d.day) - dayNumber(all[0].day)) / 7) + 1 === week)
      .filter((d) => ['school_day', 'exam'].includes(d.kind))
      .flatMap((d) => figures.get(d.day) ?? []);
    if (rows.length === 0) return { found: false, share: null };
    const enrolled = rows.map((r) => r.enrolled_students as number);
    return {
      found: true,
      share: guarded(
        sum(rows, (r) => r.active_students),
        sum(rows, (r) => r.enrolled_students),
        Math.min(...enrolled),
      ),
    };
  };
  return Array.from({ length: 60 }, (_, i) => i + 1)
    .map((week) => ({ week, now: shareOf(last, week), before: shareOf(last - 1, week) }))
    .filter(({ now, before }) => now.found || before.found)
    .map(({ week, now, before }) => [week, now.share, before.share]);
};

/** From the results of every check of every run of the cohort. */
export const quality: Expected = (t, c) => {
  const days = new Set(
    daysOf(t, c.cohort)
      .filter((d) => d.starts_at < c.to && d.ends_at > c.from)
      .map((d) => d.day),
  );
  const runs = new Set(
    t['analytics.runs'].filter((r) => r.cohort_id === c.cohort && days.has(r.day)).map((r) => r.run_id),
  );
  const results = t['analytics.data_quality_results'].filter((r) => runs.has(r.run_id));
  return [...groupBy(results, (r) => r.check_name as string)].map(([name, rows]) => [
    name,
    rows.length,
    rows.filter((r) => r.failed_rows > 0).length,
    sum(rows, (r) => r.failed_rows),
  ]);
};
