-- compatible_from: 0.1.0
-- What an erasure takes out of a day is not noted as a restatement: old less new value was what the student did on that day, and the
-- receipt says who it was.

-- One row per metric that differs.
create or replace function analytics.note_restatement(run bigint, cohort smallint, day date, table_name text, before jsonb, after jsonb)
  returns integer
  language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
  noted integer;
begin
  insert into analytics.restatements (run_id, cohort_id, day, table_name, metric, old_value, new_value)
  select run, cohort, day, table_name, key, b.value::numeric, a.value::numeric
  from jsonb_each(before) b (key, value) join jsonb_each(after) a (key, value) using (key)
  where b.value <> a.value and not exists (select from analytics.runs r where r.run_id = run and r.kind = 'erasure')
  order by key;
  get diagnostics noted = row_count;
  return noted;
end
$$;

delete from analytics.restatements n using analytics.runs r where r.run_id = n.run_id and r.kind = 'erasure';
