-- compatible_from: 0.1.0
-- Retention: a day of raw rows is dropped whole, when everything that is made from it is published and verify has proven it.

create table ops.verifications (
  utc_day date primary key,
  events bigint not null check (events >= 0),
  checksum numeric not null,
  ok boolean not null,
  verified_at timestamptz not null default clock_timestamp()
);

create table ops.legal_holds (
  hold_id bigint generated always as identity primary key,
  first_day date not null,
  last_day date not null check (last_day >= first_day),
  reason text not null check (length(reason) > 0),
  held_at timestamptz not null default clock_timestamp(),
  held_by name not null default session_user,
  released_at timestamptz,
  released_by name
);

create function ops.record_verification(day date, events bigint, checksum numeric, ok boolean) returns void
  language sql volatile security definer set search_path = pg_catalog, pg_temp
  begin atomic
    insert into ops.verifications as v (utc_day, events, checksum, ok) values (day, events, checksum, ok)
    on conflict (utc_day) do update set events = excluded.events, checksum = excluded.checksum, ok = excluded.ok, verified_at = clock_timestamp();
    insert into ops.audit (action, subject, detail)
    values ('verification', day::text, jsonb_build_object('events', events, 'checksum', checksum, 'ok', ok));
  end;

create function ops.hold(first_day date, last_day date, reason text) returns bigint
  language sql volatile security definer set search_path = pg_catalog, pg_temp
  begin atomic
    insert into ops.audit (action, subject, detail) values ('hold', format('%s to %s', first_day, last_day), jsonb_build_object('reason', reason));
    insert into ops.legal_holds (first_day, last_day, reason) values (first_day, last_day, reason) returning hold_id;
  end;

create function ops.release(hold bigint) returns void
  language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  update ops.legal_holds h set released_at = clock_timestamp(), released_by = session_user where h.hold_id = hold and h.released_at is null;
  if not found then
    raise exception 'there is no legal hold % in force', hold using errcode = 'no_data_found';
  end if;
  insert into ops.audit (action, subject) values ('release', format('hold %s', hold));
end
$$;

-- Why a UTC day must be kept; null if it may go. Time is the stream's: the oldest watermark.
create function ops.keep_reason(utc_day date) returns text
  language sql stable
  begin atomic
    with local_days as (
      select d.* from edtech.school_days d
      where d.starts_at < ops.utc_start(keep_reason.utc_day + 1) and d.ends_at > ops.utc_start(keep_reason.utc_day)
        and d.day >= (select min(v.valid_from_day) from ingest.stream_versions v)
    ), stream as (
      select min(coalesce(s.watermark, '-infinity')) as watermark from ingest.shards s
    ), reasons (place, reason) as (
      select 1, format('legal hold %s: %s', min(h.hold_id), min(h.reason)) from ops.legal_holds h
      where keep_reason.utc_day between h.first_day and h.last_day and h.released_at is null having count(*) > 0
      union all
      select 2, format('%s of cohort %s is not published', min(d.day), min(d.cohort_id)) from local_days d
      where not exists (select from analytics.runs r where r.cohort_id = d.cohort_id and r.day = d.day and r.status = 'published')
      having count(*) > 0
      union all
      select 2, 'no school day of the stream covers it' where not exists (select from local_days)
      union all
      select 3, format('late events can arrive until %s', max(d.ends_at) + interval '72 hours') from local_days d, stream
      having max(d.ends_at) + interval '72 hours' > min(stream.watermark)
      union all
      select 4, format('a restatement of %s is due', min(r.day))
      from analytics.due_restatements((select watermark from stream)) r join local_days d on d.cohort_id = r.cohort_id and d.day = r.day
      having count(*) > 0
      union all
      select 5, format('%s ledger rows are not rolled up', count(*)) from ingest.batches b
      where b.utc_day = keep_reason.utc_day and b.rolled_up_at is null having count(*) > 0
      union all
      select 6, 'verify has not proven it' where not exists (
        select from ops.verifications v where v.utc_day = keep_reason.utc_day and v.ok)
    )
    select reason from reasons where reason is not null order by place limit 1;
  end;

-- Drops the partitions of the days before older_than, or says what it would do and why a day is kept. Days that are kept do not
-- stop the others. SHARE on the partition keeps its rows as they were counted until it is gone; whoever waits more than 5 s for
-- a lock gives up, so that readers and the ingest do not queue behind retention.
create function ops.drop_partitions(older_than date, dry_run boolean)
  returns table (utc_day date, events bigint, checksum numeric, dropped boolean, reason text)
  language plpgsql security definer set search_path = pg_catalog, pg_temp set lock_timeout = '5s'
as $$
declare
  latest date;
begin
  select (min(s.watermark) at time zone 'UTC')::date - 4 into latest from ingest.shards s having bool_and(s.watermark is not null);
  if latest is null or older_than is null or older_than > latest then
    raise exception 'older_than is %, raw rows are kept for at least 4 days: the latest allowed is %', older_than, latest
      using errcode = 'invalid_parameter_value', detail = 'late events arrive for up to 72 hours, and restatements need them';
  end if;
  for utc_day in
    select to_date(right(c.relname, 8), 'YYYYMMDD') from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'edtech.streaming_logs'::regclass and to_date(right(c.relname, 8), 'YYYYMMDD') < older_than
    order by 1
  loop
    events := null;
    checksum := null;
    dropped := false;
    reason := ops.keep_reason(utc_day);
    if reason is null then
      if not dry_run then
        execute format('lock table %s in share mode', ops.partition_of(utc_day));
      end if;
      select p.events, p.checksum into events, checksum from ops.partition_checksum(utc_day) p;
      if not exists (
        select from ops.verifications v
        where v.utc_day = drop_partitions.utc_day and v.events = drop_partitions.events and v.checksum = drop_partitions.checksum
      ) then
        reason := 'its rows are not those that verify has proven';
      elsif not dry_run then
        execute format('drop table %s', ops.partition_of(utc_day));
        insert into ops.dropped_partitions (utc_day, events, checksum) values (utc_day, events, checksum);
        insert into ops.audit (action, subject, detail)
        values ('drop_partition', utc_day::text, jsonb_build_object('events', events, 'checksum', checksum));
        dropped := true;
      end if;
    end if;
    return next;
  end loop;
end
$$;

-- The ledger is kept for 14 days, and longer while a day of it is not rolled up. What the pruned rows counted stays known.
create function ops.prune_ledger(keep_days integer default 14) returns bigint
  language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  before date;
  pruned bigint;
begin
  if keep_days is null or keep_days < 14 then
    raise exception 'keep_days is %, the ledger is kept for at least 14 days', keep_days using errcode = 'invalid_parameter_value';
  end if;
  select (min(s.watermark) at time zone 'UTC')::date - keep_days into before from ingest.shards s having bool_and(s.watermark is not null);
  with deleted as (
    delete from ingest.batches b
    where b.rolled_up_at is not null and (b.utc_day < before or (b.utc_day is null and b.received_to < ops.utc_start(before)))
    returning b.utc_day, b.events
  ), days as (
    insert into ingest.pruned_batches as p (utc_day, batches, events)
    select d.utc_day, count(*), sum(d.events) from deleted d where d.utc_day is not null group by d.utc_day
    on conflict (utc_day) do update set batches = p.batches + excluded.batches, events = p.events + excluded.events, pruned_at = clock_timestamp()
  )
  select count(*) into pruned from deleted;
  if pruned > 0 then
    insert into ops.audit (action, subject, detail) values ('prune_ledger', before::text, jsonb_build_object('batches', pruned));
  end if;
  return pruned;
end
$$;

-- Maintenance of days whose local days are all published: the index for one student's history, and settings that make the next
-- autovacuum freeze the partition for good.
create function ops.close_partitions() returns integer
  language plpgsql security definer set search_path = pg_catalog, pg_temp set lock_timeout = '5s'
as $$
declare
  partition record;
  closed integer := 0;
begin
  for partition in
    select c.oid::regclass as name, c.relname, to_date(right(c.relname, 8), 'YYYYMMDD') as utc_day
    from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'edtech.streaming_logs'::regclass and to_regclass(format('edtech.%I', c.relname || '_student')) is null
    order by c.relname
  loop
    continue when exists (
      select from edtech.school_days d
      where d.starts_at < ops.utc_start(partition.utc_day + 1) and d.ends_at > ops.utc_start(partition.utc_day)
        and d.day >= (select min(v.valid_from_day) from ingest.stream_versions v)
        and not exists (select from analytics.runs r where r.cohort_id = d.cohort_id and r.day = d.day and r.status = 'published')
    ) or not exists (
      select from analytics.runs r join edtech.school_days d using (cohort_id, day)
      where d.starts_at < ops.utc_start(partition.utc_day + 1) and d.ends_at > ops.utc_start(partition.utc_day)
    );
    execute format('create index %I on %s (student_id, occurred_at)', partition.relname || '_student', partition.name);
    execute format('alter table %s set (autovacuum_freeze_min_age = 0, autovacuum_vacuum_insert_threshold = 0, autovacuum_vacuum_insert_scale_factor = 0)',
      partition.name);
    closed := closed + 1;
  end loop;
  return closed;
end
$$;

grant usage on schema ops to edtech_analytics;
grant execute on function ops.record_verification(date, bigint, numeric, boolean) to edtech_simulator;
grant execute on function ops.hold(date, date, text), ops.release(bigint), ops.drop_partitions(date, boolean), ops.prune_ledger(integer),
  ops.close_partitions(), ops.ensure_partitions(date, date), ops.partition_checksum(date), ops.partition_of(date), ops.utc_start(date) to edtech_analytics;
