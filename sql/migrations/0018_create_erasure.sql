-- compatible_from: 0.1.0
-- Erasure of one student: nothing that names or singles out the student stays, every figure made from rows that are still held
-- is made again without them, and a receipt remembers that it was done.

create table ops.forgotten_students (
  student_id integer primary key,
  erased_at timestamptz not null default clock_timestamp(),
  reason text not null check (length(reason) > 0),
  raw_events bigint not null,
  first_held_day date,
  republished_days integer not null default 0
);

-- An erased student never comes back. ALWAYS: session_replication_role = replica skips plain triggers.
create function edtech.refuse_forgotten() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  if exists (select from ops.forgotten_students f where f.student_id = new.student_id) then
    raise exception 'student % was erased and is not taken in again', new.student_id using errcode = 'integrity_constraint_violation';
  end if;
  return new;
end
$$;
create trigger students_stay_forgotten before insert on edtech.students
  for each row execute function edtech.refuse_forgotten();
alter table edtech.students enable always trigger students_stay_forgotten;

-- The rows being erased, for the time of the transaction.
create unlogged table analytics_stage.erased (like edtech.streaming_logs);

-- Takes the erased rows out of the roll-ups, to the last event: they were counted when they were rolled up. The hours whose
-- raw rows are gone keep their counts, which name nobody, and lose the student's bit.
create function ops.subtract_erased(id integer) returns void
  language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
  update analytics.minute t set
    events = t.events - e.events, enrolled = t.enrolled - e.enrolled, unenrolled = t.unenrolled - e.unenrolled,
    session_started = t.session_started - e.session_started, session_ended = t.session_ended - e.session_ended,
    lesson_started = t.lesson_started - e.lesson_started, heartbeat = t.heartbeat - e.heartbeat, paused = t.paused - e.paused,
    resumed = t.resumed - e.resumed, seeked = t.seeked - e.seeked, buffered = t.buffered - e.buffered,
    lesson_completed = t.lesson_completed - e.lesson_completed, abandoned = t.abandoned - e.abandoned,
    watched_seconds = t.watched_seconds - e.watched_seconds, stalled_ms = t.stalled_ms - e.stalled_ms,
    startup_ms = t.startup_ms - e.startup_ms, late_events = t.late_events - e.late_events
  from (
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
  ) e
  where t.minute = e.minute and t.cohort_id = e.cohort_id;
  delete from analytics.minute t
  using (select distinct date_bin('1 minute', s.occurred_at, timestamptz '2020-01-01 00:00Z') as minute from analytics_stage.erased s) e
  where t.minute = e.minute and t.events = 0;

  update analytics.lesson_hour t set
    events = t.events - e.events, views = t.views - e.views, completions = t.completions - e.completions, abandons = t.abandons - e.abandons,
    pauses = t.pauses - e.pauses, seeks = t.seeks - e.seeks, buffered_views = t.buffered_views - e.buffered_views,
    watched_seconds = t.watched_seconds - e.watched_seconds, stalled_ms = t.stalled_ms - e.stalled_ms, startup_ms = t.startup_ms - e.startup_ms
  from (
    select s.lesson_id, d.cohort_id, date_bin('1 hour', s.occurred_at, d.starts_at) as hour, count(*) as events,
      count(*) filter (where event_type = 'lesson_started') as views, count(*) filter (where event_type = 'lesson_completed') as completions,
      count(*) filter (where event_type = 'abandoned') as abandons, count(*) filter (where event_type = 'paused') as pauses,
      count(*) filter (where event_type = 'seeked') as seeks, count(*) filter (where event_type = 'buffered') as buffered_views,
      sum(watched_seconds) as watched_seconds, sum(stalled_ms) as stalled_ms,
      coalesce(sum(stalled_ms) filter (where event_type = 'lesson_started'), 0) as startup_ms
    from analytics_stage.erased s join edtech.classrooms c on c.classroom_id = s.student_id / 63
      join edtech.school_days d on d.cohort_id = c.cohort_id and s.occurred_at >= d.starts_at and s.occurred_at < d.ends_at
    where s.lesson_id is not null
    group by 1, 2, 3
  ) e
  where t.hour = e.hour and t.lesson_id = e.lesson_id and t.cohort_id = e.cohort_id;
  delete from analytics.lesson_hour t where t.events = 0
    and t.hour >= (select min(s.occurred_at) - interval '1 hour' from analytics_stage.erased s);

  update analytics.classroom_hour t set
    events = t.events - e.events, sessions = t.sessions - e.sessions, views = t.views - e.views, completions = t.completions - e.completions,
    abandons = t.abandons - e.abandons, buffered_views = t.buffered_views - e.buffered_views,
    watched_seconds = t.watched_seconds - e.watched_seconds, stalled_ms = t.stalled_ms - e.stalled_ms,
    startup_ms = t.startup_ms - e.startup_ms, late_events = t.late_events - e.late_events
  from (
    select c.classroom_id, date_bin('1 hour', s.occurred_at, d.starts_at) as hour, count(*) as events,
      count(*) filter (where event_type = 'session_started') as sessions, count(*) filter (where event_type = 'lesson_started') as views,
      count(*) filter (where event_type = 'lesson_completed') as completions, count(*) filter (where event_type = 'abandoned') as abandons,
      count(*) filter (where event_type = 'buffered') as buffered_views, sum(watched_seconds) as watched_seconds, sum(stalled_ms) as stalled_ms,
      coalesce(sum(stalled_ms) filter (where event_type = 'lesson_started'), 0) as startup_ms,
      count(*) filter (where received_at > occurred_at + interval '2 minutes') as late_events
    from analytics_stage.erased s join edtech.classrooms c on c.classroom_id = s.student_id / 63
      join edtech.school_days d on d.cohort_id = c.cohort_id and s.occurred_at >= d.starts_at and s.occurred_at < d.ends_at
    group by 1, 2
  ) e
  where t.hour = e.hour and t.classroom_id = e.classroom_id;
  delete from analytics.classroom_hour t where t.classroom_id = id / 63 and t.events = 0;
  update analytics.classroom_hour t set active_mask = t.active_mask & ~(1::bigint << id % 63)
  where t.classroom_id = id / 63 and (t.active_mask >> id % 63) & 1 = 1;
end
$$;
