-- compatible_from: 0.1.0
-- The bulk path of history: a bare table filled by COPY FREEZE becomes the partition of its day, in the caller's transaction.

create function ingest.bulk_table(utc_day date) returns text
  language sql stable parallel safe return 'streaming_logs_bulk_' || pg_catalog.to_char(utc_day, 'YYYYMMDD');

create function ingest.refuse_filled_partition(utc_day date) returns void
  language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  filled boolean;
begin
  if exists (select from ops.dropped_partitions p where p.utc_day = refuse_filled_partition.utc_day) then
    raise exception 'the partition of % was dropped by retention and cannot be loaded again', utc_day
      using errcode = 'object_not_in_prerequisite_state';
  end if;
  if ops.partition_of(utc_day) is not null then
    execute format('select exists (select from %s)', ops.partition_of(utc_day)) into filled;
    if filled then
      raise exception 'the partition of % holds rows, the bulk path loads empty days only', utc_day
        using errcode = 'object_not_in_prerequisite_state';
    end if;
  end if;
end
$$;

-- The lock makes a second loader of the same day wait, and then be refused because the day is filled.
create function ingest.bulk_begin(day date) returns text
  language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform pg_advisory_xact_lock(hashtext('ingest.bulk'), day - date '2000-01-01');
  perform ingest.refuse_filled_partition(day);
  execute format('create table edtech.%I (like edtech.streaming_logs including defaults including storage)',
    ingest.bulk_table(day));
  execute format('grant insert on edtech.%I to edtech_simulator', ingest.bulk_table(day));
  return format('edtech.%I', ingest.bulk_table(day));
end
$$;

-- With the check constraint in place ATTACH does not scan for rows of other days; it makes and validates the foreign keys.
-- Making them here and letting ATTACH adopt them would take ACCESS EXCLUSIVE on students. An empty partition that stands in the
-- way is replaced; that takes ACCESS EXCLUSIVE on the parent until the caller commits, and the dimensions are locked before it,
-- in the order in which a tick touches them.
create function ingest.bulk_finish(day date) returns bigint
  language plpgsql security definer set search_path = pg_catalog, pg_temp
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
  -- A fresh table has no statistics, and a day is read right after it was loaded.
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

-- No server timeout ends a backend that waits for COPY data, so a replica that takes over ends the one in its way.
-- Only a simulator session that blocks another simulator session is ended.
create function ingest.end_session(pid integer) returns boolean
  language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  target name;
begin
  select a.usename into target from pg_stat_activity a where a.pid = end_session.pid and a.datname = current_database();
  if target is null then
    return false;
  end if;
  if target not in ('edtech_simulator_a', 'edtech_simulator_b') then
    raise exception 'session % belongs to %, only sessions of the simulator may be ended', pid, target
      using errcode = 'insufficient_privilege';
  end if;
  if not exists (
    select from pg_stat_activity a
    where a.usename in ('edtech_simulator_a', 'edtech_simulator_b') and a.pid <> end_session.pid
      and end_session.pid = any (pg_blocking_pids(a.pid))
  ) then
    raise exception 'session % blocks no session of the simulator', pid using errcode = 'insufficient_privilege';
  end if;
  return pg_terminate_backend(end_session.pid, 5000);
end
$$;
