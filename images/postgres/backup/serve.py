"""
The repository host: pgBackRest's server, and beside it the stanza, which is created as soon as a primary answers.
Until then members cannot archive: they keep their WAL and try again.
"""

import signal
import subprocess
import threading

from .log import log
from .pgbackrest import try_quietly

INTERVAL_SECONDS = 5.0


def create_stanza(stop: threading.Event) -> None:
    """Tries until it is there. A repository that holds another database is never touched: the reason is said once."""
    said = None
    while not stop.is_set():
        failure = try_quietly("stanza-create")
        if failure is None:
            log("info", "the stanza is there")
            return
        # The line begins with the time, which differs each time.
        reason = failure.split("ERROR:", 1)[-1].strip()
        if reason != said:
            log("warn", "no stanza yet", error=reason)
            said = reason
        stop.wait(INTERVAL_SECONDS)


def main(_: list[str]) -> int:
    stop = threading.Event()
    server = subprocess.Popen(["pgbackrest", "server"])

    def end(number: int, __: object) -> None:
        stop.set()
        server.send_signal(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    worker = threading.Thread(target=create_stanza, args=(stop,), daemon=True)
    worker.start()
    code = server.wait()
    if stop.is_set():
        return 0
    log("error", "pgBackRest's server has ended", code=code)
    return 1
