"""What all DAGs of the platform have in common: owner, retries, report of a failure, settings of the site."""

from __future__ import annotations

import json
import logging
import os
from datetime import datetime, timedelta, timezone
from typing import Any

log = logging.getLogger("edtech.pipelines")


def report_failure(context: dict[str, Any]) -> None:
    """Writes one line of JSON, after the last retry or for a whole run.

    That of a task comes to the scheduler's output, where the alert PipelineFailed finds it; that of a run stays in files of the DAG processor.
    """
    instance = context.get("task_instance")
    # Of a run the callback may be given the DAG and the name of the run alone.
    run, dag = context.get("dag_run"), context.get("dag")
    reason = context.get("exception") or context.get("reason")
    log.error(
        json.dumps(
            {
                "event": "pipeline_failed",
                "dag_id": run.dag_id if run else dag.dag_id if dag else None,
                "run_id": run.run_id if run else context.get("run_id"),
                "task_id": instance.task_id if instance else None,
                "map_index": instance.map_index if instance else None,
                "try_number": instance.try_number if instance else None,
                "reason": str(reason) if reason else None,
            }
        )
    )


# Nine tries within about nine minutes outlast a failover (seconds) and a restart of the database (minutes).
DEFAULT_ARGS = {
    "owner": "data-engineering",
    "retries": 8,
    "retry_delay": timedelta(seconds=5),
    "retry_exponential_backoff": True,
    "max_retry_delay": timedelta(minutes=2),
    "execution_timeout": timedelta(minutes=30),
    "on_failure_callback": report_failure,
}


def setting(name: str, default: str) -> str:
    """A setting of the site from the environment of the scheduler; an empty one counts as not set."""
    return os.environ.get(name) or default


def whole_number(name: str, default: int, least: int, most: int = 36_500) -> int:
    """A setting that is a whole number.

    :raises ValueError: if it is none, too small or too large: the DAG then shows as an import error that names it.
    """
    text = setting(name, str(default))
    if not text.isdecimal() or not least <= int(text) <= most:
        raise ValueError(f"{name} must be a whole number from {least} to {most}, got {text!r}")
    return int(text)


def day_setting(name: str) -> datetime | None:
    """A setting that is a calendar day such as 2026-03-02, as its midnight UTC; None if it is not set.

    :raises ValueError: if it is no calendar day.
    """
    text = setting(name, "")
    if not text:
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=timezone.utc)
    except ValueError as error:
        raise ValueError(f"{name} must be a day such as 2026-03-02, got {text!r}") from error


def switch(name: str, default: bool) -> bool:
    """A setting that is `true` or `false`.

    :raises ValueError: if it is neither.
    """
    text = setting(name, "true" if default else "false")
    if text not in ("true", "false"):
        raise ValueError(f"{name} must be true or false, got {text!r}")
    return text == "true"
