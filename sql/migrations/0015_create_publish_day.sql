-- compatible_from: 0.1.0
-- Publishing replaces the rows of a cohort's day, notes what was restated, and says so in the audit: one transaction.

-- Rows and the sum of every count of a daily table: of a cohort's day, with cohort null of the platform's day. Keys, masks and
-- quartiles have no meaningful sum.
create function analytics.day_sums(table_name text, cohort smallint, day date) returns jsonb
  language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
declare
  sums text;
  result jsonb;
begin
  select string_agg(format(', %1$L, sum(%1$I)', a.attname), '' order by a.attnum) into sums
  from pg_attribute a
  where a.attrelid = format('analytics.%I', table_name)::regclass and a.attnum > 0 and not a.attisdropped
    and a.atttypid in ('integer'::regtype, 'bigint'::regtype) and a.attname !~ '(_id|_mask|_p25|_p50|_p75)$';
  execute format('select jsonb_build_object(''rows'', count(*)%s) from analytics.%I t where t.day = $1%s',
    sums, table_name, case when cohort is not null then format(' and t.cohort_id = %s', cohort) end)
  into result using day;
  return result;
end
$$;

-- One row per metric that differs.
create function analytics.note_restatement(run bigint, cohort smallint, day date, table_name text, before jsonb, after jsonb) returns integer
  language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
  noted integer;
begin
  insert into analytics.restatements (run_id, cohort_id, day, table_name, metric, old_value, new_value)
  select run, cohort, day, table_name, key, b.value::numeric, a.value::numeric
  from jsonb_each(before) b (key, value) join jsonb_each(after) a (key, value) using (key)
  where b.value <> a.value
  order by key;
  get diagnostics noted = row_count;
  return noted;
end
$$;

-- The sum of row hashes over all daily tables, so it depends on no order. The row of cohort_day goes in as text: an enum hashes
-- by its object id, which differs between databases.
create function analytics.day_checksum(cohort smallint, day date) returns numeric
  language plpgsql stable set search_path = pg_catalog, pg_temp set datestyle = 'ISO, YMD'
as $$
declare
  total numeric := 0;
  part numeric;
  table_name text;
  seed integer := 0;
begin
  foreach table_name in array array['student_lesson_day', 'lesson_day', 'lesson_dropoff', 'classroom_day'] loop
    seed := seed + 1;
    execute format('select coalesce(sum(hash_record_extended(t, %s)), 0) from analytics.%I t where t.cohort_id = $1 and t.day = $2', seed, table_name)
    into part using cohort, day;
    total := total + part;
  end loop;
  select coalesce(sum(hashtextextended(t::text, 5)), 0) into part from analytics.cohort_day t where t.cohort_id = cohort and t.day = day_checksum.day;
  return total + part;
end
$$;

create function analytics.publish_day(run bigint) returns numeric
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
        else 'it was superseded by a later run' end
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
  where r.run_id = run;
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
grant select on all tables in schema analytics to edtech_analytics;
grant execute on function analytics.publish_day(bigint) to edtech_analytics;
