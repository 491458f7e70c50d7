-- compatible_from: 0.1.0
-- A day that is published again while an erasure has yet to make it again notes no differences either: its old figures count the student,
-- its new ones do not.

-- One row per metric that differs.
create or replace function analytics.note_restatement(run bigint, cohort smallint, day date, table_name text, before jsonb, after jsonb)
  returns integer
  language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
  noted integer;
begin
  -- By the run: the cohort of a total is null.
  insert into analytics.restatements (run_id, cohort_id, day, table_name, metric, old_value, new_value)
  select run, cohort, day, table_name, key, b.value::numeric, a.value::numeric
  from jsonb_each(before) b (key, value) join jsonb_each(after) a (key, value) using (key)
  where b.value <> a.value
    and not exists (select from analytics.runs r where r.run_id = run and r.kind = 'erasure')
    and not exists (select from analytics.runs r join ops.erasure_days e on e.cohort_id = r.cohort_id and e.day = r.day where r.run_id = run)
  order by key;
  get diagnostics noted = row_count;
  return noted;
end
$$;

-- What runs noted between the two steps of an erasure: those that began after a student of their cohort was erased, of days that the
-- erasure had not made again by then. Runs that began before were discarded.
delete from analytics.restatements n
using analytics.runs r
where r.run_id = n.run_id and exists (
  select from ops.forgotten_students f join edtech.classrooms c on c.classroom_id = f.student_id / 63
  where c.cohort_id = r.cohort_id and f.erased_at < r.started_at
    and not exists (
      select from analytics.runs e
      where e.cohort_id = r.cohort_id and e.day = r.day and e.kind = 'erasure' and e.status in ('published', 'superseded')
        and e.published_at > f.erased_at and e.run_id < r.run_id
    )
    and (
      exists (
        select from analytics.runs e
        where e.cohort_id = r.cohort_id and e.day = r.day and e.kind = 'erasure' and e.status in ('published', 'superseded')
          and e.run_id > r.run_id
      ) or exists (select from ops.erasure_days e where e.student_id = f.student_id and e.cohort_id = r.cohort_id and e.day = r.day)
    )
);
