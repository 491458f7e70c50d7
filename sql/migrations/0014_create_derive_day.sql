-- compatible_from: 0.1.0
-- The daily tables of a run from its staged views, definitions in docs/analytics.md. Called by publish_day, in its transaction.

create function analytics.derive_lessons(run analytics.runs) returns void
  language plpgsql set search_path = pg_catalog, pg_temp set enable_nestloop = off set work_mem = '64MB'
as $$
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

  -- A view counts in the buckets from its start (first views: from 0) to its furthest position: +1 where it begins, -1 after
  -- it ends, summed up along the lesson.
  insert into analytics.lesson_dropoff
  with views as materialized (
    select v.lesson_id, v.is_first, least(19, v.furthest_position * 20 / l.length_seconds) as furthest,
      v.start_position * 20 / l.length_seconds as start, v.pause_buckets, v.seek_back_buckets
    from analytics_stage.views v join edtech.lessons l using (lesson_id)
    where v.run_id = run.run_id
  ), marks as (
    select lesson_id, 0 as bucket, count(*) as first_reached, 0::bigint as repeat_reached, 0::bigint as pauses, 0::bigint as seeks_back
    from views where is_first group by lesson_id
    union all
    select lesson_id, furthest + 1, -count(*), 0, 0, 0 from views where is_first group by lesson_id, furthest
    union all
    select lesson_id, start, 0, count(*), 0, 0 from views where not is_first and start <= furthest group by lesson_id, start
    union all
    select lesson_id, furthest + 1, 0, -count(*), 0, 0 from views where not is_first and start <= furthest group by lesson_id, furthest
  ), events as (
    select lesson_id, b as bucket, count(*) as pauses, 0::bigint as seeks_back
    from views cross join lateral unnest(pause_buckets) b where pause_buckets is not null group by lesson_id, b
    union all
    select lesson_id, b, 0, count(*)
    from views cross join lateral unnest(seek_back_buckets) b where seek_back_buckets is not null group by lesson_id, b
  ), lessons as (
    select lesson_id from marks group by lesson_id union select lesson_id from events
  )
  select run.cohort_id, run.day, lesson_id, bucket,
    sum(coalesce(m.first_reached, 0)) over reached, sum(coalesce(m.repeat_reached, 0)) over reached, coalesce(e.pauses, 0), coalesce(e.seeks_back, 0)
  from lessons cross join generate_series(0, 19) bucket
    left join (
      select lesson_id, bucket, sum(first_reached) as first_reached, sum(repeat_reached) as repeat_reached from marks group by lesson_id, bucket
    ) m using (lesson_id, bucket)
    left join (
      select lesson_id, bucket, sum(pauses) as pauses, sum(seeks_back) as seeks_back from events group by lesson_id, bucket
    ) e using (lesson_id, bucket)
  window reached as (partition by lesson_id order by bucket)
  order by lesson_id, bucket;
end
$$;

create function analytics.derive_classrooms(run analytics.runs) returns void
  language plpgsql set search_path = pg_catalog, pg_temp set enable_nestloop = off set work_mem = '64MB'
as $$
declare
  school_day edtech.school_days;
begin
  select * into strict school_day from edtech.school_days d where d.cohort_id = run.cohort_id and d.day = run.day;
  with students as materialized (
    select student_id, student_id / 63 as classroom_id, sum(events) as events, sum(sessions) as sessions,
      count(*) filter (where is_first) as first_views, count(*) filter (where not is_first) as repeat_views, sum(completions) as completions,
      sum(abandons) as abandons, sum(buffered_views) as buffered_views, sum(watched_seconds)::bigint as watched_seconds,
      sum(stalled_ms) as stalled_ms, sum(startup_ms) as startup_ms, sum(late_events) as late_events, bool_or(session_id is not null) as active,
      sum(enrolments) as enrolments, sum(withdrawals) as withdrawals
    from analytics_stage.views where run_id = run.run_id
    group by student_id
  ), enrolled as (
    select classroom_id, count(*) as students from edtech.students
    where cohort_id = run.cohort_id and enrolled_at < school_day.ends_at and (unenrolled_at is null or unenrolled_at >= school_day.ends_at)
    group by classroom_id
  ), active as (
    select classroom_id, bit_or(1::bigint << student_id % 63) filter (where active) as active_mask, count(*) filter (where active) as active_students,
      sum(events) as events, sum(sessions) as sessions, sum(first_views) as first_views, sum(repeat_views) as repeat_views,
      sum(completions) as completions, sum(abandons) as abandons, sum(buffered_views) as buffered_views,
      sum(watched_seconds) as watched_seconds, sum(stalled_ms) as stalled_ms, sum(startup_ms) as startup_ms, sum(late_events) as late_events,
      percentile_disc(array[0.25, 0.5, 0.75]) within group (order by watched_seconds) filter (where active) as quartiles
    from students group by classroom_id
  ), classrooms as (
    insert into analytics.classroom_day
    select run.cohort_id, run.day, classroom_id, coalesce(active_mask, 0), coalesce(active_students, 0), coalesce(e.students, 0),
      coalesce(events, 0), coalesce(sessions, 0), coalesce(first_views, 0), coalesce(repeat_views, 0), coalesce(completions, 0),
      coalesce(abandons, 0), coalesce(buffered_views, 0), coalesce(watched_seconds, 0), coalesce(stalled_ms, 0), coalesce(startup_ms, 0),
      coalesce(late_events, 0), quartiles[1], quartiles[2], quartiles[3]
    from active full join enrolled e using (classroom_id)
    order by classroom_id
    returning *
  )
  insert into analytics.cohort_day
  select run.cohort_id, run.day, school_day.kind, coalesce(sum(c.enrolled_students), 0), coalesce(sum(c.active_students), 0),
    count(*) filter (where c.active_students > 0), s.enrolments, s.withdrawals, coalesce(sum(c.events), 0), coalesce(sum(c.sessions), 0),
    coalesce(sum(c.first_views), 0), coalesce(sum(c.repeat_views), 0), coalesce(sum(c.completions), 0), coalesce(sum(c.abandons), 0),
    coalesce(sum(c.buffered_views), 0), coalesce(sum(c.watched_seconds), 0), coalesce(sum(c.stalled_ms), 0), coalesce(sum(c.startup_ms), 0),
    coalesce(sum(c.late_events), 0), s.quartiles[1], s.quartiles[2], s.quartiles[3]
  from (
    select coalesce(sum(enrolments), 0) as enrolments, coalesce(sum(withdrawals), 0) as withdrawals,
      percentile_disc(array[0.25, 0.5, 0.75]) within group (order by watched_seconds) filter (where active) as quartiles
    from students
  ) s left join classrooms c on true
  group by s.enrolments, s.withdrawals, s.quartiles;
end
$$;

-- Written once every cohort that has this day is published, and again when one of them is restated.
create function analytics.derive_total(total_of date) returns boolean
  language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
  -- Two cohorts published at once would each miss the other.
  perform pg_advisory_xact_lock(hashtext('analytics.total'), total_of - date '2000-01-01');
  if exists (
    select from edtech.school_days d
    where d.day = total_of
      and not exists (select from analytics.runs r where r.cohort_id = d.cohort_id and r.day = d.day and r.status = 'published')
  ) then
    return false;
  end if;
  delete from analytics.total_day t where t.day = total_of;
  insert into analytics.total_day
  select total_of, count(*), sum(enrolled_students), sum(active_students), sum(active_classrooms), sum(enrolments), sum(withdrawals),
    sum(events), sum(sessions), sum(first_views), sum(repeat_views), sum(completions), sum(abandons), sum(buffered_views),
    sum(watched_seconds), sum(stalled_ms), sum(startup_ms), sum(late_events)
  from analytics.cohort_day c where c.day = total_of;
  return true;
end
$$;
