"""Drops raw event partitions past the age that the site keeps."""

from __future__ import annotations

import logging
import time
from datetime import date, datetime, timedelta, timezone

from airflow.sdk import CronTriggerTimetable, Param, dag, task
from airflow.sdk.exceptions import AirflowFailException

from edtech_database import LIMIT, call, value
from edtech_defaults import DEFAULT_ARGS, report_failure, switch, whole_number

log = logging.getLogger(__name__)

KEEP_DAYS = whole_number("EDTECH_RETENTION_DAYS", default=400, least=4)
DRY_RUN = switch("EDTECH_RETENTION_DRY_RUN", default=True)

# Days of one call: it must end within the limit of a statement, or nothing is dropped; a day is counted first, row by row.
MOST_DAYS = 20
LEFT = "left for the next call"

DOC = """
### Retention
`close_partitions` adds the index for one student's history to days that are published everywhere, or over for 72 h, and lets them be frozen;
`prune_ledger` deletes ledger rows older than 14 days whose sums are kept.

`drop_partitions` drops whole day partitions of `edtech.streaming_logs` older than {days} days (`EDTECH_RETENTION_DAYS`), at this site {mode}
(`EDTECH_RETENTION_DRY_RUN`). The database decides: only days that are published everywhere (or from before a cohort's first run), 72 h past,
verified, unchanged since, and not under a legal hold. Analytics stay. Count and checksum of what was dropped stay in `ops.dropped_partitions`, every decision in
`ops.audit`. A call drops up to {most} days, the oldest first; the run calls until none is left or its time is over, a dry run once.

**Triage**
* *Left for the next call* in the log: the next run takes them, or trigger one.
* A partition is kept although it is old: the log gives the reason of each. *Not verified*: run the simulator's `verify` with recording.
* **Stop it**: place a hold (`ops.hold`), or pause this DAG. A hold is safer: it also stops a manual run.
* **Drop now**: trigger with `dry_run` false. `keep_days` may be more than the {days} of the site, not less.
""".format(days=KEEP_DAYS, most=MOST_DAYS, mode="as a dry run that only reports" if DRY_RUN else "for real")


@dag(
    dag_id="retention",
    schedule=CronTriggerTimetable("20 2 * * *", timezone="UTC"),
    start_date=datetime(2026, 1, 1, tzinfo=timezone.utc),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=2),
    default_args=DEFAULT_ARGS,
    on_failure_callback=report_failure,
    doc_md=DOC,
    tags=["edtech", "operations"],
    params={
        "dry_run": Param(DRY_RUN, type="boolean", description="Only report"),
        # Whoever may trigger a DAG could else drop what the site keeps.
        "keep_days": Param(KEEP_DAYS, type="integer", minimum=KEEP_DAYS, description="Age in days up to which partitions are kept"),
        "today": Param(None, type=["null", "string"], format="date", description="Count the age from this day; empty: the day of the run"),
    },
)
def retention() -> None:
    @task
    def close_partitions() -> None:
        log.info("closed %d partitions", value("select ops.close_partitions()"))

    @task
    def prune_ledger() -> None:
        log.info("pruned %d ledger rows", value("select ops.prune_ledger()"))

    @task
    def drop_partitions(params: dict, logical_date: datetime | None = None) -> list[str]:
        now = datetime.now(timezone.utc)
        today = date.fromisoformat(params["today"]) if params["today"] else (logical_date or now).date()
        if today > now.date():
            raise AirflowFailException(f"today must not be later than {now.date()}, got {today}: days would go before their age")
        older_than = today - timedelta(days=params["keep_days"])
        until = time.monotonic() + LIMIT.total_seconds()
        gone: list[str] = []
        while True:
            began = time.monotonic()
            rows = call("select * from ops.drop_partitions(%s, %s, %s)", [older_than, params["dry_run"], MOST_DAYS])
            took = time.monotonic() - began
            left = any(reason == LEFT for *_, reason in rows)
            # Another call takes about as long.
            last = params["dry_run"] or not left or time.monotonic() + took > until
            for day, events, checksum, dropped, reason in rows:
                outcome = "dropped" if dropped else "would be dropped" if reason is None else f"kept, {reason}"
                if dropped or last:
                    log.info("%s: %s (events %s, checksum %s)", day, outcome, events, checksum)
            gone += [str(day) for day, _, _, dropped, _ in rows if dropped]
            if last:
                return gone

    # After the analytics that keep the sums, and in this order: a partition is closed before it is old enough to go.
    close_partitions() >> prune_ledger() >> drop_partitions()


retention()
