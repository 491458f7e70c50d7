-- compatible_from: 0.1.0
-- Data quality: each check counts the rows that break a rule and names some of them. Any failure blocks publishing.
-- A check returns one row: failed = 0 and no detail if all is well.

create type analytics.check_result as (failed bigint, detail text);

-- The first five of the names, for a detail that a person can read and look up.
create function analytics.name_some(failed bigint, names text[]) returns analytics.check_result
  language sql immutable
  return row(failed, case when failed > 0 then array_to_string(names[1:5], '; ') || case when failed > 5 then '; …' else '' end end)::analytics.check_result;

create function analytics.check_orphans(run analytics.runs) returns analytics.check_result
  language sql stable set search_path = pg_catalog, pg_temp
  begin atomic
    select analytics.name_some(coalesce(sum(o.events), 0)::bigint, array_agg(o.name))
    from (
      select sum(v.events) as events, format('student %s is unknown', v.student_id) as name
      from analytics_stage.views v
      where v.run_id = run.run_id and not exists (select from edtech.students s where s.student_id = v.student_id)
      group by v.student_id
      union all
      select sum(v.events), format('lesson %s of student %s is unknown', v.lesson_id, v.student_id)
      from analytics_stage.views v
      where v.run_id = run.run_id and v.lesson_id is not null
        and not exists (select from edtech.lessons l where l.lesson_id = v.lesson_id)
      group by v.lesson_id, v.student_id
      union all
      select sum(v.events), format('lesson %s is one of segment %s, student %s is in segment %s', v.lesson_id, l.segment, v.student_id, c.segment)
      from analytics_stage.views v
        join edtech.lessons l on l.lesson_id = v.lesson_id
        join edtech.classrooms c on c.classroom_id = v.student_id / 63
      where v.run_id = run.run_id and l.segment <> c.segment
      group by v.lesson_id, l.segment, v.student_id, c.segment
    ) o;
  end;

create function analytics.check_future_timestamps(run analytics.runs) returns analytics.check_result
  language sql stable set search_path = pg_catalog, pg_temp
  begin atomic
    select analytics.name_some(count(*), array_agg(format('event %s was received before it occurred or after the watermark of its shard', e.event_id)))
    from analytics_stage.views v cross join lateral unnest(v.bad_instants) e (event_id)
    where v.run_id = run.run_id and v.bad_instants is not null;
  end;

-- The student is compared in every row, the instant in the first and the last of each view: comparing it in all of them would
-- cost a tenth of the run, and verify does it.
create function analytics.check_event_ids(run analytics.runs) returns analytics.check_result
  language sql stable set search_path = pg_catalog, pg_temp
  begin atomic
    select analytics.name_some(count(*), array_agg(format('event id %s does not follow from its instant and student', b.event_id)))
    from (
      select e.event_id from analytics_stage.views v cross join lateral unnest(v.bad_ids) e (event_id)
      where v.run_id = run.run_id and v.bad_ids is not null
      union
      select v.first_event_id from analytics_stage.views v
      where v.run_id = run.run_id and v.first_event_id >> 22 <> analytics.first_event_id(v.first_occurred_at) >> 22
      union
      select v.last_event_id from analytics_stage.views v
      where v.run_id = run.run_id and v.last_event_id >> 22 <> analytics.first_event_id(v.last_occurred_at) >> 22
    ) b;
  end;

create function analytics.check_impossible_positions(run analytics.runs) returns analytics.check_result
  language sql stable set search_path = pg_catalog, pg_temp
  begin atomic
    select analytics.name_some(count(*), array_agg(b.name))
    from (
      select format('position of event %s is outside the lesson', e.event_id) as name
      from analytics_stage.views v cross join lateral unnest(v.bad_positions) e (event_id)
      where v.run_id = run.run_id and v.bad_positions is not null
      union all
      select format('event %s watched more than twice the time since the previous event', e.event_id)
      from analytics_stage.views v cross join lateral unnest(v.bad_watched) e (event_id)
      where v.run_id = run.run_id and v.bad_watched is not null
      union all
      select format('event %s completed a lesson of %s s at %s s, short of 95 %%', v.completed_event_id, l.length_seconds, v.furthest_position)
      from analytics_stage.views v join edtech.lessons l on l.lesson_id = v.lesson_id
      where v.run_id = run.run_id and v.completions > 0 and v.furthest_position::bigint * 100 < l.length_seconds::bigint * 95
    ) b;
  end;

-- Prompt events arrive out of order by up to two minutes, so what began less than that before the cut is not judged by what is
-- missing before it. A session or view that began before the day has its start among the rows of the day before.
create function analytics.check_broken_sequences(run analytics.runs) returns analytics.check_result
  language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
declare
  starts_at timestamptz;
  day_starts_ms bigint;
  judged_until_ms bigint := (date_part('epoch', run.as_of) * 1000)::bigint - 1577836800000 - 120000;
  result analytics.check_result;
begin
  select d.starts_at into strict starts_at from edtech.school_days d where d.cohort_id = run.cohort_id and d.day = run.day;
  day_starts_ms := (date_part('epoch', starts_at) * 1000)::bigint - 1577836800000;
  with sessions as materialized (
    select v.session_id, sum(v.sessions) as starts, min(v.first_event_id) as first_event_id, max(v.last_event_id) as last_event_id,
      min(v.session_end_event_id) as session_end_event_id, sum(v.session_ends) as session_ends,
      min(v.first_event_id) filter (where v.sessions > 0) as start_event_id
    from analytics_stage.views v
    where v.run_id = run.run_id and v.session_id is not null
    group by v.session_id
  ), broken as (
    select format('session %s has no start', s.session_id) as name
    from sessions s
    where s.starts = 0 and s.first_event_id >> 22 <= judged_until_ms
      and (s.session_id >> 22 >= day_starts_ms or (
        ops.partition_of((timestamp '2020-01-01' + (s.session_id >> 22) * interval '1 millisecond')::date) is not null
        and not exists (
          select from edtech.streaming_logs e
          where e.event_id = s.session_id and e.event_type = 'session_started'
            and e.occurred_at = timestamptz '2020-01-01 00:00Z' + (s.session_id >> 22) * interval '1 millisecond'
        )))
    union all
    select format('session %s starts %s times', s.session_id, s.starts) from sessions s where s.starts > 1
    union all
    select format('session %s starts with event %s', s.session_id, s.start_event_id) from sessions s
    where s.starts > 0 and s.start_event_id <> s.session_id
    union all
    select format('session %s goes on after its end', s.session_id) from sessions s
    where s.last_event_id > s.session_end_event_id or s.session_ends > 1
    union all
    select format('lesson %s starts %s times in session %s', v.lesson_id, v.starts, v.session_id)
    from analytics_stage.views v where v.run_id = run.run_id and v.starts > 1
    union all
    select format('view of lesson %s in session %s has no start', v.lesson_id, v.session_id)
    from analytics_stage.views v
    where v.run_id = run.run_id and v.lesson_id is not null and v.starts = 0
      and v.session_id >> 22 >= day_starts_ms and v.first_event_id >> 22 <= judged_until_ms
    union all
    select format('view of lesson %s in session %s has an event before its start', v.lesson_id, v.session_id)
    from analytics_stage.views v where v.run_id = run.run_id and v.first_event_id < v.started_event_id
    union all
    select format('view of lesson %s in session %s ends %s times', v.lesson_id, v.session_id, v.completions + v.abandons)
    from analytics_stage.views v where v.run_id = run.run_id and v.completions + v.abandons > 1
  )
  select (analytics.name_some(count(*), array_agg(name))).* into result from broken;
  return result;
end
$$;
