-- Run by a superuser in each database that a role of a service owns, as often as wanted; after 02, which keeps what the simulator needs.

do $$
declare
  writer regprocedure;
  reader text;
begin
  -- Whoever may only read still has what PostgreSQL lets everybody call: large objects, WAL of any size, and locks that every writer of
  -- the database waits for. Services call these as the owner of the database.
  for writer in
    select p.oid from pg_proc p
    where p.pronamespace = 'pg_catalog'::regnamespace
      and (p.proname in ('lo_creat', 'lo_create', 'lo_from_bytea', 'lo_put', 'lo_open', 'lowrite', 'lo_truncate', 'lo_truncate64', 'lo_unlink',
          'pg_logical_emit_message') or p.proname ~ '^pg_(try_)?advisory_')
      and has_function_privilege('public', p.oid, 'execute')
  loop
    execute format('grant execute on function %s to pg_database_owner', writer);
    execute format('revoke execute on function %s from public', writer);
  end loop;

  -- What a dashboard asks is answered within seconds. A session may lift these for itself: they end mistakes, privileges end the rest.
  for reader in
    select l.rolname from pg_roles l
    where l.rolname ~ '^(edtech_dashboards_educator|edtech_dashboards_admin|airflow_reader)_[ab]$'
  loop
    execute format('alter role %I set statement_timeout = ''60s''', reader);
    execute format('alter role %I set idle_in_transaction_session_timeout = ''60s''', reader);
    execute format('alter role %I set default_transaction_read_only = on', reader);
  end loop;

  -- The owner may make functions here that fit a superuser's statement better than those of the server, so a person's session does not
  -- look for them: tables of the schema public are written with it.
  execute format('alter role current_user in database %I set search_path = pg_catalog, pg_temp', current_database());
end
$$;
