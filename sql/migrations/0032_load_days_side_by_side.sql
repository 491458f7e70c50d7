-- compatible_from: 0.1.0
-- A day can be loaded while the one before it gets its keys: a load that has not reached its own end holds no lock on the parent
-- table, which an empty partition that stands in the way of the other needs for itself.

-- LIKE would keep a lock on the parent until the caller commits. No column has a default or a storage of its own; ATTACH refuses
-- a table whose columns differ.
create or replace function ingest.bulk_begin(day date) returns text
  language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  columns text;
begin
  perform pg_advisory_xact_lock(hashtext('ingest.bulk'), day - date '2000-01-01');
  perform ingest.refuse_filled_partition(day);
  select string_agg(concat_ws(' ', quote_ident(attname), format_type(atttypid, atttypmod), case when attnotnull then 'not null' end),
      ', ' order by attnum)
    into columns
    from pg_attribute
    where attrelid = 'edtech.streaming_logs'::regclass and attnum > 0 and not attisdropped;
  execute format('create table edtech.%I (%s)', ingest.bulk_table(day), columns);
  execute format('grant insert on edtech.%I to edtech_simulator', ingest.bulk_table(day));
  return format('edtech.%I', ingest.bulk_table(day));
end
$$;

-- The loader compares the number of rows with what COPY stored; counting them again took a twentieth of this function.
drop function ingest.bulk_finish(date);
create function ingest.bulk_finish(day date) returns void
  language plpgsql security definer set search_path = pg_catalog, pg_temp set default_statistics_target = 25
as $$
declare
  bulk text := format('edtech.%I', ingest.bulk_table(day));
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
  -- ATTACH makes and validates the foreign keys; the check constraint spares it the scan for rows of other days. An empty
  -- partition that stands in the way is replaced, with the dimensions locked first, in the order in which a tick touches them.
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
end
$$;
grant execute on function ingest.bulk_finish(date) to edtech_simulator;
