-- compatible_from: 0.1.0
-- The bulk path looks at fewer rows for the statistics of a day.
-- With the check constraint in place ATTACH does not scan for rows of other days; it makes and validates the foreign keys.
-- Making them here and letting ATTACH adopt them would take ACCESS EXCLUSIVE on students. An empty partition that stands in the
-- way is replaced; that takes ACCESS EXCLUSIVE on the parent until the caller commits, and the dimensions are locked before it,
-- in the order in which a tick touches them.
create or replace function ingest.bulk_finish(day date) returns bigint
  language plpgsql security definer set search_path = pg_catalog, pg_temp set default_statistics_target = 25
as $$
declare
  bulk text := format('edtech.%I', ingest.bulk_table(day));
  events bigint;
begin
  if to_regclass(bulk) is null then
    raise exception 'no bulk load of % was begun', day using errcode = 'object_not_in_prerequisite_state';
  end if;
  execute format('revoke insert on %s from edtech_simulator', bulk);
  execute format(
    'alter table %s add constraint bulk_day check (occurred_at >= %L and occurred_at < %L), add primary key (event_id, occurred_at)',
    bulk, ops.utc_start(day), ops.utc_start(day + 1));
  execute format('create index on %s using brin (occurred_at) with (pages_per_range = 32, autosummarize = on)', bulk);
  -- A fresh table has no statistics, and a day is read right after it was loaded. A sample of 7,500 rows is plenty for columns
  -- that are spread evenly; the usual one would take a fifth of this function.
  execute format('analyze %s (event_id, occurred_at, received_at, student_id, lesson_id, event_type)', bulk);
  perform pg_advisory_xact_lock(hashtext('ops.partitions'));
  if ops.partition_of(day) is not null then
    lock table edtech.students, edtech.lessons in share row exclusive mode;
    lock table only edtech.streaming_logs in access exclusive mode;
    perform ingest.refuse_filled_partition(day);
    execute format('drop table %s', ops.partition_of(day));
  end if;
  execute format('alter table %s rename to %I', bulk, ops.partition_name(day));
  execute format('alter table edtech.streaming_logs attach partition edtech.%I for values from (%L) to (%L)',
    ops.partition_name(day), ops.utc_start(day), ops.utc_start(day + 1));
  execute format('alter table edtech.%I drop constraint bulk_day', ops.partition_name(day));
  execute format('select count(*) from edtech.%I', ops.partition_name(day)) into events;
  return events;
end
$$;
