"""DAG runs through the REST API."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

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
        return self.airflow.client.get(self._url).raise_for_status().json()

    @property
    def state(self) -> str:
        return self.facts()["state"]

    def wait(self, seconds: float = 120) -> str:
        """Final state; raises if there is none in time."""
        deadline = time.monotonic() + seconds
        while (state := self.state) not in ENDED:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.dag_id} {self.run_id} is {state} after {seconds} s: {self.summary()}")
            time.sleep(0.5)
        return state

    def tasks(self) -> list[dict[str, Any]]:
        answer = self.airflow.client.get(f"{self._url}/taskInstances", params={"limit": 1000}).raise_for_status()
        return answer.json()["task_instances"]

    def summary(self) -> str:
        return ", ".join(f"{t['task_id']}[{t['map_index']}]={t['state']}/{t['try_number']}" for t in self.tasks())

    def log(self, task_id: str, map_index: int = -1, try_number: int = 1) -> str:
        """Log of one try, as the page shows it."""
        url = f"{self._url}/taskInstances/{task_id}/logs/{try_number}"
        answer = self.airflow.client.get(url, params={"map_index": map_index, "full_content": True}).raise_for_status()
        return answer.text


def unpause(airflow: Airflow, dag_id: str) -> None:
    airflow.client.patch(f"/api/v2/dags/{dag_id}", json={"is_paused": False}).raise_for_status()


def trigger(airflow: Airflow, dag_id: str, **params: Any) -> Run:
    """A manual run without a logical date; `params` are the parameters of the DAG."""
    body = {"logical_date": None, "conf": params}
    answer = airflow.client.post(f"/api/v2/dags/{dag_id}/dagRuns", json=body).raise_for_status()
    return Run(airflow, dag_id, answer.json()["dag_run_id"])
