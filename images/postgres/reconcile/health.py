"""Liveness and readiness over HTTP."""

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# A round may wait for a member's restart.
STALE_SECONDS = 300


class Health:
    """Alive while rounds are made, whatever they find; ready once a round has succeeded."""

    def __init__(self) -> None:
        self.last_round = time.monotonic()
        self.ready = False

    def round_done(self, succeeded: bool) -> None:
        self.last_round = time.monotonic()
        self.ready = succeeded

    def answer(self, path: str) -> tuple[int, str]:
        if path == "/healthz":
            age = time.monotonic() - self.last_round
            return (200, "ok") if age < STALE_SECONDS else (503, f"no round for {age:.0f} s")
        if path == "/readyz":
            return (200, "ok") if self.ready else (503, "the last round failed")
        return (404, "not found")

    def serve(self, port: int) -> None:
        health = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, text = health.answer(self.path)
                self.send_response(status)
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *_: object) -> None:
                """Probes are not worth a line each."""

        server = ThreadingHTTPServer(("", port), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
