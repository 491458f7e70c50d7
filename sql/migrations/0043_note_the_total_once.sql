-- compatible_from: 0.1.0
-- Two cohorts that are published at once note the change of the platform's total once.

-- Serialises the totals of one day until the transaction ends.
create function analytics.lock_total(day date) returns void
  language sql volatile
  begin atomic
    select pg_advisory_xact_lock(hashtext('analytics.total'), day - date '2000-01-01');
  end;

-- Written once every cohort that has this day is published, and again when one of them is restated.
create or replace function analytics.derive_total(total_of date) returns boolean
  language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
  -- Two cohorts published at once would each miss the other.
  perform analytics.lock_total(total_of);
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

create or replace function analytics.publish_day(run bigint) returns numeric
  language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  daily_tables constant text[] := array['student_lesson_day', 'lesson_day', 'lesson_dropoff', 'classroom_day', 'cohort_day'];
  started timestamptz := clock_timestamp();
  checked analytics.runs;
  previous bigint;
  before jsonb := '{}';
  after jsonb := '{}';
  total_before jsonb;
  restated integer := 0;
  table_name text;
  result numeric;
begin
  select * into checked from analytics.runs r where r.run_id = run;
  if not found then
    raise exception 'there is no run %', run using errcode = 'no_data_found';
  end if;
  perform analytics.lock_day(checked.cohort_id, checked.day);
  select * into checked from analytics.runs r where r.run_id = run;
  if checked.status = 'published' then
    return checked.checksum;
  elsif checked.status <> 'checked' then
    raise exception 'run % of cohort %, % is %: %', run, checked.cohort_id, checked.day, checked.status,
      case checked.status when 'computed' then 'its quality checks have not run'
        when 'refused' then format('%s of its quality checks failed, see analytics.data_quality_results', checked.failed_checks)
        else 'it was superseded by a later run or an erasure' end
      using errcode = 'object_not_in_prerequisite_state';
  end if;
  if checked.events > 0 and not exists (select from analytics_stage.views v where v.run_id = run) then
    raise exception 'the staged rows of run % are gone, a crash empties them: compute the day again', run
      using errcode = 'object_not_in_prerequisite_state';
  end if;

  select r.run_id into previous from analytics.runs r
  where r.cohort_id = checked.cohort_id and r.day = checked.day and r.status = 'published';
  foreach table_name in array daily_tables loop
    if previous is not null then
      before := before || jsonb_build_object(table_name, analytics.day_sums(table_name, checked.cohort_id, checked.day));
    end if;
    execute format('delete from analytics.%I t where t.cohort_id = $1 and t.day = $2', table_name) using checked.cohort_id, checked.day;
  end loop;
  perform analytics.derive_lessons(checked);
  perform analytics.derive_classrooms(checked);
  foreach table_name in array daily_tables loop
    after := after || jsonb_build_object(table_name, analytics.day_sums(table_name, checked.cohort_id, checked.day));
    if previous is not null then
      restated := restated + analytics.note_restatement(run, checked.cohort_id, checked.day, table_name, before -> table_name, after -> table_name);
    end if;
  end loop;

  result := analytics.day_checksum(checked.cohort_id, checked.day);
  update analytics.runs r set status = 'superseded' where r.run_id = previous;
  update analytics.runs r
  set status = 'published', published_at = clock_timestamp(), checksum = result,
    table_rows = (select jsonb_object_agg(key, value -> 'rows') from jsonb_each(after))
  where r.run_id = run and r.status = 'checked';
  if not found then
    raise exception 'run % was discarded while it was published', run using errcode = 'object_not_in_prerequisite_state';
  end if;
  delete from analytics_stage.views v where v.run_id = run;

  -- Before the total is read: of two cohorts at once, each would note the change of both. Statements after the wait see what was
  -- committed meanwhile.
  perform analytics.lock_total(checked.day);
  total_before := analytics.day_sums('total_day', null, checked.day);
  if analytics.derive_total(checked.day) and total_before ->> 'rows' <> '0' then
    restated := restated + analytics.note_restatement(run, null, checked.day, 'total_day', total_before, analytics.day_sums('total_day', null, checked.day));
  end if;
  insert into ops.audit (action, subject, detail)
  values (case when previous is null then 'publish' else 'restate' end, format('cohort %s, %s', checked.cohort_id, checked.day),
    jsonb_build_object('run_id', run, 'kind', checked.kind, 'as_of', checked.as_of, 'checksum', result, 'restated_metrics', restated));
  perform analytics.note_timing(run, 'publish', started);
  return result;
end
$$;
