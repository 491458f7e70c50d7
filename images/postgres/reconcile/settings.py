"""What the cluster should be. The file is a mounted ConfigMap that changes in place, so it is read in every round."""

import json
import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Consumer:
    """A group role that owns or holds privileges, and the logins that are members of it."""

    group: str
    logins: tuple[str, ...]


@dataclass(frozen=True)
class Reader:
    """Tables of a database that a group may read."""

    group: str
    database: str
    tables: tuple[str, ...]


@dataclass(frozen=True)
class Settings:
    cluster: str
    members: tuple[str, ...]
    dynamic: dict
    consumers: tuple[Consumer, ...]
    readers: tuple[Reader, ...]
    """Database name to the group role that owns it; None where the SQL of the database decides."""
    databases: dict
    """Database name to the bootstrap files run in it, in order. The files of `postgres` come first."""
    bootstrap: dict


def load(path: str) -> Settings:
    with open(path, encoding="utf-8") as file:
        raw = json.load(file)
    return Settings(
        cluster=raw["cluster"],
        members=tuple(raw["members"]),
        dynamic=raw["dynamic"],
        consumers=tuple(Consumer(item["group"], tuple(item["logins"])) for item in raw["consumers"]),
        readers=tuple(Reader(item["group"], item["database"], tuple(item["tables"])) for item in raw["readers"]),
        databases=raw["databases"],
        bootstrap=raw["bootstrap"],
    )


def passwords(directory: str) -> dict[str, str]:
    """Password by login role: one file each, as a mounted Secret has them."""
    found = {}
    for name in sorted(os.listdir(directory)):
        path = os.path.join(directory, name)
        if not name.startswith(".") and os.path.isfile(path):
            with open(path, encoding="utf-8") as file:
                found[name] = file.read().strip()
    return found
