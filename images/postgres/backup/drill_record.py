"""
Last step of a drill: one row in the database, and exit code 1 when any step failed.
The connection comes from libpq's PG* variables.
Usage: python3 -m backup drill-record
"""

import sys

import psycopg2

from .drill_outcome import judge, row
from .log import log
from .transaction import patiently

# A drill is one row by its beginning: a second try, after a commit whose answer was lost, adds none.
INSERT = """
insert into ops.restore_drills
  (started_at, finished_at, backup, reached_at, outcome, failed_step, compared, lost, extra, changed, detail)
values (%(started_at)s, %(finished_at)s, %(backup)s, %(reached_at)s, %(outcome)s, %(failed_step)s,
  %(compared)s, %(lost)s, %(extra)s, %(changed)s, %(detail)s)
on conflict do nothing
"""


def record(result: dict, seconds: float = 180.0) -> None:
    """A database that fails over meanwhile is waited for."""
    patiently(lambda cursor: cursor.execute(INSERT, result), seconds)


def main(_: list[str]) -> int:
    judge()
    result = row()
    log("info", f"drill {result['outcome']}", **result)
    try:
        record(result)
    except psycopg2.Error as error:
        print(f"the result of the drill could not be recorded: {error}", file=sys.stderr, flush=True)
        return 1
    return 0 if result["outcome"] == "passed" else 1
