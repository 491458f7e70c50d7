"""What the database knows of the repository: one row per backup, marked when the backup has expired."""

from .pgbackrest import Backup
from .transaction import patiently

INSERT = """
insert into ops.backups (label, kind, started_at, stopped_at, database_bytes, repository_bytes, wal_start, wal_stop)
values (%s, %s, %s, %s, %s, %s, %s, %s)
on conflict (label) do nothing
"""
EXPIRE = "update ops.backups set expired_at = clock_timestamp() where expired_at is null and not label = any(%s)"


def write(cursor, backups: list[Backup]) -> int:
    added = 0
    for backup in backups:
        cursor.execute(INSERT, backup)
        added += cursor.rowcount
    cursor.execute(EXPIRE, ([backup.label for backup in backups],))
    return added


def record_patiently(backups: list[Backup], seconds: float = 120.0) -> int:
    """Writes what is missing, so that a run makes up for one whose record was lost. @returns rows added"""
    return patiently(lambda cursor: write(cursor, backups), seconds)
