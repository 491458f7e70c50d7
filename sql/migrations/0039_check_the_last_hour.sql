-- compatible_from: 0.1.0
-- The check of lesson_hour finds the rows after a cut within the last local hour of a day: it took them for a fault.

create or replace function analytics.check_lesson_roll_up(run analytics.runs) returns analytics.check_result
  language plpgsql stable set search_path = pg_catalog, pg_temp set enable_nestloop = off
as $$
declare
  school_day edtech.school_days;
  late text;
  after_cut text := 'select null::integer as lesson_id, 0 as events, 0 as views, 0 as completions, 0 as abandons, 0 as watched_seconds, 0 as stalled_ms where false';
  result analytics.check_result;
begin
  select * into strict school_day from edtech.school_days d where d.cohort_id = run.cohort_id and d.day = run.day;
  -- student_day says when the rows after the cut occurred: only these quarters of an hour are read. Rounded down, not towards zero:
  -- within the last hour of the day the rows after the cut have lateness 0.
  select string_agg(format('s.occurred_at >= %L and s.occurred_at < %L', lower(r.part), upper(r.part)), ' or ') into late
  from (
    select unnest(range_agg(tstzrange(date_bin('15 minutes', s.first_event_at, school_day.starts_at),
        date_bin('15 minutes', s.last_event_at, school_day.starts_at) + interval '15 minutes'))
      * tstzmultirange(tstzrange(school_day.starts_at, school_day.ends_at))) as part
    from analytics.student_day s join edtech.classrooms c on c.classroom_id = s.student_id / 63
    where s.day = run.day and c.cohort_id = run.cohort_id and s.late_hours > floor(extract(epoch from run.as_of - school_day.ends_at) / 3600)::bigint
  ) r;
  if late is not null then
    after_cut := format($sql$
      select s.lesson_id, count(*) as events, count(*) filter (where s.event_type = 'lesson_started') as views,
        count(*) filter (where s.event_type = 'lesson_completed') as completions, count(*) filter (where s.event_type = 'abandoned') as abandons,
        sum(s.watched_seconds) as watched_seconds, sum(s.stalled_ms) as stalled_ms
      from edtech.streaming_logs s join edtech.classrooms c on c.classroom_id = s.student_id / 63 and c.cohort_id = %s
      where (%s) and s.received_at > %L and s.lesson_id is not null
      group by s.lesson_id
    $sql$, run.cohort_id, late, run.as_of);
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
