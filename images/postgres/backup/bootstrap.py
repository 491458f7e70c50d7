"""
Patroni's bootstrap method: what a new cluster begins with. An empty one by initdb, or a restore where a request is mounted.
Nothing is ever restored without one, and a request that is not understood stops the bootstrap: an empty cluster in its place would
look like success.
Usage: python3 -m backup bootstrap --scope=NAME --datadir=DIRECTORY --stanza=NAME --initdb="OPTIONS"
"""

import argparse
import os
import shlex
import shutil
import subprocess
import sys

from . import pgbackrest
from .restore_request import InvalidRequest, read_request

REQUEST_DIRECTORY = "/etc/edtech/restore"


def say(text: str) -> None:
    print(f"bootstrap: {text}", flush=True)


def initialise(directory: str, options: str) -> int:
    say("no restore is asked for: initdb")
    return subprocess.run(["initdb", f"--pgdata={directory}", *shlex.split(options)], check=False).returncode


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="bootstrap", allow_abbrev=False)
    parser.add_argument("--scope", required=True)
    parser.add_argument("--datadir", required=True)
    parser.add_argument("--stanza", required=True)
    parser.add_argument("--initdb", required=True)
    options = parser.parse_args(arguments)
    try:
        request = read_request(os.environ.get("RESTORE_REQUEST_DIRECTORY", REQUEST_DIRECTORY))
    except InvalidRequest as invalid:
        print(f"bootstrap: refused, the restore request is not valid: {invalid}", file=sys.stderr, flush=True)
        return 1
    if request is None:
        return initialise(options.datadir, options.initdb)
    # What a failed attempt has left would take the room of the next one.
    shutil.rmtree(f"{options.datadir}.failed", ignore_errors=True)
    say(f"restoring {request}")
    os.environ["STANZA"] = options.stanza
    # The time-out goes into the restore_command as well: what PostgreSQL can't fetch is the end of the archive for it, so a
    # repository that is slow must be waited for.
    return pgbackrest.call("--io-timeout=60", f"--pg1-path={options.datadir}", *request.options(), "restore")
