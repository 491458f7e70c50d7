"""What the reconciler and Patroni's callback do with servers that refuse, break off or talk nonsense."""

import contextlib
import io
import json
import os
import sys
import types
import unittest
from unittest import mock

from answering import BROKEN_OFF, DIRECTORY, Answering

# The database driver is in the image; what is tested here does not connect.
sys.modules.setdefault("psycopg2", types.SimpleNamespace(sql=None, Error=ArithmeticError, OperationalError=ArithmeticError, extensions=mock.MagicMock()))

import kubernetes_api  # noqa: E402
import point_writes  # noqa: E402
from reconcile import __main__ as program, members  # noqa: E402
from reconcile.patroni_api import PatroniApi  # noqa: E402


class Serving(unittest.TestCase):
    def serve(self, answer) -> Answering:
        server = Answering(answer)
        self.addCleanup(server.close)
        return server

    def patch(self, target: object, name: str, value: object) -> None:
        patch = mock.patch.object(target, name, value)
        patch.start()
        self.addCleanup(patch.stop)


class Patroni(Serving):
    def api(self, answer) -> PatroniApi:
        server = self.serve(lambda *_: answer)
        return PatroniApi({"a": "localhost"}, server.port, f"{DIRECTORY}/ca.crt", "user", "password")

    def failure(self, answer) -> Exception:
        with self.assertRaises(program.FAILURES) as caught:
            self.api(answer).own_status("a")
        return caught.exception

    def test_an_answer_that_breaks_off_counts_as_none(self) -> None:
        self.assertIsInstance(self.failure(BROKEN_OFF), OSError)

    def test_an_answer_that_is_no_object_is_a_failure_that_says_so(self) -> None:
        for text in ("busy", "{", "[]", ""):
            self.assertIn("is no JSON object", str(self.failure((200, text))))

    def test_an_answer_that_lacks_what_is_asked_for_is_a_failure_of_the_round(self) -> None:
        with self.assertRaises(program.FAILURES) as caught:
            members.restart_pending(self.api((200, {"pending_restart": True})), lambda: False)
        self.assertIsInstance(caught.exception, KeyError)

    def of_two(self, *answers) -> tuple[PatroniApi, Answering]:
        """A cluster of two members, which give these answers one after the other."""
        left = list(answers)
        server = self.serve(lambda *_: left.pop(0))
        return PatroniApi({"a": "localhost", "b": "localhost"}, server.port, f"{DIRECTORY}/ca.crt", "user", "password"), server

    def test_a_question_that_one_member_can_not_answer_is_put_to_the_next(self) -> None:
        for answer in ((502, ""), (401, ""), (200, "busy"), BROKEN_OFF):
            api, _ = self.of_two(answer, (200, {"ttl": 20}))
            self.assertEqual(api.configuration(), {"ttl": 20})

    def test_what_no_member_answers_is_told_as_the_last_one_said_it(self) -> None:
        api, server = self.of_two((502, ""), (503, ""))
        with self.assertRaisesRegex(RuntimeError, "GET /config at localhost: 503"):
            api.configuration()
        self.assertEqual(len(server.asked), 2)

    def test_a_change_goes_to_the_next_member_only_where_the_first_has_troubles_of_its_own(self) -> None:
        api, server = self.of_two((502, ""), (200, ""))
        api.replace_configuration({"ttl": 20})
        self.assertEqual(len(server.asked), 2)
        api, server = self.of_two((400, ""), (200, ""))
        with self.assertRaisesRegex(RuntimeError, "PUT /config at localhost: 400"):
            api.replace_configuration({"ttl": 20})
        self.assertEqual(len(server.asked), 1)

    def test_a_restart_leaves_the_member_time_to_start(self) -> None:
        asked = []
        server = self.serve(lambda *request: asked.append(request) or (200, ""))
        PatroniApi({"a": "localhost"}, server.port, f"{DIRECTORY}/ca.crt", "u", "p").restart("a")
        self.assertEqual(asked, [("POST", "/restart", {"restart_pending": True, "timeout": 60})])


class Rounds(Serving):
    WAIT, RESTART = ("wait for its answer", "c"), ("restart", "b")

    def told(self, *rounds: tuple[str, str] | Exception | None) -> list[tuple]:
        """What the program logs of these rounds, as (message, step)."""
        stop = mock.Mock(is_set=mock.Mock(side_effect=[False] * len(rounds) + [True]))
        said = io.StringIO()
        self.patch(program, "one_round", mock.Mock(side_effect=rounds))
        self.patch(program, "Health", mock.Mock())
        self.patch(program, "signal", mock.Mock())
        self.patch(program.threading, "Event", lambda: stop)
        with mock.patch.dict(os.environ, HEALTH_PORT="0", INTERVAL_SECONDS="0"), contextlib.redirect_stdout(said):
            self.assertEqual(program.main(), 0)
        return [(line["msg"], line.get("step")) for line in map(json.loads, said.getvalue().splitlines())]

    def test_a_member_that_is_waited_for_is_told_once_also_where_a_round_fails_meanwhile(self) -> None:
        self.assertEqual(
            self.told(None, self.WAIT, self.WAIT, OSError("no route"), self.WAIT, self.RESTART, self.RESTART),
            [("member restart", self.WAIT[0]), ("round failed", None), *[("member restart", "restart")] * 2],
        )

    def test_it_is_told_again_when_it_is_waited_for_again(self) -> None:
        self.assertEqual(self.told(self.WAIT, None, self.WAIT), [("member restart", self.WAIT[0])] * 2)

    def test_no_member_restarts_in_the_round_that_replaced_settings(self) -> None:
        for name in ("load", "api_of", "passwords", "database"):
            self.patch(program, name, mock.Mock(**{"reconcile.return_value": []}))
        right = mock.Mock(give_back_if_unused=mock.Mock(return_value=False))
        for replaced, step in ((True, None), (False, self.RESTART)):
            self.patch(program.members, "ensure_configuration", mock.Mock(return_value=replaced))
            self.patch(program.members, "restart_pending", mock.Mock(return_value=self.RESTART))
            with mock.patch.dict(os.environ, SETTINGS_FILE="", LOGINS_DIRECTORY="", BOOTSTRAP_DIRECTORY=""):
                with contextlib.redirect_stdout(io.StringIO()):
                    self.assertEqual(program.one_round(True, right), step)


class PointWrites(Serving):
    """db-0 was primary and is dead, db-1 is its successor."""

    def setUp(self) -> None:
        self.patch(kubernetes_api, "ACCOUNT", DIRECTORY)
        self.patch(point_writes, "PAUSE_SECONDS", 0.01)
        self.labels = {"db-0": "primary", "db-1": "primary"}
        self.selector: dict = {"cluster-name": "db", point_writes.POD_NAME_LABEL: "db-0"}
        self.version = 1
        self.leader = "db-1"
        self.troubles: list = []
        self.said = io.StringIO()
        for redirect in (contextlib.redirect_stdout(self.said), contextlib.redirect_stderr(self.said)):
            redirect.__enter__()
            self.addCleanup(redirect.__exit__, None, None, None)

    def answer(self, method: str, path: str, body: dict | None):
        if self.troubles:
            return self.troubles.pop()
        if "/configmaps/" in path:
            return 200, {"metadata": {"annotations": {"leader": self.leader}}}
        if path.endswith("/services/db-rw"):
            return self.service(method, body)
        if method == "PATCH":
            name = path.rsplit("/", 1)[1]
            if body["metadata"].get("resourceVersion") != f"{name} {self.labels[name]}":
                return 409, {"reason": "Conflict"}
            self.labels[name] = body["metadata"]["labels"]["role"]
            return 200, {}
        found = [name for name, role in self.labels.items() if role == "primary"]
        return 200, {"items": [{"metadata": {"name": name, "resourceVersion": f"{name} primary"}} for name in found]}

    def service(self, method: str, body: dict | None):
        if method == "PATCH":
            if body["metadata"]["resourceVersion"] != str(self.version):
                return 409, {"reason": "Conflict"}
            merged = {**self.selector, **body["spec"]["selector"]}
            self.point({key: value for key, value in merged.items() if value is not None})
        spec = {"selector": self.selector} if self.selector else {}
        return 200, {"metadata": {"resourceVersion": str(self.version)}, "spec": spec}

    def point(self, selector: dict) -> None:
        self.selector = selector
        self.version += 1

    def run_callback(self, role: str = "primary", action: str = "on_role_change") -> tuple[int, Answering]:
        server = self.serve(self.answer)
        env = {"HOSTNAME": "db-1", "KUBERNETES_SERVICE_HOST": "localhost", "KUBERNETES_SERVICE_PORT": str(server.port)}
        with mock.patch.dict(os.environ, env), mock.patch.object(sys, "argv", ["point-writes", action, role, "db"]):
            return point_writes.main(), server

    def changed(self, server: Answering) -> list[str]:
        return [path.rsplit("/", 1)[1] for method, path in server.asked if method == "PATCH"]

    def assert_taken_over(self) -> None:
        self.assertEqual(self.selector, {"cluster-name": "db", "statefulset.kubernetes.io/pod-name": "db-1"})
        self.assertEqual(self.labels, {"db-0": "replica", "db-1": "primary"})

    def test_writes_go_to_the_new_primary_before_the_label_of_the_dead_one_is_taken(self) -> None:
        code, server = self.run_callback()
        self.assertEqual((code, self.changed(server)), (0, ["db-rw", "db-0"]))
        self.assert_taken_over()

    def test_what_it_changes_carries_its_name(self) -> None:
        _, server = self.run_callback()
        self.assertEqual(server.agents, {"edtech-postgres/1"})

    def test_all_it_asks_and_changes_goes_through_one_connection(self) -> None:
        _, server = self.run_callback()
        self.assertEqual((len(server.asked), len(server.connections)), (6, 1))

    def test_a_service_that_nobody_has_pointed_anywhere_yet_is_pointed_at_the_start(self) -> None:
        self.selector, self.labels = {}, {"db-1": "primary"}
        self.assertEqual(self.run_callback(action="on_start")[0], 0)
        self.assertEqual(self.selector, {"cluster-name": "db", "statefulset.kubernetes.io/pod-name": "db-1"})

    def test_a_selector_of_another_kind_is_replaced_whole(self) -> None:
        self.selector = {"app": "db", "role": "primary"}
        self.run_callback()
        self.assert_taken_over()

    def test_a_service_that_points_here_already_is_left_alone(self) -> None:
        self.selector[point_writes.POD_NAME_LABEL] = "db-1"
        self.labels["db-0"] = "replica"
        code, server = self.run_callback()
        self.assertEqual((code, self.changed(server)), (0, []))

    def test_an_api_server_that_fails_for_a_while_is_asked_again(self) -> None:
        self.troubles = [(500, "etcd"), (429, ""), BROKEN_OFF, (200, "nonsense")] * 5
        self.assertEqual(self.run_callback()[0], 0)
        self.assert_taken_over()
        self.assertIn("tried again: Refused: GET /api/v1/namespaces/", self.said.getvalue())

    def test_a_member_that_leads_no_longer_takes_nothing(self) -> None:
        self.leader = "db-0"
        code, server = self.run_callback()
        self.assertEqual((code, self.changed(server)), (0, []))
        self.assertIn("the leader is db-0 now", self.said.getvalue())

    def lost_after(self, kind: str, then) -> None:
        """db-0 takes the lock again just after db-1 was seen to have it, in the step that has asked for `kind` before."""
        real, asked = self.answer, []

        def answer(method: str, path: str, body: dict | None):
            result = real(method, path, body)
            asked.append(path)
            if "/configmaps/" in path and kind in asked[-2] and self.leader == "db-1":
                self.leader = "db-0"
                then()
            return result

        self.answer = answer
        self.assertEqual(self.run_callback()[0], 0)
        self.assertIn("the leader is db-0 now", self.said.getvalue())

    def test_a_service_that_a_later_leader_has_pointed_to_itself_stays(self) -> None:
        self.lost_after("/services/", lambda: self.point({"cluster-name": "db", point_writes.POD_NAME_LABEL: "db-0"}))
        self.assertEqual(self.selector[point_writes.POD_NAME_LABEL], "db-0")

    def test_a_pod_that_a_later_leader_has_labelled_keeps_its_label(self) -> None:
        self.lost_after("/pods?", lambda: self.labels.update({"db-0": "primary, again"}))
        self.assertEqual(self.labels["db-0"], "primary, again")

    def test_a_replica_and_the_end_of_a_primary_ask_nothing(self) -> None:
        for role, action in (("replica", "on_role_change"), ("replica", "on_start"), ("primary", "on_stop")):
            code, server = self.run_callback(role, action)
            self.assertEqual((code, server.asked), (0, []))


if __name__ == "__main__":
    unittest.main()
