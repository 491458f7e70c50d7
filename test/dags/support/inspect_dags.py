"""Parses the DAG folder given as argument in a fresh process, the network cut, and prints what was found as JSON."""

from __future__ import annotations

import json
import socket
import sys
import warnings


def refuse(*_: object, **__: object) -> None:
    raise ConnectionRefusedError("a DAG file connected to something while it was imported")


def main(folder: str) -> None:
    from airflow.dag_processing.dagbag import DagBag

    socket.socket.connect = refuse  # type: ignore[method-assign]
    # libpq connects by itself, below Python's socket.
    import psycopg2

    psycopg2.connect = refuse
    sys.path.insert(0, folder)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        bag = DagBag(folder, safe_mode=False)
    found = {
        "errors": bag.import_errors,
        "warnings": [f"{w.category.__name__} {w.filename}:{w.lineno} {w.message}" for w in caught],
        "dags": {dag.dag_id: facts(dag) for dag in bag.dags.values()},
    }
    print(json.dumps(found))


def facts(dag) -> dict:
    return {
        "file": dag.fileloc,
        "tags": sorted(dag.tags),
        "doc": dag.doc_md,
        "max_active_runs": dag.max_active_runs,
        "catchup": dag.catchup,
        "run_timeout": dag.dagrun_timeout and dag.dagrun_timeout.total_seconds(),
        "failure_callback": bool(dag.on_failure_callback),
        "tasks": {
            task.task_id: {
                "owner": task.owner,
                "retries": task.retries,
                "back_off": bool(task.retry_exponential_backoff),
                "timeout": task.execution_timeout and task.execution_timeout.total_seconds(),
                "failure_callback": bool(task.on_failure_callback),
                "mode": attribute(task, "mode"),
            }
            for task in dag.tasks
        },
    }


def attribute(task, name: str):
    """Also of a mapped task, whose operator is not made yet."""
    return getattr(task, name, None) or getattr(task, "partial_kwargs", {}).get(name)


main(sys.argv[1])
