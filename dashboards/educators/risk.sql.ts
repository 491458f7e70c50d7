import { literal } from '../lib/columns';
import { atNoon, CLASSROOM, COHORT, newestSnapshot, publishedDays, share, TO } from '../lib/sql';
import { common } from '../texts/common';
import { riskTexts } from '../texts/risk';

/** Students of the class in a snapshot: their numbers are consecutive. */
const inClass = (day: string): string =>
  `analytics.at_risk a on a.cohort_id = ${COHORT} and a.day = ${day} and a.student_id between ${CLASSROOM} * 63 and ${CLASSROOM} * 63 + 62`;

const REASONS = Object.entries(common.reasons)
  .map(([reason, words]) => `when ${literal(reason)} then ${literal(words)}`)
  .join(' ');

/** Points without a reason: fewer school days away than one needs, or small losses in the two other parts. */
const signs = `concat_ws('; ',
    case a.inactive_school_days when 0 then null when 1 then ${literal(riskTexts.oneDay)}
      else ${literal(riskTexts.notSeenFor)} || ' ' || a.inactive_school_days || ' ' || ${literal(riskTexts.schoolDays)} end,
    case when a.score > 5 * a.inactive_school_days then ${literal(riskTexts.smallSigns)} end)`;

/** A week of the earlier level is one of the days since the student or the data began: six weeks at most, and no extrapolation from less than one. */
export const list = `
with ${newestSnapshot}
select s.display_name as student, a.level::text as level, a.score,
  coalesce((select string_agg(case reason ${REASONS} else reason end, '; ' order by position) from unnest(a.reasons) with ordinality as r(reason, position)), ${signs}) as reasons,
  a.since_day::text as since,
  (select to_char(max(p.last_event_at) filter (where p.active_hours <> 0) at time zone c.time_zone, 'Dy DD Mon HH24:MI') from analytics.student_day p
    where p.student_id = a.student_id and p.day <= n.day) as last_seen,
  coalesce(round(a.earlier_watched_seconds * 7 / (60.0 * case when own.earlier >= 7 then own.earlier end))::text, ${literal(riskTexts.noEarlier)})
    || ' → ' || round(a.recent_watched_seconds * 7 / (60.0 * own.recent)) || ' min' as trend, a.student_id
from snapshot n join ${inClass('n.day')} join edtech.students s on s.student_id = a.student_id join edtech.cohorts c on c.cohort_id = s.cohort_id
cross join lateral (
  select count(*) filter (where d.day <= n.day - 14) as earlier, count(*) filter (where d.day > n.day - 14) as recent
  from edtech.school_days d where d.cohort_id = s.cohort_id and d.day between n.day - 55 and n.day and d.ends_at > s.enrolled_at
) own
where a.level > 0
order by a.level desc, a.score desc, s.display_name, a.student_id`;

export const change = `
with ${newestSnapshot}, levels as (
  select a.student_id, max(a.level) filter (where a.day = n.day) as now, max(a.level) filter (where a.day = n.day - 7) as before
  from snapshot n join ${inClass('any (array[n.day, n.day - 7])')}
  group by 1
)
select count(*) filter (where now = 2 and coalesce(before, 0) < 2) as appeared, count(*) filter (where before = 2 and now < 2) as resolved
from levels having count(now) > 0 and count(before) > 0`;

export const reasons = `
with ${newestSnapshot}
select case reason ${REASONS} else reason end as reason, count(*) as students
from snapshot n join ${inClass('n.day')} cross join unnest(a.reasons) reason
group by a.cohort_id, reason order by 2 desc, 1`;

export const trend = `
with ${publishedDays()}
select ${atNoon('d.day')} as time, count(*) filter (where a.level = 2) as at_risk, count(*) filter (where a.level = 1) as watch
from published_days d join ${inClass('d.day')}
group by 1 order by 1`;

export const quality = `
with outcome as (
  select o.* from analytics.at_risk_outcome o join edtech.school_days d using (cohort_id, day)
  where o.cohort_id = ${COHORT} and d.ends_at <= ${TO} order by o.day desc limit 28
), total as (
  select sum(true_positives) as tp, sum(false_positives) as fp, sum(true_negatives) as tn, sum(false_negatives) as fn from outcome
)
select ${share('tp', 'tp + fp')}::float8 as precision, ${share('tp', 'tp + fn')}::float8 as recall, ${share('tp + fn', 'tp + fp + tn + fn')}::float8 as base_rate
from total where tp + fp + tn + fn > 0`;

export const excluded = `
with ${newestSnapshot}, assessed as (
  select count(a.student_id) as students,
    count(a.student_id) filter (where a.earlier_watched_seconds < 1800) as no_trend, count(a.student_id) filter (where a.completion_permille is null) as no_completion,
    to_char(max(n.day), 'Dy DD Mon') as day
  from snapshot n left join ${inClass('n.day')}
)
select greatest(0, (select count(*) from edtech.students s, snapshot n where s.classroom_id = ${CLASSROOM}
    and s.enrolled_at < n.ends_at and (s.unenrolled_at is null or s.unenrolled_at >= n.ends_at)) - a.students) as excluded, a.no_trend, a.no_completion, a.day
from assessed a where exists (select from snapshot)`;
