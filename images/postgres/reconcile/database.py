"""Roles, passwords, databases and bootstrap SQL. Every step asks first and changes only what differs."""

import os
from contextlib import closing

from psycopg2 import sql

from . import scram
from .connection import begin_round, connect
from .settings import Settings

REWIND_FUNCTIONS = (
    "pg_ls_dir(text, boolean, boolean)",
    "pg_stat_file(text, boolean)",
    "pg_read_binary_file(text)",
    "pg_read_binary_file(text, bigint, bigint, boolean)",
)

# What keeps the text of a statement: statistics of statements, and the log of all, slow, sampled and failed ones. The audit leaves
# passwords out by itself.
UNRECORDED = {
    "pg_stat_statements.track_utility": "off",
    "log_statement": "none",
    "log_min_duration_statement": "-1",
    "log_min_duration_sample": "-1",
    "log_transaction_sample_rate": "0",
    "log_min_error_statement": "panic",
}


def execute(cursor, statement: str, *names: str) -> None:
    cursor.execute(sql.SQL(statement).format(*(sql.Identifier(name) for name in names)))


def existing(cursor, query: str) -> set[str]:
    cursor.execute(query)
    return {row[0] for row in cursor.fetchall()}


def ensure_system_logins(cursor, logins: list[str]) -> None:
    """Patroni makes the login in use; the other one of the pair must be there before it is needed."""
    known = existing(cursor, "select rolname from pg_roles")
    for login in logins:
        if login.startswith("standby"):
            if login not in known:
                execute(cursor, "create role {} login replication", login)
        elif login.startswith("rewind"):
            if login not in known:
                execute(cursor, "create role {} login", login)
            for function in REWIND_FUNCTIONS:
                cursor.execute(
                    "select has_function_privilege(%s, %s, 'execute')", (login, f"pg_catalog.{function}")
                )
                if not cursor.fetchone()[0]:
                    execute(cursor, f"grant execute on function pg_catalog.{function} to {{}}", login)


def ensure_consumers(cursor, settings: Settings) -> None:
    known = existing(cursor, "select rolname from pg_roles")
    for consumer in settings.consumers:
        if consumer.group not in known:
            execute(cursor, "create role {} nologin", consumer.group)
        for login in consumer.logins:
            if login not in known:
                execute(cursor, "create role {} login", login)
            # Also of a login that is there: a round may have ended between these statements.
            ensure_member(cursor, consumer.group, login)


def ensure_member(cursor, group: str, login: str) -> None:
    cursor.execute(
        "select from pg_auth_members m join pg_roles g on g.oid = m.roleid join pg_roles l on l.oid = m.member"
        " where g.rolname = %s and l.rolname = %s and m.inherit_option and m.set_option",
        (group, login),
    )
    if cursor.rowcount == 0:
        execute(cursor, "grant {} to {} with inherit true, set true", group, login)
    cursor.execute(
        "select from pg_db_role_setting s join pg_roles l on l.oid = s.setrole"
        " where l.rolname = %s and s.setdatabase = 0 and %s = any(s.setconfig)",
        (login, f"role={group}"),
    )
    if cursor.rowcount == 0:
        # Objects belong to the group: the other login of the pair must be able to alter them.
        execute(cursor, "alter role {} set role to {}", login, group)


def execute_unrecorded(cursor, statement: object) -> None:
    """Where it fails, the connection ends with the round."""
    for name, value in UNRECORDED.items():
        cursor.execute("select set_config(%s, %s, false)", (name, value))
    cursor.execute(statement)
    for name in UNRECORDED:
        cursor.execute(f"reset {name}")


def ensure_passwords(cursor, passwords: dict[str, str]) -> list[str]:
    """Sets passwords that differ; returns the logins that were changed and those that do not exist yet stay out."""
    cursor.execute("select rolname, rolpassword from pg_authid where rolname = any(%s)", (list(passwords),))
    changed = []
    for login, stored in cursor.fetchall():
        if not scram.matches(passwords[login], stored):
            statement = sql.SQL("alter role {} password {}")
            verifier = sql.Literal(scram.verifier(passwords[login]))
            execute_unrecorded(cursor, statement.format(sql.Identifier(login), verifier))
            changed.append(login)
    return changed


def ensure_databases(cursor, settings: Settings) -> set[str]:
    """Returns the databases that were made, also those that stood there once and were dropped."""
    made = set()
    known = existing(cursor, "select datname from pg_database")
    for name, owner in settings.databases.items():
        if name not in known:
            execute(cursor, "create database {} template template0 encoding 'UTF8'", name)
            made.add(name)
        cursor.execute(
            "select bool_or(has_database_privilege('public', %s, right_)) from unnest(array['connect', 'temp', 'create']) right_",
            (name,),
        )
        if cursor.fetchone()[0]:
            execute(cursor, "revoke all on database {} from public", name)
        if owner is not None:
            cursor.execute("select pg_get_userbyid(datdba) from pg_database where datname = %s", (name,))
            if cursor.fetchone()[0] != owner:
                execute(cursor, "alter database {} owner to {}", name, owner)
    return made


def ensure_audit(cursor) -> None:
    """Reads of names and addresses of students are audited: pgaudit logs what its role may select."""
    if "edtech_audit" not in existing(cursor, "select rolname from pg_roles"):
        execute(cursor, "create role {} nologin", "edtech_audit")
    cursor.execute("select to_regclass('edtech.students') is not null")
    if cursor.fetchone()[0]:
        cursor.execute("select has_table_privilege('edtech_audit', 'edtech.students', 'select')")
        if not cursor.fetchone()[0]:
            cursor.execute("grant select on edtech.students to edtech_audit")


def ensure_readers(cursor, database: str, settings: Settings) -> None:
    for reader in settings.readers:
        if reader.database != database:
            continue
        cursor.execute("select has_database_privilege(%s, %s, 'connect')", (reader.group, database))
        if not cursor.fetchone()[0]:
            execute(cursor, "grant connect on database {} to {}", database, reader.group)
        cursor.execute(
            "select tablename from pg_tables where schemaname = 'public' and tablename = any(%s)"
            " and not has_table_privilege(%s, format('public.%%I', tablename), 'select')",
            (list(reader.tables), reader.group),
        )
        for (table,) in cursor.fetchall():
            execute(cursor, "grant select on public.{} to {}", table, reader.group)


def run_files(cursor, directory: str, names: list[str]) -> None:
    for name in names:
        with open(os.path.join(directory, name), encoding="utf-8") as file:
            cursor.execute(file.read())


def archive_fails() -> bool:
    """Whether the last try of the primary to archive a segment failed, so that it still has to."""
    with closing(connect("postgres")) as connection, connection.cursor() as cursor:
        cursor.execute(
            "select coalesce(last_failed_time > coalesce(last_archived_time, '-infinity'), false) from pg_stat_archiver"
        )
        return cursor.fetchone()[0]


def reconcile(settings: Settings, passwords: dict[str, str], bootstrap_directory: str, fresh: bool) -> list[str]:
    """
    One round. `fresh` says that bootstrap SQL has to run: at the start, whenever its content may have changed, and after a round that
    failed, perhaps between a database and its bootstrap. A database that is new gets it in any case.
    Returns the logins whose password was set.
    """
    begin_round()
    with closing(connect("postgres")) as connection, connection.cursor() as cursor:
        if fresh:
            run_files(cursor, bootstrap_directory, settings.bootstrap.get("postgres", []))
        ensure_system_logins(cursor, list(passwords))
        ensure_consumers(cursor, settings)
        changed = ensure_passwords(cursor, passwords)
        made = ensure_databases(cursor, settings)
    for name in settings.databases:
        files = settings.bootstrap.get(name, [])
        with closing(connect(name)) as connection, connection.cursor() as cursor:
            if fresh or name in made:
                run_files(cursor, bootstrap_directory, files)
            ensure_audit(cursor)
            ensure_readers(cursor, name, settings)
    return changed
