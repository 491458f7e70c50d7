-- compatible_from: 0.1.0
-- The days that an erasure has left are made again one by one.

-- Makes one day again that erasures have left, for all of them at once, and says whether that is done. False: without the erased rows
-- the day fails its quality checks, whose results stand with the run. The day is left and readers keep the figures that they have, for
-- another call when the rows are repaired. Null: another session has done it.
create function ops.finish_erasure_day(cohort smallint, day date) returns boolean
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

-- Makes all days again that erasures have left, the newest first, each in a transaction of its own: whoever is interrupted calls it
-- again. A procedure that commits runs with the rights and the search path of its caller, so it names schemas and does nothing itself.
create procedure ops.finish_erasures()
  language plpgsql
as $$
declare
  days_left record;
  refused integer := 0;
begin
  for days_left in select distinct e.cohort_id, e.day from ops.erasure_days e order by e.day desc, e.cohort_id loop
    if not ops.finish_erasure_day(days_left.cohort_id, days_left.day) then
      refused := refused + 1;
    end if;
    commit;
  end loop;
  if refused > 0 then
    raise exception '% days still count an erased student: their rows fail the quality checks', refused
      using errcode = 'data_exception', hint = 'ops.erasure_days names the days, analytics.data_quality_results what is wrong with their rows';
  end if;
end
$$;

grant execute on function ops.finish_erasure_day(smallint, date) to edtech_analytics;
grant execute on procedure ops.finish_erasures() to edtech_analytics;
