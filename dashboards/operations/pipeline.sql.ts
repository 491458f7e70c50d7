import { FROM, share, TO } from '../lib/sql';

/** Bars of whole minutes, as wide as the panel wants them. */
const GRAIN = 'grain as (select greatest(60, ceil($__interval_ms / 60000.0) * 60)::integer as seconds)';
const BIN = "date_bin(make_interval(secs => g.seconds), m.minute, timestamptz '2020-01-01 00:00:00Z')";

/**
 * Up to where all events are counted: the oldest watermark, or the first tick that is not rolled up yet. `least` ignores what is not there.
 */
const COMPLETE = `complete as (select least(${TO}, (select min(watermark) from ingest.shards),
    (select min(received_from) from ingest.batches where rolled_up_at is null and events > 0 and kind = 'live')) as until)`;

/** Only whole bars: one of which a part lies outside, or is not counted yet, would look like a rate that falls. */
export const rate = `
with ${GRAIN}, ${COMPLETE}
select ${BIN} as time,
  sum(m.session_started + m.session_ended)::float8 / g.seconds as sessions, sum(m.lesson_started)::float8 / g.seconds as starts,
  sum(m.heartbeat)::float8 / g.seconds as heartbeats, sum(m.paused + m.resumed + m.seeked)::float8 / g.seconds as interactions,
  sum(m.lesson_completed + m.abandoned)::float8 / g.seconds as ends, sum(m.buffered + m.enrolled + m.unenrolled)::float8 / g.seconds as other
from grain g cross join complete c cross join analytics.minute m
where $__timeFilter(m.minute) and ${BIN} >= ${FROM} and ${BIN} + make_interval(secs => g.seconds) <= c.until
group by 1, g.seconds order by 1`;

export const late = `
with ${GRAIN}
select ${BIN} as time, ${share('sum(m.late_events)', 'sum(m.events)')}::float8 as late
from grain g cross join analytics.minute m where $__timeFilter(m.minute)
group by 1 order by 1`;

const COLUMNS = Array.from({ length: 8 }, (_, i) => i);

export const watermarks = `
with newest as (select max(watermark) as watermark from ingest.shards)
select (s.shard / 8 * 8) || '–' || (s.shard / 8 * 8 + 7) as block,
  ${COLUMNS.map((i) => `round(extract(epoch from max(n.watermark - s.watermark) filter (where s.shard % 8 = ${i})))::float8 as s${i}`).join(',\n  ')}
from ingest.shards s cross join newest n where n.watermark is not null
group by s.shard / 8 order by s.shard / 8`;

export const leases = `
select coalesce(holder, '–') as holder, count(*) as shards, round(extract(epoch from min(lease_expires_at) - clock_timestamp()))::float8 as expires_in,
  min(watermark) as watermark
from ingest.shards group by 1 order by 1`;

/** An empty tick is a ledger row too and waits for nothing: only rows with events count as pending. */
export const pending = `
select count(*) as batches, coalesce(sum(events), 0)::bigint as events,
  coalesce(round(extract(epoch from clock_timestamp() - min(committed_at))), 0)::float8 as oldest
from ingest.batches where rolled_up_at is null and events > 0`;

/**
 * Both sides in one statement, hence of one snapshot. Rows that were pruned from the ledger or erased are accounted for. Days add up
 * without their signs: what one has too many of and another too few would be 0. The ledger knows no more of days before its first.
 */
export const equality = `
with kept as (
  select greatest((${FROM} at time zone 'UTC')::date, min(utc_day)) as first_day, (${TO} at time zone 'UTC')::date as last_day from ingest.batches
), days as (
  select utc_day, sum(b.events) as counted from ingest.batches b, kept
  where rolled_up_at is not null and utc_day between first_day and last_day
  group by 1
), minutes as (
  select (m.minute at time zone 'UTC')::date as utc_day, sum(m.events) as rolled_up from analytics.minute m, kept
  where m.minute >= first_day::timestamp at time zone 'UTC' and m.minute < (last_day + 1)::timestamp at time zone 'UTC'
  group by 1
), compared as (
  select coalesce(d.counted, 0) + coalesce(p.events, 0) - coalesce(e.events, 0) as ledger, coalesce(m.rolled_up, 0) as rolled_up
  from days d full join minutes m using (utc_day) left join ingest.pruned_batches p using (utc_day) left join ops.erased_events e using (utc_day)
)
select sum(abs(ledger - rolled_up))::bigint as difference, sum(ledger)::bigint as events from compared having count(*) > 0`;

export const days = `
select r.day::text as day, c.name as cohort, r.kind, r.as_of, r.status,
  case when r.status not in ('refused', 'discarded') then
    round(extract(epoch from coalesce(r.published_at, clock_timestamp()) - r.started_at)::numeric, 1)::float8 end as seconds, r.failed_checks
from analytics.runs r join edtech.cohorts c using (cohort_id) join edtech.school_days d using (cohort_id, day)
where d.starts_at < ${TO} and d.ends_at > ${FROM} - interval '48 hours'
order by r.day desc, c.name, r.as_of desc limit 100`;

/** Of the entries that have figures: an erasure takes those of a day that it makes again. */
const FIRST = '(array_agg(r.old_value order by r.restatement_id) filter (where r.old_value is not null))[1]';
const LAST = '(array_agg(r.new_value order by r.restatement_id desc) filter (where r.new_value is not null))[1]';

/** A day that was restated twice goes from its first figure to its last one. */
export const restatements = `
select r.day::text as day, coalesce(c.name, '–') as cohort, r.table_name || '.' || r.metric as figure, count(*) as times,
  (${FIRST})::float8 as old_value,
  (${LAST})::float8 as new_value
from analytics.restatements r left join edtech.cohorts c using (cohort_id)
where r.day between (${FROM} at time zone 'UTC')::date - 3 and (${TO} at time zone 'UTC')::date
group by 1, 2, 3
order by abs(${LAST} - ${FIRST}) / nullif(abs(${FIRST}), 0) desc nulls last, 1 desc, 2, 3 limit 50`;

export const failures = `
select r.day::text as day, c.name as cohort, q.check_name, case when q.blocking then 'yes' else 'no' end as blocking, q.failed_rows
from analytics.data_quality_results q join analytics.runs r using (run_id) join edtech.cohorts c using (cohort_id)
where q.failed_rows > 0 and r.day between (${FROM} at time zone 'UTC')::date - 3 and (${TO} at time zone 'UTC')::date
order by r.day desc, c.name, q.check_name limit 100`;

export const partitions = `
select count(*) filter (where utc_day > (${TO} at time zone 'UTC')::date) as ahead, count(*) as held, min(utc_day)::text as first_day
from ops.partitions having count(*) > 0`;
