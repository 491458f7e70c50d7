-- compatible_from: 0.1.0
-- Rows that shard 63 received alone are rolled up: its mask, the smallest bigint, stopped every roll-up from then on. What waits behind
-- such a ledger row is counted by the next call.

-- One merged group: the rows of a UTC day that some shards received in some intervals. Literals instead of parameters, and the
-- partition itself instead of its parent, so that each plan fits its group: a tick reads an index, a bulk day is scanned.
create or replace function analytics.roll_up_group(
  utc_day date, shard_mask bigint, received tstzmultirange, min_occurred_at timestamptz, max_occurred_at timestamptz
) returns bigint
  -- Fresh partitions have no statistics: an estimate of one row would choose nested loops for a million.
  language plpgsql security definer
  set search_path = pg_catalog, pg_temp set enable_nestloop = off set enable_mergejoin = off set enable_sort = off set work_mem = '64MB'
as $$
declare
  rows_of_group text := format(
    $sql$
      select s.* from %s s
      where s.event_id between %s and %s and s.received_at > %L and s.received_at <= %L %s %s
    $sql$,
    ops.partition_of(utc_day), analytics.first_event_id(min_occurred_at), analytics.last_event_id(max_occurred_at),
    lower(received), upper(received),
    case when range_merge(received)::tstzmultirange <> received then format('and s.received_at <@ %L::tstzmultirange', received) end,
    -- "<> 0" and not "= 1": the planner takes an equality for rare. %L: without quotes the minus sign of shard 63 alone would stand
    -- before a number that no bigint holds.
    case when shard_mask <> -1 then format('and (%L::bigint >> (s.student_id %% 64)) & 1 <> 0', shard_mask) end);
  counted bigint;
  located bigint;
  first_end timestamptz;
  step interval;
begin
  execute format($sql$
    with minutes as (
      select date_bin('1 minute', s.occurred_at, timestamptz '2020-01-01 00:00Z') as minute, $1[s.student_id / 63] as cohort_id,
        count(*) as events,
        count(*) filter (where s.event_type = 'enrolled') as enrolled, count(*) filter (where s.event_type = 'unenrolled') as unenrolled,
        count(*) filter (where s.event_type = 'session_started') as session_started,
        count(*) filter (where s.event_type = 'session_ended') as session_ended,
        count(*) filter (where s.event_type = 'lesson_started') as lesson_started, count(*) filter (where s.event_type = 'heartbeat') as heartbeat,
        count(*) filter (where s.event_type = 'paused') as paused, count(*) filter (where s.event_type = 'resumed') as resumed,
        count(*) filter (where s.event_type = 'seeked') as seeked, count(*) filter (where s.event_type = 'buffered') as buffered,
        count(*) filter (where s.event_type = 'lesson_completed') as lesson_completed, count(*) filter (where s.event_type = 'abandoned') as abandoned,
        sum(s.watched_seconds) as watched_seconds, sum(s.stalled_ms) as stalled_ms,
        coalesce(sum(s.stalled_ms) filter (where s.event_type = 'lesson_started'), 0) as startup_ms,
        count(*) filter (where s.received_at > s.occurred_at + interval '2 minutes') as late_events
      from (%s) s
      group by 1, 2
    ), counted as (
      insert into analytics.minute as t
      select * from minutes order by minute, cohort_id
      on conflict (minute, cohort_id) do update set
        events = t.events + excluded.events, enrolled = t.enrolled + excluded.enrolled, unenrolled = t.unenrolled + excluded.unenrolled,
        session_started = t.session_started + excluded.session_started, session_ended = t.session_ended + excluded.session_ended,
        lesson_started = t.lesson_started + excluded.lesson_started, heartbeat = t.heartbeat + excluded.heartbeat,
        paused = t.paused + excluded.paused, resumed = t.resumed + excluded.resumed, seeked = t.seeked + excluded.seeked,
        buffered = t.buffered + excluded.buffered, lesson_completed = t.lesson_completed + excluded.lesson_completed,
        abandoned = t.abandoned + excluded.abandoned, watched_seconds = t.watched_seconds + excluded.watched_seconds,
        stalled_ms = t.stalled_ms + excluded.stalled_ms, startup_ms = t.startup_ms + excluded.startup_ms,
        late_events = t.late_events + excluded.late_events
    )
    select coalesce(sum(events), 0) from minutes
  $sql$, rows_of_group) using analytics.cohort_of_classroom() into counted;

  -- Days begin and end on this grid in every cohort, an hour in most parts of the world. So rows need not be joined with their
  -- day before they are grouped: the step of the grid in which they occurred, and the one in which they were received, say it all.
  select min(d.ends_at), max(g.step) into first_end, step
  from edtech.school_days d
    cross join unnest(array[interval '1 hour', '30 minutes', '15 minutes', '1 minute', '1 second']) g (step)
  where d.starts_at <= max_occurred_at and d.ends_at > min_occurred_at
    and not exists (
      select from edtech.school_days o
      where o.starts_at <= max_occurred_at and o.ends_at > min_occurred_at
        and (date_bin(g.step, o.starts_at, '2020-01-01 00:00Z') <> o.starts_at or date_bin(g.step, o.ends_at, '2020-01-01 00:00Z') <> o.ends_at)
    );
  execute format($sql$
    with stepped as (
      select s.student_id, s.lesson_id, date_bin(%5$L, s.occurred_at, timestamptz '2020-01-01 00:00Z') as occurred_in,
        -- Steps end with their last instant, like the hours of lateness. Before the first end of a day nothing is late.
        case when s.received_at > %4$L then date_bin(%5$L, s.received_at - interval '1 microsecond', timestamptz '2020-01-01 00:00Z') end as received_in,
        count(*)::integer as events, bool_or(s.session_id is not null) as active,
        count(*) filter (where s.event_type = 'session_started')::integer as sessions,
        count(*) filter (where s.event_type = 'lesson_started')::integer as views,
        count(*) filter (where s.event_type = 'lesson_completed')::integer as completions,
        count(*) filter (where s.event_type = 'abandoned')::integer as abandons,
        count(*) filter (where s.event_type = 'paused')::integer as pauses,
        count(*) filter (where s.event_type = 'seeked')::integer as seeks,
        count(*) filter (where s.event_type = 'buffered')::integer as buffered_views,
        sum(s.watched_seconds)::integer as watched_seconds, sum(s.stalled_ms)::integer as stalled_ms,
        coalesce(sum(s.stalled_ms) filter (where s.event_type = 'lesson_started'), 0)::integer as startup_ms,
        count(*) filter (where s.received_at > s.occurred_at + interval '2 minutes')::integer as late_events,
        min(s.occurred_at) as first_event_at, max(s.occurred_at) as last_event_at
      from (%3$s) s
      group by 1, 2, 3, 4
    ), places as materialized (
      select c.classroom_id, d.cohort_id, d.day, d.starts_at, d.ends_at
      from edtech.classrooms c join edtech.school_days d using (cohort_id)
      where d.starts_at <= %2$L and d.ends_at > %1$L
    ), views as materialized (
      select s.*, d.classroom_id, d.cohort_id, d.day, date_bin('1 hour', s.occurred_in, d.starts_at) as hour,
        (date_part('epoch', s.occurred_in - d.starts_at)::integer / 3600) as hour_of_day,
        case when s.received_in >= d.ends_at then date_part('epoch', s.received_in - d.ends_at)::integer / 3600 + 1 else 0 end::smallint as late_hours
      from stepped s
        join places d on d.classroom_id = s.student_id / 63 and s.occurred_in >= d.starts_at and s.occurred_in < d.ends_at
    ), lessons as (
      insert into analytics.lesson_hour as t
      select lesson_id, cohort_id, hour, sum(events), sum(views), sum(completions), sum(abandons), sum(pauses), sum(seeks),
        sum(buffered_views), sum(watched_seconds), sum(stalled_ms), sum(startup_ms)
      from views where lesson_id is not null
      group by lesson_id, cohort_id, hour
      order by hour, lesson_id, cohort_id
      on conflict (hour, lesson_id, cohort_id) do update set
        events = t.events + excluded.events, views = t.views + excluded.views, completions = t.completions + excluded.completions,
        abandons = t.abandons + excluded.abandons, pauses = t.pauses + excluded.pauses, seeks = t.seeks + excluded.seeks,
        buffered_views = t.buffered_views + excluded.buffered_views, watched_seconds = t.watched_seconds + excluded.watched_seconds,
        stalled_ms = t.stalled_ms + excluded.stalled_ms, startup_ms = t.startup_ms + excluded.startup_ms
    ), classrooms as (
      insert into analytics.classroom_hour as t
      select classroom_id, hour, coalesce(bit_or(1::bigint << student_id %% 63) filter (where active), 0),
        sum(events), sum(sessions), sum(views), sum(completions), sum(abandons), sum(buffered_views),
        sum(watched_seconds), sum(stalled_ms), sum(startup_ms), sum(late_events)
      from views
      group by classroom_id, hour
      order by hour, classroom_id
      on conflict (hour, classroom_id) do update set
        active_mask = t.active_mask | excluded.active_mask, events = t.events + excluded.events,
        sessions = t.sessions + excluded.sessions, views = t.views + excluded.views, completions = t.completions + excluded.completions,
        abandons = t.abandons + excluded.abandons, buffered_views = t.buffered_views + excluded.buffered_views,
        watched_seconds = t.watched_seconds + excluded.watched_seconds, stalled_ms = t.stalled_ms + excluded.stalled_ms,
        startup_ms = t.startup_ms + excluded.startup_ms, late_events = t.late_events + excluded.late_events
    ), students as (
      insert into analytics.student_day as t
      select student_id, day, late_hours, sum(events), sum(sessions), sum(views), sum(completions), sum(abandons),
        sum(buffered_views), sum(watched_seconds), sum(stalled_ms), coalesce(bit_or(1 << hour_of_day) filter (where active), 0),
        min(first_event_at), max(last_event_at)
      from views
      group by student_id, day, late_hours
      order by student_id, day, late_hours
      on conflict (student_id, day, late_hours) do update set
        events = t.events + excluded.events, sessions = t.sessions + excluded.sessions, views = t.views + excluded.views,
        completions = t.completions + excluded.completions, abandons = t.abandons + excluded.abandons,
        buffered_views = t.buffered_views + excluded.buffered_views, watched_seconds = t.watched_seconds + excluded.watched_seconds,
        stalled_ms = t.stalled_ms + excluded.stalled_ms, active_hours = t.active_hours | excluded.active_hours,
        first_event_at = least(t.first_event_at, excluded.first_event_at), last_event_at = greatest(t.last_event_at, excluded.last_event_at)
    )
    select coalesce(sum(events), 0) from views
  $sql$, min_occurred_at, max_occurred_at, rows_of_group, first_end, step) into located;
  if located <> counted then
    raise exception '% of % events between % and % lie in no school day of their cohort', counted - located, counted, min_occurred_at, max_occurred_at
      using errcode = 'foreign_key_violation';
  end if;

  execute format($sql$
    insert into analytics.lesson_views
    select s.student_id, s.lesson_id, s.event_id, s.received_at from (%s) s
    where s.event_type = 'lesson_started' and s.lesson_id is not null
    order by s.student_id, s.lesson_id, s.event_id
  $sql$, rows_of_group);
  return counted;
end
$$;
