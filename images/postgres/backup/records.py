"""What the database knows of the repository: one row per backup, marked when the backup has expired."""

import time

import psycopg2

from .log import log
from .pgbackrest import Backup

INSERT = """
insert into ops.backups (label, kind, started_at, stopped_at, database_bytes, repository_bytes, wal_start, wal_stop)
values (%s, %s, %s, %s, %s, %s, %s, %s)
on conflict (label) do nothing
"""
EXPIRE = "update ops.backups set expired_at = clock_timestamp() where expired_at is null and not label = any(%s)"


def record(backups: list[Backup]) -> int:
    """Writes what is missing, so that a run makes up for one whose record was lost. @returns rows added"""
    connection = psycopg2.connect("")
    try:
        with connection, connection.cursor() as cursor:
            added = 0
            for backup in backups:
                cursor.execute(INSERT, backup)
                added += cursor.rowcount
            cursor.execute(EXPIRE, ([backup.label for backup in backups],))
            return added
    finally:
        connection.close()


def record_patiently(backups: list[Backup], seconds: float = 120.0) -> int:
    """The same; a database that fails over meanwhile is waited for."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return record(backups)
        except psycopg2.OperationalError as error:
            if time.monotonic() > deadline:
                raise
            log("warn", "the database does not answer yet", error=str(error).strip())
            time.sleep(5)
