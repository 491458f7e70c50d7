-- compatible_from: 0.1.0
-- A day is not dropped if a row has, since verify, got a value that hashes like the one that belongs there: -1 for a null, milliseconds
-- of received_at taken for microseconds. ops.row_hash stays as it is, since dropped and verified days are recorded with it.

-- The sum leaves out rows that have what no event has and the row hash cannot tell from what belongs there, so it fits no verified day;
-- verify sums the same way (stored-events.ts). The hash codes a null as -1; as a bigint, 4294967295 hashes the same. Other columns are
-- looked at only where position_seconds is a null: a row that should have one and has not is seen by its hash.
-- EXECUTE: the partition is known when the statement is planned.
create or replace function ops.partition_checksum(utc_day date, out events bigint, out checksum numeric)
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  if ops.partition_of(utc_day) is null then
    raise exception 'no partition holds %', utc_day using errcode = 'undefined_table';
  end if;
  execute format(
    'select count(*), coalesce(sum(ops.row_hash(s)) filter (
       where coalesce(position_seconds, lesson_id, case when session_id in (-1, 4294967295) then -1 else 0 end) >= 0
         and received_at >= occurred_at), 0)
     from edtech.streaming_logs s where occurred_at >= %L and occurred_at < %L',
    ops.utc_start(utc_day), ops.utc_start(utc_day + 1)) into events, checksum;
end
$$;
