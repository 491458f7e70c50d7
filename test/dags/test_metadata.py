"""The clean-up of Airflow's own database."""

from __future__ import annotations

import psycopg2
from support.database import Database
from support.runs import get, switched_on, trigger
from support.stack import Airflow

AGE = "update dag_run set start_date = now() - interval '90 days', run_after = now() - interval '90 days' where dag_id = 'airflow_cleanup' and run_id = %s"


def test_old_history_is_deleted_and_the_newest_stays(airflow: Airflow, database: Database):
    with switched_on(airflow, "airflow_cleanup"):
        old = trigger(airflow, "airflow_cleanup")
        assert old.wait() == "success"
        connection = psycopg2.connect(database.metadata_url)
        with connection, connection.cursor() as cursor:
            cursor.execute(AGE, [old.run_id])
            assert cursor.rowcount == 1
        connection.close()
        new = trigger(airflow, "airflow_cleanup")
        assert new.wait() == "success"
    left = {run["dag_run_id"] for run in get(airflow, "/api/v2/dags/airflow_cleanup/dagRuns")["dag_runs"]}
    assert old.run_id not in left
    assert new.run_id in left
