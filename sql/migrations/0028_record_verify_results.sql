-- compatible_from: 0.1.0
-- What each recorded run of verify found: the newest row tells whether anything was lost, extra or changed when it was last looked.
create table ops.verify_results (
  verify_id bigint generated always as identity primary key,
  verified_at timestamptz not null default clock_timestamp(),
  first_day date not null,
  last_day date not null check (last_day >= first_day),
  compared bigint not null check (compared >= 0),
  lost bigint not null check (lost >= 0),
  extra bigint not null check (extra >= 0),
  changed bigint not null check (changed >= 0),
  unproven integer not null check (unproven >= 0)
);

create function ops.record_verify_result(
  first_day date, last_day date, compared bigint, lost bigint, extra bigint, changed bigint, unproven integer
) returns bigint
  language sql volatile security definer set search_path = pg_catalog, pg_temp
  begin atomic
    insert into ops.verify_results (first_day, last_day, compared, lost, extra, changed, unproven)
    values (first_day, last_day, compared, lost, extra, changed, unproven)
    returning verify_id;
  end;
grant execute on function ops.record_verify_result(date, date, bigint, bigint, bigint, bigint, integer) to edtech_simulator;
grant select on ops.verify_results to edtech_analytics, edtech_dashboards_admin, edtech_monitor;

comment on table ops.verify_results is 'Recorded runs of verify over a range of UTC days; the newest row is the last one';
comment on column ops.verify_results.verify_id is 'number of the run';
comment on column ops.verify_results.verified_at is 'instant of recording, database time';
comment on column ops.verify_results.first_day is 'first UTC day';
comment on column ops.verify_results.last_day is 'last UTC day';
comment on column ops.verify_results.compared is 'number of events compared, lost ones included';
comment on column ops.verify_results.lost is 'number of rows that must be there and are not, dimensions included';
comment on column ops.verify_results.extra is 'number of rows that are there and must not be, dimensions included';
comment on column ops.verify_results.changed is 'number of rows with another value in some column, dimensions included';
comment on column ops.verify_results.unproven is 'number of dropped days whose recorded checksum is not the stream''s';
