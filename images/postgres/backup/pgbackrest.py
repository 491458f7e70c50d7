"""Calls of pgBackRest, and what it says about the repository."""

import json
import os
import subprocess
from datetime import datetime, timezone
from typing import NamedTuple


def stanza() -> str:
    return os.environ["STANZA"]


class Backup(NamedTuple):
    """A backup as `info` knows it."""

    label: str
    kind: str
    started_at: datetime
    stopped_at: datetime
    database_bytes: int
    repository_bytes: int
    wal_start: str
    wal_stop: str


def call(*arguments: str) -> int:
    """Runs a command whose log is for people. @returns its exit code"""
    return subprocess.run(["pgbackrest", f"--stanza={stanza()}", *arguments], check=False).returncode


def last_line(output: str) -> str:
    lines = [line for line in output.splitlines() if line.strip() != ""]
    return lines[-1].strip() if lines else "no message"


def try_quietly(*arguments: str) -> str | None:
    """Runs a command that may well fail for now. @returns why it failed, or None"""
    done = subprocess.run(
        ["pgbackrest", f"--stanza={stanza()}", "--log-level-console=error", *arguments],
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        # With a wrong passphrase a message quotes what it could not read.
        errors="backslashreplace",
    )
    errors = [line for line in done.stdout.splitlines() if "ERROR" in line]
    return None if done.returncode == 0 else (errors[0].strip() if errors else last_line(done.stdout))


def instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, timezone.utc)


def backups_of(info: list[dict]) -> list[Backup]:
    """The backups in the answer of `info`, oldest first; broken ones are left out."""
    return [
        Backup(
            label=backup["label"],
            kind=backup["type"],
            started_at=instant(backup["timestamp"]["start"]),
            stopped_at=instant(backup["timestamp"]["stop"]),
            database_bytes=backup["info"]["size"],
            # What this backup has added; what it shares with earlier ones is theirs.
            repository_bytes=backup["info"]["repository"]["delta"],
            wal_start=backup["archive"]["start"],
            wal_stop=backup["archive"]["stop"],
        )
        for of_stanza in info
        for backup in of_stanza["backup"]
        if not backup.get("error", False)
    ]


def has_stanza(info: list[dict]) -> bool:
    """Whether the answer of `info` is about a stanza that was created."""
    # 1: no folder of that name; 3: without its information file.
    return any(of_stanza["status"]["code"] not in (1, 3) for of_stanza in info)


class RepositoryProblem(RuntimeError):
    """Why nothing can be said or restored, in pgBackRest's words where it has said some."""


def backups_for_sure(info: list[dict]) -> list[Backup]:
    """
    The backups in the answer of `info`, where it knows of some and all is well: one that could not be read lists none, and all would
    count as expired. @raises RepositoryProblem
    """
    for of_stanza in info:
        status = of_stanza["status"]
        if status["code"] != 0:
            # Only the first line: with a wrong passphrase the others quote what was decrypted.
            said = (status["message"].splitlines() or ["no message"])[0]
            raise RepositoryProblem(f"the repository does not tell its backups: status {status['code']}, {said}")
    backups = backups_of(info)
    if not backups:
        raise RepositoryProblem("the repository lists no backup")
    return backups


def information() -> list[dict]:
    """
    The answer of `info`. A repository that can't be opened has one too: with a status and no backups. @raises RepositoryProblem
    """
    done = subprocess.run(
        ["pgbackrest", f"--stanza={stanza()}", "--log-level-console=error", "--output=json", "info"],
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # With a wrong passphrase pgBackRest quotes what it has decrypted.
        errors="replace",
    )
    if done.returncode != 0:
        said = done.stderr + done.stdout
        raise RepositoryProblem(next((line for line in said.splitlines() if "ERROR" in line), last_line(said)))
    return json.loads(done.stdout, strict=False)
