"""The steps of one run of the daily analytics, the same for a first run and a restatement."""

from __future__ import annotations

import logging
from datetime import date, datetime, timedelta, timezone
from typing import Any, TypedDict

from airflow.sdk import BaseSensorOperator, Context, get_current_context, task
from airflow.sdk.exceptions import AirflowFailException, AirflowRescheduleException, AirflowSkipException

from edtech_database import NOT_IN_PREREQUISITE_STATE, Refused, call, value

log = logging.getLogger(__name__)

# Readable names of mapped tasks in the grid; the tasks set it.
LABEL = "{{ unit_label }}"

# The run that took the place of a discarded one. Of several the first is published: each new run discards those that are not. An erasure's is
# none: erasures make only published days again, as of their own cuts.
LATER_RUN = (
    "select min(later.run_id) from analytics.runs later join analytics.runs r using (cohort_id, day)"
    " where r.run_id = %s and later.run_id > r.run_id and later.status <> 'discarded' and later.kind <> 'erasure'"
)

# The run that risk and windows of a day belong to, also where it was superseded since.
FIRST_RUN = """
select max(run_id) from analytics.runs
 where cohort_id = %(cohort_id)s::smallint and day = %(day)s::date and kind = 'first' and status in ('published', 'superseded')"""


# A day that was restated keeps its later cut when it is run again.
UNITS = """
select d.cohort_id, d.day, greatest(cut, r.as_of), case when r.as_of > cut then 'restatement' else 'first' end
  from edtech.school_days d
 cross join analytics.first_cut(d.cohort_id, d.day, make_interval(hours => %(allowance)s)) cut
  left join analytics.runs r on r.cohort_id = d.cohort_id and r.day = d.day and r.status = 'published'
 where d.day = %(day)s::date and (%(cohorts)s::smallint[] = '{}' or d.cohort_id = any (%(cohorts)s::smallint[]))
 order by cut, d.cohort_id"""


class Unit(TypedDict):
    """One cohort and local day, the cut of the run and its kind: first or restatement."""

    cohort_id: int
    day: str
    as_of: str
    kind: str


class RunLost(Exception):
    """A later run of the day or an erasure discarded a run between two steps, or a crash or a failover took its staged rows.

    :param later: the run that took its place; None: the day has to be computed again.
    """

    def __init__(self, later: int | None = None) -> None:
        super().__init__(later)
        self.later = later


class CalendarEndsBefore(Exception):
    """The simulator has not written a day yet: the platform has just started, or was away for more than a week. The task is tried again."""


def label(unit: Unit) -> None:
    get_current_context()["unit_label"] = f"cohort {unit['cohort_id']}, {unit['day']}"  # type: ignore[typeddict-unknown-key]


def units(rows: list[tuple[int, date, datetime, str]]) -> list[Unit]:
    """Rows (cohort, day, cut, kind) of the database as what the mapped steps take."""
    return [{"cohort_id": cohort, "day": str(day), "as_of": cut.isoformat(), "kind": kind} for cohort, day, cut, kind in rows]


def cohorts_of(day: date, cohorts: list[int], allowance: int) -> list[Unit]:
    """The units of a day: all cohorts, or those that are named.

    :raises AirflowSkipException: if the stream begins later.
    :raises AirflowFailException: if a cohort is named that there is not, or a day that is neither in the calendar nor past.
    :raises CalendarEndsBefore: if the calendar does not reach to the day.
    """
    known = [cohort for (cohort,) in call("select cohort_id from edtech.cohorts order by 1")]
    if known and (unknown := sorted(set(cohorts) - set(known))):
        raise AirflowFailException(f"cohorts must be some of {known}, got also {unknown}")
    if rows := call(UNITS, {"day": day, "allowance": allowance, "cohorts": cohorts}):
        return units(rows)
    [(first, last)] = call("select min(day), max(day) from edtech.school_days")
    if first and day < first:
        log.warning("no cohort has %s in its calendar: the stream begins on %s", day, first)
        raise AirflowSkipException
    if day > datetime.now(timezone.utc).date():
        raise AirflowFailException(f"day must not be later than the calendar, which ends on {last}, got {day}")
    raise CalendarEndsBefore(f"the calendar ends on {last}, before {day}: no simulator has run since" if last else "the calendar has no day yet")


class CutSensor(BaseSensorOperator):
    """Waits until all shards have passed the cut of a unit and nothing before it is left to roll up.

    Rescheduled, so that waiting holds no worker: first until the cut itself, then every 30 seconds.

    :param unit: cohort, day and cut.
    """

    template_fields = ("unit",)

    def __init__(self, *, unit: Unit, **kwargs: Any) -> None:
        # Two days from the first look: the longest cut is 30 hours after the start of a run; what is still late 18 hours later needs a person.
        waiting = {"mode": "reschedule", "poke_interval": 30, "timeout": timedelta(hours=48).total_seconds()}
        super().__init__(**{**waiting, "map_index_template": LABEL, **kwargs})
        self.unit = unit

    def poke(self, context: Context) -> bool:
        label(self.unit)
        as_of = datetime.fromisoformat(self.unit["as_of"])
        if as_of > datetime.now(timezone.utc):
            log.info("the cut is at %s", as_of)
            raise AirflowRescheduleException(as_of)
        if value("select analytics.ready(%(cohort_id)s::smallint, %(day)s::date, %(as_of)s::timestamptz)", self.unit):
            return True
        # The simulators roll up what they commit; a history that was loaded without one running would wait for ever.
        batches, events, pending = call("select * from analytics.roll_up()")[0]
        log.info("not ready: rolled up %d batches with %d events, %d batches are pending", batches, events, pending)
        return False


@task(map_index_template=LABEL)
def compute(unit: Unit) -> int:
    """Computes the figures beside the published ones and returns the number of the run."""
    label(unit)
    return compute_run(unit)


@task(map_index_template=LABEL)
def check(unit: Unit, run: int) -> int:
    """Runs the data quality checks.

    :raises AirflowFailException: if a blocking check failed; corrupted rows do not heal by trying again.
    """
    label(unit)
    return check_run(unit, run)


@task(map_index_template=LABEL)
def publish(unit: Unit, run: int) -> int:
    """Shows the run to readers in one transaction."""
    label(unit)
    return publish_run(unit, run)


@task(map_index_template=LABEL)
def at_risk(unit: Unit) -> None:
    """Takes the snapshots that belong to the first run of a day: risk, 7 and 30 days.

    Of a restated day as well, as of the first cut: the first run may have ended before it had taken them, or by an earlier definition.

    :raises AirflowSkipException: if the day has no first run.
    """
    label(unit)
    first = value(FIRST_RUN, unit)
    if first is None:
        log.warning("no first run of the day is published: there is none that risk and windows belong to")
        raise AirflowSkipException
    log.info("wrote %d rows as of the cut of run %d", value("select analytics.compute_risk(%s)", [first]), first)


def compute_run(unit: Unit) -> int:
    statement = "select analytics.compute_day(%(cohort_id)s::smallint, %(day)s::date, %(as_of)s::timestamptz, %(kind)s)"
    return value(statement, unit)


def check_run(unit: Unit, run: int) -> int:
    """Returns the run that passed the checks: this one, or the one that had to take its place."""
    try:
        failed = step("select analytics.check_day(%s)", run)
    except RunLost as lost:
        return check_run(unit, lost.later or compute_run(unit))
    if failed:
        raise AirflowFailException(f"run {run} is not published, {failed} blocking checks failed: {failed_checks(run)}")
    return run


def publish_run(unit: Unit, run: int) -> int:
    """Returns the run that is published: this one, or the one that had to take its place."""
    try:
        checksum = step("select analytics.publish_day(%s)", run)
    except RunLost as lost:
        return publish_run(unit, check_run(unit, lost.later or compute_run(unit)))
    if checksum is not None:
        log.info("published run %d, checksum %s", run, checksum)
    return run


def step(statement: str, run: int) -> Any:
    """A call for a run that others may have published or discarded meanwhile, or whose staged rows a crash may have emptied.

    A later run of the day takes its place, whoever computed it: a retry has the argument of the first try, and cannot tell what that try
    computed again from the run of somebody else. Two that go on with one run check it twice and publish it once.

    :returns: None if the run is published already, by somebody else or by an earlier try: nothing is left to do.
    :raises RunLost: if the step has to go on with another run.
    """
    try:
        return value(statement, [run])
    except Refused as refusal:
        status = value("select status from analytics.runs where run_id = %s", [run])
        if status in ("published", "superseded"):
            log.warning("run %d was published meanwhile", run)
            return None
        if status == "discarded" and (later := value(LATER_RUN, [run])):
            log.warning("run %d was discarded for run %d of the same day", run, later)
            raise RunLost(later) from refusal
        if status == "discarded":
            log.warning("run %d was discarded by an erasure, the day is computed again without the student", run)
            raise RunLost from refusal
        if refusal.sqlstate == NOT_IN_PREREQUISITE_STATE and status in ("computed", "checked"):
            log.warning("%s", refusal)
            raise RunLost from refusal
        raise


def failed_checks(run: int) -> str:
    statement = (
        "select check_name, failed_rows, detail from analytics.data_quality_results"
        " where run_id = %s and blocking and failed_rows > 0 order by check_name"
    )
    return "; ".join(f"{name}: {count} rows, {detail}" for name, count, detail in call(statement, [run]))
