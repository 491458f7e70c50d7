"""Whether the volume of the repository can be written. Its own failure is better than that of the first backup at night."""

import errno
import os
import stat
import sys

from .log import log

FOLDERS = ("repository", "lock")


def identity() -> str:
    groups = ",".join(str(group) for group in sorted(set(os.getgroups())))
    return f"uid {os.getuid()}, gid {os.getgid()}, groups {groups or 'none'}"


def description(path: str) -> str:
    found = os.stat(path)
    return f"belongs to {found.st_uid}:{found.st_gid} with mode {stat.S_IMODE(found.st_mode):04o}"


class Full(Exception):
    """No room: a matter for an alert, not for the start of the repository host, from which one can still restore."""


def problem(volume: str) -> str | None:
    """What keeps this process from writing to the volume, or None. @raises Full"""
    if not os.path.isdir(volume):
        return f"{volume} is not a folder: the volume of the repository is not mounted there"
    for folder in FOLDERS:
        path = os.path.join(volume, folder)
        probe = os.path.join(path, f".written-by-{os.getpid()}")
        try:
            os.makedirs(path, mode=0o750, exist_ok=True)
            # A check that was killed leaves its probe, and in a container each one has the same process id.
            descriptor = os.open(probe, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o640)
            try:
                os.write(descriptor, b"can be written\n")
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
                os.unlink(probe)
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise Full(f"{volume} is full: nothing is archived until there is room") from error
            there = path if os.path.isdir(path) else volume
            found = f"{there} cannot be written by this process ({identity()}): {error.strerror}; it {description(there)}"
            if error.errno not in (errno.EACCES, errno.EPERM):
                return found
            return f"{found}. An NFS export must belong to {os.getuid()}:{os.getgid()} on the server, without squashing that user"
    return None


def main(_: list[str]) -> int:
    volume = os.environ["BACKUP_VOLUME"]
    try:
        found = problem(volume)
    except Full as full:
        log("error", str(full))
        return 0
    if found is not None:
        print(found, file=sys.stderr)
        return 1
    room = os.statvfs(volume)
    log("info", f"{volume} can be written", free_bytes=room.f_bavail * room.f_frsize)
    return 0
