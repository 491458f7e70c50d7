"""Deletes Airflow's own old history, so that its database does not grow for ever."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from airflow.providers.postgres.hooks.postgres import PostgresHook
from airflow.sdk import CronTriggerTimetable, Param, dag, task

from edtech_defaults import DEFAULT_ARGS, report_failure, whole_number

KEEP_DAYS = whole_number("EDTECH_AIRFLOW_HISTORY_DAYS", default=30, least=7)

DOC = """
### Clean-up of Airflow's metadata
What `airflow db clean` does: runs, task instances, logs in the database, XCom and the like older than {days} days
(`EDTECH_AIRFLOW_HISTORY_DAYS`) are deleted, not archived. The newest run of each DAG stays, and so does the history of the
analytics themselves (`analytics.runs`).

Tasks have no access to the metadata database; this one uses the connection `airflow_metadata`.

**Triage**
* *connection airflow_metadata is not defined*: set `AIRFLOW_CONN_AIRFLOW_METADATA` for the scheduler.
* A foreign key error: a run was active at the limit; the next night clears it.
""".format(days=KEEP_DAYS)


@dag(
    dag_id="airflow_cleanup",
    schedule=CronTriggerTimetable("50 3 * * *", timezone="UTC"),
    start_date=datetime(2026, 1, 1, tzinfo=timezone.utc),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=1),
    default_args=DEFAULT_ARGS,
    on_failure_callback=report_failure,
    doc_md=DOC,
    tags=["edtech", "operations"],
    params={"keep_days": Param(KEEP_DAYS, type="integer", minimum=7, description="Age in days up to which history is kept")},
)
def airflow_cleanup() -> None:
    @task
    def clean_metadata(params: dict) -> None:
        # In this process: a second Airflow for the command `airflow db clean` takes 150 MiB that the scheduler's limit does not have.
        from airflow.utils.db_cleanup import run_cleanup
        from pendulum import now
        from sqlalchemy import create_engine
        from sqlalchemy.orm import Session

        hook = PostgresHook("airflow_metadata")
        url = hook.sqlalchemy_url.set(drivername="postgresql+psycopg2").update_query_dict(hook.connection.extra_dejson)
        with Session(create_engine(url)) as session:
            run_cleanup(
                clean_before_timestamp=now("UTC").subtract(days=params["keep_days"]),
                skip_archive=True,
                confirm=False,
                batch_size=10_000,
                error_on_cleanup_failure=True,
                session=session,
            )

    clean_metadata()


airflow_cleanup()
