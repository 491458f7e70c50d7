-- compatible_from: 0.1.0
-- The first step of a run is one scan of the local day's raw rows into one staged row per view. Everything that is published and
-- most of what is checked is derived from these rows; nobody but a run reads them.
create schema analytics_stage;

-- Unlogged: a crash empties it, and the run is computed again.
create unlogged table analytics_stage.views (
  run_id bigint not null,
  student_id integer not null,
  session_id bigint,
  lesson_id integer,
  events integer not null,
  sessions integer not null,
  session_ends integer not null,
  session_end_event_id bigint,
  starts integer not null,
  started_event_id bigint,
  started_received_at timestamptz,
  start_position integer,
  start_device edtech.device,
  abandon_device edtech.device,
  completions integer not null,
  completed_event_id bigint,
  abandons integer not null,
  watched_seconds bigint not null,
  stalled_ms bigint not null,
  startup_ms bigint not null,
  pauses integer not null,
  resumes integer not null,
  seeks integer not null,
  buffered_views integer not null,
  furthest_position integer,
  late_events integer not null,
  enrolments integer not null,
  withdrawals integer not null,
  first_event_id bigint not null,
  last_event_id bigint not null,
  active_hours integer not null,
  pause_buckets smallint[],
  seek_back_buckets smallint[],
  bad_positions bigint[],
  bad_watched bigint[],
  bad_instants bigint[],
  bad_ids bigint[],
  first_occurred_at timestamptz not null,
  last_occurred_at timestamptz not null,
  is_first boolean
);
create index views_by_run on analytics_stage.views (run_id);

create function analytics.stage_views(run analytics.runs) returns bigint
  language plpgsql security definer
  set search_path = pg_catalog, pg_temp set enable_nestloop = off set enable_mergejoin = off set work_mem = '64MB'
as $$
declare
  school_day edtech.school_days;
  staged bigint;
begin
  select * into strict school_day from edtech.school_days d where d.cohort_id = run.cohort_id and d.day = run.day;
  -- Literals: partitions are pruned when the statement is planned, and the plan fits the day.
  execute format($sql$
    insert into analytics_stage.views
    select %1$s, v.*,
      -- One index look-up per view: the cost does not grow with the history.
      case when starts > 0 then not exists (
        select from analytics.lesson_views e
        where e.student_id = v.student_id and e.lesson_id = v.lesson_id and e.event_id < v.started_event_id and e.received_at <= %5$L
      ) end
    from (
      select min(student_id) as student_id, max(session_id) as session_id, lesson_id, count(*) as events,
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
        array_agg(least(19, position_seconds * 20 / length_seconds)::smallint)
          filter (where event_type = 'seeked' and position_seconds < previous_position) as seek_back_buckets,
        array_agg(event_id) filter (where position_seconds not between 0 and length_seconds) as bad_positions,
        array_agg(event_id) filter (where watched_seconds < 0
          or watched_seconds::bigint * 1000 > 2 * ((event_id >> 22) - (previous_event_id >> 22)) + 1000) as bad_watched,
        array_agg(event_id) filter (where received_at < occurred_at or received_at > %5$L) as bad_instants,
        array_agg(event_id) filter (where event_id & 4194303 <> student_id or session_id & 4194303 <> student_id) as bad_ids,
        min(occurred_at) as first_occurred_at, max(occurred_at) as last_occurred_at
      from (
        select s.*, l.length_seconds, coalesce(s.session_id, -s.student_id::bigint) as session_key, lag(s.position_seconds) over view_rows as previous_position,
          lag(s.event_id) over view_rows as previous_event_id
        from edtech.streaming_logs s
          join edtech.classrooms c on c.classroom_id = s.student_id / 63 and c.cohort_id = %2$s
          left join edtech.lessons l on l.lesson_id = s.lesson_id
        where s.occurred_at >= %3$L and s.occurred_at < %4$L and (s.received_at <= %5$L
          -- A row beyond its shard's watermark was not written by the ingest. It is staged so that the check can name it.
          or s.received_at > (select array_agg(h.watermark order by h.shard) from ingest.shards h)[s.student_id %% 64 + 1])
        -- A session belongs to one student, so its id alone groups the rows: it is nearly unique and makes the sort cheap.
        window view_rows as (partition by coalesce(s.session_id, -s.student_id::bigint), s.lesson_id order by s.event_id)
      ) rows_of_day
      group by session_key, lesson_id
    ) v
  $sql$, run.run_id, run.cohort_id, school_day.starts_at, school_day.ends_at, run.as_of,
    (date_part('epoch', school_day.starts_at) * 1000)::bigint - 1577836800000);
  get diagnostics staged = row_count;
  return staged;
end
$$;

create function analytics.compute_day(cohort smallint, day date, as_of timestamptz, kind text default 'first') returns bigint
  language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  started timestamptz := clock_timestamp();
  ends_at timestamptz;
  published analytics.runs;
  run analytics.runs;
begin
  select d.ends_at into ends_at from edtech.school_days d where d.cohort_id = cohort and d.day = compute_day.day;
  if ends_at is null then
    raise exception 'cohort % has no school day %', cohort, day using errcode = 'no_data_found';
  end if;
  if as_of is null or as_of < ends_at or extract(epoch from as_of - ends_at)::numeric % 3600 <> 0 then
    raise exception 'as_of is %, it must be a whole number of hours after the end of the day, %', as_of, ends_at
      using errcode = 'invalid_parameter_value';
  end if;
  if not analytics.ready(cohort, day, as_of) then
    raise exception 'cohort % is not ready for % as of %: a watermark is short of it or ledger rows are not rolled up', cohort, day, as_of
      using errcode = 'object_not_in_prerequisite_state', hint = 'wait until analytics.ready(cohort, day, as_of) holds';
  end if;
  perform analytics.lock_day(cohort, day);
  select * into published from analytics.runs r where r.cohort_id = cohort and r.day = compute_day.day and r.status = 'published';
  if published.as_of > as_of then
    raise exception 'as_of is %, but % of cohort % is already published as of %', as_of, day, cohort, published.as_of
      using errcode = 'object_not_in_prerequisite_state';
  end if;
  with discarded as (
    update analytics.runs r set status = 'discarded'
    where r.cohort_id = cohort and r.day = compute_day.day and r.status in ('computed', 'checked', 'refused')
    returning r.run_id
  )
  delete from analytics_stage.views v using discarded where v.run_id = discarded.run_id;
  insert into analytics.runs (cohort_id, day, kind, as_of, started_at)
  values (cohort, day, kind, as_of, started) returning * into run;
  perform analytics.stage_views(run);
  update analytics.runs r set events = (select coalesce(sum(v.events), 0) from analytics_stage.views v where v.run_id = run.run_id)
  where r.run_id = run.run_id;
  perform analytics.note_timing(run.run_id, 'compute', started);
  return run.run_id;
end
$$;
grant execute on function analytics.compute_day(smallint, date, timestamptz, text) to edtech_analytics;
