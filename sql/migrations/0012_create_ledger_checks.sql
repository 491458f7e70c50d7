-- compatible_from: 0.1.0
-- Data quality, continued: the ledger against what was received, and the roll-ups against the rows and each other.

-- Days whose ledger rows were pruned: what they counted.
create table ingest.pruned_batches (
  utc_day date primary key,
  batches bigint not null,
  events bigint not null,
  pruned_at timestamptz not null default clock_timestamp()
);
-- Rows that erasure took out of a day after the ledger had counted them.
create table ops.erased_events (
  utc_day date primary key,
  events bigint not null
);

-- The UTC days that the local day touches.
create function analytics.utc_days(run analytics.runs) returns setof date
  language sql stable
  begin atomic
    select generate_series((d.starts_at at time zone 'UTC')::date, ((d.ends_at - interval '1 microsecond') at time zone 'UTC')::date, '1 day')::date
    from edtech.school_days d where d.cohort_id = run.cohort_id and d.day = run.day;
  end;

-- Shards without a gap: the received intervals of the ledger, empty ones included, cover the day up to the cut. Masks are few,
-- so intervals are joined per mask before they are joined per shard.
create function analytics.check_missing_shards(run analytics.runs) returns analytics.check_result
  language sql stable set search_path = pg_catalog, pg_temp
  begin atomic
    with needed as materialized (
      -- Nothing is received before the day before the stream begins.
      select distinct s.student_id % 64 as shard, greatest(d.starts_at, ops.utc_start(v.first_day - 1)) as since
      from edtech.students s
        join edtech.school_days d on d.cohort_id = run.cohort_id and d.day = run.day
        cross join (select min(valid_from_day) as first_day from ingest.stream_versions) v
      where s.cohort_id = run.cohort_id and s.enrolled_at < d.ends_at and (s.unenrolled_at is null or s.unenrolled_at >= d.starts_at)
    ), covered as materialized (
      select b.shard_mask, range_agg(tstzrange(b.received_from, b.received_to, '(]')) as received
      from ingest.batches b
      where b.received_from < run.as_of and b.received_to > (select min(since) from needed)
      group by b.shard_mask
    ), gaps as (
      select n.shard, tstzmultirange(tstzrange(n.since, run.as_of, '(]')) - coalesce(c.received, '{}') as missing, h.watermark
      from needed n
        join ingest.shards h on h.shard = n.shard
        left join lateral (
          select range_agg(r.part) as received
          from covered c cross join lateral unnest(c.received) r (part)
          where (c.shard_mask >> n.shard) & 1 = 1
        ) c on true
    )
    select analytics.name_some(count(*), array_agg(
      case when g.watermark is null or g.watermark < run.as_of then format('shard %s has the watermark %s', g.shard, g.watermark)
      else format('shard %s received nothing in %s', g.shard, g.missing) end order by g.shard))
    from gaps g
    where coalesce(g.watermark < run.as_of, true)
      or (not isempty(g.missing) and not exists (
        select from ingest.pruned_batches p where p.utc_day >= run.day - 5
      ));
  end;

-- The ledger's sum of a UTC day, less what erasure took, is what the roll-ups counted. Ledger rows of one day and shard whose
-- received intervals overlap count rows twice; masks are few, so overlaps of different masks are found by their joined intervals.
create function analytics.check_doubled_batches(run analytics.runs) returns analytics.check_result
  language sql stable set search_path = pg_catalog, pg_temp
  begin atomic
    with ledger as materialized (
      select b.*, max(b.received_to) over earlier as covered_to, lag(b.batch_id) over earlier as previous_id
      from ingest.batches b
      where b.utc_day in (select analytics.utc_days(run))
      window earlier as (partition by b.utc_day, b.shard_mask order by b.received_from, b.batch_id
        rows between unbounded preceding and 1 preceding)
    ), sums as (
      select u.utc_day,
        coalesce((select sum(b.events) from ledger b where b.utc_day = u.utc_day and b.rolled_up_at is not null), 0)
          + coalesce((select p.events from ingest.pruned_batches p where p.utc_day = u.utc_day), 0)
          - coalesce((select e.events from ops.erased_events e where e.utc_day = u.utc_day), 0) as counted,
        coalesce((select sum(m.events) from analytics.minute m
          where m.minute >= ops.utc_start(u.utc_day) and m.minute < ops.utc_start(u.utc_day + 1)), 0) as rolled_up
      from analytics.utc_days(run) u (utc_day)
    ), masks as (
      select b.utc_day, b.shard_mask, range_agg(tstzrange(b.received_from, b.received_to, '(]')) as received
      from ledger b group by b.utc_day, b.shard_mask
    ), failures as (
      select abs(counted - rolled_up) as events, format('the ledger of %s counts %s events, the roll-ups %s', utc_day, counted, rolled_up) as name
      from sums where counted <> rolled_up
      union all
      select b.events, format('batches %s and %s of %s overlap', b.previous_id, b.batch_id, b.utc_day)
      from ledger b where b.received_from < b.covered_to
      union all
      select 1, format('shards %s received %s of %s twice', a.shard_mask & b.shard_mask, a.received * b.received, a.utc_day)
      from masks a join masks b on b.utc_day = a.utc_day and b.shard_mask > a.shard_mask
      where a.shard_mask & b.shard_mask <> 0 and a.received && b.received
    )
    select analytics.name_some(coalesce(sum(events), 0)::bigint, array_agg(name)) from failures;
  end;

-- student_day inside the cut against the staged rows, student by student: the link between the raw rows and all roll-ups.
create function analytics.check_student_roll_up(run analytics.runs) returns analytics.check_result
  language sql stable set search_path = pg_catalog, pg_temp set enable_nestloop = off
  begin atomic
    with raw as (
      select v.student_id, sum(v.events) as events, sum(v.sessions) as sessions, sum(v.starts) as views, sum(v.completions) as completions,
        sum(v.abandons) as abandons, sum(v.buffered_views) as buffered_views, sum(v.watched_seconds) as watched_seconds,
        sum(v.stalled_ms) as stalled_ms, bit_or(v.active_hours) as active_hours,
        min(v.first_event_id) >> 22 as first_ms, max(v.last_event_id) >> 22 as last_ms
      from analytics_stage.views v where v.run_id = run.run_id
      group by v.student_id
    ), rolled_up as (
      select s.student_id, sum(s.events) as events, sum(s.sessions) as sessions, sum(s.views) as views, sum(s.completions) as completions,
        sum(s.abandons) as abandons, sum(s.buffered_views) as buffered_views, sum(s.watched_seconds) as watched_seconds,
        sum(s.stalled_ms) as stalled_ms, bit_or(s.active_hours) as active_hours,
        analytics.first_event_id(min(s.first_event_at)) >> 22 as first_ms, analytics.first_event_id(max(s.last_event_at)) >> 22 as last_ms
      from analytics.student_day s
        join edtech.classrooms c on c.classroom_id = s.student_id / 63
        join edtech.school_days d on d.cohort_id = c.cohort_id and d.day = s.day
      where s.day = run.day and c.cohort_id = run.cohort_id
        and s.late_hours <= extract(epoch from run.as_of - d.ends_at)::bigint / 3600
      group by s.student_id
    )
    select analytics.name_some(count(*), array_agg(format('student_day of student %s is %s, its rows give %s', student_id, rolled_up, raw)))
    from raw full join rolled_up using (student_id)
    where (raw.events, raw.sessions, raw.views, raw.completions, raw.abandons, raw.buffered_views, raw.watched_seconds, raw.stalled_ms,
        raw.active_hours, raw.first_ms, raw.last_ms)
      is distinct from (rolled_up.events, rolled_up.sessions, rolled_up.views, rolled_up.completions, rolled_up.abandons,
        rolled_up.buffered_views, rolled_up.watched_seconds, rolled_up.stalled_ms, rolled_up.active_hours, rolled_up.first_ms, rolled_up.last_ms);
  end;
