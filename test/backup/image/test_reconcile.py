"""The reconciler's work in a database, on a server of the image's own."""

import os
import pathlib
import tempfile
import time
import unittest
from contextlib import closing
from dataclasses import replace
from unittest import mock

import psycopg2
from server import Proxy, Server

from reconcile import connection, database
from reconcile.settings import Consumer, Reader, Settings

SETTINGS = Settings(
    cluster="books",
    members=("books-0",),
    dynamic={},
    consumers=(Consumer("reading-room", ("reading-room_a", "reading-room_b")),),
    readers=(),
    databases={"shelves": "reading-room"},
    bootstrap={},
)
PASSWORDS = {"reading-room_a": "first", "reading-room_b": "second", "standby_a": "third", "rewind_a": "fourth"}
MEMBERSHIP = """
select pg_get_userbyid(member), inherit_option, set_option,
  (select string_agg(array_to_string(setconfig, ','), ';') from pg_db_role_setting where setrole = member and setdatabase = 0)
from pg_auth_members where roleid = '"reading-room"'::regrole order by 1
"""
WHOLE = [(f"reading-room_{login}", "t", "t", "role=reading-room") for login in ("a", "b")]
# Functions that an owner may make in its database: by their types, statements without a schema would rather call these than the server's.
PLANTED = {
    "has_database_privilege(text, text, text)": ("boolean", "true"),
    "has_table_privilege(text, text, text)": ("boolean", "false"),
    "format(text, name)": ("text", "'select'"),
}
PUBLIC = "select has_database_privilege('public', 'shelves', 'connect'), has_database_privilege('public', 'shelves', 'temp')"


class Reconcile(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.server = Server()
        cls.addClassCleanup(cls.server.stop)

    def tearDown(self) -> None:
        self.server.run("drop database if exists shelves with (force)")
        for (role,) in self.server.rows("select quote_ident(rolname) from pg_roles where rolname ~ 'reading|standby|rewind|audit'"):
            self.server.run(f"drop owned by {role}", f"drop role {role}")

    def round(self, settings: Settings = SETTINGS, **files: str) -> list[str]:
        with tempfile.TemporaryDirectory() as folder:
            for name, text in files.items():
                pathlib.Path(folder, name).write_text(text, encoding="utf-8")
            return database.reconcile(settings, PASSWORDS, folder, fresh=True)

    def until(self, query: str) -> None:
        ends = time.monotonic() + 30
        while self.server.rows(query) != [("t",)]:
            self.assertLess(time.monotonic(), ends, query)
            time.sleep(0.1)

    def test_an_archive_that_refuses_is_told_until_it_takes_the_segment(self) -> None:
        self.server.run("create table shelves_moved ()", "select pg_switch_wal()")
        self.until("select archived_count > 0 from pg_stat_archiver")
        self.assertFalse(database.archive_fails())
        self.server.run("alter system set archive_command = 'false'", "select pg_reload_conf()")
        self.server.run("drop table shelves_moved", "select pg_switch_wal()")
        self.until("select failed_count > 0 from pg_stat_archiver")
        self.assertTrue(database.archive_fails())
        self.server.run("alter system reset archive_command", "select pg_reload_conf()")
        self.until("select last_archived_time > last_failed_time from pg_stat_archiver")
        self.assertFalse(database.archive_fails())

    def limit(self, **seconds: float) -> None:
        for name, value in seconds.items():
            patch = mock.patch.object(connection, name, value)
            patch.start()
            self.addCleanup(patch.stop)

    def test_an_empty_server_becomes_what_is_configured(self) -> None:
        self.assertEqual(sorted(self.round()), sorted(PASSWORDS))
        self.assertEqual(self.server.rows(MEMBERSHIP), WHOLE)
        self.assertEqual(self.server.rows(PUBLIC), [("f", "f")])

    def test_what_a_round_left_half_done_is_completed(self) -> None:
        self.server.run('create role "reading-room" nologin', 'create role "reading-room_a" login', 'create role "reading-room_b" login')
        self.server.run('grant "reading-room" to "reading-room_b" with set false', "create database shelves template template0")
        self.round()
        self.assertEqual(self.server.rows(MEMBERSHIP), WHOLE)
        self.assertEqual(self.server.rows(PUBLIC), [("f", "f")])
        self.assertEqual(self.server.rows("select pg_get_userbyid(datdba) from pg_database where datname = 'shelves'"), [("reading-room",)])

    def test_what_an_owner_makes_in_its_database_does_not_run_as_superuser(self) -> None:
        self.round()
        bodies = [
            f"create function {name} returns {kind} language plpgsql as "
            f"$$ begin insert into public.caught select current_user, '{name}'; return {answer}; end $$"
            for name, (kind, answer) in PLANTED.items()
        ]
        tables = ["create table caught (who text, what text)", "create table books ()", "create schema edtech", "create table edtech.students ()"]
        path = "alter database shelves set search_path = public, pg_catalog"
        self.server.rows(";".join(['set role "reading-room"', *tables, *bodies, path]), "shelves")
        # They do fit better: who logs in without a path of its own calls them.
        self.server.rows("select has_database_privilege('reading-room', 'shelves', 'connect')", "shelves")
        self.assertEqual(self.server.rows("select * from caught", "shelves"), [("postgres", "has_database_privilege(text, text, text)")])
        self.server.rows("truncate caught", "shelves")
        settings = replace(SETTINGS, readers=(Reader("reading-guests", "shelves", ("books",)),), bootstrap={"shelves": ["own.sql"]})
        self.server.run('create role "reading-guests" nologin')
        self.round(settings, **{"own.sql": "do $$ begin execute format('comment on database %I is null', current_database()); end $$"})
        self.assertEqual(self.server.rows("select * from caught", "shelves"), [])
        self.assertEqual(self.server.rows("select has_table_privilege('reading-guests', 'public.books'::regclass, 'select')", "shelves"), [("t",)])

    def test_no_verifier_of_a_password_is_kept_with_a_statement(self) -> None:
        everything = {"log_statement": "'all'", "log_min_duration_statement": "0", "log_transaction_sample_rate": "1"}
        self.server.run("create extension pg_stat_statements", *(f"alter system set {name} = {value}" for name, value in everything.items()))
        self.server.run("select pg_reload_conf()")
        self.until("select current_setting('log_statement') = 'all'")
        self.addCleanup(self.server.run, *(f"alter system reset {name}" for name in everything), "select pg_reload_conf()", "drop extension pg_stat_statements")
        self.assertEqual(sorted(self.round()), sorted(PASSWORDS))
        log = pathlib.Path(self.server.folder, "log").read_text(encoding="utf-8")
        # Both keep the statements before and after.
        kept = "select count(*) > 0 from pg_stat_statements where query ilike"
        self.assertIn('create role "reading-room_a" login', log)
        self.assertEqual(self.server.rows(f"{kept} '%create role \"reading-room_a\" login%'"), [("t",)])
        self.assertIn("create database", log)
        self.assertNotIn("SCRAM-SHA-256$", log)
        self.assertEqual(self.server.rows(f"{kept} '%SCRAM-SHA-256$%' and query not like '%pg_stat_statements%'"), [("f",)])

    def test_where_nothing_differs_nothing_is_written(self) -> None:
        self.round()
        next_transaction = "select pg_snapshot_xmax(pg_current_snapshot())"
        before = self.server.rows(next_transaction)
        self.assertEqual(self.round(), [])
        self.assertEqual(self.server.rows(next_transaction), before)

    def test_a_commit_that_no_standby_confirms_ends_the_round_and_the_next_ones_go_on(self) -> None:
        self.round()
        self.server.run("alter system set synchronous_standby_names = 'nobody'", "select pg_reload_conf()")
        self.server.run('set synchronous_commit = local; alter role "reading-room_b" reset role')
        self.limit(ROUND_SECONDS=3, STATEMENT_MILLISECONDS=1000)
        began = time.monotonic()
        with self.assertRaisesRegex(psycopg2.OperationalError, "no answer within 3 s"):
            self.round()
        # The first one still waits in the server, and holds what it changes.
        with self.assertRaisesRegex(psycopg2.Error, "statement timeout|no answer within"):
            self.round()
        self.assertLess(time.monotonic() - began, 15)
        self.server.run("alter system reset synchronous_standby_names", "select pg_reload_conf()")
        self.round()
        self.assertEqual(self.server.rows(MEMBERSHIP), WHOLE)

    def test_a_server_that_takes_connections_and_says_nothing_ends_the_round(self) -> None:
        silent = Proxy(self.server.port, silent=True)
        self.addCleanup(silent.close)
        self.limit(CONNECT_SECONDS=1)
        began = time.monotonic()
        with mock.patch.dict(os.environ, PGPORT=str(silent.port)):
            with self.assertRaisesRegex(psycopg2.OperationalError, "no answer within 1 s"):
                self.round()
        self.assertLess(time.monotonic() - began, 5)

    def test_a_lock_that_is_held_ends_the_round_by_the_servers_own_limit(self) -> None:
        self.round()
        self.limit(STATEMENT_MILLISECONDS=500)
        with closing(connection.connect("postgres")) as holder:
            holder.autocommit = False
            holder.cursor().execute("lock table pg_auth_members in access exclusive mode")
            with self.assertRaisesRegex(psycopg2.errors.QueryCanceled, "statement timeout"):
                self.round()


if __name__ == "__main__":
    unittest.main()
