-- compatible_from: 0.1.0
-- An erasure looks up the hours and days of the student by their keys. With the locks of the roll-ups and of the shard held, it read
-- every hour and window of the history, and looked for the day of each event among all days.

-- Takes the erased rows out of the roll-ups, to the last event: they were counted when they were rolled up. The hours whose
-- raw rows are gone keep their counts, which name nobody, and lose the student's bit: student_day tells which they are.
create or replace function ops.subtract_erased(id integer) returns void
  -- The erased rows have no statistics: whatever they are taken for, what belongs to them is looked up one by one.
  language plpgsql set search_path = pg_catalog, pg_temp set enable_hashjoin = off set enable_mergejoin = off
as $$
declare
  active_hours timestamptz[];
begin
  with erased as materialized (
    select date_bin('1 minute', s.occurred_at, timestamptz '2020-01-01 00:00Z') as minute, c.cohort_id, count(*) as events,
      count(*) filter (where event_type = 'enrolled') as enrolled, count(*) filter (where event_type = 'unenrolled') as unenrolled,
      count(*) filter (where event_type = 'session_started') as session_started,
      count(*) filter (where event_type = 'session_ended') as session_ended,
      count(*) filter (where event_type = 'lesson_started') as lesson_started, count(*) filter (where event_type = 'heartbeat') as heartbeat,
      count(*) filter (where event_type = 'paused') as paused, count(*) filter (where event_type = 'resumed') as resumed,
      count(*) filter (where event_type = 'seeked') as seeked, count(*) filter (where event_type = 'buffered') as buffered,
      count(*) filter (where event_type = 'lesson_completed') as lesson_completed,
      count(*) filter (where event_type = 'abandoned') as abandoned, sum(watched_seconds) as watched_seconds, sum(stalled_ms) as stalled_ms,
      coalesce(sum(stalled_ms) filter (where event_type = 'lesson_started'), 0) as startup_ms,
      count(*) filter (where received_at > occurred_at + interval '2 minutes') as late_events
    from analytics_stage.erased s join edtech.classrooms c on c.classroom_id = s.student_id / 63
    group by 1, 2
  ), emptied as (
    delete from analytics.minute t using erased e where t.minute = e.minute and t.cohort_id = e.cohort_id and t.events = e.events
  )
  update analytics.minute t set
    events = t.events - e.events, enrolled = t.enrolled - e.enrolled, unenrolled = t.unenrolled - e.unenrolled,
    session_started = t.session_started - e.session_started, session_ended = t.session_ended - e.session_ended,
    lesson_started = t.lesson_started - e.lesson_started, heartbeat = t.heartbeat - e.heartbeat, paused = t.paused - e.paused,
    resumed = t.resumed - e.resumed, seeked = t.seeked - e.seeked, buffered = t.buffered - e.buffered,
    lesson_completed = t.lesson_completed - e.lesson_completed, abandoned = t.abandoned - e.abandoned,
    watched_seconds = t.watched_seconds - e.watched_seconds, stalled_ms = t.stalled_ms - e.stalled_ms,
    startup_ms = t.startup_ms - e.startup_ms, late_events = t.late_events - e.late_events
  from erased e
  where t.minute = e.minute and t.cohort_id = e.cohort_id and t.events <> e.events;

  with placed as materialized (
    select s.*, d.cohort_id, c.classroom_id, date_bin('1 hour', s.occurred_at, d.starts_at) as hour
    from analytics_stage.erased s join edtech.classrooms c on c.classroom_id = s.student_id / 63
      -- The local date of an instant is that of UTC or one beside it, which leaves three days to be looked at.
      join edtech.school_days d on d.cohort_id = c.cohort_id and s.occurred_at >= d.starts_at and s.occurred_at < d.ends_at
        and d.day between (s.occurred_at at time zone 'UTC')::date - 1 and (s.occurred_at at time zone 'UTC')::date + 1
  ), lessons as materialized (
    select lesson_id, cohort_id, hour, count(*) as events,
      count(*) filter (where event_type = 'lesson_started') as views, count(*) filter (where event_type = 'lesson_completed') as completions,
      count(*) filter (where event_type = 'abandoned') as abandons, count(*) filter (where event_type = 'paused') as pauses,
      count(*) filter (where event_type = 'seeked') as seeks, count(*) filter (where event_type = 'buffered') as buffered_views,
      sum(watched_seconds) as watched_seconds, sum(stalled_ms) as stalled_ms,
      coalesce(sum(stalled_ms) filter (where event_type = 'lesson_started'), 0) as startup_ms
    from placed where lesson_id is not null
    group by 1, 2, 3
  ), classrooms as materialized (
    select classroom_id, hour, count(*) as events,
      count(*) filter (where event_type = 'session_started') as sessions, count(*) filter (where event_type = 'lesson_started') as views,
      count(*) filter (where event_type = 'lesson_completed') as completions, count(*) filter (where event_type = 'abandoned') as abandons,
      count(*) filter (where event_type = 'buffered') as buffered_views, sum(watched_seconds) as watched_seconds, sum(stalled_ms) as stalled_ms,
      coalesce(sum(stalled_ms) filter (where event_type = 'lesson_started'), 0) as startup_ms,
      count(*) filter (where received_at > occurred_at + interval '2 minutes') as late_events
    from placed
    group by 1, 2
  ), emptied_lessons as (
    delete from analytics.lesson_hour t using lessons e
    where t.hour = e.hour and t.lesson_id = e.lesson_id and t.cohort_id = e.cohort_id and t.events = e.events
  ), emptied_classrooms as (
    delete from analytics.classroom_hour t using classrooms e
    where t.hour = e.hour and t.classroom_id = e.classroom_id and t.events = e.events
  ), other_lessons as (
    update analytics.lesson_hour t set
      events = t.events - e.events, views = t.views - e.views, completions = t.completions - e.completions, abandons = t.abandons - e.abandons,
      pauses = t.pauses - e.pauses, seeks = t.seeks - e.seeks, buffered_views = t.buffered_views - e.buffered_views,
      watched_seconds = t.watched_seconds - e.watched_seconds, stalled_ms = t.stalled_ms - e.stalled_ms, startup_ms = t.startup_ms - e.startup_ms
    from lessons e
    where t.hour = e.hour and t.lesson_id = e.lesson_id and t.cohort_id = e.cohort_id and t.events <> e.events
  )
  update analytics.classroom_hour t set
    events = t.events - e.events, sessions = t.sessions - e.sessions, views = t.views - e.views, completions = t.completions - e.completions,
    abandons = t.abandons - e.abandons, buffered_views = t.buffered_views - e.buffered_views,
    watched_seconds = t.watched_seconds - e.watched_seconds, stalled_ms = t.stalled_ms - e.stalled_ms,
    startup_ms = t.startup_ms - e.startup_ms, late_events = t.late_events - e.late_events
  from classrooms e
  where t.hour = e.hour and t.classroom_id = e.classroom_id and t.events <> e.events;

  active_hours := array(
    select d.starts_at + h * interval '1 hour'
    from (select s.day, bit_or(s.active_hours) as hours from analytics.student_day s where s.student_id = id group by s.day) s
      join edtech.classrooms c on c.classroom_id = id / 63
      join edtech.school_days d on d.cohort_id = c.cohort_id and d.day = s.day
      cross join generate_series(0, 24) h
    where (s.hours >> h) & 1 = 1
  );
  update analytics.classroom_hour t set active_mask = t.active_mask & ~(1::bigint << id % 63)
  where t.hour = any (active_hours) and t.classroom_id = id / 63 and (t.active_mask >> id % 63) & 1 = 1;
end
$$;

-- Takes a student out: raw rows, roll-ups, rows per student, the student. All at once, so nobody reads a part of it. Sums of published
-- days, which name nobody, count the student until finish_erasure_day has made the day again; erasure_days says which days are left.
-- Retention first, since it may count for a while, then the cohort: it waits for the runs under way and holds back the next ones. Then the
-- lock of the roll-up, which may be working off a backlog, so that everything counted so far is subtracted and nothing is counted
-- meanwhile. The shard's row last: it ends the tick that may be writing the student's events and holds back the next one.
create or replace function ops.forget_student(id integer, reason text) returns ops.forgotten_students
  language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  student edtech.students;
  receipt ops.forgotten_students;
  partition record;
  erased bigint;
  days date[];
  days_left integer;
begin
  if reason is null or length(reason) = 0 then
    raise exception 'the reason of an erasure must not be empty' using errcode = 'invalid_parameter_value';
  end if;
  perform ops.lock_retention();
  -- By the classroom: the student's own row may be in a tick that is not committed.
  perform pg_advisory_xact_lock(hashtext('analytics.erasure'), c.cohort_id) from edtech.classrooms c where c.classroom_id = id / 63;
  select * into receipt from ops.forgotten_students f where f.student_id = id;
  if found then
    return receipt;
  end if;
  perform pg_advisory_xact_lock(hashtext('analytics.roll_up'));
  -- What is pending is counted before the shard stands still, what its last tick brings after it.
  perform ops.roll_up_all();
  perform from ingest.shards s where s.shard = id % 64 for update;
  select * into student from edtech.students s where s.student_id = id;
  if not found then
    raise exception 'there is no student %', id using errcode = 'no_data_found';
  end if;
  perform ops.roll_up_all();

  delete from analytics_stage.erased;
  receipt := row(id, clock_timestamp(), reason, 0, null, 0, null)::ops.forgotten_students;
  for partition in
    select i.inhrelid::regclass as name, to_date(right(c.relname, 8), 'YYYYMMDD') as utc_day
    from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'edtech.streaming_logs'::regclass
    order by 2
  loop
    receipt.first_held_day := coalesce(receipt.first_held_day, partition.utc_day);
    execute format('with deleted as (delete from %s s where s.student_id = $1 returning s.*) insert into analytics_stage.erased select * from deleted', partition.name)
    using id;
    get diagnostics erased = row_count;
    if erased > 0 then
      receipt.raw_events := receipt.raw_events + erased;
      insert into ops.erased_events as e (utc_day, events) values (partition.utc_day, erased)
      on conflict (utc_day) do update set events = e.events + excluded.events;
    end if;
  end loop;

  perform ops.subtract_erased(id);
  delete from analytics_stage.erased;
  delete from analytics.student_day s where s.student_id = id;
  delete from analytics.lesson_views v where v.student_id = id;
  delete from analytics.student_lesson_day s where s.student_id = id;
  delete from analytics.at_risk r where r.student_id = id;
  update analytics.classroom_day c set active_mask = c.active_mask & ~(1::bigint << student.seat)
  where c.classroom_id = student.classroom_id and (c.active_mask >> student.seat) & 1 = 1;
  days := array(select d.day from edtech.school_days d where d.cohort_id = student.cohort_id and d.ends_at > student.enrolled_at);
  update analytics.classroom_window w set active_mask = w.active_mask & ~(1::bigint << student.seat)
  where w.cohort_id = student.cohort_id and w.day = any (days) and w.classroom_id = student.classroom_id
    and (w.active_mask >> student.seat) & 1 = 1;
  delete from edtech.students s where s.student_id = id;
  with discarded as (
    update analytics.runs r set status = 'discarded'
    where r.cohort_id = student.cohort_id and r.status in ('computed', 'checked', 'refused') returning r.run_id
  )
  delete from analytics_stage.views v using discarded d where v.run_id = d.run_id;
  -- Found rows are named in words, so nobody can tell which of them are about the student.
  update analytics.data_quality_results q set detail = 'removed by an erasure'
  from analytics.runs r where r.run_id = q.run_id and r.cohort_id = student.cohort_id and q.detail is not null;
  update analytics.open_day_checks c set detail = 'removed by an erasure'
  where c.cohort_id = student.cohort_id and c.detail is not null;
  insert into ops.forgotten_students select receipt.*;

  -- Days whose raw rows are all held are made again as of the same cut. Those of which retention has dropped a part keep their
  -- totals. Risk and windows are made from roll-ups, so they are made again for every day.
  insert into ops.erasure_days (student_id, cohort_id, day, republish)
  select id, r.cohort_id, r.day,
    not exists (select from analytics.utc_days(r) u where u in (select p.utc_day from ops.dropped_partitions p))
  from analytics.runs r join edtech.school_days d on d.cohort_id = r.cohort_id and d.day = r.day
  where r.cohort_id = student.cohort_id and r.status = 'published' and d.ends_at > student.enrolled_at;
  get diagnostics days_left = row_count;
  insert into ops.audit (action, subject, detail)
  values ('erase', format('student %s', id), jsonb_build_object('raw_events', receipt.raw_events, 'days_left', days_left));
  perform ops.complete_erasures(array[id]);
  select * into receipt from ops.forgotten_students f where f.student_id = id;
  return receipt;
end
$$;
