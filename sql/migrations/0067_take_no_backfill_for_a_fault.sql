-- compatible_from: 0.1.0
-- Rows that a backfill has committed are no fault while it is under way or stands interrupted: its watermarks move at the very end, and
-- until then the checks of each day, open or to be published, took what it had received for rows that the ingest had not written.

create or replace function analytics.stage_views(run analytics.runs) returns bigint
  language plpgsql security definer
  -- Rows are grouped in the order in which they were sorted, never by hash.
  set search_path = pg_catalog, pg_temp set enable_nestloop = off set enable_mergejoin = off set enable_hashagg = off set work_mem = '64MB'
as $$
declare
  school_day edtech.school_days;
  staged bigint;
begin
  select * into strict school_day from edtech.school_days d where d.cohort_id = run.cohort_id and d.day = run.day;
  -- Literals: partitions are pruned when the statement is planned, and the plan fits the day.
  execute format($sql$
    insert into analytics_stage.views
    select %1$s, student_id, session_id, lesson_id, events, sessions, session_ends, session_end_event_id, starts, started_event_id, started_received_at,
      start_position, start_device, abandon_device, completions, completed_event_id, abandons, watched_seconds, stalled_ms, startup_ms, pauses,
      resumes, seeks, buffered_views, furthest_position, late_events, enrolments, withdrawals, first_event_id, last_event_id, active_hours, pause_buckets,
      -- An event and the one before it, by their places in the view: a window function over all rows takes twice the time.
      case when seeks > 0 then (
        select array_agg(least(19, positions[i] * 20 / length_seconds)::smallint)
        from generate_series(2, events) i where seeked[i] and positions[i] < positions[i - 1]
      ) end,
      bad_positions, (
        select array_agg(event_ids[i]) from generate_series(1, events) i
        where watched[i] < 0 or watched[i]::bigint * 1000 > 2 * ((event_ids[i] >> 22) - (event_ids[i - 1] >> 22)) + 1000
      ), bad_instants, bad_ids, first_occurred_at, last_occurred_at,
      -- One index look-up per view: the cost does not grow with the history.
      case when starts > 0 then not exists (
        select from analytics.lesson_views e
        where e.student_id = v.student_id and e.lesson_id = v.lesson_id and e.event_id < v.started_event_id and e.received_at <= %5$L
      ) end
    from (
      select min(student_id) as student_id, max(session_id) as session_id, lesson_id, count(*)::integer as events,
        count(*) filter (where event_type = 'session_started') as sessions,
        count(*) filter (where event_type = 'session_ended') as session_ends,
        min(event_id) filter (where event_type = 'session_ended') as session_end_event_id,
        count(*) filter (where event_type = 'lesson_started') as starts,
        min(event_id) filter (where event_type = 'lesson_started') as started_event_id,
        min(received_at) filter (where event_type = 'lesson_started') as started_received_at,
        min(position_seconds) filter (where event_type = 'lesson_started') as start_position,
        min(device) filter (where event_type = 'lesson_started') as start_device,
        min(device) filter (where event_type = 'abandoned') as abandon_device,
        count(*) filter (where event_type = 'lesson_completed') as completions,
        min(event_id) filter (where event_type = 'lesson_completed') as completed_event_id,
        count(*) filter (where event_type = 'abandoned') as abandons,
        sum(watched_seconds) as watched_seconds, sum(stalled_ms) as stalled_ms,
        coalesce(sum(stalled_ms) filter (where event_type = 'lesson_started'), 0) as startup_ms,
        count(*) filter (where event_type = 'paused') as pauses,
        count(*) filter (where event_type = 'resumed') as resumes,
        count(*) filter (where event_type = 'seeked') as seeks,
        count(*) filter (where event_type = 'buffered') as buffered_views,
        max(position_seconds) as furthest_position,
        count(*) filter (where received_at > occurred_at + interval '2 minutes') as late_events,
        count(*) filter (where event_type = 'enrolled') as enrolments,
        count(*) filter (where event_type = 'unenrolled') as withdrawals,
        min(event_id) as first_event_id, max(event_id) as last_event_id,
        coalesce(bit_or(1 << (((event_id >> 22) - %6$s) / 3600000)::integer) filter (where session_id is not null), 0) as active_hours,
        array_agg(least(19, position_seconds * 20 / length_seconds)::smallint) filter (where event_type = 'paused' and length_seconds is not null) as pause_buckets,
        array_agg(event_id) filter (where position_seconds not between 0 and length_seconds) as bad_positions,
        array_agg(event_id) filter (where received_at < occurred_at or received_at > %5$L) as bad_instants,
        array_agg(event_id) filter (where event_id & 4194303 <> student_id or session_id & 4194303 <> student_id) as bad_ids,
        min(occurred_at) as first_occurred_at, max(occurred_at) as last_occurred_at, min(length_seconds) as length_seconds,
        array_agg(event_id) as event_ids, array_agg(watched_seconds) as watched, array_agg(position_seconds) as positions,
        array_agg(event_type = 'seeked') as seeked
      from (
        select s.*, l.length_seconds, coalesce(s.session_id, -s.student_id::bigint) as session_key
        from edtech.streaming_logs s
          left join edtech.lessons l on l.lesson_id = s.lesson_id
        -- A literal array: three quarters of the rows belong to other cohorts and go no further than this.
        where (%7$L::smallint[])[s.student_id / 63] = %2$s and s.occurred_at >= %3$L and s.occurred_at < %4$L and (s.received_at <= %5$L
          -- A row beyond its shard's watermark was not written by the ingest, unless by a backfill, which moves the watermarks at its very
          -- end. It is staged so that the check can name it. Asked for once, and with the rows: a backfill may commit at any moment.
          or s.received_at > (
            select array_agg(greatest(h.watermark, (select ingest.unfinished_backfill())) order by h.shard) from ingest.shards h
          )[s.student_id %% 64 + 1])
        -- A session belongs to one student, so its id alone groups the rows: it is nearly unique and makes the sort cheap.
        order by coalesce(s.session_id, -s.student_id::bigint), s.lesson_id, s.event_id
      ) rows_of_day
      group by session_key, lesson_id
    ) v
  $sql$, run.run_id, run.cohort_id, school_day.starts_at, school_day.ends_at, run.as_of,
    (date_part('epoch', school_day.starts_at) * 1000)::bigint - 1577836800000, analytics.cohort_of_classroom());
  get diagnostics staged = row_count;
  return staged;
end
$$;
