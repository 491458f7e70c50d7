-- compatible_from: 0.1.0
-- Retention drops some days at a time: all that were old went in one call or, when counting them took longer than the call may, none,
-- and the next time there were more.

drop function ops.drop_partitions(date, boolean);

-- Drops the partitions of the days before older_than, or says what it would do and why a day is kept. Days that are kept do not
-- stop the others. SHARE on the partition keeps its rows as they were counted until it is gone. A drop locks the whole table until
-- the transaction ends, so all are dropped together at the end, when every day is counted: readers and the ingest stand still for
-- the drops only, or for the 5 s after which a lock that is not free is given up and with it the whole call. Counting takes its
-- time, so what speaks against a day is looked up again before the drops; a hold that comes later than that waits for them.
-- Not more than most_days go in one call, the oldest first; no day after them is counted. A day that was counted and may not go is none
-- of them: it would stand in the way of the others with each call.
create function ops.drop_partitions(older_than date, dry_run boolean, most_days integer default null)
  returns table (utc_day date, events bigint, checksum numeric, dropped boolean, reason text)
  language plpgsql security definer set search_path = pg_catalog, pg_temp set lock_timeout = '5s'
as $$
declare
  latest date;
  days date[];
  counted bigint[] := '{}';
  sums numeric[] := '{}';
  reasons text[] := '{}';
  free date[] := '{}';
  doomed text[] := '{}';
begin
  select (min(s.watermark) at time zone 'UTC')::date - 4 into latest from ingest.shards s having bool_and(s.watermark is not null);
  if latest is null or older_than is null or older_than > latest then
    raise exception 'older_than is %, raw rows are kept for at least 4 days: the latest allowed is %', older_than, latest
      using errcode = 'invalid_parameter_value', detail = 'late events arrive for up to 72 hours, and restatements need them';
  end if;
  if most_days < 1 then
    raise exception 'most_days is %, it must be at least 1, or null for all days', most_days using errcode = 'invalid_parameter_value';
  end if;
  if not dry_run then
    perform ops.lock_retention();
  end if;
  days := array(
    select p.utc_day from ops.partitions p where p.utc_day < older_than order by 1
  );
  for utc_day, reason in select k.utc_day, k.reason from ops.keep_reasons(days) k order by k.utc_day loop
    events := null;
    checksum := null;
    if reason is null and cardinality(free) >= most_days then
      reason := 'left for the next call';
    elsif reason is null then
      if not dry_run then
        execute format('lock table %s in share mode', ops.partition_of(utc_day));
      end if;
      select p.events, p.checksum into events, checksum from ops.partition_checksum(utc_day) p;
      if exists (
        select from ops.verifications v
        where v.utc_day = drop_partitions.utc_day and v.events = drop_partitions.events and v.checksum = drop_partitions.checksum
      ) then
        free := free || utc_day;
      else
        reason := 'its rows are not those that verify has proven';
      end if;
    end if;
    counted := counted || events;
    sums := sums || checksum;
    reasons := reasons || reason;
  end loop;
  if not dry_run and free <> '{}' then
    lock table ops.legal_holds in share mode;
    for utc_day, reason in select k.utc_day, k.reason from ops.keep_reasons(free) k where k.reason is not null loop
      reasons[array_position(days, utc_day)] := reason;
    end loop;
  end if;
  for place in 1 .. cardinality(days) loop
    utc_day := days[place];
    events := counted[place];
    checksum := sums[place];
    reason := reasons[place];
    dropped := not dry_run and reason is null;
    if dropped then
      doomed := doomed || ops.partition_of(utc_day)::text;
      insert into ops.dropped_partitions (utc_day, events, checksum) values (utc_day, events, checksum);
      insert into ops.audit (action, subject, detail)
      values ('drop_partition', utc_day::text, jsonb_build_object('events', events, 'checksum', checksum));
    end if;
    return next;
  end loop;
  if doomed <> '{}' then
    execute format('drop table %s', array_to_string(doomed, ', '));
  end if;
end
$$;

grant execute on function ops.drop_partitions(date, boolean, integer) to edtech_analytics;
