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


def outcome(database: Database, home: Path, statement: str) -> str:
    """Last line that a fresh process prints after the call, with a limit of two seconds."""
    settings = {"AIRFLOW_HOME": str(home), "AIRFLOW_CONN_EDTECH": database.analytics_url, "PYTHONPATH": str(DAGS), "PATH": os.environ["PATH"]}
    result = subprocess.run([sys.executable, "-c", CALL, statement], env=settings, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return next(line for line in reversed(result.stdout.splitlines()) if line.startswith(("tried again ", "final ")))


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        # Eight tries of the whole limit would hold the run for hours and end the same way.
        ("select pg_sleep(30)", "final the database refused 'select pg_sleep(30)' (): canceling statement due to statement timeout"),
        ("select 1 / 0", "final the database refused 'select 1 / 0' (): division by zero"),
        ("select pg_terminate_backend(pg_backend_pid())", "tried again terminating connection due to administrator command"),
    ],
)
def test_only_what_another_try_may_heal_is_tried_again(database: Database, tmp_path: Path, statement: str, expected: str):
    assert outcome(database, tmp_path, statement).startswith(expected)
