-- Cluster-wide roles. Run by a superuser, in any database, as often as wanted.
-- A consumer is a group role without login that holds the privileges, and two login roles in it (_a, _b):
-- a password is rotated by moving the consumer to the other login, so no login is ever refused.
-- Passwords are set by whoever runs this file, never here.
do $$
declare
  consumer text;
  login text;
begin
  if not exists (select from pg_roles where rolname = 'edtech_owner') then
    create role edtech_owner login nosuperuser nocreaterole nocreatedb noinherit;
  end if;
  foreach consumer in array array[
    'edtech_simulator', 'edtech_analytics', 'edtech_dashboards_educator', 'edtech_dashboards_admin', 'edtech_monitor',
    'edtech_backup'
  ] loop
    if not exists (select from pg_roles where rolname = consumer) then
      execute format('create role %I nologin nosuperuser nocreaterole nocreatedb', consumer);
    end if;
    foreach login in array array[consumer || '_a', consumer || '_b'] loop
      if not exists (select from pg_roles where rolname = login) then
        execute format('create role %I login nosuperuser nocreaterole nocreatedb inherit', login);
      end if;
      execute format('grant %I to %I with inherit true, set false', consumer, login);
    end loop;
  end loop;
end
$$;

-- The owner ends a simulator session that blocks a takeover (ingest.end_session); a role may signal roles it is a member of.
grant edtech_simulator_a, edtech_simulator_b to edtech_owner with inherit true, set false;

-- COPY without per-row foreign key checks: the ingest checks the ids of a batch as a set. Only a superuser may grant this.
grant set on parameter session_replication_role to edtech_simulator;

grant pg_monitor to edtech_monitor;
