"""The throwaway PostgreSQL of the tests: a Node.js process that owns the server and fills it by the simulator."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import psycopg2

PROJECT = Path(__file__).resolve().parents[3]


class Database:
    """A running server with databases `edtech` (migrated, with a history) and `airflow` (empty)."""

    def __init__(self, *arguments: str) -> None:
        command = ["node", "-r", "./local/register.js", "test/dags/serve.ts", *arguments]
        self.process = subprocess.Popen(
            command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        urls = self._answer()
        self.analytics_url: str = urls["analytics"]
        self.superuser_url: str = urls["superuser"]
        self.metadata_url: str = urls["metadata"]

    def ask(self, command: str, **arguments: Any) -> str:
        """Sends a request to `serve.ts` and returns its answer; raises with the message of a failure."""
        assert self.process.stdin
        self.process.stdin.write(json.dumps({"command": command, **arguments}) + "\n")
        self.process.stdin.flush()
        answer = self._answer()
        if "error" in answer:
            raise RuntimeError(f"{command} failed: {answer['error']}")
        return answer["ok"]

    def _answer(self) -> dict[str, Any]:
        assert self.process.stdout
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"the database of the tests ended with {self.process.wait()}")
        return json.loads(line)

    def query(self, statement: str, *parameters: Any) -> list[tuple]:
        """Rows of a statement run as the superuser: what a test looks at, and corruption that no role of ours may do."""
        connection = psycopg2.connect(self.superuser_url)
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(statement, parameters)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def value(self, statement: str, *parameters: Any) -> Any:
        return self.query(statement, *parameters)[0][0]

    def close(self) -> None:
        """Stops the server and deletes its data."""
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait(timeout=60)
