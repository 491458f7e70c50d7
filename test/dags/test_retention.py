"""Retention of raw partitions; the last of the files, since what it drops is gone."""

from __future__ import annotations

import json

from support.analytics import published
from support.database import Database
from support.runs import Run, logged, switched_on, trigger
from support.stack import Airflow

# The stream begins on the 2nd: in UTC its first events are of the 1st.
DROPPED = ("2026-03-01", "2026-03-02")
PARTITIONS = "select utc_day::text from ops.partitions order by 1"


def retention(airflow: Airflow, dry_run: bool) -> Run:
    # Everything before the 6th is old; of that, only what all conditions allow may go.
    run = trigger(airflow, "retention", today="2026-03-10", keep_days=4, dry_run=dry_run)
    assert run.wait() == "success", run.summary()
    return run


def test_only_whole_verified_published_days_are_dropped_and_holds_and_dry_runs_keep_them(airflow: Airflow, database: Database):
    # In UTC the 2nd reaches into the 3rd of the east.
    for day in ("2026-03-02", "2026-03-03"):
        left = [cohort for cohort in (1, 2, 3, 4) if (cohort, day) not in published(database)]
        if left:
            assert trigger(airflow, "daily_analytics", day=day, cohorts=left).wait() == "success"
    with switched_on(airflow, "restate_late_days"):
        assert trigger(airflow, "restate_late_days", now="2026-03-14T10:30:00Z").wait() == "success"
    before = database.query(PARTITIONS)
    assert {day for (day,) in before} >= set(DROPPED)

    with switched_on(airflow, "retention"):
        log = logged(retention(airflow, dry_run=False), "drop_partitions")
        assert "2026-03-01: kept, verify has not proven it" in log
        assert database.query(PARTITIONS) == before

        verified = json.loads(database.ask("verify"))
        assert (verified["lost"], verified["extra"], verified["changed"]) == (0, 0, 0) and verified["compared"] > 0

        log = logged(retention(airflow, dry_run=True), "drop_partitions")
        assert all(f"{day}: would be dropped" in log for day in DROPPED)
        assert database.query(PARTITIONS) == before
        assert database.value("select count(*) from ops.dropped_partitions") == 0

        hold = database.value("select ops.hold('2026-03-01', '2026-03-02', 'request of a court')")
        log = logged(retention(airflow, dry_run=False), "drop_partitions")
        assert log.count("request of a court") == len(DROPPED)
        assert database.query(PARTITIONS) == before
        database.query("select ops.release(%s)", hold)

        log = logged(retention(airflow, dry_run=False), "drop_partitions")
    assert all(f"{day}: dropped" in log for day in DROPPED)
    # The next day is as old, but not published everywhere.
    assert "2026-03-04: kept, " in log
    gone = {day for (day,) in before} - {day for (day,) in database.query(PARTITIONS)}
    assert gone == set(DROPPED)
    assert database.query("select utc_day::text from ops.dropped_partitions where events > 0 order by 1") == [(day,) for day in DROPPED]
    audited = database.query("select action, count(*)::int from ops.audit where action in ('hold', 'release', 'drop_partition') group by 1 order by 1")
    assert audited == [("drop_partition", 2), ("hold", 1), ("release", 1)]
