import { literal } from '../lib/columns';
import { AT, atNoon, CLASSROOM, COHORT, FROM, publishedDays, share, STUDENT, TO } from '../lib/sql';
import { common } from '../texts/common';
import { studentTexts } from '../texts/student';

/** The chosen student, if the choice is one of the chosen class: a stale link shows nothing instead of another class. */
const chosen = `chosen as (
    select s.student_id, s.cohort_id, s.enrolled_at, s.unenrolled_at, c.time_zone from edtech.students s join edtech.cohorts c using (cohort_id)
    where s.student_id = ${STUDENT} and s.classroom_id = ${CLASSROOM} and s.cohort_id = ${COHORT}
  )`;

/** Days of which the student was enrolled in some hour: a zero on any other day would say that nothing was watched. */
const ENROLLED = 'd.ends_at > c.enrolled_at and (c.unenrolled_at is null or d.starts_at < c.unenrolled_at)';

/** Daily figures of the student on the published days of the range, by lesson. */
const ofStudent = `of_student as (
    select s.* from chosen c cross join published_days d
    join analytics.student_lesson_day s on s.cohort_id = d.cohort_id and s.day = d.day and s.student_id = c.student_id
  )`;

/** A day without active hours has only an enrolment or a withdrawal, at which nobody was seen. */
export const seen = `
with ${chosen}, last_days as (
  select d.day from chosen c join edtech.school_days d using (cohort_id) where d.starts_at <= ${AT} order by d.day desc limit 14
), recent as (
  select s.day, s.last_event_at, s.active_hours from chosen c join analytics.student_day s using (student_id)
  join edtech.school_days d on d.cohort_id = c.cohort_id and d.day = s.day where d.starts_at <= ${AT}
)
select to_char(max(r.last_event_at) filter (where r.active_hours <> 0) at time zone c.time_zone, 'Dy DD Mon HH24:MI') as last_seen,
  count(distinct r.day) filter (where r.active_hours <> 0 and r.day in (select day from last_days)) as active_days
from chosen c cross join recent r group by c.time_zone`;

export const network = `
with ${publishedDays()}, ${chosen}, ${ofStudent}
select ${share('sum(buffered_views)', 'sum(first_views + repeat_views)')}::float8 as buffered,
  round(sum(stalled_ms) * 3.6 / nullif(sum(watched_seconds), 0), 1)::float8 as stalled
from of_student having sum(first_views + repeat_views) > 0`;

/**
 * Weeks begin on Monday. The four weeks before the range are read too, for the median: of those with seven days, since a week in
 * which the student or the data began tells nothing of what is usual.
 */
export const weeks = `
with ${chosen}, days as (
  select d.day, d.starts_at, date_trunc('week', d.day::timestamp)::date as week
  from chosen c join edtech.school_days d using (cohort_id) join analytics.cohort_day using (cohort_id, day)
  where d.starts_at < ${TO} and d.ends_at > ${FROM} - interval '35 days' and ${ENROLLED}
), per_week as (
  select d.week, count(distinct d.day) as days, min(d.day) as first_day, min(d.starts_at) as starts_at, coalesce(sum(s.watched_seconds), 0)::bigint as watched
  from days d cross join chosen c left join analytics.student_lesson_day s
    on s.cohort_id = c.cohort_id and s.day = d.day and s.student_id = c.student_id
  group by 1
)
select ${atNoon('w.first_day')} as time, w.watched,
  (select percentile_disc(0.5) within group (order by p.watched) from per_week p where p.days = 7 and p.week between w.week - 28 and w.week - 7) as usual
from per_week w where w.starts_at < ${TO} and w.starts_at > ${FROM} - interval '7 days'
order by 1`;

const REASONS = Object.entries(common.reasons)
  .map(([reason, words]) => `when ${literal(reason)} then ${literal(words)}`)
  .join(' ');

export const risk = `
with ${publishedDays()}, ${chosen}
select case reason ${REASONS} else reason end as reason, min(a.day)::text as first_day, max(a.day)::text as last_day, count(*) as days
from chosen c cross join published_days d join analytics.at_risk a on a.cohort_id = d.cohort_id and a.day = d.day and a.student_id = c.student_id
cross join unnest(a.reasons) reason
group by reason order by max(a.day) desc, reason`;

export const lessons = `
with ${publishedDays()}, ${chosen}, ${ofStudent}
select l.title as lesson, sum(s.first_views + s.repeat_views)::bigint as views,
  case when sum(s.completions) > 0 then ${literal(studentTexts.yes)} else ${literal(studentTexts.no)} end as completed,
  round(max(s.furthest_position_seconds)::numeric / l.length_seconds, 2)::float8 as furthest,
  sum(s.watched_seconds)::bigint as watched, max(s.day)::text as last_day, l.lesson_id
from of_student s join edtech.lessons l using (lesson_id)
group by l.lesson_id, l.title, l.length_seconds order by max(s.day) desc, l.title limit 200`;

export const calendar = `
with ${publishedDays()}, ${chosen}, per_day as (
  select d.day, coalesce(sum(s.watched_seconds), 0) / 60.0 as minutes
  from published_days d cross join chosen c left join analytics.student_lesson_day s
    on s.cohort_id = d.cohort_id and s.day = d.day and s.student_id = c.student_id
  where ${ENROLLED}
  group by 1
)
select to_char(date_trunc('week', day::timestamp), 'DD Mon') as week,
  ${common.weekdays.map((_, i) => `round(max(minutes) filter (where extract(isodow from day) = ${i + 1}))::float8 as d${i + 1}`).join(',\n  ')}
from per_day group by date_trunc('week', day::timestamp) order by date_trunc('week', day::timestamp) desc`;

export const rhythm = `
with ${chosen}, per_day as (
  select s.day, bit_or(s.active_hours) as active_hours, d.starts_at, c.time_zone
  from chosen c join edtech.school_days d using (cohort_id) join analytics.student_day s on s.student_id = c.student_id and s.day = d.day
  where d.starts_at < ${TO} and d.ends_at > ${FROM}
  group by s.day, d.starts_at, c.time_zone
), hours as (
  select extract(hour from (starts_at + k * interval '1 hour') at time zone time_zone)::integer as hour
  from per_day cross join generate_series(0, 24) k where (active_hours >> k) & 1 = 1
)
select lpad(h::text, 2, '0') as hour, (count(hours.hour)::numeric / (select count(*) from hours))::float8 as share
from generate_series(0, 23) h left join hours on hours.hour = h
where exists (select from hours) group by h order by h`;
