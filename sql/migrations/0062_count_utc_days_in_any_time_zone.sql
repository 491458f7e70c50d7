-- compatible_from: 0.1.0
-- The UTC days of a local day no longer depend on the time zone of the session: a series of dates is one of local midnights, and where
-- the clocks skip a midnight the last day was missing, with its ledger, its drops and what an erasure makes again.

create or replace function analytics.utc_days(run analytics.runs) returns setof date
  language sql stable
  begin atomic
    select u.first_day + n
    from edtech.school_days d
      cross join lateral (
        select (d.starts_at at time zone 'UTC')::date as first_day, ((d.ends_at - interval '1 microsecond') at time zone 'UTC')::date as last_day
      ) u
      cross join lateral generate_series(0, u.last_day - u.first_day) n
    where d.cohort_id = run.cohort_id and d.day = run.day;
  end;
