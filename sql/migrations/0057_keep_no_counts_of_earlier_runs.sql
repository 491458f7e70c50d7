-- compatible_from: 0.1.0
-- Runs that were made with an erased student keep no counts: less those of the run without the student, they were what the student did.

-- By a trigger, since an erasure and each later run of a day discard runs. Nobody reads these counts.
create function analytics.clear_counts() returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
  new.events := 0;
  new.table_rows := '{}';
  return new;
end
$$;
create trigger discarded_runs_keep_no_counts before update on analytics.runs
  for each row when (new.status = 'discarded') execute function analytics.clear_counts();
alter table analytics.runs enable always trigger discarded_runs_keep_no_counts;

-- Makes one day again that erasures have left, for all of them at once, and says whether that is done. False: without the erased rows
-- the day fails its quality checks, whose results stand with the run. The day is left and readers keep the figures that they have, for
-- another call when the rows are repaired. Null: another session has done it.
create or replace function ops.finish_erasure_day(cohort smallint, day date) returns boolean
  language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  published analytics.runs;
  ids integer[];
  republish boolean;
  run bigint;
begin
  perform analytics.lock_day(cohort, day);
  select array_agg(e.student_id), bool_or(e.republish) into ids, republish
  from ops.erasure_days e where e.cohort_id = cohort and e.day = finish_erasure_day.day;
  if ids is null then
    return null;
  end if;
  if republish then
    select * into strict published from analytics.runs r
    where r.cohort_id = cohort and r.day = finish_erasure_day.day and r.status = 'published';
    run := analytics.compute_day(cohort, day, published.as_of, 'erasure');
    if analytics.check_day(run) > 0 then
      return false;
    end if;
    perform analytics.publish_day(run);
    update analytics.runs r set events = 0, table_rows = '{}'
    where r.cohort_id = cohort and r.day = finish_erasure_day.day and r.status = 'superseded';
  end if;
  perform analytics.compute_risk(r.run_id) from (
    select r.run_id from analytics.runs r
    where r.cohort_id = cohort and r.day = finish_erasure_day.day and r.kind = 'first' and r.status in ('published', 'superseded')
    order by r.run_id desc limit 1
  ) r;
  update ops.forgotten_students f set republished_days = f.republished_days + 1
  from ops.erasure_days e
  where e.cohort_id = cohort and e.day = finish_erasure_day.day and e.republish and f.student_id = e.student_id;
  delete from ops.erasure_days e where e.cohort_id = cohort and e.day = finish_erasure_day.day;
  perform ops.complete_erasures(ids);
  return true;
end
$$;

update analytics.runs r set events = 0, table_rows = '{}'
where r.status = 'discarded'
  or r.status = 'superseded' and exists (
    select from analytics.runs e
    where e.cohort_id = r.cohort_id and e.day = r.day and e.kind = 'erasure' and e.status in ('published', 'superseded') and e.run_id > r.run_id
  );

comment on column analytics.runs.events is
  'number of events inside the cut; 0 of discarded runs and of those that were superseded before an erasure had made the day again';
comment on column analytics.runs.table_rows is 'number of published rows by table; none where events are not kept';
