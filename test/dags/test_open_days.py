"""The hourly checks of days that are still open."""

from __future__ import annotations

from support.database import Database
from support.runs import logged, switched_on, trigger
from support.stack import Airflow

# An event that lies in the running local day of its cohort, whichever that is.
EVENT = "select event_id, occurred_at from edtech.streaming_logs where occurred_at > '2026-03-14T09:00Z' and event_type = 'heartbeat' order by 1 limit 1"
CHANGE = (
    "update edtech.streaming_logs l set position_seconds = l.position_seconds {sign} 100000"
    f" from ({EVENT}) e where (l.event_id, l.occurred_at) = (e.event_id, e.occurred_at) returning l.event_id"
)
FAILING = "select distinct check_name from analytics.open_day_checks where failing_since is not null"


def test_open_days_are_checked_and_a_fault_shows_before_the_day_ends(airflow: Airflow, database: Database):
    with switched_on(airflow, "data_quality"):
        assert trigger(airflow, "data_quality").wait() == "success"
        days = database.query("select distinct day::text from analytics.open_day_checks order by 1")
        assert days == [(f"2026-03-{day}",) for day in (11, 12, 13, 14)]
        assert database.query(FAILING) == []

        event = database.value(CHANGE.format(sign="+"))
        try:
            run = trigger(airflow, "data_quality")
            assert run.wait() == "failed"
        finally:
            assert database.value(CHANGE.format(sign="-")) == event
        assert f"impossible_positions: 1 rows, position of event {event}" in logged(run, "check_open_days")
        assert ("impossible_positions",) in database.query(FAILING)

        assert trigger(airflow, "data_quality").wait() == "success"
        assert database.query(FAILING) == []
    # Only looked at: nothing was computed or published of these days.
    assert database.value("select count(*) from analytics.runs where day > '2026-03-11'") == 0
