-- Run by a superuser in the database "edtech", as often as wanted.
create extension if not exists pg_stat_statements schema public;
do $$
begin
  execute format('alter database %I owner to edtech_owner', current_database());
  execute format('revoke all on database %I from public', current_database());
  execute format(
    'grant connect on database %I to edtech_simulator, edtech_analytics, edtech_dashboards_educator, edtech_dashboards_admin, edtech_monitor, edtech_backup',
    current_database());
end
$$;
revoke all on schema public from public;
-- Where the extension's view is: without, whoever watches the database cannot see it.
grant usage on schema public to edtech_monitor;
-- It orders the versions of its stream by one; the next file takes these functions from everybody.
grant execute on function pg_advisory_xact_lock(bigint) to edtech_simulator;
