"""Daily analytics and restatements through a real scheduler, against the answer key of the simulator."""

from __future__ import annotations

from support.analytics import answer_key, published
from support.database import Database
from support.runs import backfill, logged, switched_on, trigger
from support.stack import Airflow

NOW = "2026-03-14T10:30:00Z"
COHORTS = (1, 2, 3, 4)
DAYS = ("2026-03-08", "2026-03-09")


def test_a_backfill_publishes_each_cohort_and_day_exactly_once(airflow: Airflow, database: Database):
    assert len(backfill(airflow, DAYS[0], DAYS[-1])) == len(DAYS)
    assert set(published(database)) == {(cohort, day) for cohort in COHORTS for day in DAYS}
    assert database.query("select kind, status, count(*)::int from analytics.runs group by 1, 2") == [("first", "published", len(COHORTS) * len(DAYS))]


def test_the_tables_equal_the_answer_key(airflow: Airflow, database: Database):
    assert answer_key(database)["runs"] == len(COHORTS) * len(DAYS)


def test_the_same_backfill_again_publishes_the_same_checksums(airflow: Airflow, database: Database):
    before = published(database)
    assert len(backfill(airflow, DAYS[0], DAYS[0], "--reprocess-behavior", "completed")) == 1
    assert published(database) == before
    again = database.query("select day::text, count(*)::int from analytics.runs where status = 'superseded' group by 1")
    assert again == [(DAYS[0], len(COHORTS))]


def test_a_day_before_the_stream_is_skipped_and_says_so(airflow: Airflow):
    run = trigger(airflow, "daily_analytics", day="2026-02-01")
    assert run.wait() == "success"
    assert "no cohort has 2026-02-01 in its calendar" in logged(run, "list_cohorts")
    assert {task["state"] for task in run.tasks()} == {"skipped"}


def test_the_risk_snapshots_are_taken_with_the_first_run(database: Database, airflow: Airflow):
    assert database.value("select count(*) from analytics.at_risk where day = %s", DAYS[0]) > 200
    assert database.value("select count(*) from analytics.classroom_window where day = %s", DAYS[0]) > 0


def test_late_events_restate_a_day_up_to_its_last_cut(airflow: Airflow, database: Database):
    cohort, day = late_unit(database)
    if (cohort, day) not in published(database):
        assert trigger(airflow, "daily_analytics", day=day, cohorts=[cohort]).wait() == "success"
    late = database.query("select cohort_id, day::text from analytics.due_restatements(%s)", NOW)
    assert (cohort, day) in late
    before = published(database)
    with switched_on(airflow, "restate_late_days"):
        run = trigger(airflow, "restate_late_days", now=NOW)
        assert run.wait() == "success", run.summary()
    after = published(database)
    assert {unit for unit in after if after[unit] != before[unit]} == set(late)
    assert database.value("select count(*) from analytics.restatements where old_value <> new_value") > 0
    assert database.query("select cohort_id from analytics.due_restatements(%s)", NOW) == []
    answer_key(database)


def test_a_restated_day_that_is_run_again_keeps_its_later_cut(airflow: Airflow, database: Database):
    before = published(database)
    [(cohort, day)] = database.query(
        "select cohort_id, day::text from analytics.runs where status = 'published' and kind = 'restatement' limit 1"
    )
    run = trigger(airflow, "daily_analytics", day=day, cohorts=[cohort])
    assert run.wait() == "success", run.summary()
    assert published(database) == before


def test_a_restated_day_that_is_run_again_gets_the_snapshots_that_its_first_run_left_out(airflow: Airflow, database: Database):
    [(cohort, day)] = database.query(
        "select cohort_id, day::text from analytics.runs where status = 'published' and kind = 'restatement' limit 1"
    )
    before = snapshots(database, cohort, day)
    assert all(rows > 0 for rows, _ in before)
    # What a day is left with whose first run ended between `publish` and `at_risk`.
    unit = (cohort, day)
    database.query("update analytics.runs set timings_ms = timings_ms - 'risk' where cohort_id = %s and day = %s", *unit)
    database.query("delete from analytics.at_risk where cohort_id = %s and day = %s", *unit)
    database.query("delete from analytics.classroom_window where cohort_id = %s and day = %s", *unit)
    run = trigger(airflow, "daily_analytics", day=day, cohorts=[cohort])
    assert run.wait() == "success", run.summary()
    assert {task["task_id"]: task["state"] for task in run.tasks()}["cohort_day.at_risk"] == "success"
    assert snapshots(database, cohort, day) == before
    assert answer_key(database)["tables"]["at_risk"]["compared"] >= before[0][0]


def snapshots(database: Database, cohort: int, day: str) -> list[tuple]:
    """Rows of both snapshots of a day and their checksum."""
    rows = "select count(*)::int, sum(hashtextextended(t::text, 0))::text from analytics.{} t where cohort_id = %s and day = %s"
    return [database.query(rows.format(table), cohort, day)[0] for table in ("at_risk", "classroom_window")]


def late_unit(database: Database) -> tuple[int, str]:
    """A cohort and day of which rows came in after the first cut; none that the tests of other files work on."""
    rows = database.query(
        "select c.cohort_id, s.day::text from analytics.student_day s join edtech.classrooms c on c.classroom_id = s.student_id / 63"
        " where s.late_hours > 4 and c.cohort_id < 4 and s.day between '2026-03-03' and '2026-03-10' order by 2 desc, 1 limit 1"
    )
    assert rows, "the history has no late event: another seed is needed"
    return rows[0]
