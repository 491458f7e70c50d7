-- compatible_from: 0.1.0
-- What the backup repository holds, as its last run saw it. A backup that has expired keeps its row: sizes and times are history.
create table ops.backups (
  label text primary key,
  kind text not null check (kind in ('full', 'diff', 'incr')),
  started_at timestamptz not null,
  stopped_at timestamptz not null check (stopped_at >= started_at),
  database_bytes bigint not null check (database_bytes >= 0),
  repository_bytes bigint not null check (repository_bytes >= 0),
  wal_start text not null,
  wal_stop text not null,
  expired_at timestamptz
);

grant usage on schema ops to edtech_backup;
grant select, insert on ops.backups to edtech_backup;
grant update (expired_at) on ops.backups to edtech_backup;
grant select on ops.backups to edtech_dashboards_admin, edtech_monitor;

comment on table ops.backups is 'Backups that the repository holds or held, as the runs that made them saw it';
comment on column ops.backups.label is 'name of the backup in the repository';
comment on column ops.backups.kind is 'full, diff or incr; an incremental backup without an earlier full one is made a full one';
comment on column ops.backups.started_at is 'instant at which the backup began';
comment on column ops.backups.stopped_at is 'instant at which the backup was complete';
comment on column ops.backups.database_bytes is 'size in bytes of the whole cluster';
comment on column ops.backups.repository_bytes is 'size in bytes, compressed and encrypted, that this backup added to the repository';
comment on column ops.backups.wal_start is 'name of the first WAL segment that is needed to restore it';
comment on column ops.backups.wal_stop is 'name of the last WAL segment that is needed to restore it';
comment on column ops.backups.expired_at is 'instant at which a run found that retention had removed it; null while it can be restored';
