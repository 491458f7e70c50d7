"""Connections that end. A round must end whatever the server does, or liveness would have the pod killed for a fault of the database."""

import time

import psycopg2
from psycopg2 import extensions

from bounded_wait import CONNECTED, DEAD_PEER, wait_until

# An answer to a new connection; the driver's own limit does not hold with a callback.
CONNECT_SECONDS = 5
# All statements of a round. Well within the 300 s after which the program no longer counts as alive.
ROUND_SECONDS = 60
# In the server, so that what nobody waits for any more does not wait on for a lock.
STATEMENT_MILLISECONDS = 20_000
# The owner of a database may make functions there, and say with ALTER DATABASE where names are looked for: with these in the way a
# superuser would run what the owner wrote. What a client asks for outranks the database.
SEARCH_PATH = "pg_catalog,pg_temp"

round_ends = 0.0


def begin_round() -> None:
    global round_ends
    round_ends = time.monotonic() + ROUND_SECONDS


def wait(connection) -> None:
    """No setting of the server limits how long a commit waits for a standby."""
    limit, ends = ROUND_SECONDS, round_ends
    if connection.status not in CONNECTED:
        limit, ends = CONNECT_SECONDS, time.monotonic() + CONNECT_SECONDS
    wait_until(connection, ends, limit)


extensions.set_wait_callback(wait)


def connect(database: str):
    """
    Superuser over TLS with a client certificate; host and certificate come from PG* variables.
    Close it with `closing`: a connection as its own context is a transaction, in which CREATE DATABASE is refused.
    """
    connection = psycopg2.connect(
        dbname=database,
        user="postgres",
        options=f"-c search_path={SEARCH_PATH} -c statement_timeout={STATEMENT_MILLISECONDS}",
        **DEAD_PEER,
    )
    connection.autocommit = True
    return connection
