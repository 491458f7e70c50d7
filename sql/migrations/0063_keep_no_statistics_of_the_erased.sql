-- compatible_from: 0.1.0
-- The planner's statistics of students, which keep some of their names and addresses, are made again with each erasure: until so many
-- rows had changed that autovacuum made them, which may be months, they told who was erased.

-- Takes a student out: raw rows, roll-ups, rows per student, the student. All at once, so nobody reads a part of it. Sums of published
-- days, which name nobody, count the student until finish_erasure_day has made the day again; erasure_days says which days are left.
-- Refused while a legal hold covers a raw row of the student. Retention first, since it may count for a while; then the holds, so that one
-- under way is waited for before the ingest stands still; then the cohort: it waits for the runs under way and holds back the next ones.
-- Then the lock of the roll-up, which may be working off a backlog, so that everything counted so far is subtracted and nothing is counted
-- meanwhile. The shard's row last: it ends the tick that may be writing the student's events and holds back the next one.
create or replace function ops.forget_student(id integer, reason text) returns ops.forgotten_students
  language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  student edtech.students;
  receipt ops.forgotten_students;
  partition record;
  erased bigint;
  erased_days date[] := '{}';
  holds text;
  days date[];
  days_left integer;
begin
  if reason is null or length(reason) = 0 then
    raise exception 'the reason of an erasure must not be empty' using errcode = 'invalid_parameter_value';
  end if;
  perform ops.lock_retention();
  lock table ops.legal_holds in share mode;
  -- By the classroom: the student's own row may be in a tick that is not committed.
  perform pg_advisory_xact_lock(hashtext('analytics.erasure'), c.cohort_id) from edtech.classrooms c where c.classroom_id = id / 63;
  select * into receipt from ops.forgotten_students f where f.student_id = id;
  if found then
    return receipt;
  end if;
  perform pg_advisory_xact_lock(hashtext('analytics.roll_up'));
  -- What is pending is counted before the shard stands still, what its last tick brings after it.
  perform ops.roll_up_all();
  perform from ingest.shards s where s.shard = id % 64 for update;
  select * into student from edtech.students s where s.student_id = id;
  if not found then
    raise exception 'there is no student %', id using errcode = 'no_data_found';
  end if;
  perform ops.roll_up_all();

  delete from analytics_stage.erased;
  receipt := row(id, clock_timestamp(), reason, 0, null, 0, null)::ops.forgotten_students;
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
      erased_days := erased_days || partition.utc_day;
      insert into ops.erased_events as e (utc_day, events) values (partition.utc_day, erased)
      on conflict (utc_day) do update set events = e.events + excluded.events;
    end if;
  end loop;
  select string_agg(format('hold %s on %s to %s: %s', h.hold_id, h.first_day, h.last_day, h.reason), '; ' order by h.hold_id) into holds
  from ops.legal_holds h
  where h.released_at is null and exists (select from unnest(erased_days) d where d between h.first_day and h.last_day);
  if holds is not null then
    raise exception 'student % is not erased: raw rows of the student are under legal hold (%)', id, holds
      using errcode = 'object_not_in_prerequisite_state', hint = 'ops.release(hold) ends a hold';
  end if;

  perform ops.subtract_erased(id);
  delete from analytics_stage.erased;
  delete from analytics.student_day s where s.student_id = id;
  delete from analytics.lesson_views v where v.student_id = id;
  delete from analytics.student_lesson_day s where s.student_id = id;
  delete from analytics.at_risk r where r.student_id = id;
  update analytics.classroom_day c set active_mask = c.active_mask & ~(1::bigint << student.seat)
  where c.classroom_id = student.classroom_id and (c.active_mask >> student.seat) & 1 = 1;
  days := array(select d.day from edtech.school_days d where d.cohort_id = student.cohort_id and d.ends_at > student.enrolled_at);
  update analytics.classroom_window w set active_mask = w.active_mask & ~(1::bigint << student.seat)
  where w.cohort_id = student.cohort_id and w.day = any (days) and w.classroom_id = student.classroom_id
    and (w.active_mask >> student.seat) & 1 = 1;
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
  insert into ops.erasure_days (student_id, cohort_id, day, republish)
  select id, r.cohort_id, r.day,
    not exists (select from analytics.utc_days(r) u where u in (select p.utc_day from ops.dropped_partitions p))
  from analytics.runs r join edtech.school_days d on d.cohort_id = r.cohort_id and d.day = r.day
  where r.cohort_id = student.cohort_id and r.status = 'published' and d.ends_at > student.enrolled_at;
  get diagnostics days_left = row_count;
  insert into ops.audit (action, subject, detail)
  values ('erase', format('student %s', id), jsonb_build_object('raw_events', receipt.raw_events, 'days_left', days_left));
  perform ops.complete_erasures(array[id]);
  -- The planner's statistics keep names and addresses. Of what this transaction has deleted nothing is sampled, and an autovacuum gives way.
  analyze edtech.students (display_name, email);
  select * into receipt from ops.forgotten_students f where f.student_id = id;
  return receipt;
end
$$;

-- Earlier erasures.
analyze edtech.students (display_name, email);
