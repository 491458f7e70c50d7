/** Pieces of SQL that several panels share. Arguments are column names or expressions of ours, never anyone's input. */

export const FROM = '$__timeFrom()::timestamptz';
export const TO = '$__timeTo()::timestamptz';

/** The moment that "now" and "today" are of: the end of the range, but no later than the clock, since "this week" ends on Sunday night. */
export const AT = `least(now(), ${TO})`;

/** Number that a dashboard variable holds; null where it has no options yet, so that panels are empty instead of failing. */
const chosen = (variable: string, type: string): string => `nullif(\${${variable}:sqlstring}, '')::${type}`;

export const COHORT = chosen('cohort', 'smallint');
export const CLASSROOM = chosen('classroom', 'integer');
export const LESSON = chosen('lesson', 'integer');
export const STUDENT = chosen('student', 'integer');

/** 97.5 % point of the normal distribution: intervals are 95 % intervals. */
const Z = '1.959964';

/** Rounds to two significant digits; null stays null. */
export function twoDigits(x: string): string {
  return `(case when ${x} = 0 then 0 else round((${x})::numeric, 1 - floor(log(abs((${x})::numeric)))::integer) end)`;
}

/**
 * k / n as a share between 0 and 1; null where n is 0, which has to stand outside: least and greatest ignore nulls. Views that began
 * on an earlier day can make k larger than n.
 */
export function share(k: string, n: string): string {
  return `(case when (${n}) > 0 then least(1, (${k})::numeric / (${n})) end)`;
}

/** Lower and upper end of the Wilson score interval of k out of n, without continuity correction. */
export function wilson(k: string, n: string): { low: string; high: string } {
  const p = `least(1.0, (${k})::double precision / nullif(${n}, 0))`;
  const centre = `${p} + ${Z} * ${Z} / (2 * ${n})`;
  const half = `${Z} * sqrt(${p} * (1 - ${p}) / ${n} + ${Z} * ${Z} / (4.0 * ${n} * ${n}))`;
  const scale = `(1 + ${Z} * ${Z} / ${n})`;
  return {
    low: `greatest(0, ((${centre} - ${half}) / ${scale}))::numeric`,
    high: `least(1, ((${centre} + ${half}) / ${scale}))::numeric`,
  };
}

/** A share in words, two significant digits: `46 %`, `5.7 %`. */
export function percent(p: string): string {
  return `(trim_scale(round(100 * (${p})::numeric, case when ${p} < 0.0995 then 1 else 0 end)) || ' %')`;
}

/** A share of a small number of trials with its interval: `46 % (31–62)`; from 100 trials on the share alone. */
export function shareInWords(k: string, n: string): string {
  const { low, high } = wilson(k, n);
  return `(case when ${n} = 0 then null when ${n} < 100
    then ${percent(share(k, n))} || ' (' || round(100 * ${low}) || '–' || round(100 * ${high}) || ')'
    else ${percent(share(k, n))} end)`;
}

/**
 * Where a daily or weekly figure stands on a time axis: noon UTC of its day. From UTC-12 to UTC+11 that is the date of the day itself;
 * the cohort's midnight would be the evening before for everybody further west.
 */
export function atNoon(day: string): string {
  return `(${day} + time '12:00') at time zone 'UTC'`;
}

/** The school day of the cohort that the moment lies in: one row or none, as `today`. */
export function today(cohort: string = COHORT): string {
  return `today as (
    select d.cohort_id, d.day, d.starts_at, d.ends_at, d.kind
    from edtech.school_days d
    where d.cohort_id = ${cohort} and d.starts_at <= ${AT} and d.ends_at > ${AT}
  )`;
}

/** The published days of the cohort in the range, as `published_days`. A day belongs to the range if any of its hours does. */
export function publishedDays(cohort: string = COHORT): string {
  return `published_days as (
    select d.cohort_id, d.day, d.starts_at, d.ends_at, d.kind
    from edtech.school_days d join analytics.cohort_day using (cohort_id, day)
    where d.cohort_id = ${cohort} and d.starts_at < ${TO} and d.ends_at > ${FROM}
  )`;
}

/** The newest day of the cohort that has a snapshot of risk, as `snapshot`: published a moment ago, a day has none yet. */
export const newestSnapshot = `snapshot as (
    select r.day, d.ends_at from analytics.runs r join edtech.school_days d using (cohort_id, day)
    where r.cohort_id = ${COHORT} and r.kind = 'first' and r.status in ('published', 'superseded') and d.ends_at <= ${TO}
      and exists (select from analytics.at_risk a where a.cohort_id = r.cohort_id and a.day = r.day)
    order by r.day desc limit 1
  )`;
