"""DAG runs through the REST API."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from .stack import Airflow

ENDED = ("success", "failed")


@dataclass
class Run:
    """One DAG run."""

    airflow: Airflow
    dag_id: str
    run_id: str

    @property
    def _url(self) -> str:
        return f"/api/v2/dags/{self.dag_id}/dagRuns/{self.run_id}"

    def facts(self) -> dict[str, Any]:
        return get(self.airflow, self._url)

    @property
    def state(self) -> str:
        return self.facts()["state"]

    def wait(self, seconds: float = 600) -> str:
        """Final state; raises if there is none in time."""
        deadline = time.monotonic() + seconds
        while (state := self.state) not in ENDED:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.dag_id} {self.run_id} is {state} after {seconds} s: {self.summary()}")
            time.sleep(0.5)
            self.airflow.revive()
        return state

    def tasks(self) -> list[dict[str, Any]]:
        return get(self.airflow, f"{self._url}/taskInstances", limit=1000)["task_instances"]

    def summary(self) -> str:
        return ", ".join(f"{t['task_id']}[{t['map_index']}]={t['state']}/{t['try_number']}" for t in self.tasks())

    def log(self, task_id: str, map_index: int = -1, try_number: int = 1) -> str:
        """Log of one try, as the page shows it."""
        url = f"{self._url}/taskInstances/{task_id}/logs/{try_number}"
        content = get(self.airflow, url, map_index=map_index, full_content=True)["content"]
        return "\n".join(line["event"] for line in content)


def get(airflow: Airflow, url: str, seconds: float = 300, **params: Any) -> Any:
    """Answer of the REST API; asks again while the api-server or its database is away, or its first task call builds all API versions."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return airflow.client.get(url, params=params).raise_for_status().json()
        except httpx.HTTPError as error:
            lasting = isinstance(error, httpx.HTTPStatusError) and error.response.status_code < 500
            if lasting or time.monotonic() > deadline:
                raise
            airflow.revive()
            time.sleep(0.5)


@contextmanager
def switched_on(airflow: Airflow, dag_id: str, seconds: float = 300) -> Iterator[None]:
    """Switches a DAG on for the duration of the block, waiting until it is parsed; by its own schedule it would work at the machine's date."""
    deadline = time.monotonic() + seconds
    url = f"/api/v2/dags/{dag_id}"
    while (answer := airflow.client.patch(url, json={"is_paused": False})).status_code == 404 and time.monotonic() < deadline:
        time.sleep(0.5)
    answer.raise_for_status()
    yield
    airflow.client.patch(url, json={"is_paused": True}).raise_for_status()


def trigger(airflow: Airflow, dag_id: str, **params: Any) -> Run:
    """A manual run without a logical date; `params` are the parameters of the DAG."""
    body = {"logical_date": None, "conf": params}
    answer = airflow.client.post(f"/api/v2/dags/{dag_id}/dagRuns", json=body).raise_for_status()
    return Run(airflow, dag_id, answer.json()["dag_run_id"])


def logged(run: Run, task_id: str) -> str:
    """Logs of all tries and map indexes of a task."""
    tasks = [task for task in run.tasks() if task["task_id"] == task_id]
    return "\n".join(run.log(task_id, t["map_index"], n) for t in tasks for n in range(1, t["try_number"] + 1))


def backfill(airflow: Airflow, first: str, last: str, *options: str, seconds: float = 600) -> list[Run]:
    """Airflow's own backfill of `daily_analytics`, days inclusive, to its end; the runs that it made or repeated."""
    before = {run["dag_run_id"]: run["end_date"] for run in backfill_runs(airflow)}
    days = ("--from-date", first, "--to-date", f"{last}T23:59", "--max-active-runs", "2")
    airflow.run("backfill", "create", "--dag-id", "daily_analytics", *days, *options)
    changed = [run["dag_run_id"] for run in backfill_runs(airflow) if run["end_date"] is None or before.get(run["dag_run_id"]) != run["end_date"]]
    runs = [Run(airflow, "daily_analytics", run_id) for run_id in changed]
    for run in runs:
        assert run.wait(seconds) == "success", run.summary()
    # The scheduler notes the end of a backfill some seconds later, and refuses another one of the DAG until then.
    deadline = time.monotonic() + 180
    while any(one["completed_at"] is None for one in get(airflow, "/api/v2/backfills", dag_id="daily_analytics")["backfills"]):
        assert time.monotonic() < deadline, "the backfill does not end"
        time.sleep(0.5)
    return runs


def backfill_runs(airflow: Airflow) -> list[dict[str, Any]]:
    return get(airflow, "/api/v2/dags/daily_analytics/dagRuns", limit=1000, run_type="backfill")["dag_runs"]
