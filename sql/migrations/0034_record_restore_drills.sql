-- compatible_from: 0.1.0
-- What each drill found: whether the newest backup could be restored, started and verified, and how far it reached.
create table ops.restore_drills (
  drill_id bigint generated always as identity primary key,
  started_at timestamptz not null,
  finished_at timestamptz not null check (finished_at >= started_at),
  backup text,
  reached_at timestamptz,
  outcome text not null check (outcome in ('passed', 'failed')),
  failed_step text check (failed_step in ('restore', 'start', 'verify')),
  compared bigint check (compared >= 0),
  lost bigint check (lost >= 0),
  extra bigint check (extra >= 0),
  changed bigint check (changed >= 0),
  detail text,
  check ((outcome = 'failed') = (failed_step is not null)),
  check (outcome = 'failed' or (backup is not null and compared > 0 and lost = 0 and extra = 0 and changed = 0))
);

grant select, insert on ops.restore_drills to edtech_backup;
grant select on ops.restore_drills to edtech_dashboards_admin, edtech_monitor;

comment on table ops.restore_drills is 'Drills that restored the newest backup beside the database and verified it; the newest row is the last one';
comment on column ops.restore_drills.drill_id is 'number of the drill';
comment on column ops.restore_drills.started_at is 'instant at which the drill began';
comment on column ops.restore_drills.finished_at is 'instant at which its result was known';
comment on column ops.restore_drills.backup is 'name of the backup in the repository; null where none could be found';
comment on column ops.restore_drills.reached_at is 'instant of the last commit in what was restored; null where it never started or nothing was committed since the backup';
comment on column ops.restore_drills.outcome is 'passed or failed';
comment on column ops.restore_drills.failed_step is 'step that failed: restore, start or verify; null where it passed';
comment on column ops.restore_drills.compared is 'number of events compared; null where verify did not get that far';
comment on column ops.restore_drills.lost is 'number of rows that must be there and are not, dimensions included';
comment on column ops.restore_drills.extra is 'number of rows that are there and must not be, dimensions included';
comment on column ops.restore_drills.changed is 'number of rows with another value in some column, dimensions included';
comment on column ops.restore_drills.detail is 'what the step that failed said';
