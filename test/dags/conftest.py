from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from support.database import Database
from support.measurements import Measurement
from support.runs import switched_on
from support.stack import Airflow



def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("edtech")
    group.addoption("--full", action="store_true", help="add the long tests: a month, a million events, ten minutes without a database")
    group.addoption("--record", action="store_true", help="keep the figures of the long tests in docs/measurements/dags.json")
    group.addoption("--state", choices=["calm", "busy"], default="busy", help="calm: nothing else runs on the machine (default: busy)")


def pytest_configure() -> None:
    # A time limit of CI ends the tests this way: what they started must still be stopped.
    signal.signal(signal.SIGTERM, lambda *_: pytest.exit("stopped by SIGTERM", returncode=143))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    # Memory first: processes of another test that is still up would share their pages with those that are measured.
    items.sort(key=lambda item: item.path.name != "test_memory.py")
    if config.getoption("--full"):
        return
    long = [item for item in items if item.get_closest_marker("full")]
    config.hook.pytest_deselected(items=long)
    items[:] = [item for item in items if item not in long]


# Monday 2026-03-02 to Friday the 13th, 300 students in four cohorts; Los Angeles' Sunday the 8th has 23 hours.
# Each test file works on its own days; what needs another history starts its own platform.
HISTORY = ("--students", "300", "--days", "12", "--to", "2026-03-14T10:30:00Z")


@contextmanager
def platform(history: tuple[str, ...], home: Path) -> Iterator[tuple[Database, Airflow]]:
    """A database with a history of the simulator, arguments of `serve.ts`, and a healthy Airflow with `daily_analytics` on."""
    database = Database(*history)
    try:
        airflow = Airflow(home, database.metadata_url, database.analytics_url)
        try:
            airflow.prepare()
            airflow.start()
            airflow.wait_until_ready()
            with switched_on(airflow, "daily_analytics"):
                yield database, airflow
        finally:
            airflow.close()
    finally:
        database.close()


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Database, Airflow]]:
    with platform(HISTORY, tmp_path_factory.mktemp("airflow")) as started:
        yield started


@pytest.fixture
def database(shared: tuple[Database, Airflow]) -> Database:
    """Raw history of the simulator; what is published in it, the tests before have published."""
    return shared[0]


@pytest.fixture
def airflow(shared: tuple[Database, Airflow]) -> Airflow:
    """A healthy Airflow that works on the database."""
    return shared[1]


@pytest.fixture
def measurement(request: pytest.FixtureRequest) -> Measurement:
    """Takes the figures of a long test, under the name of the test."""
    options = request.config.option
    return Measurement(request.node.name.removeprefix("test_"), options.state if options.record else None)
