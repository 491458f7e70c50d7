"""The reconciler's work in a database, on a server of the image's own."""

import os
import tempfile
import time
import unittest
from contextlib import closing
from unittest import mock

import psycopg2
from server import Proxy, Server

from reconcile import connection, database
from reconcile.settings import Consumer, Settings

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

    def round(self) -> list[str]:
        with tempfile.TemporaryDirectory() as files:
            return database.reconcile(SETTINGS, PASSWORDS, files, fresh=True)

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
