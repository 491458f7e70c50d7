"""What a call of the database raises: whether the task is tried again hangs on it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.database import Database

DAGS = Path(__file__).resolve().parents[2] / "dags"
CALL = """
import sys
from datetime import timedelta
from edtech_database import TRANSIENT, Refused, call
try:
    call(sys.argv[1], limit=timedelta(seconds=2))
except TRANSIENT as error:
    print("tried again", error)
except Refused as error:
    print("final", error)
"""


# What the first step of a day says to a day and cohorts.
COHORTS = """
import sys
from datetime import date, datetime, timedelta, timezone
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
from edtech_steps import CalendarEndsBefore, cohorts_of
day = sys.argv[1]
day = datetime.now(timezone.utc).date() + timedelta(days=int(day)) if day.startswith("+") else date.fromisoformat(day)
try:
    found = cohorts_of(day, [int(cohort) for cohort in sys.argv[2:]], 4)
    print("listed", [unit["cohort_id"] for unit in found])
except AirflowSkipException:
    print("skipped")
except AirflowFailException as error:
    print("final", error)
except CalendarEndsBefore as error:
    print("tried again", error)
"""


def outcome(database: Database, home: Path, *arguments: str, program: str = CALL) -> str:
    """Last line that a fresh process prints after the call, with a limit of two seconds."""
    settings = {"AIRFLOW_HOME": str(home), "AIRFLOW_CONN_EDTECH": database.analytics_url, "PYTHONPATH": str(DAGS), "PATH": os.environ["PATH"]}
    result = subprocess.run([sys.executable, "-c", program, *arguments], env=settings, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return next(line for line in reversed(result.stdout.splitlines()) if line.startswith(("tried again ", "final ", "listed ", "skipped")))


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        # Eight tries of the whole limit would hold the run for hours and end the same way.
        ("select pg_sleep(30)", "final the database refused 'select pg_sleep(30)' (): canceling statement due to statement timeout"),
        ("select 1 / 0", "final the database refused 'select 1 / 0' (): division by zero"),
        ("select pg_terminate_backend(pg_backend_pid())", "tried again terminating connection due to administrator command"),
        # At a first start and in an upgrade the DAGs may come before the migrations.
        ("select * from analytics.of_a_later_release", 'tried again relation "analytics.of_a_later_release" does not exist'),
        ("select analytics.of_a_later_release()", "tried again function analytics.of_a_later_release() does not exist"),
    ],
)
def test_only_what_another_try_may_heal_is_tried_again(database: Database, tmp_path: Path, statement: str, expected: str):
    assert outcome(database, tmp_path, statement).startswith(expected)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("2026-03-05",), "listed [4, 3, 2, 1]"),
        (("2026-03-05", "2", "3"), "listed [3, 2]"),
        (("2026-02-01",), "skipped"),
        # A day that nobody has written is not done: no run of its own would ever publish it.
        (("2026-03-25",), "tried again the calendar ends on 2026-03-22, before 2026-03-25: no simulator has run since"),
        (("+3",), "final day must not be later than the calendar, which ends on 2026-03-22, got "),
        (("2026-03-05", "3", "9"), "final cohorts must be some of [1, 2, 3, 4], got also [9]"),
    ],
)
def test_a_day_without_cohorts_is_skipped_only_before_the_stream(database: Database, tmp_path: Path, arguments: tuple[str, ...], expected: str):
    assert outcome(database, tmp_path, *arguments, program=COHORTS).startswith(expected)
