"""Computes published days again: at 24, 48 and 72 hours after their end, where events have arrived since, and after an erasure."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta, timezone

from airflow.sdk import CronTriggerTimetable, Param, dag, task, task_group
from airflow.sdk.exceptions import AirflowFailException

from edtech_database import call, value
from edtech_defaults import DEFAULT_ARGS, report_failure
from edtech_steps import Unit, check, compute, publish, units

log = logging.getLogger(__name__)

# Airflow refuses to map more than 1,024 units at once (core.max_map_length), after it has listed them.
UNITS_PER_RUN = 200

DUE = "select *, 'restatement' from analytics.due_restatements(coalesce(%s::timestamptz, now())) order by day, cohort_id limit %s"

DOC = """
### Restatement of late days
Devices that were offline deliver up to 72 h late. The database lists the days whose cut at +24, +48 or +72 h all shards have passed and
for which rows were received since the last published cut (`analytics.due_restatements`); each is computed, checked and published like a
first run, without the snapshots of risk. What changed stands in `analytics.restatements`. Without a due day the run ends with skipped steps.
A run takes up to {units} of them, the oldest first; the next one takes the rest.

`finish_erasures` makes the days again that an erasure (`ops.forget_student`) has left in `ops.erasure_days`, each in a transaction of its
own, and their snapshots of risk. Nothing of the student is left by then but a share in sums that name nobody.

**Triage**
* `finish_erasures` failed: it names the days whose other rows fail the quality checks, see `analytics.data_quality_results`; all other days
  are done. Once the rows are repaired, the next run makes these again, too.
* `check` failed: see `daily_analytics`; readers keep the figures of the last published cut.
* A missed hour needs nothing: the next run finds the same days and more.
* The parameter `now` lists what was due at an instant; empty: the time of the run.
""".format(units=UNITS_PER_RUN)


@dag(
    dag_id="restate_late_days",
    # Cuts lie on whole hours of the cohorts' days; five minutes later the simulators have passed them.
    schedule=CronTriggerTimetable("5 * * * *", timezone="UTC"),
    start_date=datetime(2026, 1, 1, tzinfo=timezone.utc),
    catchup=False,
    # Two runs would list the same days.
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=6),
    default_args=DEFAULT_ARGS,
    on_failure_callback=report_failure,
    doc_md=DOC,
    tags=["edtech", "analytics"],
    params={"now": Param(None, type=["null", "string"], format="date-time", description="Instant to list the due days of")},
)
def restate_late_days() -> None:
    @task
    def list_due(params: dict, logical_date: datetime | None = None) -> list[Unit]:
        now = params["now"] or logical_date
        return units(call(DUE, [now, UNITS_PER_RUN]))

    @task_group
    def cohort_day(unit: Unit) -> None:
        publish(unit, check(unit, compute(unit)))

    @task
    def finish_erasures() -> None:
        left = call("select distinct cohort_id, day from ops.erasure_days order by day desc, cohort_id")
        # Null, where another session has made it, is as good as true.
        finish = "select ops.finish_erasure_day(%s::smallint, %s::date)"
        refused = [f"cohort {cohort}, {day}" for cohort, day in left if value(finish, [cohort, day]) is False]
        log.info("made %d of %d days again", len(left) - len(refused), len(left))
        if refused:
            raise AirflowFailException(f"{len(refused)} days still count an erased student, their rows fail the quality checks: {'; '.join(refused)}")

    cohort_day.expand(unit=list_due())
    finish_erasures()


restate_late_days()
