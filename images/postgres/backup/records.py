"""What the database knows of the repository: one row per backup, marked when the backup has expired."""

from .pgbackrest import Backup
from .transaction import patiently

INSERT = """
insert into ops.backups (label, kind, started_at, stopped_at, database_bytes, repository_bytes, wal_start, wal_stop)
values (%s, %s, %s, %s, %s, %s, %s, %s)
on conflict (label) do nothing
"""
# Both ways: what is there has not expired, whatever an earlier run has found.
EXPIRE = """
update ops.backups set expired_at = case when label = any(%(present)s) then null else clock_timestamp() end
where (expired_at is null) <> (label = any(%(present)s))
"""


def write(cursor, backups: list[Backup]) -> int:
    added = 0
    for backup in backups:
        cursor.execute(INSERT, backup)
        added += cursor.rowcount
    cursor.execute(EXPIRE, {"present": [backup.label for backup in backups]})
    return added


def record_patiently(backups: list[Backup], seconds: float = 120.0) -> int:
    """Writes what is missing, so that a run makes up for one whose record was lost. @returns rows added"""
    return patiently(lambda cursor: write(cursor, backups), seconds)
