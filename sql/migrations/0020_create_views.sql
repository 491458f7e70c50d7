-- compatible_from: 0.1.0
-- Views for dashboards and the exporter. Each runs with the privileges of the owner and shows ids, counts and instants only.

create view edtech.student_ids as
  select student_id, classroom_id, cohort_id, seat, enrolled_at, unenrolled_at from edtech.students;

-- The freshness banner: how far live data reaches, and the last published day of each cohort.
create view analytics.freshness as
  select c.cohort_id, c.name as cohort, (select min(s.watermark) from ingest.shards s) as live_to, r.day as published_day, r.as_of, r.published_at,
    r.kind <> 'first' as restated
  from edtech.cohorts c
    left join lateral (
      select r.* from analytics.runs r where r.cohort_id = c.cohort_id and r.status = 'published' order by r.day desc limit 1
    ) r on true;

create view analytics.published_days as
  select r.cohort_id, r.day, r.run_id, r.kind, r.as_of, r.published_at, r.events, r.checksum,
    (select min(f.published_at) from analytics.runs f where f.cohort_id = r.cohort_id and f.day = r.day) as first_published_at
  from analytics.runs r where r.status = 'published';

create view ingest.pending_roll_ups as
  select count(*) as batches, coalesce(sum(events), 0) as events, min(committed_at) as oldest_committed_at
  from ingest.batches where rolled_up_at is null;

-- The ledger and the roll-ups count the same events; a difference other than 0 is an error.
create view ingest.ledger_differences as
  select utc_day, b.counted + coalesce(p.events, 0) - coalesce(e.events, 0) as ledger_events, coalesce(m.events, 0) as rolled_up_events,
    b.counted + coalesce(p.events, 0) - coalesce(e.events, 0) - coalesce(m.events, 0) as difference
  from (select utc_day, sum(events) as counted from ingest.batches where utc_day is not null and rolled_up_at is not null group by utc_day) b
    left join ingest.pruned_batches p using (utc_day)
    left join ops.erased_events e using (utc_day)
    left join (
      select (minute at time zone 'UTC')::date as utc_day, sum(events) as events from analytics.minute group by 1
    ) m using (utc_day);

create view ops.partitions as
  select to_date(right(c.relname, 8), 'YYYYMMDD') as utc_day, greatest(c.reltuples, 0)::bigint as estimated_events,
    pg_total_relation_size(c.oid) as bytes, to_regclass(format('edtech.%I', c.relname || '_student')) is not null as closed,
    v.ok as verified, v.verified_at
  from pg_inherits i join pg_class c on c.oid = i.inhrelid
    left join ops.verifications v on v.utc_day = to_date(right(c.relname, 8), 'YYYYMMDD')
  where i.inhparent = 'edtech.streaming_logs'::regclass;
