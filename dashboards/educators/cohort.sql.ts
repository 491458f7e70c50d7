import { guardedInterval, guardedShare, ifEnough, type Suppression } from '../lib/suppression';
import { AT, atNoon, COHORT, FROM, publishedDays, TO, twoDigits } from '../lib/sql';

/** Daily figures of the cohort at a place in the list by name: a panel has one colour per place and at most six places. */
const slot = (place: number): string => `cohort as (
    select cohort_id, name from edtech.cohorts order by name offset ${place} limit 1
  ), days as (
    select c.name, date_trunc('week', d.day::timestamp) as week, p.*
    from cohort c join edtech.school_days d using (cohort_id) join analytics.cohort_day p using (cohort_id, day)
    where d.starts_at < ${TO} and d.ends_at > ${FROM}
  )`;

const WEEKLY = `from days where kind in ('school_day', 'exam') group by week, name`;

export const active = (place: number, rule: Suppression): string => `
with ${slot(place)}
select ${atNoon('min(day)')} as time, name as metric,
  ${guardedShare('sum(active_students)', 'sum(enrolled_students)', 'min(enrolled_students)', rule)}::float8 as value
${WEEKLY} order by 1`;

export const watch = (place: number, rule: Suppression): string => `
with ${slot(place)}
select ${atNoon('min(day)')} as time, name as metric,
  ${ifEnough('max(active_students)', twoDigits('sum(watched_seconds) / nullif(sum(active_students), 0)'), rule)}::float8 as value
${WEEKLY} order by 1`;

export const late = (place: number, rule: Suppression): string => `
with ${slot(place)}
select ${atNoon('day')} as time, name as metric,
  ${ifEnough('active_students', twoDigits('late_events::numeric / nullif(events, 0)'), rule)}::float8 as value
from days order by 1`;

export const completion = (rule: Suppression): string => {
  const { low, high } = guardedInterval('completions', 'views', 'students', rule);
  return `
with per_cohort as (
  select c.name, sum(p.completions) as completions, sum(p.first_views + p.repeat_views) as views, max(p.active_students) as students
  from edtech.cohorts c join edtech.school_days d using (cohort_id) join analytics.cohort_day p using (cohort_id, day)
  where d.starts_at < ${TO} and d.ends_at > ${FROM}
  group by 1
)
select name as cohort, ${guardedShare('completions', 'views', 'students', rule)}::float8 as share,
  ${low}::float8 as low, ${high}::float8 as high,
  ${ifEnough('students', 'views::bigint', rule)} as views
from per_cohort where views > 0 order by name`;
};

const SEGMENTS = ['school', 'university', 'evening'] as const;

/** First views are distinct students of a lesson. */
export const funnel = (rule: Suppression): string => `
with ${publishedDays()}, per_lesson as (
  select m.segment, m.sequence, sum(l.first_views) as students
  from published_days d join analytics.lesson_day l on l.cohort_id = d.cohort_id and l.day = d.day join edtech.lessons m using (lesson_id)
  group by 1, 2
), relative as (
  select segment, sequence, students, max(students) over (partition by segment) as top from per_lesson
)
select sequence,
  ${SEGMENTS.map((segment) => `max(${guardedShare('students', 'top', 'students', rule)}) filter (where segment = '${segment}')::float8 as ${segment}`).join(',\n  ')}
from relative group by 1 having max(students) >= ${rule.minimum} order by 1`;

/** Whole weeks, from the Monday before the range on: a part of a week would look like a week in which few joined. */
export const enrolment = `
select ${atNoon('min(d.day)')} as time, sum(p.enrolments)::bigint as enrolments, sum(p.withdrawals)::bigint as withdrawals
from edtech.cohorts c join edtech.school_days d using (cohort_id) join analytics.cohort_day p using (cohort_id, day)
where c.cohort_id = ${COHORT} and d.starts_at < ${TO} and d.day >= date_trunc('week', ${FROM} at time zone c.time_zone)::date
group by date_trunc('week', d.day::timestamp) order by 1`;

/** Terms are numbered by the ends of breaks; weeks of a term begin on the weekday on which it did. */
export const term = (rule: Suppression): string => `
with marked as (
  select d.day, d.kind, (d.kind <> 'break' and lag(d.kind, 1, 'break') over (order by d.day) = 'break')::integer as begins
  from edtech.school_days d where d.cohort_id = ${COHORT} and d.starts_at < ${AT}
), numbered as (
  select day, kind, sum(begins) over (order by day) as term from marked
), weeks as (
  select term, (day - min(day) over (partition by term)) / 7 + 1 as week, day, kind, max(term) over () - term as ago from numbered
), per_week as (
  select w.week, w.ago, sum(p.active_students) as active, sum(p.enrolled_students) as enrolled, min(p.enrolled_students) as students
  from weeks w join analytics.cohort_day p on p.cohort_id = ${COHORT} and p.day = w.day
  where w.ago < 2 and w.kind in ('school_day', 'exam')
  group by 1, 2
)
select week, max(${guardedShare('active', 'enrolled', 'students', rule)}) filter (where ago = 0)::float8 as this_term,
  max(${guardedShare('active', 'enrolled', 'students', rule)}) filter (where ago = 1)::float8 as last_term
from per_week group by 1 order by 1`;

export const quality = `
select q.check_name, count(*) as runs, count(*) filter (where q.failed_rows > 0) as failed, sum(q.failed_rows)::bigint as rows
from analytics.runs r join analytics.data_quality_results q using (run_id) join edtech.school_days d using (cohort_id, day)
where r.cohort_id = ${COHORT} and d.starts_at < ${TO} and d.ends_at > ${FROM}
group by 1 order by 3 desc, 1`;
