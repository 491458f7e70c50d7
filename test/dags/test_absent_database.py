"""The database away for ten minutes while the scheduler runs: what Airflow does meanwhile, and that it works again afterwards."""

from __future__ import annotations

import time
from pathlib import Path

import httpx
import pytest
from conftest import platform
from support.interruptions import held, waiting
from support.measurements import Measurement
from support.runs import trigger
from support.stack import Airflow

HISTORY = ("--students", "300", "--days", "4", "--to", "2026-03-06T12:00:00Z")
AWAY_SECONDS = 600
GRACE_SECONDS = 60
SAMPLE_SECONDS = 5


def answer(airflow: Airflow, url: str) -> str:
    """Status that the api-server answers with, or why there is none."""
    try:
        return str(airflow.client.get(url, timeout=SAMPLE_SECONDS).status_code)
    except httpx.HTTPError as error:
        return type(error).__name__


def live(airflow: Airflow, seconds: float) -> list[tuple[str, str]]:
    """Plays the kubelet for some time; what the api-server answers to its probe and to a page that needs the database, each once."""
    seen: dict[tuple[str, str], None] = {}
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        airflow.revive()
        seen[answer(airflow, "/api/v2/version"), answer(airflow, "/api/v2/dags")] = None
        time.sleep(1)
    return list(seen)


@pytest.mark.full
def test_a_minute_after_ten_without_a_database_a_run_succeeds(tmp_path: Path, measurement: Measurement):
    with platform(HISTORY, tmp_path) as (database, airflow):
        assert trigger(airflow, "daily_analytics", day="2026-03-03", cohorts=[1]).wait() == "success"
        with held(database, "select analytics.lock_day(2::smallint, '2026-03-03')"):
            under_way = trigger(airflow, "daily_analytics", day="2026-03-03", cohorts=[2])
            waiting(database, "compute_day")
            gone = time.monotonic()
            database.ask("stop", mode="fast")
        answers = live(airflow, AWAY_SECONDS)
        ended = [(name, round(moment - gone)) for name, moment in airflow.ended]
        database.ask("start")

        back = time.monotonic()
        airflow.wait_until_ready()
        healthy_seconds = time.monotonic() - back
        live(airflow, GRACE_SECONDS - healthy_seconds)
        begun = time.monotonic()
        run = trigger(airflow, "daily_analytics", day="2026-03-03", cohorts=[3])
        state, run_seconds = run.wait(), time.monotonic() - begun
        under_way_state = under_way.wait(900)
        measurement.note(
            away_seconds=AWAY_SECONDS,
            ended_by_themselves_after_seconds=ended,
            answers_to_probe_and_pages=answers,
            healthy_seconds_after_return=round(healthy_seconds),
            new_run=state,
            new_run_seconds=round(run_seconds),
            interrupted_run=under_way_state,
            interrupted_run_ended_seconds_after_return=round(time.monotonic() - back),
            interrupted_tries={task["task_id"]: task["try_number"] for task in under_way.tasks()},
        )
        assert healthy_seconds <= GRACE_SECONDS
        assert state == "success", run.summary()
        assert under_way_state == "success", under_way.summary()
