"""Waits of the driver for the database that end: no setting of a server does anything while it is frozen, or its node is dead."""

import select
import time

import psycopg2
from psycopg2 import extensions

# Parameters of a connection: a peer that is gone is noticed within 15 s, whether it was to answer or to take something.
DEAD_PEER = {"tcp_user_timeout": 10_000, "keepalives_idle": 5, "keepalives_interval": 5, "keepalives_count": 2}
CONNECTED = (extensions.STATUS_READY, extensions.STATUS_BEGIN, extensions.STATUS_PREPARED)


def wait_until(connection, ends: float, limit: float) -> None:
    """Waits as the driver would, but not for ever. @param ends by the monotonic clock, @param limit in seconds, as it is told"""
    while True:
        state = connection.poll()
        if state == extensions.POLL_OK:
            return
        sockets = [connection.fileno()]
        reads, writes = (sockets, []) if state == extensions.POLL_READ else ([], sockets)
        if not any(select.select(reads, writes, [], max(0, ends - time.monotonic()))):
            raise psycopg2.OperationalError(f"the database gave no answer within {limit:g} s")
