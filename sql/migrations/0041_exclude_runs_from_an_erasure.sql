-- compatible_from: 0.1.0
-- An erasure and the runs of its cohort exclude each other, and it removes what the checks said about the student.

-- Until the transaction ends. The lock before every other one, so nobody waits for it who holds what an erasure needs.
create function analytics.share_cohort(cohort smallint) returns void
  language sql volatile
  begin atomic
    select pg_advisory_xact_lock_shared(hashtext('analytics.erasure'), cohort);
  end;

-- Serialises the runs of one cohort and day until the transaction ends. An erasure is alone with its cohort: a run reads all of its
-- rows before it or all after it, also a run of a day that is not published yet.
create or replace function analytics.lock_day(cohort smallint, day date) returns void
  language sql volatile
  begin atomic
    select analytics.share_cohort(cohort);
    select pg_advisory_xact_lock(hashtext('analytics.day'), (cohort::integer << 20) + (day - date '2000-01-01'));
  end;

create or replace function analytics.check_day(run bigint) returns integer
  language plpgsql security definer set search_path = pg_catalog, pg_temp set work_mem = '64MB'
as $$
declare
  started timestamptz := clock_timestamp();
  checked analytics.runs;
  name text;
  result analytics.check_result;
  failed integer := 0;
begin
  select * into checked from analytics.runs r where r.run_id = run;
  if not found then
    raise exception 'there is no run %', run using errcode = 'no_data_found';
  end if;
  perform analytics.lock_day(checked.cohort_id, checked.day);
  select * into checked from analytics.runs r where r.run_id = run;
  if checked.status not in ('computed', 'checked', 'refused') then
    raise exception 'run % is %, only a run that is computed and not published can be checked', run, checked.status
      using errcode = 'object_not_in_prerequisite_state';
  end if;
  if checked.events > 0 and not exists (select from analytics_stage.views v where v.run_id = run) then
    raise exception 'the staged rows of run % are gone, a crash empties them: compute the day again', run
      using errcode = 'object_not_in_prerequisite_state';
  end if;
  delete from analytics.data_quality_results q where q.run_id = run;
  foreach name in array analytics.check_names() loop
    execute format('select c.* from analytics.%I($1) c', 'check_' || name) into result using checked;
    insert into analytics.data_quality_results (run_id, check_name, blocking, failed_rows, detail)
    values (run, name, true, result.failed, result.detail);
    failed := failed + (result.failed > 0)::integer;
  end loop;
  update analytics.runs r set status = case failed when 0 then 'checked' else 'refused' end, failed_checks = failed
  where r.run_id = run and r.status in ('computed', 'checked', 'refused');
  if not found then
    raise exception 'run % was discarded while it was checked', run using errcode = 'object_not_in_prerequisite_state';
  end if;
  if failed > 0 then
    insert into ops.audit (action, subject, detail)
    values ('refuse', format('cohort %s, %s', checked.cohort_id, checked.day), jsonb_build_object('run_id', run, 'failed_checks', failed));
  end if;
  perform analytics.note_timing(run, 'check', started);
  return failed;
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

create or replace function analytics.check_open_day(cohort smallint, day date, as_of timestamptz) returns integer
  language plpgsql security definer set search_path = pg_catalog, pg_temp set work_mem = '64MB'
as $$
declare
  checked analytics.runs;
  ends_at timestamptz;
  name text;
  result analytics.check_result;
  failed integer := 0;
begin
  select d.ends_at into ends_at from edtech.school_days d
  where d.cohort_id = cohort and d.day = check_open_day.day and d.starts_at < check_open_day.as_of;
  if ends_at is null then
    raise exception 'cohort % has no school day % that has begun at %', cohort, day, as_of using errcode = 'no_data_found';
  end if;
  perform analytics.share_cohort(cohort);
  checked.run_id := -((cohort::bigint << 20) + (day - date '2000-01-01'));
  checked.cohort_id := cohort;
  checked.day := day;
  checked.as_of := as_of;
  perform pg_advisory_xact_lock(hashtext('analytics.open_day'), checked.run_id::integer);
  perform analytics.stage_views(checked);
  foreach name in array analytics.check_names() loop
    -- student_day tells rows apart by whole hours of lateness: within the day it cannot be cut at an instant.
    continue when name = 'student_roll_up' and as_of < ends_at;
    execute format('select c.* from analytics.%I($1) c', 'check_' || name) into result using checked;
    insert into analytics.open_day_checks as c (cohort_id, day, check_name, as_of, failed_rows, detail, failing_since)
    values (cohort, day, name, as_of, result.failed, result.detail, case when result.failed > 0 then clock_timestamp() end)
    on conflict on constraint open_day_checks_pkey do update
    set as_of = excluded.as_of, checked_at = excluded.checked_at, failed_rows = excluded.failed_rows, detail = excluded.detail,
      failing_since = case when excluded.failed_rows > 0 then coalesce(c.failing_since, excluded.failing_since) end;
    failed := failed + (result.failed > 0)::integer;
  end loop;
  delete from analytics_stage.views v where v.run_id = checked.run_id;
  return failed;
end
$$;

-- The cohort first: it waits for the runs under way and holds back the next ones. Then the shard's row: it ends the tick that may be
-- writing the student's events and holds back the next one. Then the lock of the roll-up, so that everything counted so far is
-- subtracted and nothing is counted meanwhile.
create or replace function ops.forget_student(id integer, reason text) returns ops.forgotten_students
  language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  student edtech.students;
  receipt ops.forgotten_students;
  partition record;
  rolled_up record;
  affected record;
  run bigint;
  erased bigint;
begin
  if reason is null or length(reason) = 0 then
    raise exception 'the reason of an erasure must not be empty' using errcode = 'invalid_parameter_value';
  end if;
  -- By the classroom: the student's own row may be in a tick that is not committed.
  perform pg_advisory_xact_lock(hashtext('analytics.erasure'), c.cohort_id) from edtech.classrooms c where c.classroom_id = id / 63;
  select * into receipt from ops.forgotten_students f where f.student_id = id;
  if found then
    return receipt;
  end if;
  perform from ingest.shards s where s.shard = id % 64 for update;
  perform pg_advisory_xact_lock(hashtext('analytics.roll_up'));
  select * into student from edtech.students s where s.student_id = id;
  if not found then
    raise exception 'there is no student %', id using errcode = 'no_data_found';
  end if;
  loop
    select * into rolled_up from analytics.roll_up();
    exit when rolled_up.batches = 0;
  end loop;

  delete from analytics_stage.erased;
  receipt := row(id, clock_timestamp(), reason, 0, null, 0)::ops.forgotten_students;
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
  update analytics.classroom_window w set active_mask = w.active_mask & ~(1::bigint << student.seat)
  where w.classroom_id = student.classroom_id and (w.active_mask >> student.seat) & 1 = 1;
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
  for affected in
    select r.cohort_id, r.day, r.as_of,
      not exists (select from analytics.utc_days(r) u where u in (select p.utc_day from ops.dropped_partitions p)) as held
    from analytics.runs r join edtech.school_days d on d.cohort_id = r.cohort_id and d.day = r.day
    where r.cohort_id = student.cohort_id and r.status = 'published' and d.ends_at > student.enrolled_at
    order by r.day
  loop
    if affected.held then
      run := analytics.compute_day(affected.cohort_id, affected.day, affected.as_of, 'erasure');
      if analytics.check_day(run) > 0 then
        raise exception 'student % is not erased: without the rows of the student, % of cohort % fails its quality checks', id, affected.day, affected.cohort_id
          using errcode = 'data_exception', detail = (
            select string_agg(format('%s: %s', q.check_name, q.detail), e'\n') from analytics.data_quality_results q where q.run_id = run and q.failed_rows > 0);
      end if;
      perform analytics.publish_day(run);
      receipt.republished_days := receipt.republished_days + 1;
    end if;
    perform analytics.compute_risk(r.run_id) from analytics.runs r
    where r.cohort_id = affected.cohort_id and r.day = affected.day and r.kind = 'first' and r.status in ('published', 'superseded')
    order by r.run_id desc limit 1;
  end loop;
  update ops.forgotten_students f set republished_days = receipt.republished_days where f.student_id = id;
  insert into ops.audit (action, subject, detail)
  values ('erase', format('student %s', id), jsonb_build_object('raw_events', receipt.raw_events, 'republished_days', receipt.republished_days));
  return receipt;
end
$$;
