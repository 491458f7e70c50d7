"""Runs the data quality checks of publishing on days that are still open, and stores what they find."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta, timezone

from airflow.sdk import CronTriggerTimetable, dag, task
from airflow.sdk.exceptions import AirflowFailException

from edtech_database import call, value
from edtech_defaults import DEFAULT_ARGS, report_failure

log = logging.getLogger(__name__)

DOC = """
### Data quality of open days
The checks that `daily_analytics` runs before publishing, on each day that has begun and still takes late events (72 h after its end). They
see what all shards have delivered and rolled up. The latest result of each check stands in `analytics.open_day_checks`. Nothing is blocked:
a failed run is a warning hours before the day is due.

**Triage**
* *checks failed*: the log names day, check and rows. Repair the rows before the day's cut; then this DAG and the publishing pass by themselves.
* `missing_shards`: no simulator holds the shard, or its ledger has a gap. Look at `ingest.shards`.
* `doubled_batches` or a `…_roll_up` check: roll-ups and rows differ; rows were changed by hand, or this is a fault of the platform.
"""


@dag(
    dag_id="data_quality",
    schedule=CronTriggerTimetable("35 * * * *", timezone="UTC"),
    start_date=datetime(2026, 1, 1, tzinfo=timezone.utc),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=1),
    default_args=DEFAULT_ARGS,
    on_failure_callback=report_failure,
    doc_md=DOC,
    tags=["edtech", "analytics"],
)
def data_quality() -> None:
    @task
    def check_open_days() -> None:
        days = call("select cohort_id, day, as_of from analytics.open_days()")
        failed = sum(value("select analytics.check_open_day(%s::smallint, %s, %s)", unit) for unit in days)
        log.info("checked %d open days of cohorts", len(days))
        if failed:
            raise AirflowFailException(f"{failed} checks failed: {failures()}")

    check_open_days()


def failures() -> str:
    statement = (
        "select c.cohort_id, c.day, c.check_name, c.failed_rows, c.detail from analytics.open_day_checks c"
        " join analytics.open_days() using (cohort_id, day) where c.failed_rows > 0 order by 2, 1, 3"
    )
    return "; ".join(f"cohort {cohort}, {day}, {name}: {rows} rows, {detail}" for cohort, day, name, rows, detail in call(statement))


data_quality()
