-- compatible_from: 0.1.0
-- Retention keeps the days that an erasure has yet to make again, and never works while one goes through the partitions.

-- Why UTC days must be kept; a null reason if a day may go. Time is the stream's: the oldest watermark.
create or replace function ops.keep_reasons(days date[]) returns table (utc_day date, reason text)
  language sql stable
  begin atomic
    with asked as (
      select distinct d as day from unnest(keep_reasons.days) d
    ), local_days as materialized (
      select a.day as asked, d.* from asked a
        join edtech.school_days d on d.starts_at < ops.utc_start(a.day + 1) and d.ends_at > ops.utc_start(a.day)
      where d.day >= (select min(v.valid_from_day) from ingest.stream_versions v)
    ), stream as (
      select min(coalesce(s.watermark, '-infinity')) as watermark from ingest.shards s
    ), due as materialized (
      select r.cohort_id, r.day from analytics.due_restatements((select watermark from stream)) r
    ), reasons (day, place, reason) as (
      select a.day, 1, (array_agg(format('legal hold %s: %s', h.hold_id, h.reason) order by h.hold_id))[1]
      from asked a join ops.legal_holds h on a.day between h.first_day and h.last_day and h.released_at is null
      group by a.day
      union all
      select d.asked, 2, format('%s of cohort %s is not published', min(d.day), min(d.cohort_id)) from local_days d
      where not exists (select from analytics.runs r where r.cohort_id = d.cohort_id and r.day = d.day and r.status = 'published')
      group by d.asked
      union all
      select a.day, 2, 'no school day of the stream covers it' from asked a
      where not exists (select from local_days d where d.asked = a.day)
      union all
      select d.asked, 3, format('late events can arrive until %s', max(d.ends_at) + interval '72 hours') from local_days d
      group by d.asked
      having max(d.ends_at) + interval '72 hours' > (select watermark from stream)
      union all
      select d.asked, 4, format('a restatement of %s is due', min(d.day)) from local_days d join due using (cohort_id, day)
      group by d.asked
      union all
      select d.asked, 5, format('an erasure has yet to make %s again', min(d.day)) from local_days d
      where exists (select from ops.erasure_days e where e.cohort_id = d.cohort_id and e.day = d.day and e.republish)
      group by d.asked
      union all
      select b.utc_day, 6, format('%s ledger rows are not rolled up', count(*)) from ingest.batches b
      where b.rolled_up_at is null and b.utc_day = any (keep_reasons.days)
      group by b.utc_day
      union all
      select a.day, 7, 'verify has not proven it' from asked a
      where not exists (select from ops.verifications v where v.utc_day = a.day and v.ok)
    )
    select distinct on (a.day) a.day, r.reason from asked a left join reasons r on r.day = a.day order by a.day, r.place;
  end;

-- Drops the partitions of the days before older_than, or says what it would do and why a day is kept. Days that are kept do not
-- stop the others. SHARE on the partition keeps its rows as they were counted until it is gone. A drop locks the whole table until
-- the transaction ends, so all are dropped together at the end, when every day is counted: readers and the ingest stand still for
-- the drops only, or for the 5 s after which a lock that is not free is given up and with it the whole call. Counting takes its
-- time, so what speaks against a day is looked up again before the drops; a hold that comes later than that waits for them.
create or replace function ops.drop_partitions(older_than date, dry_run boolean)
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
  if not dry_run then
    perform ops.lock_retention();
  end if;
  days := array(
    select p.utc_day from ops.partitions p where p.utc_day < older_than order by 1
  );
  for utc_day, reason in select k.utc_day, k.reason from ops.keep_reasons(days) k order by k.utc_day loop
    events := null;
    checksum := null;
    if reason is null then
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
