"""A day of a million events through a real scheduler: the work of the database, and what Airflow adds to it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from conftest import platform
from support.database import Database
from support.measurements import Measurement
from support.runs import Run, trigger
from support.settings import chart_settings

HISTORY = ("--students", "42000", "--days", "4", "--to", "2026-03-06T12:00:00Z")
WORKERS = int(chart_settings()["AIRFLOW__CORE__PARALLELISM"])
TOTALS = """
  select sum(events)::bigint, sum((select sum(value::numeric) from jsonb_each_text(timings_ms)))::float / 1000
    from analytics.runs where day = %s and status = 'published'"""
STEPS = """
  select step, round(sum(milliseconds::numeric) / 1000, 1)::float
    from analytics.runs, jsonb_each_text(timings_ms) t(step, milliseconds) where day = %s group by 1 order by 1"""


def seconds(run: Run) -> float:
    """From the trigger to the end."""
    facts = run.facts()
    return (datetime.fromisoformat(facts["end_date"]) - datetime.fromisoformat(facts["queued_at"])).total_seconds()


def account(database: Database, run: Run, day: str) -> dict[str, float]:
    """Where the time of all workers went, in seconds: SQL, the rest of the tasks, and waiting for the scheduler or for each other."""
    events, sql = database.query(TOTALS, day)[0]
    tasks = run.tasks()
    busy = sum(task["duration"] for task in tasks)
    whole = seconds(run)
    return {
        "events": events,
        "run_seconds": round(whole, 1),
        "tasks": len(tasks),
        "workers": WORKERS,
        "worker_seconds": round(WORKERS * whole, 1),
        "sql_seconds": round(sql, 1),
        "task_start_and_end_seconds": round(busy - sql, 1),
        "idle_seconds": round(WORKERS * whole - busy, 1),
    }


@pytest.mark.full
def test_a_day_of_a_million_events_takes_less_than_a_minute(tmp_path: Path, measurement: Measurement):
    with platform(HISTORY, tmp_path) as (database, airflow):
        # The first run after a start of the scheduler takes some seconds more.
        assert trigger(airflow, "daily_analytics", day="2026-03-03", cohorts=[1]).wait() == "success"
        run = trigger(airflow, "daily_analytics", day="2026-03-04")
        assert run.wait() == "success", run.summary()
        figures = account(database, run, "2026-03-04")
        measurement.note(**figures, sql_seconds_by_step=dict(database.query(STEPS, "2026-03-04")))
        assert figures["events"] >= 1_000_000
        assert figures["run_seconds"] < 60
