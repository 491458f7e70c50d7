-- compatible_from: 0.1.0
-- Retention keeps a day whose restatement is owed, also while it cannot be made: a pending ledger row of any other day let it drop the
-- rows. And a day whose rows are gone is due no more: it was refused every hour.

-- Published days that do not tell yet of all rows received by the latest of their cuts (24, 48, 72 h after their end) that has passed:
-- student_day keeps the lateness of every row, so only days that really change are named. Not those of which retention has dropped rows.
create function analytics.outdated_days(now timestamptz) returns table (cohort_id smallint, day date, as_of timestamptz)
  language sql stable security definer set search_path = pg_catalog, pg_temp
  begin atomic
    select r.cohort_id, r.day, cut.as_of
    from analytics.runs r
      join edtech.school_days d on d.cohort_id = r.cohort_id and d.day = r.day
      cross join lateral (
        select max(d.ends_at + h * interval '1 hour') as as_of
        from unnest(array[24, 48, 72]) h
        where d.ends_at + h * interval '1 hour' <= outdated_days.now
      ) cut
    where r.status = 'published' and r.day >= (outdated_days.now at time zone 'UTC')::date - 400
      and cut.as_of > r.as_of
      and exists (
        select from analytics.student_day s join edtech.classrooms c on c.classroom_id = s.student_id / 63
        where s.day = r.day and c.cohort_id = r.cohort_id
          and s.late_hours > extract(epoch from r.as_of - d.ends_at)::bigint / 3600
          and s.late_hours <= extract(epoch from cut.as_of - d.ends_at)::bigint / 3600
      )
      and not exists (select from analytics.utc_days(r) u join ops.dropped_partitions p on p.utc_day = u);
  end;

-- Of these, the days that can be restated now.
create or replace function analytics.due_restatements(now timestamptz) returns table (cohort_id smallint, day date, as_of timestamptz)
  language sql stable security definer set search_path = pg_catalog, pg_temp
  begin atomic
    select o.cohort_id, o.day, o.as_of from analytics.outdated_days(due_restatements.now) o
    where analytics.ready(o.cohort_id, o.day, o.as_of)
    order by o.day, o.cohort_id;
  end;

-- Why UTC days must be kept; a null reason if a day may go. Time is the stream's: the oldest watermark.
create or replace function ops.keep_reasons(days date[]) returns table (utc_day date, reason text)
  language sql stable
  begin atomic
    with asked as (
      select distinct d as day from unnest(keep_reasons.days) d
    ), local_days as materialized (
      select a.day as asked, d.* from asked a
        join edtech.school_days d on d.starts_at < ops.utc_start(a.day + 1) and d.ends_at > ops.utc_start(a.day)
      where d.day >= (select min(v.valid_from_day) from ingest.stream_versions v)
    ), stream as (
      select min(coalesce(s.watermark, '-infinity')) as watermark from ingest.shards s
    ), outdated as materialized (
      select o.cohort_id, o.day from analytics.outdated_days((select watermark from stream)) o
    ), reasons (day, place, reason) as (
      select a.day, 1, (array_agg(format('legal hold %s: %s', h.hold_id, h.reason) order by h.hold_id))[1]
      from asked a join ops.legal_holds h on a.day between h.first_day and h.last_day and h.released_at is null
      group by a.day
      union all
      select d.asked, 2, format('%s of cohort %s is not published', min(d.day), min(d.cohort_id)) from local_days d
      where not exists (select from analytics.runs r where r.cohort_id = d.cohort_id and r.day = d.day and r.status = 'published')
      group by d.asked
      union all
      select a.day, 2, 'no school day of the stream covers it' from asked a
      where not exists (select from local_days d where d.asked = a.day)
      union all
      select d.asked, 3, format('late events can arrive until %s', max(d.ends_at) + interval '72 hours') from local_days d
      group by d.asked
      having max(d.ends_at) + interval '72 hours' > (select watermark from stream)
      union all
      select d.asked, 4, format('a restatement of %s is due', min(d.day)) from local_days d join outdated using (cohort_id, day)
      group by d.asked
      union all
      select d.asked, 5, format('an erasure has yet to make %s again', min(d.day)) from local_days d
      where exists (select from ops.erasure_days e where e.cohort_id = d.cohort_id and e.day = d.day and e.republish)
      group by d.asked
      union all
      select b.utc_day, 6, format('%s ledger rows are not rolled up', count(*)) from ingest.batches b
      where b.rolled_up_at is null and b.utc_day = any (keep_reasons.days)
      group by b.utc_day
      union all
      select a.day, 7, 'verify has not proven it' from asked a
      where not exists (select from ops.verifications v where v.utc_day = a.day and v.ok)
    )
    select distinct on (a.day) a.day, r.reason from asked a left join reasons r on r.day = a.day order by a.day, r.place;
  end;
