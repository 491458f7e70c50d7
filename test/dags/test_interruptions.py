"""Whatever happens to a task in the middle of a step: readers see nothing of it, and the day is published in the end."""

from __future__ import annotations

from threading import Thread

import pytest
from support.analytics import answer_key, published
from support.database import Database
from support.interruptions import client, gone, held, waiting
from support.runs import Run, logged, switched_on, trigger
from support.stack import Airflow

# The last statement of publishing writes the audit: all tables are written by then, and nothing is committed.
PUBLISHING_STOPS = "lock table ops.audit in share mode"
# The first write of the checks. Those of a run whose staged rows are gone do not come so far.
CHECKING_STOPS = "lock table analytics.data_quality_results in share mode"
TABLES = ("student_lesson_day", "lesson_day", "lesson_dropoff", "classroom_day", "cohort_day")


def visible_rows(database: Database, cohort: int, day: str) -> int:
    counts = [f"(select count(*) from analytics.{table} where cohort_id = {cohort} and day = '{day}')" for table in TABLES]
    return database.value(f"select {' + '.join(counts)}")


def statuses(database: Database, cohort: int, day: str) -> list[str]:
    """Of the runs of a day, in the order in which they were computed."""
    rows = database.query("select status from analytics.runs where cohort_id = %s and day = %s order by run_id", cohort, day)
    return [status for (status,) in rows]


def assert_published_once_with_its_risk(run: Run, database: Database, cohort: int, day: str) -> None:
    assert run.wait() == "success", run.summary()
    assert database.value("select count(*) from ops.audit where action = 'publish' and subject = %s", f"cohort {cohort}, {day}") == 1, run.summary()
    assert {task["state"] for task in run.tasks()} == {"success"}, run.summary()
    assert database.value("select count(*) from analytics.at_risk where cohort_id = %s and day = %s", cohort, day) > 0


def test_a_task_killed_while_it_publishes_is_tried_again(airflow: Airflow, database: Database):
    with held(database, PUBLISHING_STOPS):
        run = trigger(airflow, "daily_analytics", day="2026-03-02", cohorts=[1])
        [(backend, port)] = waiting(database, "publish_day")
        assert visible_rows(database, 1, "2026-03-02") == 0
        client(port).kill()
        # Before the lock is free: the next try does not wait for a session without a client.
        assert gone(database, backend)
    assert run.wait() == "success", run.summary()
    assert [task["try_number"] for task in run.tasks() if task["task_id"] == "cohort_day.publish"] == [2]
    assert visible_rows(database, 1, "2026-03-02") > 0


def test_a_crash_of_the_database_while_a_task_publishes_is_survived(airflow: Airflow, database: Database):
    with held(database, PUBLISHING_STOPS):
        run = trigger(airflow, "daily_analytics", day="2026-03-02", cohorts=[2])
        waiting(database, "publish_day")
        database.ask("stop", mode="immediate")
        database.ask("start")
    assert visible_rows(database, 2, "2026-03-02") == 0
    airflow.wait_until_ready()
    assert run.wait() == "success", run.summary()
    assert visible_rows(database, 2, "2026-03-02") > 0


def test_a_crash_between_two_steps_that_empties_the_staged_rows_is_survived(airflow: Airflow, database: Database):
    lock = "select analytics.lock_day(3::smallint, '2026-03-02')"
    # Each step of a day takes this lock, and whoever waits gets it in turn: the crash comes after compute and before check.
    empty = Thread(target=database.query, args=[f"{lock}; truncate analytics_stage.views"])
    with held(database, lock):
        run = trigger(airflow, "daily_analytics", day="2026-03-02", cohorts=[3])
        waiting(database, "compute_day")
        empty.start()
        waiting(database, "truncate analytics_stage")
    empty.join()
    assert run.wait() == "success", run.summary()
    assert "the staged rows of run" in logged(run, "cohort_day.check")
    assert (3, "2026-03-02") in published(database)


def test_an_erasure_between_two_steps_leaves_no_day_unpublished(airflow: Airflow, database: Database):
    # The first run of a day, which the erasure does not make again, and a published day, which it does.
    day, cohort, earlier = "2026-03-10", 2, "2026-03-02"
    if (cohort, earlier) not in published(database):
        assert trigger(airflow, "daily_analytics", day=earlier, cohorts=[cohort]).wait() == "success"
    student = database.value(
        "select s.student_id from analytics.student_day s join edtech.students t using (student_id)"
        " join edtech.school_days d on d.cohort_id = t.cohort_id and d.day = %s and d.ends_at > t.enrolled_at"
        " where s.day = %s and t.cohort_id = %s and s.views > 0 and s.late_hours = 0 order by 1 limit 1",
        earlier,
        day,
        cohort,
    )
    erase = Thread(target=database.query, args=["select ops.forget_student(%s, 'asked for it')", student])
    with held(database, f"select analytics.lock_day({cohort}::smallint, '{day}')"):
        run = trigger(airflow, "daily_analytics", day=day, cohorts=[cohort])
        waiting(database, "compute_day")
        # Next in the queue: after compute, before check.
        erase.start()
        waiting(database, "forget_student")
    erase.join()
    assert run.wait() == "success", run.summary()
    assert "was discarded by an erasure" in logged(run, "cohort_day.check")
    assert (cohort, day) in published(database)
    assert database.value("select count(*) from analytics.student_lesson_day where day = %s and cohort_id = %s", day, cohort) > 0
    assert database.value("select count(*) from analytics.student_lesson_day where student_id = %s", student) == 0
    # The days that were published before it are made again by the next hourly run, or by whoever does not want to wait for it.
    assert database.value("select count(*) from ops.erasure_days") > 0
    # Once it is on, a run of its own may come first.
    with switched_on(airflow, "restate_late_days"):
        run = trigger(airflow, "restate_late_days", now="2026-03-02T00:00:00Z")
        assert run.wait() == "success", run.summary()
    assert database.value("select count(*) from ops.erasure_days") == 0
    erasure = "select count(*) from analytics.runs where kind = 'erasure' and status = 'published' and cohort_id = %s and day = %s"
    assert database.value(erasure, cohort, earlier) == 1


def test_two_runs_of_the_same_day_at_once_publish_it_once(airflow: Airflow, database: Database):
    with held(database, "select analytics.lock_day(4::smallint, '2026-03-02')"):
        runs = [trigger(airflow, "daily_analytics", day="2026-03-02", cohorts=[4]) for _ in range(2)]
        waiting(database, "compute_day", sessions=2)
    assert [run.wait() for run in runs] == ["success", "success"], [run.summary() for run in runs]
    first = published(database)[4, "2026-03-02"]
    again = trigger(airflow, "daily_analytics", day="2026-03-02", cohorts=[4])
    assert again.wait() == "success", again.summary()
    assert published(database)[4, "2026-03-02"] == first


def test_a_retry_goes_on_with_the_run_that_its_earlier_try_computed_again(airflow: Airflow, database: Database):
    cohort, day = 1, "2026-03-11"
    lock = f"select analytics.lock_day({cohort}::smallint, '{day}')"
    empty = Thread(target=database.query, args=[f"{lock}; truncate analytics_stage.views"])
    with held(database, CHECKING_STOPS):
        with held(database, lock):
            run = trigger(airflow, "daily_analytics", day=day, cohorts=[cohort])
            waiting(database, "compute_day")
            # Next in the queue: after compute, before check.
            empty.start()
            waiting(database, "truncate analytics_stage")
        empty.join()
        [(backend, port)] = waiting(database, "check_day")
        assert statuses(database, cohort, day) == ["discarded", "computed"]
        client(port).kill()
        assert gone(database, backend)
    assert_published_once_with_its_risk(run, database, cohort, day)
    assert [task["try_number"] for task in run.tasks() if task["task_id"] == "cohort_day.check"] == [2]
    assert statuses(database, cohort, day) == ["discarded", "published"]


def test_publishing_goes_on_with_a_run_that_is_not_checked_yet(airflow: Airflow, database: Database):
    cohort, day = 2, "2026-03-11"
    # What a try of `publish` leaves that ends after it has computed the day again.
    compute = f"select analytics.compute_day({cohort}::smallint, '{day}', analytics.first_cut({cohort}::smallint, '{day}'))"
    again = Thread(target=database.query, args=[compute])
    with held(database, CHECKING_STOPS):
        run = trigger(airflow, "daily_analytics", day=day, cohorts=[cohort])
        waiting(database, "check_day")
        # Next in the queue: after check, before publish.
        again.start()
        waiting(database, "compute_day")
    again.join()
    assert_published_once_with_its_risk(run, database, cohort, day)
    assert "was discarded for run" in logged(run, "cohort_day.publish")
    assert statuses(database, cohort, day) == ["discarded", "published"]


OTHERS = {
    "its own run": (3, "select analytics.compute_day({cohort}::smallint, '{day}', analytics.first_cut({cohort}::smallint, '{day}'))"),
    "the same run": (4, "select max(run_id) from analytics.runs where cohort_id = {cohort} and day = '{day}'"),
}


@pytest.mark.parametrize("other", OTHERS)
def test_a_day_that_somebody_else_publishes_between_two_steps_is_not_published_again(airflow: Airflow, database: Database, other: str):
    day = "2026-03-11"
    cohort, run_of_other = OTHERS[other]
    lock = f"analytics.lock_day({cohort}::smallint, '{day}')"
    publish = (
        f"do $$ declare run bigint; begin perform {lock}; run := ({run_of_other.format(cohort=cohort, day=day)});"
        " perform analytics.check_day(run); perform analytics.publish_day(run); end $$"
    )
    somebody = Thread(target=database.query, args=[publish])
    with held(database, f"select {lock}"):
        run = trigger(airflow, "daily_analytics", day=day, cohorts=[cohort])
        waiting(database, "compute_day")
        # Next in the queue: after compute, before check.
        somebody.start()
        waiting(database, "publish_day")
    somebody.join()
    theirs = published(database)[cohort, day]
    assert_published_once_with_its_risk(run, database, cohort, day)
    assert "was published meanwhile" in logged(run, "cohort_day.check")
    assert statuses(database, cohort, day)[-1] == "published" and published(database)[cohort, day] == theirs


def test_what_was_published_that_way_equals_the_answer_key(database: Database):
    answer_key(database)
