-- compatible_from: 0.1.0
-- The day of a partition is read from the names of partitions only: with many of them the planner may read it from the names of all
-- relations before it knows which are partitions, and a name that holds no day ends the query. CASE forbids that.
create or replace view ops.partitions as
  select d.utc_day, greatest(c.reltuples, 0)::bigint as estimated_events,
    pg_total_relation_size(c.oid) as bytes, to_regclass(format('edtech.%I', c.relname || '_student')) is not null as closed,
    v.ok as verified, v.verified_at
  from pg_inherits i join pg_class c on c.oid = i.inhrelid
    cross join lateral (
      select case when c.relname ~ '^streaming_logs_\d{8}$' then to_date(right(c.relname, 8), 'YYYYMMDD') end as utc_day
    ) d
    left join ops.verifications v on v.utc_day = d.utc_day
  where i.inhparent = 'edtech.streaming_logs'::regclass;
