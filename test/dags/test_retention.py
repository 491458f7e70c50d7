"""Retention: only whole, verified, published partitions go, holds and dry runs keep them, all of it is in the audit.

The last of the files, since what it drops is gone; its tests build on each other in their order.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx
import pytest
from support.analytics import published
from support.database import Database
from support.runs import logged, switched_on, trigger
from support.stack import KEPT_DAYS, Airflow

# The stream begins on the 2nd: in UTC its first events are of the 1st.
DROPPED = ("2026-03-01", "2026-03-02")
PARTITIONS = "select utc_day::text from ops.partitions order by 1"
AUDIT = "select action, subject, role::text from ops.audit where action in ('hold', 'release', 'drop_partition') order by audit_id"


@pytest.fixture(scope="module")
def old_days(shared: tuple[Database, Airflow]) -> Iterator[list[tuple[str]]]:
    """The first days published everywhere and past their last restatement, retention switched on; the partitions that there are."""
    database, airflow = shared
    # In UTC the 2nd reaches into the 3rd of the east.
    for day in ("2026-03-02", "2026-03-03"):
        left = [cohort for cohort in (1, 2, 3, 4) if (cohort, day) not in published(database)]
        if left:
            assert trigger(airflow, "daily_analytics", day=day, cohorts=left).wait() == "success"
    with switched_on(airflow, "restate_late_days"):
        assert trigger(airflow, "restate_late_days", now="2026-03-14T10:30:00Z").wait() == "success"
    partitions = database.query(PARTITIONS)
    assert {day for (day,) in partitions} >= set(DROPPED)
    with switched_on(airflow, "retention"):
        yield partitions


def retention(airflow: Airflow, dry_run: bool) -> str:
    """Log of a run for which everything before the 6th is old; of that, only what all conditions allow may go."""
    run = trigger(airflow, "retention", today="2026-03-11", keep_days=KEPT_DAYS, dry_run=dry_run)
    assert run.wait() == "success", run.summary()
    return logged(run, "drop_partitions")


def test_a_day_to_come_is_refused_as_today(airflow: Airflow, database: Database, old_days: list[tuple[str]]):
    run = trigger(airflow, "retention", today="2999-01-01", dry_run=False)
    assert run.wait() == "failed"
    assert "today must not be later than" in logged(run, "drop_partitions")
    assert database.query(PARTITIONS) == old_days


def test_a_run_that_would_keep_less_than_the_site_is_refused(airflow: Airflow, database: Database, old_days: list[tuple[str]]):
    with pytest.raises(httpx.HTTPStatusError) as refused:
        trigger(airflow, "retention", keep_days=KEPT_DAYS - 1, dry_run=False)
    assert refused.value.response.status_code == 400
    assert "keep_days" in refused.value.response.text
    assert database.query(PARTITIONS) == old_days


def test_a_partition_that_is_not_verified_is_kept(airflow: Airflow, database: Database, old_days: list[tuple[str]]):
    assert "2026-03-01: kept, verify has not proven it" in retention(airflow, dry_run=False)
    assert database.query(PARTITIONS) == old_days


def test_a_dry_run_names_what_would_go_and_changes_nothing(airflow: Airflow, database: Database, old_days: list[tuple[str]]):
    verified = json.loads(database.ask("verify"))
    assert (verified["lost"], verified["extra"], verified["changed"]) == (0, 0, 0) and verified["compared"] > 0
    audited = database.query(AUDIT)

    log = retention(airflow, dry_run=True)
    assert all(f"{day}: would be dropped" in log for day in DROPPED)
    assert database.query(PARTITIONS) == old_days
    assert database.value("select count(*) from ops.dropped_partitions") == 0
    assert database.query(AUDIT) == audited


def test_a_legal_hold_keeps_a_partition_that_would_go(airflow: Airflow, database: Database, old_days: list[tuple[str]]):
    hold = database.value("select ops.hold('2026-03-01', '2026-03-02', 'request of a court')")
    try:
        assert retention(airflow, dry_run=False).count("request of a court") == len(DROPPED)
    finally:
        database.query("select ops.release(%s)", hold)
    assert database.query(PARTITIONS) == old_days


def test_whole_verified_partitions_past_the_age_are_dropped_and_no_others(airflow: Airflow, database: Database, old_days: list[tuple[str]]):
    log = retention(airflow, dry_run=False)
    assert all(f"{day}: dropped" in log for day in DROPPED)
    # The next day is as old, but not published everywhere.
    assert "2026-03-04: kept, " in log
    assert set(old_days) - set(database.query(PARTITIONS)) == {(day,) for day in DROPPED}
    assert database.query("select utc_day::text from ops.dropped_partitions where events > 0 order by 1") == [(day,) for day in DROPPED]


def test_holds_releases_and_drops_are_in_the_audit_with_who_asked_for_them(database: Database):
    people = [("hold", "2026-03-01 to 2026-03-02", "postgres"), ("release", "hold 1", "postgres")]
    assert database.query(AUDIT) == [*people, *(("drop_partition", day, "edtech_analytics_a") for day in DROPPED)]
