"""
A backup. pgBackRest expires what retention no longer needs when it is done; the database is told what there is.
Exit codes: 0 made and recorded, 1 failed, 2 wrong arguments, 3 made and not recorded.
"""

import sys

import psycopg2

from . import pgbackrest
from .log import log
from .records import record_patiently

KINDS = ("full", "incr")
# No reason to copy everything again: a later run records what is missing. The Jobs are not tried again after it.
MADE_NOT_RECORDED = 3


def main(arguments: list[str]) -> int:
    if len(arguments) != 1 or arguments[0] not in KINDS:
        print(f"kind of backup is '{' '.join(arguments)}'; allowed {', '.join(KINDS)}", file=sys.stderr)
        return 2
    try:
        # Creating it keeps members from archiving meanwhile, so it is not tried where it is there.
        failure = None if pgbackrest.has_stanza(pgbackrest.information()) else pgbackrest.try_quietly("stanza-create")
    except pgbackrest.RepositoryProblem as error:
        failure = str(error)
    if failure is not None:
        print(f"no stanza, so no backup: {failure}", file=sys.stderr)
        return 1
    code = pgbackrest.call(f"--type={arguments[0]}", "backup")
    if code != 0:
        print(f"backup failed with exit code {code} of pgBackRest", file=sys.stderr)
        return 1
    try:
        present = pgbackrest.backups_for_sure(pgbackrest.information())
        added = record_patiently(present)
    except (pgbackrest.RepositoryProblem, psycopg2.Error) as error:
        print(f"the backup is made, its record is not: {str(error).strip()}", file=sys.stderr)
        return MADE_NOT_RECORDED
    newest = present[-1]
    log(
        "info",
        "backup made",
        label=newest.label,
        kind=newest.kind,
        seconds=(newest.stopped_at - newest.started_at).total_seconds(),
        database_bytes=newest.database_bytes,
        repository_bytes=newest.repository_bytes,
        recorded=added,
    )
    return 0
