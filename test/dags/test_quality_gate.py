"""Corrupted input is not published: one fixture per kind of corruption, each on a day of its own, repaired at the end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg2
import pytest
from support.analytics import published
from support.database import Database
from support.runs import logged, trigger
from support.stack import Airflow

COHORT = 4
# A heartbeat of the cohort in the middle of a local day; `{day}` is replaced.
EVENT = """
  select l.event_id, l.occurred_at from edtech.streaming_logs l
    join edtech.students s using (student_id)
    join edtech.school_days d on d.cohort_id = s.cohort_id and l.occurred_at >= d.starts_at and l.occurred_at < d.ends_at
   where s.cohort_id = 4 and d.day = '{day}' and l.event_type = 'heartbeat' order by l.event_id limit 1"""
UPDATE = "update edtech.streaming_logs l set {change} from (" + EVENT + ") e where (l.event_id, l.occurred_at) = (e.event_id, e.occurred_at)"
OF_DAY = "from ingest.batches where utc_day = '{day}'"

# kind: day, statement that corrupts, the check that must fail, what its detail must name
CORRUPTIONS = {
    "orphans": ("2026-03-03", UPDATE.replace("{change}", "lesson_id = 999999"), "orphans", "lesson 999999 of student"),
    "future timestamps": (
        "2026-03-04",
        UPDATE.replace("{change}", "received_at = l.occurred_at - interval '1 hour'"),
        "future_timestamps",
        "was received before it occurred",
    ),
    "impossible positions": ("2026-03-05", UPDATE.replace("{change}", "position_seconds = 100000"), "impossible_positions", "position of event"),
    "a missing shard": (
        "2026-03-06",
        # The history was received in one go: every batch carries all shards.
        "update ingest.batches set shard_mask = shard_mask & ~(1::bigint << 7)",
        "missing_shards",
        "shard 7 received nothing in",
    ),
    "a doubled batch": (
        "2026-03-07",
        "insert into ingest.batches (replica, kind, shard_mask, received_from, received_to, utc_day, min_occurred_at, max_occurred_at, events, rolled_up_at)"
        " select replica, kind, shard_mask, received_from, received_to, utc_day, min_occurred_at, max_occurred_at, events, rolled_up_at " + OF_DAY,
        "doubled_batches",
        "the ledger of {day} counts",
    ),
}
# Raw rows of the day and the ledger, kept and put back: what a restore would do.
KEPT = {"edtech.streaming_logs": "occurred_at >= '{day}'::date - 1 and occurred_at < '{day}'::date + 2", "ingest.batches": "true"}


@contextmanager
def corrupted(database: Database, day: str, statement: str) -> Iterator[None]:
    """Foreign keys are left out of it, as a faulty restore would: no role of ours could write such rows."""
    connection = psycopg2.connect(database.superuser_url)
    with connection, connection.cursor() as cursor:
        cursor.execute("set session_replication_role = replica")
        for number, (table, rows) in enumerate(KEPT.items()):
            cursor.execute(f"create temporary table kept_{number} as select * from {table} where {rows.format(day=day)}")
        cursor.execute(statement.format(day=day))
        assert cursor.rowcount > 0, "nothing was corrupted"
    try:
        yield
    finally:
        with connection, connection.cursor() as cursor:
            for number, (table, rows) in enumerate(KEPT.items()):
                cursor.execute(f"delete from {table} where {rows.format(day=day)}")
                overriding = "overriding system value" if table == "ingest.batches" else ""
                cursor.execute(f"insert into {table} {overriding} select * from kept_{number}")
        connection.close()


@pytest.mark.parametrize("kind", CORRUPTIONS)
def test_corruption_blocks_publishing_and_the_log_names_the_check_and_the_rows(airflow: Airflow, database: Database, kind: str):
    day, statement, check, detail = CORRUPTIONS[kind]
    with corrupted(database, day, statement):
        run = trigger(airflow, "daily_analytics", day=day, cohorts=[COHORT])
        assert run.wait() == "failed", run.summary()
        log = logged(run, "cohort_day.check")
        assert "blocking checks failed" in log
        assert f"{check}: " in log and detail.format(day=day) in log
        assert [task["try_number"] for task in run.tasks() if task["task_id"] == "cohort_day.check"] == [1]
        assert "pipeline_failed" in log
    assert (COHORT, day) not in published(database)
    assert database.value("select count(*) from analytics.cohort_day where cohort_id = %s and day = %s", COHORT, day) == 0
    stored = "select q.detail from analytics.data_quality_results q join analytics.runs r using (run_id) where r.day = %s and check_name = %s"
    assert detail.format(day=day) in database.value(stored, day, check)


def test_a_repaired_day_is_published_by_the_next_run(airflow: Airflow, database: Database):
    day = CORRUPTIONS["orphans"][0]
    run = trigger(airflow, "daily_analytics", day=day, cohorts=[COHORT])
    assert run.wait() == "success", run.summary()
    assert (COHORT, day) in published(database)
