-- compatible_from: 0.1.0
-- Runs of the daily analytics, what they restated, what the quality checks found, and who did what.

create table analytics.runs (
  run_id bigint generated always as identity primary key,
  cohort_id smallint not null references edtech.cohorts,
  day date not null,
  kind text not null check (kind in ('first', 'restatement', 'erasure')),
  as_of timestamptz not null,
  -- computed → checked | refused → published → superseded; discarded: another run of the day came before it was published.
  status text not null default 'computed'
    check (status in ('computed', 'checked', 'refused', 'published', 'superseded', 'discarded')),
  started_at timestamptz not null default clock_timestamp(),
  published_at timestamptz,
  events bigint not null default 0,
  failed_checks integer,
  checksum numeric,
  table_rows jsonb not null default '{}',
  timings_ms jsonb not null default '{}',
  foreign key (cohort_id, day) references edtech.school_days,
  check ((status in ('published', 'superseded')) = (published_at is not null and checksum is not null))
);
create unique index runs_published on analytics.runs (cohort_id, day) where status = 'published';
create index runs_by_day on analytics.runs (day, cohort_id);

create table analytics.restatements (
  restatement_id bigint generated always as identity primary key,
  run_id bigint not null references analytics.runs,
  restated_at timestamptz not null default clock_timestamp(),
  cohort_id smallint,
  day date not null,
  table_name text not null,
  metric text not null,
  old_value numeric,
  new_value numeric
);
create index restatements_by_day on analytics.restatements (day);

create table analytics.data_quality_results (
  run_id bigint not null references analytics.runs,
  check_name text not null,
  blocking boolean not null,
  failed_rows bigint not null,
  detail text,
  primary key (run_id, check_name),
  check ((failed_rows = 0) = (detail is null))
);

create table ops.audit (
  audit_id bigint generated always as identity primary key,
  at timestamptz not null default clock_timestamp(),
  -- The login that asked for it, not the owner of the function that did it.
  role name not null default session_user,
  action text not null check (action in ('publish', 'restate', 'refuse', 'verification', 'drop_partition', 'prune_ledger', 'hold', 'release', 'erase')),
  subject text not null,
  detail jsonb not null default '{}'
);

-- ALWAYS: neither the owner nor session_replication_role = replica gets around it; only a superuser who drops the trigger.
create trigger audit_append_only before update or delete or truncate on ops.audit
  for each statement execute function edtech.refuse_change();
alter table ops.audit enable always trigger audit_append_only;

-- Serialises the runs of one cohort and day, erasure included, until the transaction ends.
create function analytics.lock_day(cohort smallint, day date) returns void
  language sql volatile
  begin atomic
    select pg_advisory_xact_lock(hashtext('analytics.day'), (cohort::integer << 20) + (day - date '2000-01-01'));
  end;

create function analytics.note_timing(run bigint, step text, since timestamptz) returns void
  language sql volatile
  begin atomic
    update analytics.runs
    set timings_ms = timings_ms || jsonb_build_object(step, round(extract(epoch from clock_timestamp() - since) * 1000)::bigint)
    where run_id = run;
  end;

create function analytics.first_cut(cohort smallint, day date, allowance interval default '4 hours') returns timestamptz
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
  cut timestamptz;
begin
  if allowance is null or allowance < interval '0' or extract(epoch from allowance)::bigint % 3600 <> 0 then
    raise exception 'allowance is %, it must be a whole number of hours from 0', allowance using errcode = 'invalid_parameter_value';
  end if;
  select d.ends_at + allowance into cut from edtech.school_days d where d.cohort_id = cohort and d.day = first_cut.day;
  if cut is null then
    raise exception 'cohort % has no school day %', cohort, day using errcode = 'no_data_found';
  end if;
  return cut;
end
$$;

-- A shard without a watermark has received nothing: not ready.
create function analytics.ready(cohort smallint, day date, as_of timestamptz) returns boolean
  language sql stable security definer set search_path = pg_catalog, pg_temp
  begin atomic
    select exists (select from edtech.school_days d where d.cohort_id = cohort and d.day = ready.day and d.ends_at <= ready.as_of)
      and (select bool_and(coalesce(s.watermark >= ready.as_of, false)) from ingest.shards s)
      and not exists (
        select from ingest.batches b where b.rolled_up_at is null and b.events > 0 and b.received_from < ready.as_of
      );
  end;

-- A published day is due for the latest of its cuts (24, 48, 72 h after its end) that has passed, if rows of the day came in
-- between: student_day keeps the lateness of every row, so only days that really change are named.
create function analytics.due_restatements(now timestamptz) returns table (cohort_id smallint, day date, as_of timestamptz)
  language sql stable security definer set search_path = pg_catalog, pg_temp
  begin atomic
    select r.cohort_id, r.day, cut.as_of
    from analytics.runs r
      join edtech.school_days d on d.cohort_id = r.cohort_id and d.day = r.day
      cross join lateral (
        select max(d.ends_at + h * interval '1 hour') as as_of
        from unnest(array[24, 48, 72]) h
        where d.ends_at + h * interval '1 hour' <= due_restatements.now
      ) cut
    where r.status = 'published' and r.day >= (due_restatements.now at time zone 'UTC')::date - 400
      and cut.as_of > r.as_of
      and analytics.ready(r.cohort_id, r.day, cut.as_of)
      and exists (
        select from analytics.student_day s join edtech.classrooms c on c.classroom_id = s.student_id / 63
        where s.day = r.day and c.cohort_id = r.cohort_id
          and s.late_hours > extract(epoch from r.as_of - d.ends_at)::bigint / 3600
          and s.late_hours <= extract(epoch from cut.as_of - d.ends_at)::bigint / 3600
      )
    order by r.day, r.cohort_id;
  end;
grant execute on function analytics.first_cut(smallint, date, interval), analytics.ready(smallint, date, timestamptz),
  analytics.due_restatements(timestamptz) to edtech_analytics;
