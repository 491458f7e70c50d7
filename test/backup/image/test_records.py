"""What backups and drills write into the database, over connections that break; on a server of the image's own."""

import contextlib
import io
import os
import time
import unittest
from datetime import datetime, timezone
from unittest import mock

from server import Proxy, Server

from backup import drill_record, pgbackrest, records, run, transaction
from backup.pgbackrest import Backup

MIGRATIONS = "/migrations"
TABLES = ("_record_backups.sql", "_record_restore_drills.sql")
KEY = "_record_a_drill_once.sql"
EARLIER = """
insert into ops.restore_drills (started_at, finished_at, outcome, failed_step)
select t, t + n * interval '1 s', 'failed', 'start' from generate_series(1, 2) n, (values (timestamptz '2026-03-01Z'), ('2026-03-02Z')) v (t)
"""
NOW = datetime(2026, 3, 2, 10, 15, tzinfo=timezone.utc)
BACKUP = Backup("20260302-101500F", "full", NOW, NOW, 5, 3, "000000010000000000000001", "000000010000000000000002")
DRILL = {
    "started_at": NOW.isoformat(),
    "finished_at": NOW.isoformat(),
    "backup": BACKUP.label,
    "reached_at": None,
    "outcome": "passed",
    "failed_step": None,
    "compared": 5,
    "lost": 0,
    "extra": 0,
    "changed": 0,
    "detail": None,
}


class Records(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.server = Server()
        cls.addClassCleanup(cls.server.stop)
        roles = ("edtech_backup", "edtech_dashboards_admin", "edtech_monitor")
        cls.server.run(*(f"create role {role}" for role in roles), "create schema ops")
        cls.migrate(TABLES)
        cls.server.run(EARLIER)
        cls.migrate((KEY,))
        cls.kept = cls.server.rows("select started_at::date, finished_at - started_at from ops.restore_drills order by 1")

    @classmethod
    def migrate(cls, endings: tuple[str, ...]) -> None:
        names = sorted(name for name in os.listdir(MIGRATIONS) if name.endswith(endings))
        assert len(names) == len(endings), names
        for name in names:
            with open(f"{MIGRATIONS}/{name}", encoding="utf-8") as file:
                cls.server.run(file.read())

    def setUp(self) -> None:
        self.server.run("truncate ops.backups, ops.restore_drills")
        for context in (contextlib.redirect_stdout(io.StringIO()), mock.patch("time.sleep")):
            self.enterContext(context)

    def through(self, **how: object) -> Proxy:
        proxy = Proxy(self.server.port, **how)
        self.addCleanup(proxy.close)
        self.enterContext(mock.patch.dict(os.environ, PGPORT=str(proxy.port)))
        return proxy

    def backups(self) -> list[tuple]:
        return self.server.rows("select label from ops.backups")

    def drills(self) -> list[tuple]:
        return self.server.rows("select outcome, compared from ops.restore_drills")

    def test_a_connection_that_breaks_at_the_insert_is_tried_again(self) -> None:
        proxy = self.through(needle=b"insert into ops.backups")
        self.assertEqual(records.record_patiently([BACKUP]), 1)
        self.assertEqual((proxy.cuts, self.backups()), (1, [(BACKUP.label,)]))

    def test_a_drill_whose_connection_breaks_at_the_insert_is_tried_again(self) -> None:
        proxy = self.through(needle=b"insert into ops.restore_drills")
        drill_record.record(DRILL)
        self.assertEqual((proxy.cuts, self.drills()), (1, [("passed", "5")]))

    def test_a_server_that_says_nothing_any_more_is_not_waited_for(self) -> None:
        self.enterContext(mock.patch.object(transaction, "ANSWER_SECONDS", 1))
        for needle in (b"insert into ops.backups", b"COMMIT"):
            self.server.run("truncate ops.backups")
            proxy = self.through(needle=needle, hanging=True)
            began = time.monotonic()
            self.assertEqual(records.record_patiently([BACKUP]), 1)
            self.assertLess(time.monotonic() - began, 20)
            self.assertEqual((proxy.cuts, self.backups()), (1, [(BACKUP.label,)]))

    def test_a_commit_without_an_answer_doubles_nothing(self) -> None:
        for work, rows in ((lambda: records.record_patiently([BACKUP]), self.backups), (lambda: drill_record.record(DRILL), self.drills)):
            proxy = self.through(needle=b"COMMIT", answered=True)
            work()
            self.assertEqual((proxy.cuts, len(rows())), (1, 1))

    def expired(self) -> list[tuple]:
        return self.server.rows("select label, expired_at is not null from ops.backups order by label")

    def test_a_backup_that_is_gone_is_marked_and_one_that_is_there_is_not(self) -> None:
        older = BACKUP._replace(label="20260222-101500F")
        records.record_patiently([older])
        self.assertEqual(records.record_patiently([BACKUP]), 1)
        self.assertEqual(self.expired(), [(older.label, "t"), (BACKUP.label, "f")])
        self.assertEqual(records.record_patiently([older, BACKUP]), 0)
        self.assertEqual(self.expired(), [(older.label, "f"), (BACKUP.label, "f")])

    def test_a_repository_that_could_not_be_read_leaves_the_rows_as_they_are(self) -> None:
        records.record_patiently([BACKUP])
        unread = [{"backup": [], "name": "books", "status": {"code": 99, "message": "other"}}]
        said = self.enterContext(contextlib.redirect_stderr(io.StringIO()))
        self.enterContext(mock.patch.object(pgbackrest, "information", lambda: unread))
        self.enterContext(mock.patch.object(pgbackrest, "call", lambda *_: 0))
        self.assertEqual(run.main(["incr"]), run.MADE_NOT_RECORDED)
        self.assertIn("its record is not: the repository does not tell its backups: status 99, other", said.getvalue())
        self.assertEqual(self.expired(), [(BACKUP.label, "f")])

    def test_of_rows_that_an_earlier_release_has_doubled_the_first_one_stays(self) -> None:
        self.assertEqual(self.kept, [("2026-03-01", "00:00:01"), ("2026-03-02", "00:00:01")])

    def test_two_drills_are_two_rows(self) -> None:
        drill_record.record(DRILL)
        drill_record.record({**DRILL, "started_at": NOW.replace(minute=14).isoformat()})
        self.assertEqual(len(self.drills()), 2)

    def test_a_row_that_is_refused_is_not_tried_again(self) -> None:
        with mock.patch("time.sleep") as sleep, self.assertRaisesRegex(Exception, "check constraint"):
            drill_record.record({**DRILL, "lost": 1})
        self.assertFalse(sleep.called)


if __name__ == "__main__":
    unittest.main()
