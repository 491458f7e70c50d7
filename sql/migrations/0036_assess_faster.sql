-- compatible_from: 0.1.0
-- Windows and the at-risk list take less. No row changes.

-- student_day of the last 56 days inside the cut, one row per student. The latest hour inside the cut is worked out once per day
-- and not per row. The names w1, w0, v, k are those of the definition.
create or replace function analytics.student_windows(cohort smallint, day date, as_of timestamptz)
  returns table (student_id integer, last_active date, w1 bigint, w0 bigint, v bigint, k bigint,
    active_7 boolean, sessions_7 bigint, views_7 bigint, completions_7 bigint, watched_7 bigint,
    active_30 boolean, sessions_30 bigint, views_30 bigint, completions_30 bigint, watched_30 bigint)
  language plpgsql stable
  -- A look-up in an array is estimated to keep few rows, and few are sorted rather than grouped by hash. Planned for its day: the
  -- borders of the windows are constants.
  set search_path = pg_catalog, pg_temp set enable_sort = off set plan_cache_mode = force_custom_plan
as $$
#variable_conflict use_column
declare
  -- Looked up by number: other cohorts are most of the rows, and a join would carry each of them further.
  cohorts smallint[] := analytics.cohort_of_classroom();
begin
  return query
    with days as materialized (
      select d.day, extract(epoch from student_windows.as_of - d.ends_at)::bigint / 3600 as latest
      from edtech.school_days d
      where d.cohort_id = cohort and d.day between student_windows.day - 55 and student_windows.day
    )
    select s.student_id, max(s.day) filter (where s.active_hours <> 0),
      coalesce(sum(s.watched_seconds) filter (where s.day > student_windows.day - 14), 0)::bigint,
      coalesce(sum(s.watched_seconds) filter (where s.day <= student_windows.day - 14), 0)::bigint,
      coalesce(sum(s.views) filter (where s.day > student_windows.day - 28), 0),
      coalesce(sum(s.completions) filter (where s.day > student_windows.day - 28), 0),
      -- Null without a row in the window.
      bool_or(s.active_hours <> 0) filter (where s.day > student_windows.day - 7),
      sum(s.sessions) filter (where s.day > student_windows.day - 7), sum(s.views) filter (where s.day > student_windows.day - 7),
      sum(s.completions) filter (where s.day > student_windows.day - 7),
      (sum(s.watched_seconds) filter (where s.day > student_windows.day - 7))::bigint,
      bool_or(s.active_hours <> 0) filter (where s.day > student_windows.day - 30),
      sum(s.sessions) filter (where s.day > student_windows.day - 30), sum(s.views) filter (where s.day > student_windows.day - 30),
      sum(s.completions) filter (where s.day > student_windows.day - 30),
      (sum(s.watched_seconds) filter (where s.day > student_windows.day - 30))::bigint
    from analytics.student_day s join days d on d.day = s.day and s.late_hours <= d.latest
    where cohorts[s.student_id / 63] = cohort and s.day between student_windows.day - 55 and student_windows.day
    group by s.student_id;
end
$$;

create or replace function analytics.compute_risk(run bigint) returns integer
  language plpgsql security definer
  set search_path = pg_catalog, pg_temp set enable_nestloop = off set enable_mergejoin = off set work_mem = '64MB'
as $$
declare
  started timestamptz := clock_timestamp();
  published analytics.runs;
  ends_at timestamptz;
  written integer;
begin
  select * into published from analytics.runs r where r.run_id = run;
  if not found then
    raise exception 'there is no run %', run using errcode = 'no_data_found';
  elsif published.status not in ('published', 'superseded') or published.kind <> 'first' then
    raise exception 'run % is a % run and %, windows and risk belong to the published first run of a day', run, published.kind, published.status
      using errcode = 'object_not_in_prerequisite_state';
  end if;
  perform analytics.lock_day(published.cohort_id, published.day);
  select d.ends_at into strict ends_at from edtech.school_days d where d.cohort_id = published.cohort_id and d.day = published.day;
  delete from analytics.classroom_window w where w.cohort_id = published.cohort_id and w.day = published.day;
  delete from analytics.at_risk r where r.cohort_id = published.cohort_id and r.day = published.day;

  -- The names of the inputs (i, w1, n1, w0, n0, r, c, m, q) are those of the definition.
  with watched as materialized (
    select * from analytics.student_windows(published.cohort_id, published.day, published.as_of)
  ), windows as (
    insert into analytics.classroom_window
    select published.cohort_id, published.day, w.classroom_id, w.days, w.mask, analytics.seats(w.mask), w.sessions, w.views, w.completions, w.watched_seconds
    from (
      select student_id / 63 as classroom_id, 7 as days, coalesce(bit_or(1::bigint << student_id % 63) filter (where active_7), 0) as mask,
        sum(sessions_7) as sessions, sum(views_7) as views, sum(completions_7) as completions, sum(watched_7) as watched_seconds
      from watched where active_7 is not null group by student_id / 63
      union all
      select student_id / 63, 30, coalesce(bit_or(1::bigint << student_id % 63) filter (where active_30), 0),
        sum(sessions_30), sum(views_30), sum(completions_30), sum(watched_30)
      from watched where active_30 is not null group by student_id / 63
    ) w
    returning 1
  ), assessed as materialized (
    select s.student_id, s.enrolled_at from edtech.students s
    where s.cohort_id = published.cohort_id and s.enrolled_at < ends_at and (s.unenrolled_at is null or s.unenrolled_at >= ends_at)
      and s.enrolled_at <= ends_at - interval '168 hours'
  ), school_days as materialized (
    select d.day, d.ends_at from edtech.school_days d
    where d.cohort_id = published.cohort_id and d.day between published.day - 55 and published.day and d.kind in ('school_day', 'exam')
  ), known as materialized (
    select a.student_id, coalesce(w.w1, 0) as w1, coalesce(w.w0, 0) as w0, case when w.v >= 5 then least(1000, 1000 * w.k / w.v) end as c,
      coalesce(w.last_active, '-infinity') as last_active,
      case when a.enrolled_at < (select min(d.ends_at) from school_days d) then '-infinity' else a.enrolled_at end as enrolled_at
    from assessed a left join watched w using (student_id)
  ), absences as materialized (
    -- Counted once for all students that enrolled and were last active alike: most were there before the first of these days.
    select k.enrolled_at, k.last_active, own.*
    from (select distinct enrolled_at, last_active from known) k
      cross join lateral (
        select count(*) filter (where d.day > published.day - 14) as n1, count(*) filter (where d.day <= published.day - 14) as n0,
          count(*) filter (where d.day > k.last_active) as i, min(d.day) filter (where d.day > k.last_active) as since
        from school_days d where d.ends_at > k.enrolled_at
      ) own
  ), inputs as materialized (
    select k.student_id, k.w1, k.w0, own.n1, own.n0, own.i, own.since, k.c from known k join absences own using (enrolled_at, last_active)
  ), classes as (
    select n.student_id / 63 as classroom_id, case when count(n.c) >= 5 then percentile_disc(0.5) within group (order by n.c) end as m
    from inputs n group by n.student_id / 63
  ), ratios as (
    select n.*, l.m,
      case when n.n1 >= 5 and n.n0 >= 8 and n.w0 >= 1800 then least(1000, 1000 * n.w1 * n.n0 / (n.w0 * n.n1)) end as r,
      case when l.m > 0 and n.c is not null then least(1000, 1000 * n.c / l.m) end as q
    from inputs n join classes l on l.classroom_id = n.student_id / 63
  ), points as (
    select x.*, array_remove(array[case when x.i >= 7 then 'inactive' end, case when x.r < 400 then 'watch_time_fell' end,
        case when x.q < 500 then 'completion_low' end], null) as reasons,
      least(40, 5 * x.i) + coalesce(25 * (1000 - x.r) / 1000, 0) + coalesce(35 * (1000 - x.q) / 1000, 0) as score
    from ratios x
  ), students as (
    insert into analytics.at_risk
    select published.cohort_id, published.day, p.student_id, p.score,
      case when p.score >= 20 then 2 when p.score >= 12 or p.reasons <> '{}' then 1 else 0 end,
      p.i, p.w1, p.w0, p.c, p.m, p.reasons, p.since
    from points p
    order by p.student_id
    returning 1
  )
  select (select count(*) from windows) + (select count(*) from students) into written;
  perform analytics.note_timing(run, 'risk', started);
  return written;
end
$$;
