"""More days due for a restatement than Airflow maps at once: a run takes some of them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.database import Database
from test_database_calls import outcome

NOW = "2026-03-14T10:30:00Z"
# Before the stream: published days of which a row came ten hours after their end.
MANY_DUE = """
  create temporary table late as
    select c.cohort_id, d::date as day, d as starts_at, d + interval '24 hours' as ends_at, 63 * min(r.classroom_id) as student_id
      from edtech.cohorts c join edtech.classrooms r using (cohort_id), generate_series(timestamptz '2025-05-01Z', '2026-02-24Z', '24 hours') d
     group by 1, 2, 3, 4;
  insert into edtech.school_days select cohort_id, day, starts_at, ends_at, 'school_day' from late;
  insert into analytics.runs (cohort_id, day, kind, as_of, status, published_at, checksum)
    select cohort_id, day, 'first', ends_at + interval '4 hours', 'published', now(), 0 from late;
  insert into analytics.student_day select student_id, day, 10, 1, 0, 0, 0, 0, 0, 0, 0, 1, starts_at, starts_at from late"""
LIST = """
import sys
from analytics_restate_late_days import restate_late_days
task = restate_late_days().get_task("list_due")
found = task.python_callable(params={"now": sys.argv[1]})
print("listed", [(unit["cohort_id"], unit["day"]) for unit in found])
"""


@pytest.fixture
def crowded() -> Iterator[Database]:
    database = Database("--students", "300", "--days", "1", "--to", NOW)
    try:
        database.query(MANY_DUE)
        yield database
    finally:
        database.close()


def test_a_run_takes_the_oldest_due_days_and_leaves_the_rest_to_the_next(crowded: Database, tmp_path: Path):
    due = crowded.query("select cohort_id::int, day::text from analytics.due_restatements(%s) order by day, cohort_id", NOW)
    # core.max_map_length: one more, and the task fails that lists them, hour after hour.
    assert len(due) > 1024
    listed = ast.literal_eval(outcome(crowded, tmp_path, NOW, program=LIST).removeprefix("listed "))
    assert listed == due[:200]
