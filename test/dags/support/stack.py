"""A real Airflow: migrated metadata database, api-server, scheduler with LocalExecutor, dag-processor, all on the loopback."""

from __future__ import annotations

import base64
import ctypes
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import IO

import httpx

from .settings import chart_settings, client_options, command

PROJECT = Path(__file__).resolve().parents[3]
PROCESSES = ("api-server", "scheduler", "dag-processor")
USER, PASSWORD = "admin", secrets.token_hex(16)
# Age of raw events at the site of the tests: a day more than any site must keep, so that a run can ask for less.
KEPT_DAYS = 5


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def end_with_parent() -> None:
    """Lets the kernel end this process when the tests die without having stopped it (Linux: PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)


class Airflow:
    """The three processes with settings and commands of the charts; what differs is addresses, folders and secrets."""

    def __init__(self, home: Path, metadata_url: str, edtech_url: str, **settings: str) -> None:
        self.home = home
        self.port = free_port()
        self.base_url = f"http://127.0.0.1:{self.port}"
        metadata = metadata_url.replace("postgresql://", "")
        health, logs = free_port(), free_port()
        self.environment = {
            **{name: text for name, text in os.environ.items() if not name.startswith("AIRFLOW")},
            **chart_settings(),
            "AIRFLOW_HOME": str(home),
            "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT / "dags"),
            "AIRFLOW__CORE__FERNET_KEY": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{self.base_url}/execution/",
            "AIRFLOW__API__HOST": "127.0.0.1",
            "AIRFLOW__API__PORT": str(self.port),
            "AIRFLOW__API__BASE_URL": self.base_url,
            "AIRFLOW__API__SECRET_KEY": secrets.token_urlsafe(48),
            "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_urlsafe(64),
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"postgresql+psycopg2://{metadata}?{client_options()}",
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC": f"postgresql+psycopg_async://{metadata}?{client_options()}",
            "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_SERVER_HOST": "127.0.0.1",
            "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_SERVER_PORT": str(health),
            "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(logs),
            # Unpaused one by one: at the machine's date there is nothing for their schedules to do.
            "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "True",
            "AIRFLOW_CONN_EDTECH": edtech_url,
            "EDTECH_RETENTION_DAYS": str(KEPT_DAYS),
            "AIRFLOW_CONN_AIRFLOW_METADATA": metadata_url,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            **settings,
        }
        self.running: dict[str, subprocess.Popen] = {}
        # (process, moment of the monotonic clock at which it was found to have ended by itself)
        self.ended: list[tuple[str, float]] = []
        self._files: list[IO] = []
        self.client = httpx.Client(base_url=self.base_url, timeout=120)

    def run(self, *arguments: str) -> str:
        """Runs an `airflow` command to its end and returns what it printed."""
        result = subprocess.run(["airflow", *arguments], env=self.environment, capture_output=True, text=True, cwd=self.home)
        if result.returncode:
            raise RuntimeError(f"airflow {' '.join(arguments)} ended with {result.returncode}: {result.stdout}{result.stderr}")
        return result.stdout

    def prepare(self) -> None:
        """What the Jobs of the cluster do: schema of the metadata database, roles and permissions, one account."""
        self.run("db", "migrate")
        self.run("sync-perm")
        account = ("--role", "Admin", "--username", USER, "--password", PASSWORD)
        person = ("--firstname", "Test", "--lastname", "Person", "--email", "test@edtech.example.org")
        self.run("users", "create", *account, *person)

    def start(self, *names: str) -> None:
        """Starts the named processes, by default all."""
        for name in names or PROCESSES:
            output = open(self.home / f"{name}.log", "ab")
            self._files.append(output)
            self.running[name] = subprocess.Popen(
                command(name),
                env=self.environment,
                stdout=output,
                stderr=output,
                cwd=self.home,
                start_new_session=True,
                preexec_fn=end_with_parent,
            )

    def revive(self) -> None:
        """Starts processes again that ended by themselves, as the kubelet does."""
        for name, process in list(self.running.items()):
            if process.poll() is not None:
                self.ended.append((name, time.monotonic()))
                self.start(name)

    def wait_until_ready(self, seconds: float = 600) -> None:
        """Returns when all three report healthy and the REST API takes our login: half a minute, many minutes where much else runs."""
        deadline = time.monotonic() + seconds
        state: object = "no answer"
        while time.monotonic() < deadline:
            self.revive()
            try:
                health = self.client.get("/api/v2/monitor/health").json()
                state = {name: part["status"] for name, part in health.items() if name != "triggerer"}
                if all(status == "healthy" for status in state.values()):
                    return self.log_in()
            except (httpx.HTTPError, ValueError) as error:
                state = repr(error)
            time.sleep(0.5)
        raise TimeoutError(f"Airflow is not healthy after {seconds} s: {state}")

    def log_in(self) -> None:
        answer = self.client.post("/auth/token", json={"username": USER, "password": PASSWORD}).raise_for_status()
        self.client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    def stop(self, *names: str) -> None:
        """Ends the named processes, by default all, and their children; together, since a time limit of CI gives 30 seconds."""
        ending = [self.running.pop(name) for name in names or list(self.running)]
        for process in ending:
            if process.poll() is None:
                process.terminate()
        deadline = time.monotonic() + 15
        for process in ending:
            try:
                process.wait(timeout=max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                pass
            try:
                # Each was started in a session of its own, so the group holds nothing but its children.
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            process.wait()

    def close(self) -> None:
        # An open connection would keep the api-server waiting for its end.
        self.client.close()
        self.stop()
        for file in self._files:
            file.close()
