-- compatible_from: 0.1.0
-- Day partitions (UTC) of the event log, the checksum of rows, and the register of dropped days.
create schema ops;

-- A dropped day never comes back: its rows cannot be told from lost ones without this register.
create table ops.dropped_partitions (
  utc_day date primary key,
  events bigint not null check (events >= 0),
  checksum numeric not null,
  dropped_at timestamptz not null default clock_timestamp()
);

create function ops.partition_name(utc_day date) returns text
  language sql stable parallel safe return 'streaming_logs_' || pg_catalog.to_char(utc_day, 'YYYYMMDD');

-- First instant of a UTC day, whatever the session's time zone.
create function ops.utc_start(utc_day date) returns timestamptz
  language sql immutable parallel safe return utc_day::timestamp at time zone 'UTC';

-- Null unless the day has an attached partition.
create function ops.partition_of(utc_day date) returns regclass
  language sql stable
  return (
    select c.oid::regclass
    from pg_catalog.pg_class c join pg_catalog.pg_inherits i on i.inhrelid = c.oid
    where i.inhparent = 'edtech.streaming_logs'::regclass
      and c.relname = ops.partition_name(utc_day) and not i.inhdetachpending
  );

-- ATTACH takes SHARE UPDATE EXCLUSIVE on the parent where CREATE … PARTITION OF takes ACCESS EXCLUSIVE:
-- readers and COPY go on, and a tick that inserts students and then events cannot deadlock with it.
create function ops.ensure_partitions(first_day date, last_day date) returns integer
  language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  missing date;
  created integer := 0;
begin
  if first_day is null or last_day is null or last_day < first_day or last_day - first_day > 1000 then
    raise exception 'partitions from % to % make no range, allowed are 1 to 1001 days', first_day, last_day
      using errcode = 'invalid_parameter_value';
  end if;
  -- Without a lock when nothing is missing, which is nearly always.
  if not exists (
    select from generate_series(0, last_day - first_day) d
    where ops.partition_of(first_day + d) is null
      and not exists (select from ops.dropped_partitions p where p.utc_day = first_day + d)
  ) then
    return 0;
  end if;
  perform pg_advisory_xact_lock(hashtext('ops.partitions'));
  for missing in select first_day + d from generate_series(0, last_day - first_day) d order by d loop
    continue when ops.partition_of(missing) is not null
      or exists (select from ops.dropped_partitions p where p.utc_day = missing);
    execute format('create table edtech.%I (like edtech.streaming_logs including defaults including storage)',
      ops.partition_name(missing));
    execute format('alter table edtech.streaming_logs attach partition edtech.%I for values from (%L) to (%L)',
      ops.partition_name(missing), ops.utc_start(missing), ops.utc_start(missing + 1));
    created := created + 1;
  end loop;
  return created;
end
$$;

-- Whole milliseconds as such; anything finer keeps its microseconds (a value no millisecond count of this
-- millennium reaches), so that no change of a row escapes the checksum.
-- Stable like date_part: a function that promises more than its body is not inlined, which costs 4 times the time.
create function ops.hash_instant(t timestamptz) returns bigint
  language sql stable parallel safe
  return case
    when (date_part('epoch', t) * 1e6)::bigint % 1000 = 0 then (date_part('epoch', t) * 1e6)::bigint / 1000
    else (date_part('epoch', t) * 1e6)::bigint
  end;

-- The codes are positions in the enums; the order of the branches is by frequency.
create function ops.event_type_code(t edtech.event_type) returns bigint
  language sql immutable parallel safe
  return case t
    when 'heartbeat' then 5 when 'paused' then 6 when 'resumed' then 7 when 'lesson_started' then 4 when 'seeked' then 8
    when 'lesson_completed' then 10 when 'session_started' then 2 when 'session_ended' then 3 when 'abandoned' then 11
    when 'buffered' then 9 when 'enrolled' then 0 when 'unenrolled' then 1
  end;

create function ops.device_code(d edtech.device) returns bigint
  language sql immutable parallel safe
  return case d when 'desktop' then 0 when 'mobile' then 2 when 'tablet' then 1 end;

-- The order is that of the columns; null counts as -1. A set's checksum is the exact sum, so it has no order.
create function ops.row_hash(r edtech.streaming_logs) returns bigint
  language sql stable parallel safe
  return
    hashint8extended(coalesce(ops.device_code(r.device), -1),
    hashint8extended(r.stalled_ms,
    hashint8extended(r.watched_seconds,
    hashint8extended(coalesce(r.position_seconds, -1),
    hashint8extended(ops.event_type_code(r.event_type),
    hashint8extended(coalesce(r.lesson_id, -1),
    hashint8extended(r.student_id,
    hashint8extended(coalesce(r.session_id, -1),
    hashint8extended(ops.hash_instant(r.received_at),
    hashint8extended(ops.hash_instant(r.occurred_at),
    hashint8extended(r.event_id, 0)))))))))));

-- EXECUTE: the partition is known when the statement is planned.
create function ops.partition_checksum(utc_day date, out events bigint, out checksum numeric)
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  if ops.partition_of(utc_day) is null then
    raise exception 'no partition holds %', utc_day using errcode = 'undefined_table';
  end if;
  execute format(
    'select count(*), coalesce(sum(ops.row_hash(s)), 0) from edtech.streaming_logs s where occurred_at >= %L and occurred_at < %L',
    ops.utc_start(utc_day), ops.utc_start(utc_day + 1)) into events, checksum;
end
$$;
