"""The backup commands as far as they need neither pgBackRest nor a database; `python3 -B test_backup.py`."""

import contextlib
import io
import os
import sys
import tempfile
import types
import unittest
from datetime import datetime, timezone
from unittest import mock

# The database driver is in the image; what is tested here does not connect.
sys.modules.setdefault(
    "psycopg2",
    types.SimpleNamespace(
        Error=ArithmeticError,
        OperationalError=ArithmeticError,
        InterfaceError=ArithmeticError,
        errors=mock.MagicMock(),
        extensions=mock.MagicMock(),
    ),
)

from backup import __main__ as program  # noqa: E402
from backup import check, pgbackrest, run  # noqa: E402

BACKUP = {
    "archive": {"start": "00000001000000000000000C", "stop": "00000001000000000000000D"},
    "error": False,
    "info": {"delta": 165815777, "repository": {"delta": 30054016}, "size": 165815777},
    "label": "20261128-233812F",
    "timestamp": {"start": 1795995492, "stop": 1795995497},
    "type": "full",
}


def info(*backups: dict, code: int = 0) -> list[dict]:
    return [{"backup": list(backups), "name": "books", "status": {"code": code, "message": "ok"}}]


class Information(unittest.TestCase):
    def test_a_backup_is_read_with_its_sizes_times_and_segments(self) -> None:
        self.assertEqual(
            pgbackrest.backups_of(info(BACKUP)),
            [
                pgbackrest.Backup(
                    "20261128-233812F",
                    "full",
                    datetime(2026, 11, 29, 23, 38, 12, tzinfo=timezone.utc),
                    datetime(2026, 11, 29, 23, 38, 17, tzinfo=timezone.utc),
                    165815777,
                    30054016,
                    "00000001000000000000000C",
                    "00000001000000000000000D",
                )
            ],
        )

    def test_a_backup_with_errors_does_not_count(self) -> None:
        self.assertEqual(pgbackrest.backups_of(info({**BACKUP, "error": True})), [])

    def test_an_answer_that_could_not_read_the_backups_does_not_say_that_there_are_none(self) -> None:
        self.assertEqual([backup.label for backup in pgbackrest.backups_for_sure(info(BACKUP))], [BACKUP["label"]])
        for answer, problem in (
            (info(code=99), "does not tell its backups: status 99, ok$"),
            (info(BACKUP, code=99), "status 99"),
            (info(), "lists no backup$"),
            (info({**BACKUP, "error": True}), "lists no backup$"),
            ([], "lists no backup$"),
        ):
            with self.assertRaisesRegex(pgbackrest.RepositoryProblem, problem):
                pgbackrest.backups_for_sure(answer)

    def test_a_stanza_without_backups_is_one_and_a_missing_one_is_not(self) -> None:
        self.assertTrue(pgbackrest.has_stanza(info(code=2)))
        self.assertFalse(pgbackrest.has_stanza(info(code=1)))
        self.assertFalse(pgbackrest.has_stanza(info(code=3)))


class Check(unittest.TestCase):
    def test_a_volume_that_can_be_written_is_prepared_and_left_clean(self) -> None:
        with tempfile.TemporaryDirectory() as volume:
            self.assertIsNone(check.problem(volume))
            self.assertEqual({name: os.listdir(os.path.join(volume, name)) for name in os.listdir(volume)}, {"repository": [], "lock": []})

    def test_what_a_check_that_was_killed_has_left_keeps_none_from_starting(self) -> None:
        with tempfile.TemporaryDirectory() as volume:
            self.assertIsNone(check.problem(volume))
            left = os.path.join(volume, "repository", f".written-by-{os.getpid()}")
            with open(left, "w", encoding="utf-8") as file:
                file.write("can be wri")
            self.assertIsNone(check.problem(volume))
            self.assertFalse(os.path.exists(left))

    def test_what_cannot_be_written_is_named(self) -> None:
        with tempfile.TemporaryDirectory() as volume:
            self.assertIn("is not mounted there", check.problem(os.path.join(volume, "missing")) or "")
            # A file where the folder should be: as root, permissions would stop nothing.
            with open(os.path.join(volume, "repository"), "w", encoding="utf-8"):
                problem = check.problem(volume) or ""
            self.assertIn(f"{volume} cannot be written by this process (uid {os.getuid()}, gid {os.getgid()}", problem)
            self.assertIn(f"it belongs to {os.getuid()}:{os.getgid()} with mode 0700", problem)


class Run(unittest.TestCase):
    def setUp(self) -> None:
        self.said = self.enterContext(contextlib.redirect_stderr(io.StringIO()))
        self.enterContext(contextlib.redirect_stdout(io.StringIO()))
        self.call = self.enterContext(mock.patch.object(pgbackrest, "call", return_value=0))
        self.information = self.enterContext(mock.patch.object(pgbackrest, "information", return_value=info(BACKUP)))
        self.record = self.enterContext(mock.patch.object(run, "record_patiently", return_value=1))

    def test_a_backup_that_is_made_and_recorded_ends_with_0(self) -> None:
        self.assertEqual(run.main(["full"]), 0)
        self.call.assert_called_once_with("--type=full", "backup")

    def test_one_that_is_made_and_not_recorded_ends_with_a_code_of_its_own(self) -> None:
        self.record.side_effect = run.psycopg2.OperationalError("no answer within 20 s\n")
        self.assertEqual(run.main(["full"]), 3)
        self.assertEqual(self.said.getvalue(), "the backup is made, its record is not: no answer within 20 s\n")
        # Whatever keeps it from being recorded.
        self.information.side_effect = [info(BACKUP), info(code=99)]
        self.assertEqual(run.main(["full"]), 3)

    def test_one_that_is_not_made_ends_with_1_and_records_nothing(self) -> None:
        self.call.return_value = 25
        self.assertEqual(run.main(["incr"]), 1)
        self.call.return_value = 0
        self.information.side_effect = pgbackrest.RepositoryProblem("no answer")
        self.assertEqual(run.main(["incr"]), 1)
        self.record.assert_not_called()


class Program(unittest.TestCase):
    def test_an_unknown_command_is_refused_with_those_that_are_allowed(self) -> None:
        said = io.StringIO()
        with contextlib.redirect_stderr(said):
            self.assertEqual(program.main(["dance"]), 2)
        self.assertIn("unknown command 'dance'", said.getvalue())
        for command in program.COMMANDS:
            self.assertIn(command, said.getvalue())


if __name__ == "__main__":
    unittest.main()
