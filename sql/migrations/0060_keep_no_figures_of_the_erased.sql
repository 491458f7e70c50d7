-- compatible_from: 0.1.0
-- What was restated of a day, and how often the at-risk rule was right on it, are gone when an erasure has made the day again: less what
-- stands there since, they were what the student did, and whether the student was at risk.

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
    -- After publishing, which has waited for whoever noted the total of the day. The rows stay: that the day was restated is told to readers.
    update analytics.restatements n set old_value = null, new_value = null
    where n.day = finish_erasure_day.day and (n.cohort_id = cohort or n.table_name = 'total_day');
  end if;
  perform analytics.compute_risk(r.run_id) from (
    select r.run_id from analytics.runs r
    where r.cohort_id = cohort and r.day = finish_erasure_day.day and r.kind = 'first' and r.status in ('published', 'superseded')
    order by r.run_id desc limit 1
  ) r;
  delete from analytics.at_risk_outcome o where o.cohort_id = cohort and o.day = finish_erasure_day.day;
  update ops.forgotten_students f set republished_days = f.republished_days + 1
  from ops.erasure_days e
  where e.cohort_id = cohort and e.day = finish_erasure_day.day and e.republish and f.student_id = e.student_id;
  delete from ops.erasure_days e where e.cohort_id = cohort and e.day = finish_erasure_day.day;
  perform ops.complete_erasures(ids);
  return true;
end
$$;

-- Until the caller's transaction ends no student of the cohort is erased: whoever looks for erasures after this call misses none.
create or replace function analytics.record_outcome(
  cohort smallint, day date, true_positives integer, false_positives integer, true_negatives integer, false_negatives integer
) returns void
  language sql volatile security definer set search_path = pg_catalog, pg_temp
  begin atomic
    select analytics.share_cohort(cohort);
    insert into analytics.at_risk_outcome as o
    values (cohort, day, true_positives, false_positives, true_negatives, false_negatives)
    on conflict (cohort_id, day) do update set true_positives = excluded.true_positives, false_positives = excluded.false_positives,
      true_negatives = excluded.true_negatives, false_negatives = excluded.false_negatives, recorded_at = clock_timestamp();
  end;

-- Earlier erasures. Of the cohort, what was noted with runs before the last of them; of the total, all: the runs of other cohorts come
-- in between.
update analytics.restatements n set old_value = null, new_value = null
from analytics.runs e
where e.kind = 'erasure' and e.status in ('published', 'superseded') and e.day = n.day
  and (n.table_name = 'total_day' or e.cohort_id = n.cohort_id and e.run_id > n.run_id);
delete from analytics.at_risk_outcome o using ops.forgotten_students f, edtech.classrooms c
where c.classroom_id = f.student_id / 63 and c.cohort_id = o.cohort_id;

comment on column analytics.restatements.old_value is 'value before; null once an erasure has made the day again';
comment on column analytics.restatements.new_value is 'value since; null once an erasure has made the day again';
