"""
Reconciles until SIGTERM. Settings are environment variables:
SETTINGS_FILE, LOGINS_DIRECTORY, BOOTSTRAP_DIRECTORY, CA_FILE, MEMBER_DOMAIN, PATRONI_PORT, PATRONI_USERNAME,
PATRONI_PASSWORD, HEALTH_PORT, INTERVAL_SECONDS; the connection to the primary by libpq's PG* variables.
Without MEMBER_DOMAIN the server has no Patroni: its parameters are not reconciled, roles and databases are.
"""

import http.client
import json
import os
import signal
import sys
import threading

import psycopg2

from . import database, members
from .bootstrap_right import BootstrapRight
from .health import Health
from .patroni_api import PatroniApi
from .settings import Settings, load, passwords


# What a server that is away, refuses, breaks off or answers with something else makes of a round: the next one tries again.
FAILURES = (OSError, RuntimeError, http.client.HTTPException, psycopg2.Error, LookupError, ValueError, TypeError)


def log(level: str, message: str, **fields: object) -> None:
    print(json.dumps({"level": level, "msg": message, **fields}), flush=True)


def api_of(settings: Settings) -> PatroniApi | None:
    domain = os.environ.get("MEMBER_DOMAIN")
    if domain is None:
        return None
    return PatroniApi(
        {member: f"{member}.{domain}" for member in settings.members},
        int(os.environ["PATRONI_PORT"]),
        os.environ["CA_FILE"],
        os.environ["PATRONI_USERNAME"],
        os.environ["PATRONI_PASSWORD"],
    )


def one_round(fresh: bool, right: BootstrapRight) -> tuple[str, str] | None:
    """@returns the step towards members that have restarted for their settings, see members.restart_pending"""
    settings = load(os.environ["SETTINGS_FILE"])
    api = api_of(settings)
    if api is not None and right.give_back_if_unused(api, settings.cluster):
        log("warn", "the right to make the database was taken, and nobody makes it: given back")
    replaced = api is not None and members.ensure_configuration(api, settings.dynamic)
    if replaced:
        log("info", "dynamic settings replaced")
    logins = passwords(os.environ["LOGINS_DIRECTORY"])
    changed = database.reconcile(settings, logins, os.environ["BOOTSTRAP_DIRECTORY"], fresh)
    if changed:
        log("info", "passwords set", logins=changed)
    # Not in the round that replaced settings: members find out one after the other whether they have to restart for them.
    return None if api is None or replaced else members.restart_pending(api, database.archive_fails)


def main() -> int:
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    health = Health()
    health.serve(int(os.environ["HEALTH_PORT"]))
    interval = float(os.environ["INTERVAL_SECONDS"])
    fresh = True
    right = BootstrapRight()
    before = None
    while not stop.is_set():
        try:
            step = one_round(fresh, right)
            if members.is_news(step, before):
                log("info", "member restart", step=step[0], member=step[1])
            before = step
            fresh = False
            health.round_done(True)
        except FAILURES as error:
            log("warn", "round failed", error=str(error).strip(), kind=type(error).__name__)
            fresh = True
            health.round_done(False)
        stop.wait(interval)
    return 0


if __name__ == "__main__":
    sys.exit(main())
