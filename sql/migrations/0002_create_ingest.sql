-- compatible_from: 0.1.0
-- Who writes what: shards with leases and watermarks, the ledger, the stream's versions.
create schema ingest;

create table ingest.shards (
  shard smallint primary key check (shard between 0 and 63),
  holder text,
  epoch bigint not null default 0,
  lease_expires_at timestamptz,
  watermark timestamptz
) with (fillfactor = 50);
insert into ingest.shards (shard) select generate_series(0, 63);

create table ingest.replicas (
  replica text primary key,
  seen_at timestamptz not null
);

create table ingest.batches (
  batch_id bigint generated always as identity primary key,
  committed_at timestamptz not null default clock_timestamp(),
  replica text not null,
  kind text not null check (kind in ('live', 'backfill')),
  shard_mask bigint not null,
  received_from timestamptz not null,
  received_to timestamptz not null,
  utc_day date,
  min_occurred_at timestamptz,
  max_occurred_at timestamptz,
  events bigint not null check (events >= 0),
  rolled_up_at timestamptz,
  check (received_from < received_to),
  check ((events = 0) = (utc_day is null) and (events = 0) = (min_occurred_at is null) and (events = 0) = (max_occurred_at is null))
);
create index batches_pending on ingest.batches (batch_id) where rolled_up_at is null;
create index batches_by_day on ingest.batches (utc_day, batch_id);

create table ingest.stream_versions (
  valid_from_day date primary key,
  model_version text not null,
  seed bigint not null,
  config jsonb not null,
  config_hash text not null
);

create table ingest.rejected (
  rejected_at timestamptz not null default clock_timestamp(),
  utc_day date not null,
  events bigint not null check (events > 0),
  reason text not null
);
