-- compatible_from: 0.1.0
-- The daily functions take less: no window function over the rows of a day, one count per bucket of the drop-off.
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
          join edtech.classrooms c on c.classroom_id = s.student_id / 63 and c.cohort_id = %2$s
          left join edtech.lessons l on l.lesson_id = s.lesson_id
        where s.occurred_at >= %3$L and s.occurred_at < %4$L and (s.received_at <= %5$L
          -- A row beyond its shard's watermark was not written by the ingest. It is staged so that the check can name it.
          or s.received_at > (select array_agg(h.watermark order by h.shard) from ingest.shards h)[s.student_id %% 64 + 1])
        -- A session belongs to one student, so its id alone groups the rows: it is nearly unique and makes the sort cheap.
        order by coalesce(s.session_id, -s.student_id::bigint), s.lesson_id, s.event_id
      ) rows_of_day
      group by session_key, lesson_id
    ) v
  $sql$, run.run_id, run.cohort_id, school_day.starts_at, school_day.ends_at, run.as_of,
    (date_part('epoch', school_day.starts_at) * 1000)::bigint - 1577836800000);
  get diagnostics staged = row_count;
  return staged;
end
$$;

create or replace function analytics.derive_lessons(run analytics.runs) returns void
  language plpgsql set search_path = pg_catalog, pg_temp set enable_nestloop = off set work_mem = '64MB'
as $$
declare
  first_reached text;
  repeat_reached text;
  in_bucket text;
begin
  insert into analytics.student_lesson_day
  select run.cohort_id, run.day, student_id, lesson_id, count(*) filter (where is_first), count(*) filter (where not is_first),
    sum(completions), sum(abandons), sum(watched_seconds), sum(stalled_ms), sum(startup_ms), sum(pauses), sum(resumes), sum(seeks),
    sum(buffered_views), max(furthest_position)
  from analytics_stage.views where run_id = run.run_id and lesson_id is not null
  group by student_id, lesson_id
  order by student_id, lesson_id;

  insert into analytics.lesson_day
  select run.cohort_id, run.day, lesson_id, count(distinct student_id), count(*) filter (where is_first), count(*) filter (where not is_first),
    sum(completions), sum(abandons), sum(watched_seconds), sum(stalled_ms), sum(startup_ms), sum(pauses), sum(resumes), sum(seeks),
    sum(buffered_views), count(*) filter (where start_device = 'desktop'), count(*) filter (where start_device = 'tablet'),
    count(*) filter (where start_device = 'mobile'), coalesce(sum(abandons) filter (where abandon_device = 'desktop'), 0),
    coalesce(sum(abandons) filter (where abandon_device = 'tablet'), 0), coalesce(sum(abandons) filter (where abandon_device = 'mobile'), 0),
    quartiles[1], quartiles[2], quartiles[3]
  from analytics_stage.views
    left join (
      select lesson_id, percentile_disc(array[0.25, 0.5, 0.75]) within group (
        order by ((completed_event_id >> 22) - (started_event_id >> 22))::integer / 1000) as quartiles
      from analytics_stage.views
      where run_id = run.run_id and started_event_id is not null and completed_event_id is not null
      group by lesson_id
    ) q using (lesson_id)
  where run_id = run.run_id and lesson_id is not null
  group by lesson_id, quartiles;

  -- A view counts in the buckets from its start (first views: from 0) to its furthest position. One count per bucket, made side by
  -- side: rows per view and bucket would be sorted and summed up several times as long.
  select string_agg(format('count(*) filter (where is_first and furthest >= %1$s)', b), ', ' order by b),
    string_agg(format('count(*) filter (where not is_first and start <= %1$s and furthest >= %1$s)', b), ', ' order by b),
    string_agg(format('count(*) filter (where bucket = %1$s)', b), ', ' order by b)
  into first_reached, repeat_reached, in_bucket
  from generate_series(0, 19) b;
  execute format($sql$
    insert into analytics.lesson_dropoff
    with views as materialized (
      select v.lesson_id, v.is_first, least(19, v.furthest_position * 20 / l.length_seconds) as furthest,
        v.start_position * 20 / l.length_seconds as start, v.pause_buckets, v.seek_back_buckets
      from analytics_stage.views v join edtech.lessons l using (lesson_id)
      where v.run_id = $1
    ), reached as (
      select lesson_id, array[%1$s] as first_reached, array[%2$s] as repeat_reached from views
      -- A view that began before the day counts by its pauses and seeks only.
      where is_first or start <= furthest and not is_first or pause_buckets is not null or seek_back_buckets is not null
      group by lesson_id
    ), paused as (
      select lesson_id, array[%3$s] as pauses from (select lesson_id, unnest(pause_buckets) as bucket from views) p group by lesson_id
    ), sought as (
      select lesson_id, array[%3$s] as seeks_back from (select lesson_id, unnest(seek_back_buckets) as bucket from views) p group by lesson_id
    )
    select $2, $3, lesson_id, b - 1, first_reached[b], repeat_reached[b], coalesce(pauses[b], 0), coalesce(seeks_back[b], 0)
    from reached left join paused using (lesson_id) left join sought using (lesson_id) cross join generate_series(1, 20) b
    order by lesson_id, b
  $sql$, first_reached, repeat_reached, in_bucket) using run.run_id, run.cohort_id, run.day;
end
$$;
