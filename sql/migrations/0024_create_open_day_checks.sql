-- compatible_from: 0.1.0
-- The checks of publishing on days that are still open: a fault shows within the hour and not when the day should be published.
-- Nothing is blocked, and no run of a day notices: the rows are staged under a number that no run has.

create table analytics.open_day_checks (
  cohort_id smallint not null references edtech.cohorts,
  day date not null,
  check_name text not null,
  as_of timestamptz not null,
  checked_at timestamptz not null default clock_timestamp(),
  failed_rows bigint not null,
  detail text,
  failing_since timestamptz,
  primary key (cohort_id, day, check_name),
  check ((failed_rows = 0) = (detail is null) and (failed_rows = 0) = (failing_since is null))
);
comment on table analytics.open_day_checks is 'Latest result of each data quality check on each day, from its start until 72 hours after its end. One row per cohort, local day and check';
comment on column analytics.open_day_checks.cohort_id is 'Cohort';
comment on column analytics.open_day_checks.day is 'Local day of the cohort';
comment on column analytics.open_day_checks.check_name is 'Name of the check, as in data_quality_results';
comment on column analytics.open_day_checks.as_of is 'Cut: rows received up to this instant were checked';
comment on column analytics.open_day_checks.checked_at is 'Instant of the check';
comment on column analytics.open_day_checks.failed_rows is 'Rows that break the rule, 0 if all is well';
comment on column analytics.open_day_checks.detail is 'Some of these rows; null if all is well';
comment on column analytics.open_day_checks.failing_since is 'Instant of the first check in a row that failed; null if all is well';

-- A day of a cohort is open from its start until late events have ended, seen from the last instant that all shards have passed and
-- that is rolled up. After its end the cut is a whole hour, like that of every run.
create function analytics.open_days() returns table (cohort_id smallint, day date, as_of timestamptz)
  language sql stable security definer set search_path = pg_catalog, pg_temp
  begin atomic
    with reached as (
      select least(min(s.watermark), (select min(b.received_from) from ingest.batches b where b.rolled_up_at is null and b.events > 0)) as instant
      from ingest.shards s having bool_and(s.watermark is not null)
    )
    select d.cohort_id, d.day,
      case when r.instant < d.ends_at then r.instant else d.ends_at + date_trunc('hour', r.instant - d.ends_at) end
    from edtech.school_days d cross join reached r
    where d.starts_at < r.instant and d.ends_at + interval '73 hours' > r.instant
    order by d.day, d.cohort_id;
  end;

create function analytics.check_open_day(cohort smallint, day date, as_of timestamptz) returns integer
  language plpgsql security definer set search_path = pg_catalog, pg_temp set work_mem = '64MB'
as $$
declare
  checked analytics.runs;
  ends_at timestamptz;
  name text;
  result analytics.check_result;
  failed integer := 0;
begin
  select d.ends_at into ends_at from edtech.school_days d
  where d.cohort_id = cohort and d.day = check_open_day.day and d.starts_at < check_open_day.as_of;
  if ends_at is null then
    raise exception 'cohort % has no school day % that has begun at %', cohort, day, as_of using errcode = 'no_data_found';
  end if;
  checked.run_id := -((cohort::bigint << 20) + (day - date '2000-01-01'));
  checked.cohort_id := cohort;
  checked.day := day;
  checked.as_of := as_of;
  perform pg_advisory_xact_lock(hashtext('analytics.open_day'), checked.run_id::integer);
  perform analytics.stage_views(checked);
  foreach name in array analytics.check_names() loop
    -- student_day tells rows apart by whole hours of lateness: within the day it cannot be cut at an instant.
    continue when name = 'student_roll_up' and as_of < ends_at;
    execute format('select c.* from analytics.%I($1) c', 'check_' || name) into result using checked;
    insert into analytics.open_day_checks as c (cohort_id, day, check_name, as_of, failed_rows, detail, failing_since)
    values (cohort, day, name, as_of, result.failed, result.detail, case when result.failed > 0 then clock_timestamp() end)
    on conflict on constraint open_day_checks_pkey do update
    set as_of = excluded.as_of, checked_at = excluded.checked_at, failed_rows = excluded.failed_rows, detail = excluded.detail,
      failing_since = case when excluded.failed_rows > 0 then coalesce(c.failing_since, excluded.failing_since) end;
    failed := failed + (result.failed > 0)::integer;
  end loop;
  delete from analytics_stage.views v where v.run_id = checked.run_id;
  return failed;
end
$$;

grant select on analytics.open_day_checks to edtech_simulator, edtech_analytics, edtech_dashboards_educator, edtech_dashboards_admin;
-- Without the detail, which names students by number.
grant select (cohort_id, day, check_name, as_of, checked_at, failed_rows, failing_since) on analytics.open_day_checks to edtech_monitor;
grant execute on function analytics.open_days(), analytics.check_open_day(smallint, date, timestamptz) to edtech_analytics;
