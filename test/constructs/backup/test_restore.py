"""Restores and drills as far as they need neither pgBackRest nor a database; `python3 -B test_restore.py`."""

import contextlib
import io
import json
import os
import shutil
import tempfile
import unittest
from unittest import mock

from backup import bootstrap, drill_outcome, drill_restore, drill_result, repository, wal
from backup.restore_request import InvalidRequest, read_request


def folder(test: unittest.TestCase, **files: str) -> str:
    path = tempfile.mkdtemp()
    test.addCleanup(__import__("shutil").rmtree, path)
    for name, content in files.items():
        with open(os.path.join(path, name), "w", encoding="utf-8") as file:
            file.write(content)
    return path


class Request(unittest.TestCase):
    def problem(self, **files: str) -> str:
        with self.assertRaises(InvalidRequest) as caught:
            read_request(folder(self, **files))
        return str(caught.exception)

    def test_without_a_key_nothing_is_asked_for(self) -> None:
        self.assertIsNone(read_request(folder(self)))
        self.assertIsNone(read_request(folder(self, **{"..data": ""})))

    def test_latest_takes_all_that_is_archived(self) -> None:
        self.assertEqual(read_request(folder(self, target="latest\n")).options(), ["--type=default"])

    def test_an_instant_is_told_in_utc_and_ends_recovery(self) -> None:
        request = read_request(folder(self, target="2026-03-02T12:15:00.250+02:00"))
        self.assertEqual(
            request.options(),
            ["--type=time", "--target=2026-03-02 10:15:00.250000+00", "--target-action=promote"],
        )

    def test_backup_and_timeline_can_be_chosen(self) -> None:
        request = read_request(folder(self, target="latest", backup="20260301-013000F_20260302-013000I", timeline="3"))
        self.assertEqual(
            request.options(),
            ["--set=20260301-013000F_20260302-013000I", "--target-timeline=3", "--type=default"],
        )

    def test_what_is_not_understood_is_refused_by_name(self) -> None:
        self.assertIn("'yesterday'; allowed latest or an instant", self.problem(target="yesterday"))
        self.assertIn("has no zone", self.problem(target="2026-03-02T10:15:00"))
        self.assertIn("'time' is unknown; allowed target, backup, timeline", self.problem(time="latest"))
        self.assertIn("'target' is missing; given timeline", self.problem(timeline="2"))
        self.assertIn("backup is 'newest'", self.problem(target="latest", backup="newest"))
        self.assertIn("timeline is '0'", self.problem(target="latest", timeline="0"))

    def test_a_bad_request_stops_the_bootstrap_before_anything_runs(self) -> None:
        os.environ["RESTORE_REQUEST_DIRECTORY"] = folder(self, target="soon")
        self.addCleanup(os.environ.pop, "RESTORE_REQUEST_DIRECTORY")
        said = io.StringIO()
        with contextlib.redirect_stderr(said), mock.patch("subprocess.run") as run:
            code = bootstrap.main(["--scope=books", "--datadir=/nowhere", "--stanza=books", "--initdb=--encoding=UTF8"])
        self.assertEqual((code, run.called), (1, False))
        self.assertIn("bootstrap: refused, the restore request is not valid: target is 'soon'", said.getvalue())


class Repository(unittest.TestCase):
    BACKUPS = [
        {"label": label, "database": {"id": 1}, "timestamp": {"stop": stop}, "error": error}
        for label, stop, error in (("old", 10, False), ("new", 20, False), ("broken", 30, True))
    ]

    def test_the_newest_backup_is_the_last_one_that_is_whole(self) -> None:
        self.assertEqual(repository.newest_backup({"backup": self.BACKUPS})["label"], "new")

    def test_without_a_backup_the_repository_says_why(self) -> None:
        info = {"backup": [], "status": {"message": "no valid backups"}, "repo": [{"status": {"message": "locked"}}]}
        with self.assertRaisesRegex(repository.RepositoryProblem, "no backup that can be restored: locked"):
            repository.newest_backup(info)

    def test_what_a_wrong_passphrase_has_decrypted_is_not_repeated(self) -> None:
        message = "[FormatError] unable to load info file 'backup.info':\nFormatError: key/value found: \x8f\x01"
        info = {"backup": [], "status": {"message": "other"}, "repo": [{"status": {"message": message}}]}
        with self.assertRaisesRegex(repository.RepositoryProblem, r"info file 'backup.info': \(wrong passphrase\?\)$"):
            repository.newest_backup(info)

    def test_the_newest_segment_is_that_of_the_same_database(self) -> None:
        archive = [
            {"database": {"id": 1}, "max": "000000020000000000000004"},
            {"database": {"id": 1}, "max": None},
            {"database": {"id": 2}, "max": "000000050000000000000009"},
        ]
        self.assertEqual(repository.newest_segment({"archive": archive}, self.BACKUPS[0]), archive[0]["max"])


class Positions(unittest.TestCase):
    def test_a_segment_begins_where_its_name_says(self) -> None:
        self.assertEqual(wal.segment_start("00000001000000000000000B"), (1, 0xB << 24))
        self.assertEqual(wal.segment_start("0000000A00000002000000FF"), (10, (2 << 32) + (0xFF << 24)))

    def test_a_timeline_left_its_parent_at_the_last_line_of_its_history(self) -> None:
        path = os.path.join(folder(self, history="1\t0/5000000\tno recovery target\n\n2\tA/B000028\tbefore\n"), "history")
        self.assertEqual(wal.reached(path), (2, (0xA << 32) + 0xB000028))
        # Recovery that ended where a segment begins has read nothing of it.
        self.assertFalse((1, 0x5000000) > wal.segment_start("000000010000000000000005"))


class Result(unittest.TestCase):
    def setUp(self) -> None:
        scratch = folder(self)
        for name, file in (
            ("RESULT", "result.json"),
            ("FAILED", "failed"),
            ("SETTLED", "settled"),
            ("VERIFY_OUTPUT", "verify.json"),
            ("VERIFY_CODE", "verify.code"),
        ):
            patch = mock.patch.object(drill_result, name, os.path.join(scratch, file))
            patch.start()
            self.addCleanup(patch.stop)
        self.said = io.StringIO()
        redirect = contextlib.redirect_stdout(self.said)
        redirect.__enter__()
        self.addCleanup(redirect.__exit__, None, None, None)

    def verified(self, code: str, **counts: int) -> dict:
        drill_result.write(started_at=drill_result.now(), backup="b", archived="s")
        for path, text in ((drill_result.VERIFY_OUTPUT, json.dumps(counts)), (drill_result.VERIFY_CODE, code)):
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
        drill_outcome.judge()
        return drill_outcome.row()

    def test_a_clean_result_passes(self) -> None:
        row = self.verified("0", compared=5, lost=0, extra=0, changed=0, unproven=0)
        self.assertEqual((row["outcome"], row["failed_step"], row["compared"]), ("passed", None, 5))
        self.assertNotIn("archived", row)

    def test_a_difference_fails_verify_with_its_counts(self) -> None:
        row = self.verified("1", compared=5, lost=2, extra=0, changed=0, unproven=0)
        self.assertEqual((row["outcome"], row["failed_step"], row["lost"]), ("failed", "verify", 2))
        self.assertIn("2 lost", row["detail"])

    def test_days_that_are_not_proven_fail_verify_and_are_named(self) -> None:
        row = self.verified("1", compared=5, lost=0, extra=0, changed=0, unproven=3)
        self.assertEqual((row["outcome"], row["failed_step"], row["lost"]), ("failed", "verify", 0))
        self.assertEqual(row["detail"], "verify ended with 1: 5 compared, 0 lost, 0 extra, 0 changed, 3 unproven")
        self.assertNotIn("unproven", row)

    def test_no_output_fails_verify(self) -> None:
        drill_result.write(started_at=drill_result.now(), backup="b")
        drill_outcome.judge()
        self.assertEqual(drill_outcome.row()["failed_step"], "verify")

    def test_an_earlier_failure_stays_the_one_that_is_told(self) -> None:
        drill_result.write(started_at=drill_result.now())
        drill_result.fail("restore", "no\x00 backup")
        drill_outcome.judge()
        row = drill_outcome.row()
        self.assertEqual((row["failed_step"], row["detail"], row["backup"]), ("restore", "no backup", None))

    def test_a_restore_that_crashes_is_recorded_and_ends_well(self) -> None:
        with mock.patch.object(drill_restore, "restore", side_effect=KeyError("backup")):
            self.assertEqual(drill_restore.main([]), 0)
        self.assertEqual(drill_result.read()["failed_step"], "restore")


if __name__ == "__main__":
    unittest.main()
