-- compatible_from: 0.1.0
-- A day that was published without a row of some table can be restated: its sums there were null, which is no number, so the day was
-- refused each time, and retention kept it.

create or replace function analytics.day_sums(table_name text, cohort smallint, day date) returns jsonb
  language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
declare
  sums text;
  result jsonb;
begin
  -- Of no rows sum() is null.
  select string_agg(format(', %1$L, coalesce(sum(%1$I), 0)', a.attname), '' order by a.attnum) into sums
  from pg_attribute a
  where a.attrelid = format('analytics.%I', table_name)::regclass and a.attnum > 0 and not a.attisdropped
    and a.atttypid in ('integer'::regtype, 'bigint'::regtype) and a.attname !~ '(_id|_mask|_p25|_p50|_p75)$';
  execute format('select jsonb_build_object(''rows'', count(*)%s) from analytics.%I t where t.day = $1%s',
    sums, table_name, case when cohort is not null then format(' and t.cohort_id = %s', cohort) end)
  into result using day;
  return result;
end
$$;
