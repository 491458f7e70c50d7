-- compatible_from: 0.1.0
-- A day whose raw rows retention has dropped is not computed again: its checks would call the missing rows corrupted ones.

create or replace function analytics.compute_day(cohort smallint, day date, as_of timestamptz, kind text default 'first') returns bigint
  language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  started timestamptz := clock_timestamp();
  ends_at timestamptz;
  published analytics.runs;
  run analytics.runs;
  dropped text;
begin
  select d.ends_at into ends_at from edtech.school_days d where d.cohort_id = cohort and d.day = compute_day.day;
  if ends_at is null then
    raise exception 'cohort % has no school day %', cohort, day using errcode = 'no_data_found';
  end if;
  select string_agg(p.utc_day::text, ', ' order by p.utc_day) into dropped
  from ops.dropped_partitions p, edtech.school_days d
  where d.cohort_id = cohort and d.day = compute_day.day
    and p.utc_day between (d.starts_at at time zone 'UTC')::date and ((d.ends_at - interval '1 microsecond') at time zone 'UTC')::date;
  if dropped is not null then
    raise exception 'retention has dropped the raw rows of %: the figures of cohort %, % stay as they are', dropped, cohort, day
      using errcode = 'object_not_in_prerequisite_state';
  end if;
  if as_of is null or as_of < ends_at or extract(epoch from as_of - ends_at)::numeric % 3600 <> 0 then
    raise exception 'as_of is %, it must be a whole number of hours after the end of the day, %', as_of, ends_at
      using errcode = 'invalid_parameter_value';
  end if;
  if not analytics.ready(cohort, day, as_of) then
    raise exception 'cohort % is not ready for % as of %: a watermark is short of it or ledger rows are not rolled up', cohort, day, as_of
      using errcode = 'object_not_in_prerequisite_state', hint = 'wait until analytics.ready(cohort, day, as_of) holds';
  end if;
  perform analytics.lock_day(cohort, day);
  select * into published from analytics.runs r where r.cohort_id = cohort and r.day = compute_day.day and r.status = 'published';
  if published.as_of > as_of then
    raise exception 'as_of is %, but % of cohort % is already published as of %', as_of, day, cohort, published.as_of
      using errcode = 'object_not_in_prerequisite_state';
  end if;
  with discarded as (
    update analytics.runs r set status = 'discarded'
    where r.cohort_id = cohort and r.day = compute_day.day and r.status in ('computed', 'checked', 'refused')
    returning r.run_id
  )
  delete from analytics_stage.views v using discarded where v.run_id = discarded.run_id;
  insert into analytics.runs (cohort_id, day, kind, as_of, started_at)
  values (cohort, day, kind, as_of, started) returning * into run;
  perform analytics.stage_views(run);
  update analytics.runs r set events = (select coalesce(sum(v.events), 0) from analytics_stage.views v where v.run_id = run.run_id)
  where r.run_id = run.run_id;
  perform analytics.note_timing(run.run_id, 'compute', started);
  return run.run_id;
end
$$;
