"""A month through Airflow's own backfill and a real scheduler, twice."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from conftest import platform
from support.analytics import answer_key, published
from support.database import Database
from support.measurements import Measurement
from support.runs import backfill
from support.stack import Airflow

COHORTS = (1, 2, 3, 4)
DAYS = 30
FIRST, LAST = "2026-03-03", "2026-04-01"
HISTORY = ("--students", "300", "--days", "34", "--to", "2026-04-05T12:00:00Z")
STATES = "select status, count(*)::int from analytics.runs group by 1 order by 1"


def timed_backfill(airflow: Airflow, *options: str) -> float:
    begun = time.monotonic()
    assert len(backfill(airflow, FIRST, LAST, *options, seconds=3000)) == DAYS
    return round(time.monotonic() - begun, 1)


def sql_seconds(database: Database) -> float:
    return database.value("select round(sum(milliseconds::numeric) / 1000, 1)::float from analytics.runs, jsonb_each_text(timings_ms) t(step, milliseconds)")


@pytest.mark.full
def test_a_backfill_of_30_days_publishes_each_cohort_and_day_once_and_repeats_to_the_same_checksums(tmp_path: Path, measurement: Measurement):
    units = len(COHORTS) * DAYS
    with platform(HISTORY, tmp_path) as (database, airflow):
        first_seconds, first = timed_backfill(airflow), published(database)
        assert len(first) == units
        assert database.query(STATES) == [("published", units)]
        compared = answer_key(database)

        again_seconds = timed_backfill(airflow, "--reprocess-behavior", "completed")
        assert published(database) == first
        assert database.query(STATES) == [("published", units), ("superseded", units)]
        measurement.note(
            days=DAYS,
            cohort_days=units,
            first_seconds=first_seconds,
            again_seconds=again_seconds,
            sql_seconds_of_both=sql_seconds(database),
            rows_equal_to_the_answer_key=sum(table["compared"] for table in compared["tables"].values()),
        )
