"""What the reconciler asks of its sessions, which are a superuser's. On a real server: test/backup/image."""

import shlex
import sys
import types
import unittest
from unittest import mock

# The database driver is in the image; what is tested here does not connect.
sys.modules.setdefault(
    "psycopg2", types.SimpleNamespace(sql=mock.MagicMock(), extensions=mock.MagicMock(), OperationalError=OSError, connect=None)
)

from reconcile import connection, database, scram  # noqa: E402


class Options(unittest.TestCase):
    def test_no_session_finds_a_function_by_the_path_of_a_database(self) -> None:
        with mock.patch.object(connection.psycopg2, "connect") as connect:
            for name in ("postgres", "shelves"):
                connection.connect(name)
        self.assertEqual([call.kwargs["dbname"] for call in connect.call_args_list], ["postgres", "shelves"])
        for call in connect.call_args_list:
            settings = dict(option.split("=") for option in shlex.split(call.kwargs["options"]) if option != "-c")
            self.assertEqual(settings["search_path"], "pg_catalog,pg_temp")


class Passwords(unittest.TestCase):
    """A cursor that knows what is set while a statement runs."""

    def setUp(self) -> None:
        self.settings: dict[str, str] = {}
        self.ran: list[tuple[object, dict[str, str]]] = []

    def execute(self, statement: object, values: tuple = ()) -> None:
        if isinstance(statement, str) and "set_config" in statement:
            self.settings[values[0]] = values[1]
        elif isinstance(statement, str) and statement.startswith("reset "):
            del self.settings[statement.removeprefix("reset ")]
        else:
            self.ran.append((statement, dict(self.settings)))

    def test_a_verifier_is_set_where_no_statement_is_kept_and_others_are_kept_again_after_it(self) -> None:
        cursor = types.SimpleNamespace(
            execute=self.execute, fetchall=lambda: [("a", None), ("b", scram.verifier("second")), ("c", None)]
        )
        changed = database.ensure_passwords(cursor, {"a": "first", "b": "second", "c": "third"})
        self.assertEqual(changed, ["a", "c"])
        self.assertEqual([settings for _, settings in self.ran], [{}, database.UNRECORDED, database.UNRECORDED])
        self.assertEqual(self.settings, {})
        self.assertLessEqual(
            {
                "log_statement": "none",
                "log_min_duration_statement": "-1",
                "log_min_error_statement": "panic",
                "pg_stat_statements.track_utility": "off",
            }.items(),
            database.UNRECORDED.items(),
        )


if __name__ == "__main__":
    unittest.main()
