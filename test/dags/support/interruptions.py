"""Catching a step in the middle, and what may happen to it there."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
import psycopg2

from .database import Database


@contextmanager
def held(database: Database, statement: str) -> Iterator[None]:
    """Holds the locks that a statement takes for the duration of the block, or until the server ends."""
    connection = psycopg2.connect(database.superuser_url)
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement)
        yield
    finally:
        connection.close()


def waiting(database: Database, words: str, sessions: int = 1, seconds: float = 300) -> list[tuple[int, int]]:
    """(backend, client port) of the sessions that wait for a lock in a statement with these words, once there are so many."""
    deadline = time.monotonic() + seconds
    while True:
        rows = database.query(
            "select pid, client_port from pg_stat_activity where pid <> pg_backend_pid() and wait_event_type = 'Lock' and query like %s",
            f"%{words}%",
        )
        if len(rows) >= sessions:
            return rows
        if time.monotonic() > deadline:
            raise TimeoutError(f"{len(rows)} sessions wait in {words} after {seconds} s, wanted {sessions}")
        time.sleep(0.1)


def client(port: int) -> psutil.Process:
    """The process of the task that owns the client's end of a connection."""
    for process in psutil.process_iter():
        try:
            connections = process.net_connections("tcp4")
        except (psutil.AccessDenied, psutil.NoSuchProcess):
            continue
        if any(c.laddr.port == port and c.status == psutil.CONN_ESTABLISHED and c.raddr and c.raddr.port != port for c in connections):
            return process
    raise LookupError(f"no process has a connection from port {port}")


def gone(database: Database, backend: int, seconds: float = 15) -> bool:
    """Whether a session of the server ends in time."""
    deadline = time.monotonic() + seconds
    while database.query("select 1 from pg_stat_activity where pid = %s", backend):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True
