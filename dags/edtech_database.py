"""Calls of the database functions that do the work; a task is one call.

The connection is `edtech`, from the environment variable `AIRFLOW_CONN_EDTECH`, a login of the role `edtech_analytics`.
"""

from __future__ import annotations

import json
import logging
from copy import deepcopy
from datetime import timedelta
from typing import Any

import psycopg2
import psycopg2.errors
from airflow.providers.postgres.hooks.postgres import PostgresHook
from airflow.sdk.exceptions import AirflowFailException

CONNECTION = "edtech"

# After a failover the old address may swallow packets: whoever waits gives up within seconds and the task is tried again.
# Keys of the connection's own extra win over these.
CLIENT_SETTINGS = {
    "application_name": "airflow",
    "connect_timeout": 2,
    "keepalives": 1,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
    # A demoted primary answers, but every write to it would fail.
    "target_session_attrs": "read-write",
}

TRANSIENT = (psycopg2.OperationalError, psycopg2.InterfaceError, psycopg2.errors.ReadOnlySqlTransaction)

log = logging.getLogger(__name__)


def call(statement: str, *parameters: Any, limit: timedelta = timedelta(minutes=5)) -> list[tuple]:
    """Runs one statement in one transaction and returns its rows.

    :param parameters: for `%s` in order, or one mapping for `%(name)s`.
    :param limit: statement timeout in the database, below the timeout of the task.
    :raises TRANSIENT: if the database is away or ended the session: the task is tried again.
    :raises AirflowFailException: if the database refuses the call: trying again would be refused again.
    """
    connection = deepcopy(PostgresHook.get_connection(CONNECTION))
    connection.extra = json.dumps({**CLIENT_SETTINGS, **connection.extra_dejson})
    # The server ends a statement whose client was killed, so a retry does not wait for the locks of its predecessor.
    options = f"-c client_connection_check_interval=2s -c statement_timeout={int(limit.total_seconds() * 1000)}"
    hook = PostgresHook(CONNECTION, connection=connection, options=options, enable_log_db_messages=True)
    given = parameters[0] if len(parameters) == 1 and isinstance(parameters[0], dict) else parameters
    try:
        return hook.run(statement, parameters=given, handler=lambda cursor: cursor.fetchall())
    except TRANSIENT:
        raise
    except psycopg2.Error as error:
        raise AirflowFailException(f"the database refused {statement!r} {given!r}: {str(error).strip()}") from error


def value(statement: str, *parameters: Any, limit: timedelta = timedelta(minutes=5)) -> Any:
    """The one value that a statement returns; see :func:`call`."""
    return call(statement, *parameters, limit=limit)[0][0]
