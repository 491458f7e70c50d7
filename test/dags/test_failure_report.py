"""What `report_failure` writes of what Airflow tells it; needs no Airflow: `python3 -m unittest test_failure_report` in this folder."""

from __future__ import annotations

import json
import sys
import unittest
from pathlib import Path
from types import SimpleNamespace
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2] / "dags"))
from edtech_defaults import report_failure  # noqa: E402

RUN = SimpleNamespace(dag_id="retention", run_id="manual")
TASK = SimpleNamespace(task_id="publish", map_index=2, try_number=9)
OF_NO_TASK = {"task_id": None, "map_index": None, "try_number": None}


class ReportFailure(unittest.TestCase):
    def report(self, **context: Any) -> dict[str, Any]:
        with self.assertLogs("edtech.pipelines", "ERROR") as logs:
            report_failure(context)
        [record] = logs.records
        return json.loads(record.getMessage())

    def test_a_failed_task_is_told_with_its_run_its_try_and_the_exception(self):
        told = self.report(dag_run=RUN, task_instance=TASK, run_id="manual", exception=ValueError("no cohort 99"))
        of_task = {"task_id": "publish", "map_index": 2, "try_number": 9}
        self.assertEqual(told, {"event": "pipeline_failed", "dag_id": "retention", "run_id": "manual", **of_task, "reason": "no cohort 99"})

    def test_a_failed_run_is_told_where_only_its_dag_and_its_name_are_known(self):
        told = self.report(dag=SimpleNamespace(dag_id="retention"), run_id="manual", reason="timed_out")
        self.assertEqual(told, {"event": "pipeline_failed", "dag_id": "retention", "run_id": "manual", **OF_NO_TASK, "reason": "timed_out"})

    def test_a_failure_of_which_nothing_is_known_is_told_all_the_same(self):
        self.assertEqual(self.report(), {"event": "pipeline_failed", "dag_id": None, "run_id": None, **OF_NO_TASK, "reason": None})
