import { percent, share, wilson } from './sql';

/**
 * Suppression of small groups in views of a cohort or of the platform. A figure that rests on fewer students than the
 * minimum is not shown; shares close to none and all are shown as "<5 %" and ">95 %", since they tell of nearly everybody.
 * A teacher's view of the own class shows everything: the teacher knows the students.
 */
export interface Suppression {
  readonly minimum: number;
  /** What stands in place of a figure. */
  readonly words: string;
}

export function suppression(minimum: number): Suppression {
  return { minimum, words: `fewer than ${minimum}` };
}

/** The expression where it rests on enough students, else null. */
export function ifEnough(students: string, expression: string, { minimum }: Suppression): string {
  return `(case when ${students} >= ${minimum} then ${expression} end)`;
}

/** Between 5 % and 95 %. Of nothing it makes 95 %: the caller keeps nulls out. */
const clamped = (p: string): string => `greatest(0.05, least(0.95, ${p}))`;

/** A share for a chart: between 5 % and 95 %, null where it rests on too few students or on no trial. */
export function guardedShare(k: string, n: string, students: string, rule: Suppression): string {
  return `(case when ${students} >= ${rule.minimum} and (${n}) > 0 then ${clamped(share(k, n))} end)`;
}

/**
 * Ends of the interval of a share for a chart: null where {@link guardedShare} shows another share than there is, which could be
 * computed from them and the number of trials.
 */
export function guardedInterval(
  k: string,
  n: string,
  students: string,
  rule: Suppression,
): { low: string; high: string } {
  const { low, high } = wilson(k, n);
  const ifAsShown = (end: string): string =>
    `(case when ${students} >= ${rule.minimum} and ${share(k, n)} between 0.05 and 0.95 then ${end} end)`;
  return { low: ifAsShown(low), high: ifAsShown(high) };
}

/** A share in words: suppressed, at an end, or with its interval where it has fewer than 100 trials. */
export function guardedShareInWords(k: string, n: string, students: string, rule: Suppression): string {
  const p = share(k, n);
  const { low, high } = wilson(k, n);
  const interval = `case when ${n} < 100 then ' (' || round(100 * ${low}) || '–' || round(100 * ${high}) || ')' else '' end`;
  return `(case when ${students} is null or ${students} < ${rule.minimum} then '${rule.words}'
    when ${n} = 0 then null
    when ${p} > 0.95 then '>95 %' when ${p} < 0.05 then '<5 %'
    else ${percent(p)} || ${interval} end)`;
}

/** A number of students in words: the number, or that there are too few. */
export function guardedCount(students: string, rule: Suppression): string {
  return `(case when ${students} < ${rule.minimum} then '${rule.words}' else (${students})::text end)`;
}

/**
 * Whether a part of a whole must be hidden, for wholes that are shown elsewhere: because it is small, or because it is the
 * smallest of the others and the whole less the visible parts would give the one small part away.
 * A part of nobody hides nothing and is not hidden.
 * @param size students of the part
 * @param whole columns that name the whole, for `partition by`; none if the rows are the parts of one whole
 */
export function hiddenPart(size: string, { minimum }: Suppression, whole?: string): string {
  const by = whole === undefined ? '' : `partition by ${whole}`;
  const small = `${size} between 1 and ${minimum - 1}`;
  return `((${small}) or (
    count(*) filter (where ${small}) over (${by}) = 1
    and ${size} >= ${minimum}
    and ${size} = min(${size}) filter (where ${size} >= ${minimum}) over (${by})
  ))`;
}
