"""
Sidecar of a drill: starts a server on what was restored, says when it is settled and keeps it up until SIGTERM.
Nothing of the cluster's configuration is used: it listens on the pod's loopback only, archives nothing and knows no Patroni.
Usage: python3 -m backup drill-server
"""

import glob
import os
import signal
import subprocess
import threading
from collections import deque
from contextlib import closing

import psycopg2

from . import drill_result
from .wal import reached, segment_start

SERVER = f"{drill_result.SCRATCH}/server"
SETTINGS = {
    "data_directory": drill_result.DATA,
    "hba_file": f"{SERVER}/pg_hba.conf",
    "ident_file": f"{SERVER}/pg_ident.conf",
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": SERVER,
    # Also while it recovers nobody asks, so no setting has to be as large as the primary's.
    "hot_standby": "off",
    "archive_mode": "off",
    "max_connections": "20",
    "shared_buffers": "64MB",
    "maintenance_work_mem": "32MB",
    "max_wal_size": "1GB",
    "autovacuum": "off",
    "jit": "off",
    # Parallel workers would share more memory than a container's /dev/shm has.
    "max_parallel_workers_per_gather": "0",
    # A crash costs one drill.
    "fsync": "off",
    "full_page_writes": "off",
    "timezone": "UTC",
    "log_line_prefix": "%m [%p] ",
}
COMPLAINTS = (" ERROR:", " FATAL:", " PANIC:", "postgres: ")
# The network policy lets nobody in, and loopback is the pod's own.
ACCESS = ("local all postgres peer", "host all all 127.0.0.1/32 trust")


def configure() -> str:
    os.makedirs(SERVER, mode=0o700, exist_ok=True)
    with open(SETTINGS["hba_file"], "w", encoding="utf-8") as file:
        file.write("\n".join(ACCESS) + "\n")
    with open(SETTINGS["ident_file"], "w", encoding="utf-8"):
        pass
    path = f"{SERVER}/postgresql.conf"
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(f"{name} = '{value}'\n" for name, value in SETTINGS.items())
    return path


class Server:
    """The child process, with the complaints among what it and the programs that it calls have said."""

    def __init__(self) -> None:
        self.complaints: deque[str] = deque(maxlen=6)
        self.process = subprocess.Popen(
            ["postgres", "-D", drill_result.DATA, "-c", f"config_file={configure()}"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self) -> None:
        for line in self.process.stdout:
            print(line, end="", flush=True)
            # The last one is the answer to our own question whether it has recovered.
            if any(word in line for word in COMPLAINTS) and "not accepting connections" not in line:
                self.complaints.append(line.strip())

    def complained(self) -> str:
        return " | ".join(self.complaints) or "it said nothing"

    def stop(self) -> None:
        self.process.send_signal(signal.SIGINT)
        self.process.wait()


def recovered() -> dict | None:
    """What the server says once recovery has ended; None while it goes on."""
    try:
        connection = psycopg2.connect(host=SERVER, user="postgres", dbname="postgres", connect_timeout=3)
    except psycopg2.OperationalError:
        return None
    with closing(connection), connection.cursor() as cursor:
        cursor.execute("select pg_is_in_recovery(), pg_last_xact_replay_timestamp()")
        recovering, at = cursor.fetchone()
    return None if recovering else {"reached_at": None if at is None else at.isoformat()}


def shortfall(archived: str | None) -> str | None:
    """
    Recovery ends quietly at the first segment that can't be read, as if it were the last one: only what the repository
    lists tells the difference.
    """
    if archived is None:
        return None
    end = reached(sorted(glob.glob(f"{drill_result.DATA}/pg_wal/*.history"))[-1])
    if end > segment_start(archived):
        return None
    return (
        f"recovery ended on timeline {end[0]} at {end[1] >> 32:X}/{end[1] & 0xFFFFFFFF:X}, before the archived segment {archived}"
    )


def settle(server: Server, stop: threading.Event) -> None:
    """Waits until the server has recovered or has ended."""
    while not stop.wait(0.5):
        if server.process.poll() is not None:
            drill_result.fail("start", "the server ended: " + server.complained())
            return
        found = recovered()
        if found is not None:
            result = drill_result.write(**found)
            missing = shortfall(result["archived"])
            if missing is not None:
                drill_result.fail("start", f"{missing}: {server.complained()}")
            return


def main(_: list[str]) -> int:
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    server = None
    if not os.path.exists(drill_result.FAILED):
        server = Server()
        settle(server, stop)
    drill_result.touch(drill_result.SETTLED)
    stop.wait()
    if server is not None and server.process.poll() is None:
        server.stop()
    return 0
