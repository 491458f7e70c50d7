"""The scheduler's output says which DAG failed, in the words that the rule of the alert PipelineFailed looks for."""

from __future__ import annotations

import inspect
import time

from airflow.jobs import scheduler_job_runner
from airflow.models import dagrun
from support.runs import trigger
from support.settings import failure_expressions
from support.stack import Airflow

LINE, DAG = failure_expressions()


def failed_dag(line: str) -> str | None:
    return LINE.search(line) and DAG.search(line)["dag_id"]


def test_a_failed_task_and_its_run_are_in_the_output_of_the_scheduler(airflow: Airflow):
    output = airflow.home / "scheduler.log"
    before = output.stat().st_size
    run = trigger(airflow, "daily_analytics", cohorts=[99], day="2026-03-03")
    assert run.wait() == "failed", run.summary()
    found: list[str] = []
    deadline = time.monotonic() + 60
    while len(found) < 2 and time.monotonic() < deadline:
        time.sleep(0.5)
        found = [line for line in output.read_bytes()[before:].decode().splitlines() if run.run_id in line and LINE.search(line)]
    [task, whole] = sorted(found, key=lambda line: "pipeline_failed" not in line)
    assert "cohorts must be some of" in task
    assert "Marking run" in whole
    assert [failed_dag(task), failed_dag(whole)] == ["daily_analytics"] * 2


def test_a_run_that_hangs_or_takes_too_long_is_told_in_words_that_the_rule_knows():
    told = {
        dagrun: ("Task deadlock (no runnable tasks); marking run %s failed", ("<DagRun retention @ None: manual, state:running>",)),
        scheduler_job_runner: ("Run %s of %s has timed-out", ("scheduled__2026-03-02T02:20:00+00:00", "retention")),
    }
    for module, (words, values) in told.items():
        assert f'"{words}"' in inspect.getsource(module)
        assert failed_dag(words % values) == "retention"


def test_other_lines_of_the_scheduler_are_no_failure():
    for line in (
        "Marking run <DagRun retention @ None: manual, state:running> successful",
        "DagRun Finished: dag_id=retention, logical_date=None, run_id=manual, state=success",
    ):
        assert failed_dag(line) is None
