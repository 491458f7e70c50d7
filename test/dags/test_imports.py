"""The DAG files by themselves: they parse, and carry what the people who run them rely on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
DAGS = HERE.parents[1] / "dags"
EXPECTED = {"daily_analytics", "restate_late_days", "data_quality", "retention", "airflow_cleanup"}


def inspect(folder: Path, home: Path, **settings: str) -> dict:
    own = {"AIRFLOW_HOME": str(home), "AIRFLOW__CORE__LOAD_EXAMPLES": "False", "PATH": os.environ["PATH"]}
    command = [sys.executable, str(HERE / "support/inspect_dags.py"), str(folder)]
    result = subprocess.run(command, env={**own, **settings}, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def found(tmp_path_factory) -> dict:
    return inspect(DAGS, tmp_path_factory.mktemp("airflow"))


def test_every_dag_imports_without_an_error_or_a_warning_and_without_a_connection(found):
    assert found["errors"] == {}
    assert found["warnings"] == []
    assert set(found["dags"]) == EXPECTED


def test_files_that_break_these_rules_are_found(tmp_path):
    folder = tmp_path / "dags"
    folder.mkdir()
    (folder / "deprecated.py").write_text("from airflow.operators.python import PythonOperator\n")
    (folder / "connects.py").write_text("import socket\nsocket.create_connection(('127.0.0.1', 9))\n")
    (folder / "asks_database.py").write_text("import psycopg2\npsycopg2.connect('host=127.0.0.1')\n")
    found = inspect(folder, tmp_path)
    assert any("deprecated" in warning for warning in found["warnings"])
    assert {Path(file).name for file in found["errors"]} == {"asks_database.py", "connects.py"}
    assert all("connected to something" in error for error in found["errors"].values())


def test_every_dag_has_a_domain_and_a_verb_in_its_file_name_and_tags_and_triage_notes(found):
    for dag_id, dag in found["dags"].items():
        assert Path(dag["file"]).stem.count("_") >= 1, dag_id
        assert "edtech" in dag["tags"] and len(dag["tags"]) >= 2, dag_id
        assert "**Triage**" in dag["doc"], dag_id


def test_every_dag_is_bounded_in_runs_and_time_and_reports_failures(found):
    for dag_id, dag in found["dags"].items():
        assert 1 <= dag["max_active_runs"] <= 4, dag_id
        assert dag["run_timeout"] > 0, dag_id
        assert dag["failure_callback"], dag_id


def test_every_task_has_an_owner_retries_with_back_off_a_timeout_and_a_failure_callback(found):
    tasks = {(dag_id, name): task for dag_id, dag in found["dags"].items() for name, task in dag["tasks"].items()}
    assert len(tasks) >= 10
    for name, task in tasks.items():
        assert task["owner"] == "data-engineering", name
        assert task["retries"] >= 3 and task["back_off"], name
        assert task["timeout"] > 0, name
        assert task["failure_callback"], name


def test_waiting_gives_its_worker_back(found):
    waiting = [task for dag in found["dags"].values() for name, task in dag["tasks"].items() if "wait" in name]
    assert len(waiting) == 1
    assert {task["mode"] for task in waiting} == {"reschedule"}


def test_days_missed_by_the_scheduler_are_caught_up_once_the_first_day_is_told(found, tmp_path):
    assert not found["dags"]["daily_analytics"]["catchup"]
    told = inspect(DAGS, tmp_path, EDTECH_ANALYTICS_FROM="2026-03-02")
    assert told["dags"]["daily_analytics"]["catchup"]


@pytest.mark.parametrize(
    "settings",
    [
        {"EDTECH_CUT_ALLOWANCE_HOURS": "four", "EDTECH_RETENTION_DAYS": "3", "EDTECH_AIRFLOW_HISTORY_DAYS": "0"},
        {"EDTECH_ANALYTICS_FROM": "yesterday", "EDTECH_RETENTION_DRY_RUN": "no"},
        {"EDTECH_CUT_ALLOWANCE_HOURS": "7", "EDTECH_RETENTION_DAYS": "36501"},
    ],
)
def test_settings_that_cannot_be_used_are_import_errors_that_name_them(tmp_path, settings):
    errors = inspect(DAGS, tmp_path, **settings)["errors"]
    assert len(errors) == len(settings)
    for name, text in settings.items():
        assert any(name in error and repr(text) in error for error in errors.values()), name
