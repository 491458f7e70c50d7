-- compatible_from: 0.1.0
-- Retention counts all days that may go before it drops the first: it held the lock of the whole table for as long as the others took.

-- Drops the partitions of the days before older_than, or says what it would do and why a day is kept. Days that are kept do not
-- stop the others. SHARE on the partition keeps its rows as they were counted until it is gone. A drop locks the whole table until
-- the transaction ends, so all are dropped together at the end, when every day is counted: readers and the ingest stand still for
-- the drops only, or for the 5 s after which a lock that is not free is given up and with it the whole call.
create or replace function ops.drop_partitions(older_than date, dry_run boolean)
  returns table (utc_day date, events bigint, checksum numeric, dropped boolean, reason text)
  language plpgsql security definer set search_path = pg_catalog, pg_temp set lock_timeout = '5s'
as $$
declare
  latest date;
  doomed text[] := '{}';
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
        doomed := doomed || ops.partition_of(utc_day)::text;
        insert into ops.dropped_partitions (utc_day, events, checksum) values (utc_day, events, checksum);
        insert into ops.audit (action, subject, detail)
        values ('drop_partition', utc_day::text, jsonb_build_object('events', events, 'checksum', checksum));
        dropped := true;
      end if;
    end if;
    return next;
  end loop;
  if doomed <> '{}' then
    execute format('drop table %s', array_to_string(doomed, ', '));
  end if;
end
$$;
