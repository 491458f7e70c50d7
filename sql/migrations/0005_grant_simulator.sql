-- compatible_from: 0.1.0
-- What the simulator may do: add rows, move its shards, read back what it wrote. It deletes and changes no fact.
grant usage on schema edtech, ingest, ops to edtech_simulator;

revoke execute on all functions in schema edtech, ingest, ops from public;
alter default privileges revoke execute on functions from public;
grant execute on all functions in schema edtech to public;

grant select on all tables in schema edtech to edtech_simulator;
grant insert on edtech.cohorts, edtech.classrooms, edtech.students, edtech.lessons, edtech.school_days, edtech.streaming_logs
  to edtech_simulator;
-- FOR KEY SHARE asks for the privilege to update any column.
grant update (unenrolled_at) on edtech.students to edtech_simulator;
grant update (lesson_id) on edtech.lessons to edtech_simulator;

grant select on all tables in schema ingest to edtech_simulator;
grant update (holder, epoch, lease_expires_at, watermark) on ingest.shards to edtech_simulator;
grant insert, update, delete on ingest.replicas to edtech_simulator;
grant insert (committed_at, replica, kind, shard_mask, received_from, received_to, utc_day, min_occurred_at, max_occurred_at, events)
  on ingest.batches to edtech_simulator;
grant insert on ingest.stream_versions, ingest.rejected to edtech_simulator;
grant select on ops.dropped_partitions to edtech_simulator;

grant execute on function
  ops.partition_name(date), ops.partition_of(date), ops.utc_start(date), ops.ensure_partitions(date, date),
  ops.hash_instant(timestamptz), ops.event_type_code(edtech.event_type), ops.device_code(edtech.device),
  ops.row_hash(edtech.streaming_logs), ops.partition_checksum(date),
  ingest.bulk_begin(date), ingest.bulk_finish(date), ingest.end_session(integer)
  to edtech_simulator;

-- The privilege on lessons exists for FOR KEY SHARE only. ALWAYS: session_replication_role = replica skips plain triggers.
create function edtech.refuse_change() returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
  raise exception '% of %.% is refused: its rows never change', tg_op, tg_table_schema, tg_table_name
    using errcode = 'insufficient_privilege';
end
$$;
create trigger lessons_never_change before update on edtech.lessons
  for each statement execute function edtech.refuse_change();
alter table edtech.lessons enable always trigger lessons_never_change;
