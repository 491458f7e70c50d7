-- compatible_from: 0.1.0
-- Erasure, continued: the function that does it, in one transaction.

-- The shard's row first: it ends the tick that may be writing the student's events and holds back the next one. Then the lock of
-- the roll-up, so that everything counted so far is subtracted and nothing is counted meanwhile.
create function ops.forget_student(id integer, reason text) returns ops.forgotten_students
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

grant select on ops.forgotten_students to edtech_simulator, edtech_analytics;
grant execute on function ops.forget_student(integer, text) to edtech_analytics;
