-- compatible_from: 0.1.0
-- A day that nobody publishes, such as history from before the analytics, is closed once it is over for good: an erasure read all its rows,
-- once to delete the student's and once more for the foreign key, while it held the roll-ups and a shard.

-- Maintenance of days that change no more: the index for one student's history, and settings that make the next autovacuum freeze the
-- partition for good. A local day is done when it is published, or when no event of it can arrive any more. Retention first: an erasure
-- that comes meanwhile waits for the indexes before it holds anything.
create or replace function ops.close_partitions() returns integer
  language plpgsql security definer set search_path = pg_catalog, pg_temp set lock_timeout = '5s'
as $$
declare
  partition record;
  watermark timestamptz;
  closed integer := 0;
begin
  perform ops.lock_retention();
  select min(coalesce(s.watermark, '-infinity')) into watermark from ingest.shards s;
  for partition in
    select p.utc_day, ops.partition_of(p.utc_day) as name from ops.partitions p where not p.closed order by p.utc_day
  loop
    -- Null where no local day of the stream touches it.
    continue when (
      select bool_and(d.ends_at + interval '72 hours' <= watermark or exists (
        select from analytics.runs r where r.cohort_id = d.cohort_id and r.day = d.day and r.status = 'published'
      ))
      from edtech.school_days d
      where d.starts_at < ops.utc_start(partition.utc_day + 1) and d.ends_at > ops.utc_start(partition.utc_day)
        and d.day >= (select min(v.valid_from_day) from ingest.stream_versions v)
    ) is not true;
    execute format('create index %I on %s (student_id, occurred_at)', ops.partition_name(partition.utc_day) || '_student', partition.name);
    execute format('alter table %s set (autovacuum_freeze_min_age = 0, autovacuum_vacuum_insert_threshold = 0, autovacuum_vacuum_insert_scale_factor = 0)',
      partition.name);
    closed := closed + 1;
  end loop;
  return closed;
end
$$;
