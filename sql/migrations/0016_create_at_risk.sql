-- compatible_from: 0.1.0
-- Snapshots at the cut of a first run: activity windows of classrooms and the at-risk list. Rules in docs/analytics.md.

create table analytics.classroom_window (
  cohort_id smallint not null,
  day date not null,
  classroom_id integer not null,
  window_days smallint not null check (window_days in (7, 30)),
  active_mask bigint not null,
  active_students integer not null,
  sessions integer not null,
  views integer not null,
  completions integer not null,
  watched_seconds bigint not null,
  primary key (cohort_id, day, classroom_id, window_days)
);

create table analytics.at_risk (
  cohort_id smallint not null,
  day date not null,
  student_id integer not null,
  score smallint not null check (score between 0 and 100),
  level smallint not null check (level between 0 and 2),
  inactive_school_days smallint not null,
  recent_watched_seconds bigint not null,
  earlier_watched_seconds bigint not null,
  completion_permille smallint,
  class_completion_permille smallint,
  reasons text[] not null check (reasons <@ array['inactive', 'watch_time_fell', 'completion_low']),
  since_day date,
  primary key (cohort_id, day, student_id)
);
create index at_risk_by_student on analytics.at_risk (student_id, day);

create table analytics.at_risk_outcome (
  cohort_id smallint not null,
  day date not null,
  true_positives integer not null check (true_positives >= 0),
  false_positives integer not null check (false_positives >= 0),
  true_negatives integer not null check (true_negatives >= 0),
  false_negatives integer not null check (false_negatives >= 0),
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (cohort_id, day)
);

create function analytics.record_outcome(
  cohort smallint, day date, true_positives integer, false_positives integer, true_negatives integer, false_negatives integer
) returns void
  language sql volatile security definer set search_path = pg_catalog, pg_temp
  begin atomic
    insert into analytics.at_risk_outcome as o
    values (cohort, day, true_positives, false_positives, true_negatives, false_negatives)
    on conflict (cohort_id, day) do update set true_positives = excluded.true_positives, false_positives = excluded.false_positives,
      true_negatives = excluded.true_negatives, false_negatives = excluded.false_negatives, recorded_at = clock_timestamp();
  end;
grant execute on function analytics.record_outcome(smallint, date, integer, integer, integer, integer) to edtech_simulator;

-- student_day of the last 56 days inside the cut, one row per student and day.
create function analytics.window_days(cohort smallint, day date, as_of timestamptz)
  returns table (student_id integer, day date, sessions bigint, views bigint, completions bigint, watched_seconds bigint, active boolean)
  language sql stable
  begin atomic
    select s.student_id, s.day, sum(s.sessions), sum(s.views), sum(s.completions), sum(s.watched_seconds)::bigint, bit_or(s.active_hours) <> 0
    from edtech.school_days d
      join analytics.student_day s on s.day = d.day
      join edtech.classrooms c on c.classroom_id = s.student_id / 63 and c.cohort_id = d.cohort_id
    where d.cohort_id = cohort and d.day between window_days.day - 55 and window_days.day
      and s.day between window_days.day - 55 and window_days.day
      and s.late_hours <= extract(epoch from window_days.as_of - d.ends_at)::bigint / 3600
    group by s.student_id, s.day;
  end;

-- The names of the inputs (i, w1, n1, w0, n0, r, c, m, q) are those of the definition.
create function analytics.assess(cohort smallint, day date, as_of timestamptz, ends_at timestamptz)
  returns table (student_id integer, score smallint, level smallint, inactive_school_days smallint, recent_watched_seconds bigint,
    earlier_watched_seconds bigint, completion_permille smallint, class_completion_permille smallint, reasons text[], since_day date)
  language sql stable
  begin atomic
    with assessed as materialized (
      select s.student_id, s.enrolled_at from edtech.students s
      where s.cohort_id = cohort and s.enrolled_at < assess.ends_at and (s.unenrolled_at is null or s.unenrolled_at >= assess.ends_at)
        and s.enrolled_at <= assess.ends_at - interval '168 hours'
    ), watched as materialized (
      select w.student_id, max(w.day) filter (where w.active) as last_active,
        coalesce(sum(w.watched_seconds) filter (where w.day > assess.day - 14), 0)::bigint as w1,
        coalesce(sum(w.watched_seconds) filter (where w.day <= assess.day - 14), 0)::bigint as w0,
        coalesce(sum(w.views) filter (where w.day > assess.day - 28), 0)::bigint as v,
        coalesce(sum(w.completions) filter (where w.day > assess.day - 28), 0)::bigint as k
      from analytics.window_days(cohort, assess.day, assess.as_of) w
      group by w.student_id
    ), school_days as materialized (
      select d.day, d.ends_at from edtech.school_days d
      where d.cohort_id = cohort and d.day between assess.day - 55 and assess.day and d.kind in ('school_day', 'exam')
    ), inputs as materialized (
      select a.student_id, coalesce(w.w1, 0) as w1, coalesce(w.w0, 0) as w0, own.n1, own.n0, own.i, own.since,
        case when w.v >= 5 then least(1000, 1000 * w.k / w.v) end as c
      from assessed a
        left join watched w using (student_id)
        cross join lateral (
          select count(*) filter (where d.day > assess.day - 14) as n1, count(*) filter (where d.day <= assess.day - 14) as n0,
            count(*) filter (where w.last_active is null or d.day > w.last_active) as i,
            min(d.day) filter (where w.last_active is null or d.day > w.last_active) as since
          from school_days d where d.ends_at > a.enrolled_at
        ) own
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
    )
    select p.student_id, p.score::smallint, case when p.score >= 20 then 2 when p.score >= 12 or p.reasons <> '{}' then 1 else 0 end::smallint,
      p.i::smallint, p.w1, p.w0, p.c::smallint, p.m::smallint, p.reasons, p.since
    from points p;
  end;

create function analytics.compute_risk(run bigint) returns integer
  language plpgsql security definer
  set search_path = pg_catalog, pg_temp set enable_nestloop = off set enable_mergejoin = off set work_mem = '64MB'
as $$
declare
  started timestamptz := clock_timestamp();
  published analytics.runs;
  ends_at timestamptz;
  windows integer;
  students integer;
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
  insert into analytics.classroom_window
  select published.cohort_id, published.day, w.classroom_id, w.days, w.mask, analytics.seats(w.mask), w.sessions, w.views, w.completions, w.watched_seconds
  from (
    select s.student_id / 63 as classroom_id, w.days, coalesce(bit_or(1::bigint << s.student_id % 63) filter (where s.active), 0) as mask,
      sum(s.sessions) as sessions, sum(s.views) as views, sum(s.completions) as completions, sum(s.watched_seconds) as watched_seconds
    from analytics.window_days(published.cohort_id, published.day, published.as_of) s cross join (values (7), (30)) w (days)
    where s.day > published.day - w.days
    group by s.student_id / 63, w.days
  ) w;
  get diagnostics windows = row_count;

  delete from analytics.at_risk r where r.cohort_id = published.cohort_id and r.day = published.day;
  insert into analytics.at_risk
  select published.cohort_id, published.day, s.* from analytics.assess(published.cohort_id, published.day, published.as_of, ends_at) s;
  get diagnostics students = row_count;
  perform analytics.note_timing(run, 'risk', started);
  return windows + students;
end
$$;
grant execute on function analytics.compute_risk(bigint) to edtech_analytics;
