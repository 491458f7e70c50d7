import { literal } from '../lib/columns';
import {
  guardedCount,
  guardedShare,
  guardedShareInWords,
  hiddenPart,
  ifEnough,
  type Suppression,
} from '../lib/suppression';
import { atNoon, LESSON, publishedDays, share, twoDigits, wilson } from '../lib/sql';
import { lessonTexts } from '../texts/lesson';

/**
 * Distinct students of a lesson over several days, from below: first views are of different students, and so are the
 * students of one day. The tables hold no exact number over days, and a lower bound is on the safe side for suppression.
 */
const STUDENTS = 'greatest(sum(first_views), max(students))';

const ofLesson = `${publishedDays()}, of_lesson as (
  select l.* from published_days d join analytics.lesson_day l on l.cohort_id = d.cohort_id and l.day = d.day and l.lesson_id = ${LESSON}
)`;

export const need = (rule: Suppression): string => `
with ${publishedDays()}, per_lesson as (
  select l.lesson_id, sum(l.completions)::bigint as completions, sum(l.first_views + l.repeat_views)::bigint as views,
    ${STUDENTS}::bigint as students, sum(l.stalled_ms) as stalled_ms
  from published_days d join analytics.lesson_day l on l.cohort_id = d.cohort_id and l.day = d.day
  group by 1
)
select m.title as lesson, m.segment::text as segment,
  ${guardedShareInWords('p.completions', 'p.views', 'p.students', rule)} as completion,
  ${guardedCount('p.views', rule)} as views, ${guardedCount('p.students', rule)} as students,
  m.length_seconds as length,
  ${ifEnough('p.students', `${twoDigits('p.stalled_ms / 1000.0 / nullif(p.views, 0)')}::float8`, rule)} as stalled, m.lesson_id
from per_lesson p join edtech.lessons m using (lesson_id)
where p.views > 0
order by case when p.students >= ${rule.minimum} then ${wilson('p.completions', 'p.views').high} end nulls last, m.title
limit 100`;

export const completion = (rule: Suppression): string => `
with ${ofLesson}
select ${atNoon('d.day')} as time, ${guardedShare('l.completions', 'l.first_views + l.repeat_views', 'l.students', rule)}::float8 as completion
from of_lesson l join published_days d using (cohort_id, day)
where l.first_views + l.repeat_views > 0
order by 1`;

/**
 * All views end somewhere: at the start the share of first views is 100 % whatever happened, and is shown as such. Repeat views may
 * all be of one student, so those who repeated are counted.
 */
export const dropOff = (rule: Suppression): string => `
with ${ofLesson}, totals as (
  select sum(repeat_views)::bigint as repeats, ${STUDENTS}::bigint as students from of_lesson
), repeating as (
  select count(distinct s.student_id) as students
  from published_days d join analytics.student_lesson_day s on s.cohort_id = d.cohort_id and s.day = d.day and s.lesson_id = ${LESSON}
  where s.repeat_views > 0
), reached as (
  select b.bucket, sum(b.first_reached)::bigint as first_reached, sum(b.repeat_reached)::bigint as repeat_reached
  from published_days d join analytics.lesson_dropoff b on b.cohort_id = d.cohort_id and b.day = d.day and b.lesson_id = ${LESSON}
  group by 1
), marked as (
  select *, max(first_reached) filter (where bucket = 0) over () as first_views from reached
)
select m.bucket * 5 as position,
  case when m.bucket = 0 and m.first_views >= ${rule.minimum} then 1
    else ${guardedShare('m.first_reached', 'm.first_views', 'm.first_views', rule)} end::float8 as first,
  ${guardedShare('m.repeat_reached', 't.repeats', 'r.students', rule)}::float8 as repeats
from marked m cross join totals t cross join repeating r where t.students >= ${rule.minimum}
order by 1`;

export const pauses = (rule: Suppression): string => `
with ${ofLesson}, totals as (
  select sum(first_views + repeat_views)::bigint as views, ${STUDENTS}::bigint as students from of_lesson
), marks as (
  select b.bucket, sum(b.pauses)::bigint as pauses, sum(b.seeks_back)::bigint as seeks_back
  from published_days d join analytics.lesson_dropoff b on b.cohort_id = d.cohort_id and b.day = d.day and b.lesson_id = ${LESSON}
  group by 1
)
select m.bucket * 5 || ' %' as position, ${twoDigits('100.0 * m.pauses / t.views')}::float8 as pauses,
  ${twoDigits('100.0 * m.seeks_back / t.views')}::float8 as seeks_back
from marks m cross join totals t where t.students >= ${rule.minimum} and t.views > 0
order by m.bucket`;

/** The classes are parts of all lessons, which the table above shows: a single small one takes its neighbour with it. */
export const length = (rule: Suppression): string => `
with ${publishedDays()}, per_lesson as (
  select width_bucket(m.length_seconds, array[180, 360, 600, 900]) as bucket, sum(l.watched_seconds) as watched,
    sum((l.first_views + l.repeat_views)::bigint * m.length_seconds) as offered, ${STUDENTS}::bigint as students
  from published_days d join analytics.lesson_day l on l.cohort_id = d.cohort_id and l.day = d.day join edtech.lessons m using (lesson_id)
  group by l.lesson_id, m.length_seconds
), per_bucket as (
  select bucket, sum(watched) as watched, sum(offered) as offered, max(students) as students from per_lesson group by 1
), guarded as (
  select *, ${hiddenPart('students', rule)} as hidden from per_bucket where offered > 0
)
select (array[${lessonTexts.lengths.map(literal).join(', ')}])[bucket + 1] as bucket,
  case when not hidden then ${twoDigits('watched / offered')}::float8 end as watched
from guarded order by guarded.bucket`;

export const time = (rule: Suppression): string => `
with ${ofLesson}
select complete_seconds_p25 as p25, complete_seconds_p50 as p50, complete_seconds_p75 as p75, to_char(day, 'Dy DD Mon') as day
from of_lesson where least(completions, students) >= ${rule.minimum} and complete_seconds_p50 is not null order by of_lesson.day desc limit 1`;

export const repeats = (rule: Suppression): string => `
with ${ofLesson}, totals as (
  select sum(repeat_views)::bigint as repeats, sum(first_views + repeat_views)::bigint as views, ${STUDENTS}::bigint as students from of_lesson
)
select ${guardedShareInWords('repeats', 'views', 'students', rule)} as repeats, views from totals where students >= ${rule.minimum}`;

/** A view of a device is not a student, and a student may use two: views bound the students from above, so the guard takes them. */
export const devices = (rule: Suppression): string => `
with ${ofLesson}, parts as (
  ${(['desktop', 'tablet', 'mobile'] as const)
    .map(
      (device, i) =>
        `select ${i} as position, ${literal(lessonTexts.devices[device])} as device, sum(views_${device})::bigint as views, sum(abandons_${device})::bigint as abandons from of_lesson`,
    )
    .join('\n  union all ')}
), guarded as (
  select *, ${hiddenPart('views', rule)} as hidden from parts where views > 0
)
select device, case when not hidden then greatest(0.05, least(0.95, ${twoDigits(share('abandons', 'views'))}))::float8 end as abandoned
from guarded order by position`;

export const compared = (rule: Suppression): string => `
with ${publishedDays()}, chosen as (
  select lesson_id, segment, length_seconds from edtech.lessons where lesson_id = ${LESSON}
), like_length as (
  select m.lesson_id, m.lesson_id = c.lesson_id as is_chosen from chosen c join edtech.lessons m
    on m.segment = c.segment and m.length_seconds between c.length_seconds * 0.75 and c.length_seconds * 1.25
), per_lesson as (
  select k.is_chosen, l.lesson_id, sum(l.completions) as completions, sum(l.first_views + l.repeat_views) as views, ${STUDENTS} as students
  from published_days d join analytics.lesson_day l on l.cohort_id = d.cohort_id and l.day = d.day join like_length k using (lesson_id)
  group by 1, 2
), totals as (
  select sum(completions) filter (where is_chosen) as k1, sum(views) filter (where is_chosen) as n1, max(students) filter (where is_chosen) as s1,
    sum(completions) filter (where not is_chosen) as k0, sum(views) filter (where not is_chosen) as n0, max(students) filter (where not is_chosen) as s0,
    count(*) filter (where not is_chosen and views > 0) as lessons
  from per_lesson
)
select ${twoDigits(`100 * (${share('k1', 'n1')} - ${share('k0', 'n0')})`)}::float8 as difference, lessons
from totals where s1 >= ${rule.minimum} and s0 >= ${rule.minimum} and n1 > 0 and n0 > 0`;
