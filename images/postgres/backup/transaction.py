"""A transaction that is tried again while the database fails over. The connection comes from libpq's PG* variables."""

import time
from collections.abc import Callable
from contextlib import closing
from typing import TypeVar

import psycopg2
from psycopg2 import errors, extensions

from bounded_wait import CONNECTED, DEAD_PEER, wait_until

from .log import log

PAUSE_SECONDS = 5
# An answer to a new connection; the driver's own limit does not hold with a callback.
CONNECT_SECONDS = 5
# A few rows take milliseconds, a commit may wait for a standby. The driver alone would wait for hours for a node without power.
ANSWER_SECONDS = 20
# In the server, so that what nobody waits for any more does not wait on for a lock.
STATEMENT_MILLISECONDS = 15_000
# Nobody answers, the connection breaks, or who answers was the primary a moment ago.
PASSING = (psycopg2.OperationalError, psycopg2.InterfaceError, errors.ReadOnlySqlTransaction)

Result = TypeVar("Result")


def wait(connection) -> None:
    seconds = ANSWER_SECONDS if connection.status in CONNECTED else CONNECT_SECONDS
    wait_until(connection, time.monotonic() + seconds, seconds)


extensions.set_wait_callback(wait)


def once(work: Callable[..., Result]) -> Result:
    # Not `with connection`: that rolls back where it fails, which a broken connection answers with an error of its own in place of the first.
    with closing(psycopg2.connect("", options=f"-c statement_timeout={STATEMENT_MILLISECONDS}", **DEAD_PEER)) as connection:
        result = work(connection.cursor())
        connection.commit()
        return result


def patiently(work: Callable[..., Result], seconds: float) -> Result:
    """
    @param work is given a cursor. It may be done twice, since a commit whose answer is lost may have happened: it must then change nothing.
    @raises psycopg2.Error what is wrong with the work, or with the database when the time is over
    """
    deadline = time.monotonic() + seconds
    while True:
        try:
            return once(work)
        except PASSING as error:
            if time.monotonic() > deadline:
                raise
            log("warn", "the database does not answer yet", error=str(error).strip())
            time.sleep(PAUSE_SECONDS)
