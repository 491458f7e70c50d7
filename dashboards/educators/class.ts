import type { DashboardFactory } from '../lib/build';
import { columns, literal } from '../lib/columns';
import { bars, matrix, stat, table, timeseries } from '../lib/panels';
import {
  banner,
  calendarAnnotation,
  classroomVariable,
  cohortVariable,
  educatorLinks,
  help,
  restatementAnnotation,
} from '../lib/shared';
import { AT, atNoon, CLASSROOM, COHORT, newestSnapshot, share, shareInWords, TO, today } from '../lib/sql';
import { classTexts } from '../texts/class';
import { common } from '../texts/common';

const source = 'educator';
const t = classTexts.panels;

/** Students of the classroom: their numbers are consecutive, so a range of the key finds them. */
const OF_CLASS = `between ${CLASSROOM} * 63 and ${CLASSROOM} * 63 + 62`;

/** Hour of the cohort's clock at an instant. Hours since midnight are other ones after a change of the clocks. */
const localHour = (instant: string, timeZone: string): string =>
  `extract(hour from (${instant}) at time zone ${timeZone})::integer`;

/** The last days of the cohort before the end of the range that are published, newest first, as `days`. */
function lastPublishedDays(count: number): string {
  return `days as (
    select d.cohort_id, d.day, d.starts_at, d.ends_at from edtech.school_days d join analytics.cohort_day using (cohort_id, day)
    where d.cohort_id = ${COHORT} and d.ends_at <= ${TO} order by d.day desc limit ${count}
  )`;
}

const active = stat({
  ...t.active,
  key: 'active',
  source,
  size: { w: 7, h: 4 },
  unit: 'none',
  fields: columns(t.active.labels),
  query: `
with ${today()}
select
  (select count(distinct l.student_id) from edtech.streaming_logs l
    where l.occurred_at > ${AT} - interval '5 minutes' and l.occurred_at <= ${AT}
      and l.student_id ${OF_CLASS} and l.session_id is not null) as active_now,
  (select coalesce(analytics.seats(bit_or(h.active_mask)), 0) from today t join analytics.classroom_hour h
    on h.hour >= t.starts_at and h.hour < t.ends_at and h.hour <= ${AT} and h.classroom_id = ${CLASSROOM}) as active_today,
  (select count(*) from edtech.students s where s.classroom_id = ${CLASSROOM}
    and s.enrolled_at < ${AT} and (s.unenrolled_at is null or s.unenrolled_at >= ${AT})) as enrolled`,
});

const completions = stat({
  ...t.completions,
  key: 'completions',
  source,
  size: { w: 5, h: 4 },
  fields: columns(t.completions.labels),
  query: `
with ${today()}
select coalesce(sum(h.completions), 0)::bigint as completions, coalesce(sum(h.views), 0)::bigint as views
from today t join analytics.classroom_hour h
  on h.hour >= t.starts_at and h.hour < t.ends_at and h.hour <= ${AT} and h.classroom_id = ${CLASSROOM}`,
});

const attention = stat({
  ...t.attention,
  key: 'attention',
  source,
  size: { w: 6, h: 4 },
  link: { title: common.links.risk, uid: 'edu-risk', variables: { cohort: '$cohort', classroom: '$classroom' } },
  fields: columns(t.attention.labels, { day: { unit: 'string' } }),
  query: `
with ${newestSnapshot}
select count(*) filter (where a.level = 2) as at_risk, count(*) filter (where a.level = 1) as watch, count(*) as assessed,
  to_char(max(s.day), 'Dy DD Mon') as day
from snapshot s join analytics.at_risk a on a.cohort_id = ${COHORT} and a.day = s.day and a.student_id ${OF_CLASS}
having count(*) > 0`,
});

const watch = stat({
  ...t.watch,
  key: 'watch',
  source,
  size: { w: 6, h: 4 },
  unit: 's',
  fields: columns(t.watch.labels, { day: { unit: 'string' } }),
  query: `
select c.watched_seconds_p25 as p25, c.watched_seconds_p50 as p50, c.watched_seconds_p75 as p75, to_char(c.day, 'Dy DD Mon') as day
from analytics.classroom_day c join edtech.school_days d using (cohort_id, day)
where c.cohort_id = ${COHORT} and c.classroom_id = ${CLASSROOM} and c.active_students > 0 and d.ends_at <= ${TO} and d.ends_at > ${TO} - interval '28 days'
order by c.day desc limit 1`,
});

const usual = timeseries({
  ...t.usual,
  key: 'usual',
  source,
  size: { w: 12, h: 8 },
  min: 0,
  ofToday: true,
  interval: '1h',
  fields: columns(
    { time: 'time', ...t.usual.labels },
    {
      low: { style: 'low', colour: 'grey' },
      high: { style: 'high', colour: 'grey' },
      usual: { style: 'dashed', colour: 'grey' },
      today: { colour: 'blue' },
    },
  ),
  query: `
with ${today()}, hours as (
  select t.starts_at + k * interval '1 hour' as hour, ${localHour("t.starts_at + k * interval '1 hour'", 'c.time_zone')} as local_hour
  from today t join edtech.cohorts c using (cohort_id) cross join generate_series(0, 24) k where t.starts_at + k * interval '1 hour' < t.ends_at
), past as (
  select d.starts_at, d.ends_at, c.time_zone from today t join edtech.cohorts c using (cohort_id) join edtech.school_days d
    on d.cohort_id = t.cohort_id and d.day in (t.day - 7, t.day - 14, t.day - 21, t.day - 28) and d.kind not in ('holiday', 'break') and t.kind not in ('holiday', 'break')
  where exists (select from analytics.classroom_hour h where h.classroom_id = ${CLASSROOM} and h.hour >= d.starts_at and h.hour < d.ends_at)
), earlier as (
  select ${localHour("p.starts_at + k * interval '1 hour'", 'p.time_zone')} as local_hour, coalesce(analytics.seats(h.active_mask), 0) as students
  from past p cross join generate_series(0, 24) k left join analytics.classroom_hour h
    on h.hour = p.starts_at + k * interval '1 hour' and h.classroom_id = ${CLASSROOM}
  where p.starts_at + k * interval '1 hour' < p.ends_at
), band as (
  select local_hour, min(students) as low, max(students) as high, percentile_disc(0.5) within group (order by students) as usual
  from earlier group by local_hour
)
select hours.hour as time, band.low, band.high, band.usual,
  case when hours.hour <= ${AT} then coalesce(analytics.seats(now.active_mask), 0) end as today
from hours left join band using (local_hour)
left join analytics.classroom_hour now on now.hour = hours.hour and now.classroom_id = ${CLASSROOM}
order by 1`,
});

const HOURS = Array.from({ length: 24 }, (_, hour) => hour);

const rhythm = matrix({
  ...t.rhythm,
  key: 'rhythm',
  source,
  size: { w: 14, h: 8 },
  decimals: 1,
  fields: columns({
    ...t.rhythm.labels,
    ...Object.fromEntries(HOURS.map((hour) => [`h${hour}`, String(hour).padStart(2, '0')])),
  }),
  query: `
with ${lastPublishedDays(28)}, hours as (
  select extract(isodow from d.day)::integer as weekday,
    ${localHour("d.starts_at + k * interval '1 hour'", 'c.time_zone')} as hour,
    coalesce(analytics.seats(h.active_mask), 0) as students
  from days d join edtech.cohorts c using (cohort_id) cross join generate_series(0, 24) k
  left join analytics.classroom_hour h on h.hour = d.starts_at + k * interval '1 hour' and h.classroom_id = ${CLASSROOM}
  where d.starts_at + k * interval '1 hour' < d.ends_at
)
select (array[${common.weekdays.map(literal).join(', ')}])[weekday] as weekday,
  ${HOURS.map((hour) => `round(avg(students) filter (where hour = ${hour}), 1) as h${hour}`).join(',\n  ')}
from hours group by hours.weekday order by hours.weekday`,
});

const lessons = table({
  ...t.lessons,
  key: 'lessons',
  source,
  size: { w: 12, h: 8 },
  fields: columns(t.lessons.labels, {
    lesson: {
      link: { title: common.links.lesson, uid: 'edu-lesson', variables: { cohort: '$cohort', lesson: 'lesson_id' } },
    },
    share: { unit: 'string' },
    watch_minutes: { unit: 'm' },
    lesson_id: { hidden: true },
  }),
  query: `
with ${lastPublishedDays(14)}, per_student as (
  select s.lesson_id, s.student_id, sum(s.first_views + s.repeat_views) as views, sum(s.completions) as completions, sum(s.watched_seconds) as watched
  from days d join analytics.student_lesson_day s on s.cohort_id = d.cohort_id and s.day = d.day and s.student_id ${OF_CLASS}
  group by 1, 2
), per_lesson as (
  select lesson_id, count(*) filter (where views > 0) as started, count(*) filter (where completions > 0 and views > 0) as completed, sum(watched) as watched
  from per_student group by 1
)
select l.title as lesson, p.started, p.completed, ${shareInWords('p.completed', 'p.started')} as share,
  round(p.watched / 60.0)::bigint as watch_minutes, l.lesson_id
from per_lesson p join edtech.lessons l using (lesson_id) where p.started > 0
order by p.started - p.completed desc, l.title limit 50`,
});

const days = bars({
  ...t.days,
  key: 'days',
  source,
  size: { w: 24, h: 6 },
  x: 'days',
  min: 0,
  fields: columns(t.days.labels, { days: { unit: 'string' } }),
  query: `
with ${lastPublishedDays(14)}, class as (
  select s.student_id from edtech.students s where s.classroom_id = ${CLASSROOM}
    and s.enrolled_at < ${AT} and (s.unenrolled_at is null or s.unenrolled_at >= ${AT})
), active as (
  select s.student_id, count(distinct s.day)::integer as active_days
  from days d join analytics.student_lesson_day s on s.cohort_id = d.cohort_id and s.day = d.day and s.student_id ${OF_CLASS}
  group by 1
), per_student as (
  select coalesce(active_days, 0) as active_days from class left join active using (student_id)
)
select n::text as days, count(active_days) as students
from generate_series(0, (select count(*)::integer from days)) n left join per_student on active_days = n
where exists (select from days) and exists (select from class)
group by n order by n`,
});

const network = timeseries({
  ...t.network,
  key: 'network',
  source,
  size: { w: 10, h: 8 },
  unit: 'percentunit',
  min: 0,
  timeFrom: '14d',
  interval: '1d',
  fields: columns({ time: 'time', ...t.network.labels }, { buffered: { decimals: 0 } }),
  query: `
select ${atNoon('d.day')} as time, ${share('c.buffered_views', 'c.first_views + c.repeat_views')} as buffered
from analytics.classroom_day c join edtech.school_days d using (cohort_id, day)
where c.cohort_id = ${COHORT} and c.classroom_id = ${CLASSROOM} and d.starts_at < ${TO} and d.ends_at > $__timeFrom()::timestamptz
  and c.first_views + c.repeat_views > 0
order by 1`,
});

/** Class overview: what a teacher looks at in the morning. */
export const classOverview: DashboardFactory = () => ({
  uid: 'edu-class',
  title: classTexts.title,
  description: classTexts.description,
  audience: 'educators',
  tags: ['edtech', 'educators', 'simulated-data'],
  range: { from: 'now/d', to: 'now' },
  refresh: '1m',
  variables: [cohortVariable(source), classroomVariable(source)],
  annotations: [calendarAnnotation(source), restatementAnnotation(source)],
  links: educatorLinks('class'),
  panels: [banner(source), active, completions, attention, watch, usual, lessons, rhythm, network, days, help()],
});
