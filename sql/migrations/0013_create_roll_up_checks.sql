-- compatible_from: 0.1.0
-- Data quality, continued: the other roll-ups against student_day, which is checked against the rows, and against each other.
-- They hold rows received after the cut, too, so each comparison is of everything rolled up so far, in one snapshot.

create function analytics.check_classroom_roll_up(run analytics.runs) returns analytics.check_result
  language sql stable set search_path = pg_catalog, pg_temp set enable_nestloop = off
  begin atomic
    with school_day as materialized (
      select d.starts_at, d.ends_at from edtech.school_days d where d.cohort_id = run.cohort_id and d.day = run.day
    ), students as materialized (
      select s.student_id, s.student_id / 63 as classroom_id, sum(s.events) as events, sum(s.sessions) as sessions, sum(s.views) as views,
        sum(s.completions) as completions, sum(s.abandons) as abandons, sum(s.buffered_views) as buffered_views,
        sum(s.watched_seconds) as watched_seconds, sum(s.stalled_ms) as stalled_ms, bit_or(s.active_hours) as active_hours
      from analytics.student_day s join edtech.classrooms c on c.classroom_id = s.student_id / 63
      where s.day = run.day and c.cohort_id = run.cohort_id
      group by s.student_id
    ), hours as materialized (
      select h.* from analytics.classroom_hour h join edtech.classrooms c on c.classroom_id = h.classroom_id and c.cohort_id = run.cohort_id
      where h.hour >= (select starts_at from school_day) and h.hour < (select ends_at from school_day)
    ), sums as (
      select classroom_id, sum(events) as events, sum(sessions) as sessions, sum(views) as views, sum(completions) as completions,
        sum(abandons) as abandons, sum(buffered_views) as buffered_views, sum(watched_seconds) as watched_seconds, sum(stalled_ms) as stalled_ms
      from hours group by classroom_id
    ), expected as (
      select classroom_id, sum(events) as events, sum(sessions) as sessions, sum(views) as views, sum(completions) as completions,
        sum(abandons) as abandons, sum(buffered_views) as buffered_views, sum(watched_seconds) as watched_seconds, sum(stalled_ms) as stalled_ms
      from students group by classroom_id
    ), masks as (
      select s.classroom_id, (select starts_at from school_day) + k * interval '1 hour' as hour, bit_or(1::bigint << s.student_id % 63) as active_mask
      from students s cross join generate_series(0, 24) k
      where (s.active_hours >> k) & 1 = 1
      group by s.classroom_id, k
    ), failures as (
      select format('classroom_hour of classroom %s sums up to %s, student_day to %s', classroom_id, sums, expected) as name
      from sums full join expected using (classroom_id)
      where (sums.events, sums.sessions, sums.views, sums.completions, sums.abandons, sums.buffered_views, sums.watched_seconds, sums.stalled_ms)
        is distinct from (expected.events, expected.sessions, expected.views, expected.completions, expected.abandons,
          expected.buffered_views, expected.watched_seconds, expected.stalled_ms)
      union all
      select format('active_mask of classroom %s at %s is %s, student_day gives %s', classroom_id, hour, h.active_mask, m.active_mask)
      from hours h full join masks m using (classroom_id, hour)
      where coalesce(h.active_mask, 0) <> coalesce(m.active_mask, 0)
    )
    select analytics.name_some(count(*), array_agg(name)) from failures;
  end;

-- minute against classroom_hour and lesson_hour: what two of them count must be equal.
create function analytics.check_minute_roll_up(run analytics.runs) returns analytics.check_result
  language sql stable set search_path = pg_catalog, pg_temp
  begin atomic
    with school_day as materialized (
      select d.starts_at, d.ends_at from edtech.school_days d where d.cohort_id = run.cohort_id and d.day = run.day
    ), minutes as (
      select m.* from analytics.minute m
      where m.cohort_id = run.cohort_id and m.minute >= (select starts_at from school_day) and m.minute < (select ends_at from school_day)
    ), classrooms as (
      select h.* from analytics.classroom_hour h join edtech.classrooms c on c.classroom_id = h.classroom_id and c.cohort_id = run.cohort_id
      where h.hour >= (select starts_at from school_day) and h.hour < (select ends_at from school_day)
    ), lessons as (
      select h.* from analytics.lesson_hour h
      where h.cohort_id = run.cohort_id and h.hour >= (select starts_at from school_day) and h.hour < (select ends_at from school_day)
    ), sums as (
      select 'minute' as source, sum(events) as events,
        sum(events - enrolled - unenrolled - session_started - session_ended) as lesson_events, sum(session_started) as sessions,
        sum(lesson_started) as views, sum(lesson_completed) as completions, sum(abandoned) as abandons, sum(paused) as pauses,
        sum(seeked) as seeks, sum(buffered) as buffered_views, sum(watched_seconds) as watched_seconds, sum(stalled_ms) as stalled_ms,
        sum(startup_ms) as startup_ms, sum(late_events) as late_events
      from minutes
      union all
      select 'classroom_hour', sum(events), null, sum(sessions), sum(views), sum(completions), sum(abandons), null, null,
        sum(buffered_views), sum(watched_seconds), sum(stalled_ms), sum(startup_ms), sum(late_events)
      from classrooms
      union all
      select 'lesson_hour', null, sum(events), null, sum(views), sum(completions), sum(abandons), sum(pauses), sum(seeks),
        sum(buffered_views), sum(watched_seconds), sum(stalled_ms), sum(startup_ms), null
      from lessons
    ), metrics as (
      select s.source, m.metric, coalesce(m.value, 0) as value
      from sums s cross join lateral (values ('events', events), ('lesson_events', lesson_events), ('sessions', sessions), ('views', views),
        ('completions', completions), ('abandons', abandons), ('pauses', pauses), ('seeks', seeks), ('buffered_views', buffered_views),
        ('watched_seconds', watched_seconds), ('stalled_ms', stalled_ms), ('startup_ms', startup_ms), ('late_events', late_events)) m (metric, value)
      where case s.source when 'classroom_hour' then m.metric not in ('lesson_events', 'pauses', 'seeks')
        when 'lesson_hour' then m.metric not in ('events', 'sessions', 'late_events') else true end
    ), failures as (
      select format('%s: %s', metric, string_agg(source || ' ' || value, ', ' order by source)) as name
      from metrics group by metric having min(value) <> max(value)
      union all
      select format('the kinds of minute %s do not add up to its %s events', minute, events)
      from minutes
      where events <> enrolled + unenrolled + session_started + session_ended + lesson_started + heartbeat + paused + resumed + seeked
        + buffered + lesson_completed + abandoned
    )
    select analytics.name_some(count(*), array_agg(name)) from failures;
  end;

-- No roll-up keeps lessons by lateness, so the rows received after the cut are added to the staged ones; those are looked for
-- only if student_day has any. While some of them are not rolled up, a lesson may hold anything from the staged rows to all rows.
create function analytics.check_lesson_roll_up(run analytics.runs) returns analytics.check_result
  language plpgsql stable set search_path = pg_catalog, pg_temp set enable_nestloop = off
as $$
declare
  school_day edtech.school_days;
  after_cut text := 'select null::integer as lesson_id, 0 as events, 0 as views, 0 as completions, 0 as abandons, 0 as watched_seconds, 0 as stalled_ms where false';
  result analytics.check_result;
begin
  select * into strict school_day from edtech.school_days d where d.cohort_id = run.cohort_id and d.day = run.day;
  if exists (
    select from analytics.student_day s join edtech.classrooms c on c.classroom_id = s.student_id / 63
    where s.day = run.day and c.cohort_id = run.cohort_id and s.late_hours > extract(epoch from run.as_of - school_day.ends_at)::bigint / 3600
  ) then
    after_cut := format($sql$
      select s.lesson_id, count(*) as events, count(*) filter (where s.event_type = 'lesson_started') as views,
        count(*) filter (where s.event_type = 'lesson_completed') as completions, count(*) filter (where s.event_type = 'abandoned') as abandons,
        sum(s.watched_seconds) as watched_seconds, sum(s.stalled_ms) as stalled_ms
      from edtech.streaming_logs s join edtech.classrooms c on c.classroom_id = s.student_id / 63 and c.cohort_id = %s
      where s.occurred_at >= %L and s.occurred_at < %L and s.received_at > %L and s.lesson_id is not null
      group by s.lesson_id
    $sql$, run.cohort_id, school_day.starts_at, school_day.ends_at, run.as_of);
  end if;
  execute format($sql$
    with after_cut as materialized (%s), staged as (
      select v.lesson_id, sum(v.events) as events, sum(v.starts) as views, sum(v.completions) as completions, sum(v.abandons) as abandons,
        sum(v.watched_seconds) as watched_seconds, sum(v.stalled_ms) as stalled_ms
      from analytics_stage.views v where v.run_id = $1 and v.lesson_id is not null
      group by v.lesson_id
    ), raw as (
      select lesson_id, sum(events) as events, sum(views) as views, sum(completions) as completions, sum(abandons) as abandons,
        sum(watched_seconds) as watched_seconds, sum(stalled_ms) as stalled_ms
      from (select * from staged union all select * from after_cut) r group by lesson_id
    ), rolled_up as (
      select h.lesson_id, sum(h.events) as events, sum(h.views) as views, sum(h.completions) as completions, sum(h.abandons) as abandons,
        sum(h.watched_seconds) as watched_seconds, sum(h.stalled_ms) as stalled_ms
      from analytics.lesson_hour h where h.cohort_id = $2 and h.hour >= $3 and h.hour < $4
      group by h.lesson_id
    ), failures as (
      select format('lesson_hour of lesson %%s is %%s, its rows give %%s', lesson_id, rolled_up, raw) as name
      from raw full join rolled_up using (lesson_id) left join staged using (lesson_id)
      where case
        when exists (select from ingest.batches b where b.rolled_up_at is null and b.events > 0) then
          rolled_up.events < staged.events or rolled_up.events > raw.events
        else (raw.events, raw.views, raw.completions, raw.abandons, raw.watched_seconds, raw.stalled_ms)
          is distinct from (rolled_up.events, rolled_up.views, rolled_up.completions, rolled_up.abandons, rolled_up.watched_seconds, rolled_up.stalled_ms)
        end
      union all
      select format('hour %%s of lesson %%s is no local hour', h.hour, h.lesson_id)
      from analytics.lesson_hour h
      where h.cohort_id = $2 and h.hour >= $3 and h.hour < $4 and h.hour <> date_bin('1 hour', h.hour, $3)
    )
    select (analytics.name_some(count(*), array_agg(name))).* from failures
  $sql$, after_cut) into result using run.run_id, run.cohort_id, school_day.starts_at, school_day.ends_at;
  return result;
end
$$;

create function analytics.check_lesson_views(run analytics.runs) returns analytics.check_result
  language sql stable set search_path = pg_catalog, pg_temp set enable_nestloop = off
  begin atomic
    with known as (
      select e.student_id, e.lesson_id, e.event_id, e.received_at
      from analytics.lesson_views e
        join edtech.classrooms c on c.classroom_id = e.student_id / 63 and c.cohort_id = run.cohort_id
      where e.event_id >= analytics.first_event_id((select s.starts_at from edtech.school_days s where s.cohort_id = run.cohort_id and s.day = run.day))
        and e.event_id < analytics.first_event_id((select s.ends_at from edtech.school_days s where s.cohort_id = run.cohort_id and s.day = run.day))
        and e.received_at <= run.as_of
    ), started as (
      select v.student_id, v.lesson_id, v.started_event_id as event_id, v.started_received_at as received_at
      from analytics_stage.views v where v.run_id = run.run_id and v.starts > 0
    )
    select analytics.name_some(count(*), array_agg(format('lesson_views and the rows differ in event %s', event_id)))
    from known full join started using (event_id)
    where (known.student_id, known.lesson_id, known.received_at) is distinct from (started.student_id, started.lesson_id, started.received_at);
  end;

-- Every check, in the order in which a person reads them; analytics.check_<name> does it.
create function analytics.check_names() returns text[]
  language sql immutable
  return array['orphans', 'event_ids', 'future_timestamps', 'impossible_positions', 'missing_shards', 'doubled_batches',
    'broken_sequences', 'student_roll_up', 'classroom_roll_up', 'minute_roll_up', 'lesson_roll_up', 'lesson_views'];

create function analytics.check_day(run bigint) returns integer
  language plpgsql security definer set search_path = pg_catalog, pg_temp set work_mem = '64MB'
as $$
declare
  started timestamptz := clock_timestamp();
  checked analytics.runs;
  name text;
  result analytics.check_result;
  failed integer := 0;
begin
  select * into checked from analytics.runs r where r.run_id = run;
  if not found then
    raise exception 'there is no run %', run using errcode = 'no_data_found';
  end if;
  perform analytics.lock_day(checked.cohort_id, checked.day);
  select * into checked from analytics.runs r where r.run_id = run;
  if checked.status not in ('computed', 'checked', 'refused') then
    raise exception 'run % is %, only a run that is computed and not published can be checked', run, checked.status
      using errcode = 'object_not_in_prerequisite_state';
  end if;
  if checked.events > 0 and not exists (select from analytics_stage.views v where v.run_id = run) then
    raise exception 'the staged rows of run % are gone, a crash empties them: compute the day again', run
      using errcode = 'object_not_in_prerequisite_state';
  end if;
  delete from analytics.data_quality_results q where q.run_id = run;
  foreach name in array analytics.check_names() loop
    execute format('select c.* from analytics.%I($1) c', 'check_' || name) into result using checked;
    insert into analytics.data_quality_results (run_id, check_name, blocking, failed_rows, detail)
    values (run, name, true, result.failed, result.detail);
    failed := failed + (result.failed > 0)::integer;
  end loop;
  update analytics.runs r set status = case failed when 0 then 'checked' else 'refused' end, failed_checks = failed where r.run_id = run;
  if failed > 0 then
    insert into ops.audit (action, subject, detail)
    values ('refuse', format('cohort %s, %s', checked.cohort_id, checked.day), jsonb_build_object('run_id', run, 'failed_checks', failed));
  end if;
  perform analytics.note_timing(run, 'check', started);
  return failed;
end
$$;
grant execute on function analytics.check_day(bigint) to edtech_analytics;
