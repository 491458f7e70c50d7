"""Publishes the analytics of each local day, cohort by cohort, as soon as the cut of the cohort has passed."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

from airflow.sdk import CronTriggerTimetable, Param, dag, task, task_group
from airflow.sdk.exceptions import AirflowFailException

from edtech_defaults import DEFAULT_ARGS, day_setting, report_failure, whole_number
from edtech_steps import CutSensor, Unit, at_risk, check, cohorts_of, compute, publish

# Seven hours after its end a day counts as late.
ALLOWANCE_HOURS = whole_number("EDTECH_CUT_ALLOWANCE_HOURS", default=4, least=0, most=6)
# Every day from here on gets its run, also when the scheduler was away. Without it only new days do; history is a backfill.
FIRST_DAY = day_setting("EDTECH_ANALYTICS_FROM")

DOC = """
### Daily analytics
One run per calendar day. Noon UTC of day D lies in the local day D of every zone from -12 to +11; the run starts then and each cohort
follows at its own cut: end of its local day + {allowance} h. Its tasks read *cohort 3, 2026-03-02*.

`wait_for_cut` → `compute` → `check` → `publish` → `at_risk`; readers see a day only after `publish`.

**Triage**
* `list_cohorts` failed: *the calendar ends on …* after nine minutes of tries: no simulator has run for a week. Clear it once one does.
* `wait_for_cut` waits past the cut: a shard is behind or roll-ups are pending. Look at `ingest.shards.watermark` and the
  simulator's log; the sensor goes on by itself. 48 h after it began to wait, which is 18 h after its cut or later, it fails: clear it once the data is
  there.
* `check` failed: the log names the checks and the rows (`analytics.data_quality_results`). Nothing was published. Repair the rows, then
  clear `compute` of that cohort with its downstream tasks.
* `compute` or `publish` failed with *the database refused*: the text is the reason.
* Retries with *server closed the connection*: a failover; they end by themselves.

**Run a day again**: trigger with the parameter `day` (and `cohorts`), or a backfill over several days. Equal data gives equal checksums.
A day that was restated keeps its later cut, and its risk as of the first one is taken again.
""".format(allowance=ALLOWANCE_HOURS)


@dag(
    dag_id="daily_analytics",
    schedule=CronTriggerTimetable("0 12 * * *", timezone="UTC"),
    start_date=FIRST_DAY or datetime(2026, 1, 1, tzinfo=timezone.utc),
    catchup=FIRST_DAY is not None,
    # A run lives for a day, until the cut of the westernmost cohort: today's waits while yesterday's ends.
    max_active_runs=4,
    dagrun_timeout=timedelta(hours=60),
    default_args=DEFAULT_ARGS,
    on_failure_callback=report_failure,
    doc_md=DOC,
    tags=["edtech", "analytics"],
    params={
        "day": Param(None, type=["null", "string"], format="date", description="Local day; empty: the day of the logical date"),
        "cohorts": Param([], type="array", items={"type": "integer"}, description="Cohort numbers; empty: all"),
    },
)
def daily_analytics() -> None:
    @task
    def list_cohorts(params: dict, logical_date: datetime | None = None) -> list[Unit]:
        day = date.fromisoformat(params["day"]) if params["day"] else logical_date and logical_date.date()
        if not day:
            raise AirflowFailException("a run without a logical date needs the parameter day, got none")
        return cohorts_of(day, params["cohorts"], ALLOWANCE_HOURS)

    @task_group
    def cohort_day(unit: Unit) -> None:
        ready = CutSensor(task_id="wait_for_cut", unit=unit)
        run = compute(unit)
        ready >> run
        publish(unit, check(unit, run)) >> at_risk(unit)

    cohort_day.expand(unit=list_cohorts())


daily_analytics()
