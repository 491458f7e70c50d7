"""
Last step of a drill: one row in the database, and exit code 1 when any step failed.
The connection comes from libpq's PG* variables.
Usage: python3 -m backup drill-record
"""

import sys
import time
from contextlib import closing

import psycopg2

from .drill_outcome import judge, row
from .log import log

INSERT = """
insert into ops.restore_drills
  (started_at, finished_at, backup, reached_at, outcome, failed_step, compared, lost, extra, changed, detail)
values (%(started_at)s, %(finished_at)s, %(backup)s, %(reached_at)s, %(outcome)s, %(failed_step)s,
  %(compared)s, %(lost)s, %(extra)s, %(changed)s, %(detail)s)
"""


def record(result: dict, seconds: float = 180.0) -> None:
    """A database that fails over meanwhile is waited for."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            with closing(psycopg2.connect("")) as connection, connection, connection.cursor() as cursor:
                cursor.execute(INSERT, result)
            return
        except psycopg2.OperationalError as error:
            if time.monotonic() > deadline:
                raise
            log("warn", "the database does not answer yet", error=str(error).strip())
            time.sleep(5)


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
