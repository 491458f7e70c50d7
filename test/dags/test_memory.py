"""Memory of the three processes with the settings of the charts."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import platform
from support.measurements import Measurement, shares
from support.runs import trigger

HISTORY = ("--students", "300", "--days", "4", "--to", "2026-03-06T12:00:00Z")


@pytest.mark.full
def test_scheduler_api_server_and_dag_processor_together_fit_into_900_mib(tmp_path: Path, measurement: Measurement):
    with platform(HISTORY, tmp_path) as (_, airflow):
        samples = [{name: shares(process.pid) for name, process in airflow.running.items()}]
        run = trigger(airflow, "daily_analytics", day="2026-03-03")
        while run.state not in ("success", "failed"):
            samples.append({name: shares(process.pid) for name, process in airflow.running.items()})
        assert run.state == "success", run.summary()
        # What a machine must have is the highest sum of one moment, not the sum of each process' highest moment.
        peak = max(samples, key=lambda sample: sum(sample.values()))
        measurement.note(
            before_the_run_mib=round(sum(samples[0].values())),
            peak_mib=round(sum(peak.values())),
            at_the_peak_mib={name: round(size) for name, size in peak.items()},
            samples=len(samples),
        )
        assert len(samples) > 20
        assert sum(peak.values()) <= 900
