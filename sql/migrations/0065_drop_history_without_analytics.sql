-- compatible_from: 0.1.0
-- History from before the analytics of its cohort is dropped like other days: nobody publishes it, so it was kept for good, whatever
-- retention had been told. Who wants it published later is refused by compute_day, which names the days whose rows are gone.

-- Why UTC days must be kept; a null reason if a day may go. Time is the stream's: the oldest watermark. The analytics of a cohort begin
-- with its first run, whatever came of it: a day before that waits for no publication, one since does, also if nobody has tried.
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
        and d.day >= coalesce((select min(r.day) from analytics.runs r where r.cohort_id = d.cohort_id), d.day)
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
