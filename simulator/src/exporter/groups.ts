import type { GaugeName, Sample, Samples } from './gauges';

/** What one query of the exporter tells. Each reads an index or a handful of rows, whatever the age of the database. */
export interface Group {
  readonly name: string;
  /** Seconds between two readings. */
  readonly everySeconds: number;
  readonly sql: string;
  /** Gauges that the query fills; all of them are replaced with each reading. */
  readonly gauges: readonly GaugeName[];
}

/** A row of every query: the gauge, its labels and the value; null leaves the gauge absent. */
export interface Reading {
  readonly gauge: GaugeName;
  readonly labels: Readonly<Record<string, string>> | null;
  readonly value: number | null;
}

const seconds = (instant: string): string => `extract(epoch from ${instant})::float8`;

/** A shard without a watermark has received nothing, so there is no oldest watermark. */
const INGEST = `
with shards as (
  select case when bool_and(watermark is not null) then min(watermark) end as watermark, count(*) as total,
    count(*) filter (where lease_expires_at > clock_timestamp()) as leased
  from ingest.shards
), pending as (
  select count(*) as batches, min(committed_at) as oldest from ingest.batches where rolled_up_at is null and events > 0
), newest as (
  select committed_at from ingest.batches order by batch_id desc limit 1
)
select 'edtech_ingest_watermark_timestamp_seconds' as gauge, null::jsonb as labels, ${seconds('watermark')} as value from shards
union all select 'edtech_shards_total', null, total from shards
union all select 'edtech_shards_leased', null, leased from shards
union all select 'edtech_rollup_pending_batches', null, batches from pending
union all select 'edtech_rollup_oldest_pending_seconds', null, coalesce(${seconds('clock_timestamp() - oldest')}, 0) from pending
union all select 'edtech_ingest_last_commit_timestamp_seconds', null, ${seconds('committed_at')} from newest`;

/**
 * A day is due 7 hours after its end. Days that ended before the oldest row of the ledger were loaded as history: nobody
 * waits for them. The oldest row is 14 days old at most, since the ledger is pruned.
 * Each day of the last month has the checks of its newest run: other days that pass later do not mend it.
 * Results of days that the hourly checks no longer look at stand as they are for good, so only those of open days count. These are
 * looked for in the whole calendar, which takes 10 ms when it has ten years.
 * Late events are no total that anybody was told wrong: a restatement is made because more of them came.
 */
const ANALYTICS = `
with live as (
  select committed_at as since from ingest.batches order by batch_id limit 1
), late as (
  select c.name as cohort, count(d.day) filter (where r.run_id is null) as days
  from edtech.cohorts c
    left join (edtech.school_days d join live l on d.starts_at > l.since)
      on d.cohort_id = c.cohort_id and d.starts_at > clock_timestamp() - interval '16 days' and d.ends_at + interval '7 hours' <= clock_timestamp()
    left join analytics.runs r on r.cohort_id = d.cohort_id and r.day = d.day and r.status = 'published'
  group by 1
), newest as (
  select distinct on (r.cohort_id, r.day) r.cohort_id, r.status, r.failed_checks
  from analytics.runs r where r.status <> 'discarded' and r.day > current_date - 32
  order by r.cohort_id, r.day, r.run_id desc
), refused as (
  select c.name as cohort, coalesce(sum(n.failed_checks), 0) as failed_checks
  from edtech.cohorts c left join newest n on n.cohort_id = c.cohort_id and n.status = 'refused'
  group by 1
), failing as (
  select c.name as cohort, coalesce(sum(o.failed_checks), 0) as failed_checks
  from edtech.cohorts c left join (
    analytics.open_days() d cross join lateral (
      select count(*) as failed_checks from analytics.open_day_checks o
      where o.cohort_id = d.cohort_id and o.day = d.day and o.failed_rows > 0
    ) o
  ) on d.cohort_id = c.cohort_id
  group by 1
), published as (
  select c.name as cohort, r.*
  from edtech.cohorts c cross join lateral (
    select d.ends_at, r.published_at - r.started_at as duration
    from analytics.runs r join edtech.school_days d on d.cohort_id = r.cohort_id and d.day = r.day
    where r.cohort_id = c.cohort_id and r.status = 'published' order by r.day desc limit 1
  ) r
), restated as (
  select max(abs(new_value - old_value) / nullif(abs(old_value), 0)) as ratio from analytics.restatements
  where table_name = 'total_day' and metric <> 'late_events' and day > current_date - 10
    and restated_at > clock_timestamp() - interval '24 hours'
)
select 'edtech_analytics_days_late' as gauge, jsonb_build_object('cohort', cohort) as labels, days::float8 as value from late
union all select 'edtech_analytics_last_published_day_end_timestamp_seconds', jsonb_build_object('cohort', cohort), ${seconds('ends_at')} from published
union all select 'edtech_analytics_last_run_duration_seconds', jsonb_build_object('cohort', cohort), ${seconds('duration')} from published
union all select 'edtech_data_quality_failed_checks', jsonb_build_object('cohort', cohort, 'scope', 'newest run'), failed_checks::float8 from refused
union all select 'edtech_data_quality_failed_checks', jsonb_build_object('cohort', cohort, 'scope', 'open day'), failed_checks::float8 from failing
union all select 'edtech_restatement_largest_ratio', null, coalesce(ratio, 0)::float8 from restated`;

/** Days that were never verified must be as visible as ones that were long ago: the age then counts from the day on which the table came. */
const STORAGE = `
with today as (select (clock_timestamp() at time zone 'UTC')::date as day), held as (
  select count(*) as days, count(*) filter (where p.utc_day > t.day) as ahead from ops.partitions p cross join today t
), verified as (
  select max(v.verified_at) as newest, count(*) filter (where not v.ok) as failed from ops.verifications v
  where not exists (select from ops.dropped_partitions d where d.utc_day = v.utc_day)
), differences as (
  select k.kind, k.events
  from (select * from ops.verify_results order by verify_id desc limit 1) v
    cross join lateral (values ('lost', v.lost), ('extra', v.extra), ('changed', v.changed), ('unproven', v.unproven)) k (kind, events)
), since as (
  select applied_at from migrations.applied where name like '%create_retention%'
)
select 'edtech_partitions_ahead' as gauge, null::jsonb as labels, ahead::float8 as value from held
union all select 'edtech_partitions_held', null, days from held
union all select 'edtech_verify_last_timestamp_seconds', null, ${seconds('coalesce(newest, applied_at)')} from verified left join since on true
union all select 'edtech_verify_failed_days', null, failed from verified
union all select 'edtech_verify_difference_events', jsonb_build_object('kind', kind), events::float8 from differences`;

/**
 * A backup that was never made must be as visible as one that is old: its age then counts from the day on which the table came. An incremental
 * one may be missing, since the first is made a full one.
 */
const BACKUPS = `
with newest as (
  select distinct on (kind) kind, stopped_at, stopped_at - started_at as duration, database_bytes, repository_bytes
  from ops.backups order by kind, stopped_at desc
), since as (
  select applied_at from migrations.applied where name like '%record_backups%'
)
select 'edtech_backup_last_completion_timestamp_seconds' as gauge, jsonb_build_object('kind', kind) as labels, ${seconds('stopped_at')} as value
from newest where kind <> 'full'
union all select 'edtech_backup_last_completion_timestamp_seconds', jsonb_build_object('kind', 'full'),
  ${seconds('coalesce((select stopped_at from newest where kind = $$full$$), applied_at)')} from since
union all select 'edtech_backup_last_completion_timestamp_seconds', jsonb_build_object('kind', 'any'),
  ${seconds('coalesce((select max(stopped_at) from newest), applied_at)')} from since
union all select 'edtech_backup_duration_seconds', jsonb_build_object('kind', kind), ${seconds('duration')} from newest
union all select 'edtech_backup_size_bytes', jsonb_build_object('kind', kind, 'of', 'database'), database_bytes from newest
union all select 'edtech_backup_size_bytes', jsonb_build_object('kind', kind, 'of', 'repository'), repository_bytes from newest
union all select 'edtech_backup_kept_bytes', null, coalesce(sum(repository_bytes), 0)::float8 from ops.backups where expired_at is null`;

/** Bounded by the minutes of one hour. */
const LATENESS = `
select 'edtech_ingest_late_share' as gauge, null::jsonb as labels, (sum(late_events)::float8 / nullif(sum(events), 0)) as value
from analytics.minute where minute > clock_timestamp() - interval '1 hour'`;

/** As with backups: a drill that never was must be as visible as an old one. */
const DRILLS = `
with newest as (
  select started_at, finished_at, reached_at, outcome from ops.restore_drills order by drill_id desc limit 1
), since as (
  select applied_at from migrations.applied where name like '%record_restore_drills%'
)
select 'edtech_restore_drill_failed' as gauge, null::jsonb as labels, (outcome = 'failed')::int::float8 as value from newest
union all select 'edtech_restore_drill_last_timestamp_seconds', null, ${seconds('coalesce((select finished_at from newest), applied_at)')} from since
union all select 'edtech_restore_drill_duration_seconds', null, ${seconds('finished_at - started_at')} from newest
union all select 'edtech_restore_drill_reached_timestamp_seconds', null, ${seconds('reached_at')} from newest`;

/** All queries. */
export const GROUPS: readonly Group[] = [
  {
    name: 'ingest',
    everySeconds: 10,
    sql: INGEST,
    gauges: [
      'edtech_ingest_watermark_timestamp_seconds',
      'edtech_shards_total',
      'edtech_shards_leased',
      'edtech_rollup_pending_batches',
      'edtech_rollup_oldest_pending_seconds',
      'edtech_ingest_last_commit_timestamp_seconds',
    ],
  },
  {
    name: 'analytics',
    everySeconds: 30,
    sql: ANALYTICS,
    gauges: [
      'edtech_analytics_days_late',
      'edtech_analytics_last_published_day_end_timestamp_seconds',
      'edtech_analytics_last_run_duration_seconds',
      'edtech_data_quality_failed_checks',
      'edtech_restatement_largest_ratio',
    ],
  },
  {
    name: 'storage',
    everySeconds: 60,
    sql: STORAGE,
    gauges: [
      'edtech_partitions_ahead',
      'edtech_partitions_held',
      'edtech_verify_last_timestamp_seconds',
      'edtech_verify_failed_days',
      'edtech_verify_difference_events',
    ],
  },
  {
    name: 'backups',
    everySeconds: 60,
    sql: BACKUPS,
    gauges: [
      'edtech_backup_last_completion_timestamp_seconds',
      'edtech_backup_duration_seconds',
      'edtech_backup_size_bytes',
      'edtech_backup_kept_bytes',
    ],
  },
  {
    name: 'drills',
    everySeconds: 60,
    sql: DRILLS,
    gauges: [
      'edtech_restore_drill_failed',
      'edtech_restore_drill_last_timestamp_seconds',
      'edtech_restore_drill_duration_seconds',
      'edtech_restore_drill_reached_timestamp_seconds',
    ],
  },
  { name: 'lateness', everySeconds: 60, sql: LATENESS, gauges: ['edtech_ingest_late_share'] },
];

/** The rows of a query by gauge. @throws Error for a gauge that the group does not declare */
export function samplesOf(group: Group, rows: readonly Reading[]): Samples {
  const samples = new Map<GaugeName, Sample[]>(group.gauges.map((gauge) => [gauge, []]));
  for (const { gauge, labels, value } of rows) {
    const list = samples.get(gauge);
    if (list === undefined)
      throw new Error(`query ${group.name} returned ${gauge}, declared are ${group.gauges.join(', ')}`);
    if (value !== null) list.push({ labels: labels ?? {}, value });
  }
  return Object.fromEntries(samples);
}
