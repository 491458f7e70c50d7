import { common } from '../texts/common';
import { columns, literal } from './columns';
import { GOOD_MARK, WARNING_MARK } from './marks';
import type { Annotation, DashboardLink, Panel, Variable } from './model';
import { stat, text } from './panels';
import type { DatabaseSource } from './sources';
import { AT, CLASSROOM, COHORT, FROM, publishedDays, TO } from './sql';

/** Variables, annotations and panels that several dashboards share. */

export function cohortVariable(source: DatabaseSource): Variable {
  return {
    name: 'cohort',
    label: common.variables.cohort,
    source,
    query: 'select cohort_id as __value, name as __text from edtech.cohorts order by name',
  };
}

export function classroomVariable(source: DatabaseSource): Variable {
  return {
    name: 'classroom',
    label: common.variables.classroom,
    source,
    query: `select classroom_id as __value, name as __text from edtech.classrooms where cohort_id = ${COHORT} order by name`,
  };
}

/** Names of students: only for dashboards of teachers. */
export function studentVariable(): Variable {
  return {
    name: 'student',
    label: common.variables.student,
    source: 'educator',
    query: `select student_id as __value, display_name as __text from edtech.students
where classroom_id = ${CLASSROOM} and enrolled_at < ${TO} order by display_name, student_id`,
  };
}

/** Lessons that the cohort viewed on the published days of the range, the most viewed first. */
export function lessonVariable(source: DatabaseSource): Variable {
  return {
    name: 'lesson',
    label: common.variables.lesson,
    source,
    query: `with ${publishedDays()}
select m.lesson_id as __value, m.title || ' (' || m.segment || ')' as __text
from published_days d join analytics.lesson_day l on l.cohort_id = d.cohort_id and l.day = d.day join edtech.lessons m using (lesson_id)
group by m.lesson_id order by sum(l.first_views + l.repeat_views) desc, m.title`,
  };
}

/** Days that are not ordinary school days, and the first day after a break: runs of days become one mark. */
export function calendarAnnotation(source: DatabaseSource): Annotation {
  const words = common.calendar;
  return {
    name: common.annotations.calendar,
    source,
    colour: 'purple',
    query: `
with days as (
  select day, starts_at, ends_at, kind,
    case when kind in ('holiday', 'exam', 'break') then kind::text
      when lag(kind) over (order by day) = 'break' then 'term' end as mark
  from edtech.school_days
  where cohort_id = ${COHORT} and starts_at < ${TO} + interval '1 day' and ends_at > ${FROM} - interval '3 days'
), runs as (
  select mark, starts_at, ends_at, day - (row_number() over (partition by mark order by day))::integer as run
  from days where mark is not null
)
select min(starts_at) as time, max(ends_at) as timeend,
  case mark when 'holiday' then ${literal(words.holiday)} when 'exam' then ${literal(words.exam)}
    when 'break' then ${literal(words.break)} else ${literal(words.termStart)} end as text
from runs group by mark, run
having min(starts_at) < ${TO} and max(ends_at) > ${FROM}
order by 1`.trim(),
  };
}

/** Banner of the first row: how fresh the live and the daily figures are, and what was restated. */
export function banner(source: DatabaseSource): Panel {
  const t = common.banner;
  return stat({
    key: 'banner',
    title: t.title,
    description: `${t.description} ${t.reason}`,
    noData: t.noData,
    size: { w: 24, h: 3 },
    source,
    unit: 'string',
    fields: columns(t.labels),
    query: `
with cohort as (
  select cohort_id, time_zone, ${AT} as ref from edtech.cohorts where cohort_id = ${COHORT}
), live as (
  select min(watermark) as watermark, count(*) filter (where watermark is null) as silent from ingest.shards
), daily as (
  select r.day, r.published_at from analytics.runs r join edtech.school_days d using (cohort_id, day)
  where r.cohort_id = ${COHORT} and r.status = 'published' and d.ends_at <= ${TO} order by r.day desc limit 1
), due as (
  select max(d.day) as day, count(*) filter (where d.ends_at > ${FROM} and not exists (
      select from analytics.runs r where r.cohort_id = d.cohort_id and r.day = d.day and r.status = 'published')) as missing
  from edtech.school_days d, cohort where d.cohort_id = cohort.cohort_id and d.ends_at + interval '7 hours' <= cohort.ref
), restated as (
  select count(distinct r.day) as days from analytics.restatements r join edtech.school_days d using (cohort_id, day)
  where r.cohort_id = ${COHORT} and d.starts_at < ${TO} and d.ends_at > ${FROM}
)
select
  case when live.watermark is null or live.silent > 0 then '${WARNING_MARK} ' || ${literal(t.noLive)}
    when cohort.ref - live.watermark > interval '2 minutes'
      then '${WARNING_MARK} ' || ${literal(t.liveTo)} || ' ' || to_char(live.watermark at time zone cohort.time_zone, 'DD Mon HH24:MI') ||
        ', ' || ceil(extract(epoch from cohort.ref - live.watermark) / 60) || ' min ' || ${literal(t.behind)}
    else '${GOOD_MARK} ' || ${literal(t.liveTo)} || ' ' || to_char(least(cohort.ref, live.watermark) at time zone cohort.time_zone, 'DD Mon HH24:MI') end as live,
  case when daily.day is null then '${WARNING_MARK} ' || ${literal(t.noDaily)}
    else case when daily.day < due.day then '${WARNING_MARK} ' || ${literal(t.late)} || ', '
        when due.missing > 0 then '${WARNING_MARK} ' || ${literal(t.missing)} || ' ' || due.missing || ', ' else '${GOOD_MARK} ' end ||
      ${literal(t.dailyTo)} || ' ' || to_char(daily.day, 'DD Mon') || ', ' || ${literal(t.publishedAt)} || ' ' ||
      to_char(daily.published_at at time zone cohort.time_zone, 'DD Mon HH24:MI') end as daily,
  case when restated.days = 0 then ${literal(t.none)} else restated.days::text end as restated,
  ${literal(t.simulated)} as kind
from cohort cross join live cross join restated cross join due left join daily on true`,
  });
}

/** Last row: definitions, whom to ask, and that the data is simulated. */
export function help(): Panel {
  const t = common.help;
  return text({
    key: 'help',
    title: t.title,
    description: t.description,
    size: { w: 24, h: 6 },
    content: `${t.body}\n\n${t.whom}\n\n*${common.simulated}*`,
  });
}

const EDUCATOR_DASHBOARDS = ['class', 'lesson', 'student', 'risk', 'cohort'] as const;

/** Links at the top to the other dashboards of educators. */
export function educatorLinks(self: (typeof EDUCATOR_DASHBOARDS)[number]): DashboardLink[] {
  return EDUCATOR_DASHBOARDS.filter((name) => name !== self).map((name) => ({
    title: common.links[name],
    uid: `edu-${name}`,
  }));
}

/** When a published day of the cohort got new figures. */
export function restatementAnnotation(source: DatabaseSource): Annotation {
  return {
    name: common.annotations.restatements,
    source,
    colour: 'orange',
    query: `
select d.starts_at as time, d.ends_at as timeend,
  ${literal(common.restated)} || ' ' || to_char(max(r.restated_at), 'DD Mon HH24:MI') || ' UTC' as text
from analytics.restatements r join edtech.school_days d using (cohort_id, day)
where r.cohort_id = ${COHORT} and d.starts_at < ${TO} and d.ends_at > ${FROM}
group by d.starts_at, d.ends_at
order by 1`.trim(),
  };
}
