-- compatible_from: 0.1.0
-- A backfill that was interrupted is found by its ledger rows: nothing else may write until it is finished.

create index batches_of_backfills on ingest.batches (received_to) where kind = 'backfill';

-- A backfill writes ledger rows with whatever it commits and moves the watermarks, all at once, at its very end: a row ahead of
-- them tells how far one that is under way or was interrupted wants to go. Others that received the same events meanwhile would
-- find students and rows that stand there already.
create function ingest.unfinished_backfill() returns timestamptz
  language sql stable set search_path = pg_catalog, pg_temp
  begin atomic
    select max(b.received_to) from ingest.batches b
    where b.kind = 'backfill' and b.received_to > (select max(s.watermark) from ingest.shards s);
  end;
comment on function ingest.unfinished_backfill() is 'Instant up to which a backfill that is under way or was interrupted receives; null without one';
grant execute on function ingest.unfinished_backfill() to edtech_simulator;
