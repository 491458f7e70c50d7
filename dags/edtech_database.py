"""Calls of the database functions that do the work; a task is one call.

The connection is `edtech`, from the environment variable `AIRFLOW_CONN_EDTECH`, a login of the role `edtech_analytics`.
"""

from __future__ import annotations

import json
from copy import deepcopy
from datetime import timedelta
from typing import Any

import psycopg
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

# The schema is not there yet, or not yet that of these DAGs: at a first start and in an upgrade the DAGs may come before the migrations.
UNMIGRATED = (
    psycopg.errors.InvalidSchemaName,
    psycopg.errors.UndefinedTable,
    psycopg.errors.UndefinedColumn,
    psycopg.errors.UndefinedFunction,
)

# The database is away, ended the session, was demoted under it or is not migrated: the task is tried again.
TRANSIENT = (psycopg.OperationalError, psycopg.InterfaceError, psycopg.errors.ReadOnlySqlTransaction, *UNMIGRATED)

# The functions' own word for "not in this state"; the driver counts it as operational.
NOT_IN_PREREQUISITE_STATE = "55000"

# The statement passed its time limit, or somebody cancelled it; the driver counts that as operational as well.
QUERY_CANCELED = "57014"

# Operational by the driver's count, though the database is there: another try would end the same way.
FINAL = (NOT_IN_PREREQUISITE_STATE, QUERY_CANCELED)

LIMIT = timedelta(minutes=25)


class Refused(AirflowFailException):
    """The database refuses a call, and would refuse it again: the task fails without another try."""

    def __init__(self, statement: str, parameters: Any, error: psycopg.Error) -> None:
        super().__init__(f"the database refused {' '.join(statement.split())!r} {parameters!r}: {str(error).strip()}")
        self.sqlstate = error.sqlstate


def call(statement: str, parameters: Any = (), limit: timedelta = LIMIT) -> list[tuple]:
    """Runs one statement in one transaction and returns its rows.

    :param parameters: a sequence for `%s`, or a mapping for `%(name)s`.
    :param limit: statement timeout in the database, below the timeout of the task.
    :raises TRANSIENT: if the database is away or not migrated.
    :raises Refused: for any other error of the database, also if the statement passes its limit.
    """
    connection = deepcopy(PostgresHook.get_connection(CONNECTION))
    connection.extra = json.dumps({**CLIENT_SETTINGS, **connection.extra_dejson})
    # The server ends a statement whose client was killed, so a retry does not wait for the locks of its predecessor.
    options = f"-c client_connection_check_interval=2s -c statement_timeout={int(limit.total_seconds() * 1000)}"
    hook = PostgresHook(CONNECTION, connection=connection, options=options, enable_log_db_messages=True)
    try:
        return hook.run(statement, parameters=parameters, handler=lambda cursor: cursor.fetchall())
    except psycopg.Error as error:
        if isinstance(error, TRANSIENT) and error.sqlstate not in FINAL:
            raise
        raise Refused(statement, parameters, error) from error


def value(statement: str, parameters: Any = ()) -> Any:
    """The one value that a statement returns; see :func:`call`."""
    return call(statement, parameters)[0][0]
