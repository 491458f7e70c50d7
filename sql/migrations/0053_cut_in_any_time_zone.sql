-- compatible_from: 0.1.0
-- Cuts no longer depend on the time zone of the session: a day of an interval is added as a local one, 23 or 25 hours when the clocks
-- there are changed, while cuts are whole hours after the end of a day wherever somebody asks.

create or replace function analytics.first_cut(cohort smallint, day date, allowance interval default '4 hours') returns timestamptz
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
  cut timestamptz;
begin
  if allowance is null or allowance < interval '0' or extract(epoch from allowance)::bigint % 3600 <> 0 then
    raise exception 'allowance is %, it must be a whole number of hours from 0', allowance using errcode = 'invalid_parameter_value';
  end if;
  select d.ends_at + extract(epoch from allowance) * interval '1 second' into cut
  from edtech.school_days d where d.cohort_id = cohort and d.day = first_cut.day;
  if cut is null then
    raise exception 'cohort % has no school day %', cohort, day using errcode = 'no_data_found';
  end if;
  return cut;
end
$$;

create or replace function analytics.open_days() returns table (cohort_id smallint, day date, as_of timestamptz)
  language sql stable security definer set search_path = pg_catalog, pg_temp
  begin atomic
    with reached as (
      select least(min(s.watermark), (select min(b.received_from) from ingest.batches b where b.rolled_up_at is null and b.events > 0)) as instant
      from ingest.shards s having bool_and(s.watermark is not null)
    )
    select d.cohort_id, d.day,
      case when r.instant < d.ends_at then r.instant
        else d.ends_at + floor(extract(epoch from r.instant - d.ends_at) / 3600) * interval '1 hour' end
    from edtech.school_days d cross join reached r
    where d.starts_at < r.instant and d.ends_at + interval '73 hours' > r.instant
    order by d.day, d.cohort_id;
  end;
