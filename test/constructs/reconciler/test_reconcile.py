"""Pure parts of the reconciler: password verifiers, the choice of the next restart, the dynamic configuration, unused rights."""

import base64
import sys
import types
import unittest

# The database driver is in the image; what is tested here does not connect.
sys.modules.setdefault("psycopg2", types.SimpleNamespace(sql=None, Error=Exception))

from reconcile import bootstrap_right, members, scram  # noqa: E402


def own(role: str = "replica", state: str = "running", pending: bool = False, **more: object) -> dict:
    return {"state": state, "role": role, **({"pending_restart": True} if pending else {}), **more}


def sender(name: str, state: str = "streaming") -> dict:
    return {"application_name": name, "state": state}


class Verifier(unittest.TestCase):
    def test_matches_the_password_that_it_was_made_from_only(self):
        stored = scram.verifier("pencil")
        self.assertTrue(scram.matches("pencil", stored))
        self.assertFalse(scram.matches("Pencil", stored))

    def test_is_that_of_rfc_7677(self):
        salt = b"W22ZaJ0SNY7soEsUEjb6gQ=="
        stored = scram.verifier("pencil", base64.b64decode(salt), 4096)
        self.assertEqual(
            stored,
            "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$"
            "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=",
        )

    def test_no_password_matches_nothing(self):
        self.assertFalse(scram.matches("pencil", None))
        self.assertFalse(scram.matches("pencil", "md5abc"))


class NextRestart(unittest.TestCase):
    def test_replicas_come_first_one_by_one(self):
        cluster = {"a": own("primary", pending=True), "c": own(pending=True), "b": own(pending=True)}
        self.assertEqual(members.next_restart(cluster, "a"), ("restart", "b"))

    def test_the_primary_hands_over_before_its_turn(self):
        cluster = {"b": own(), "a": own("primary", pending=True), "c": own()}
        self.assertEqual(members.next_restart(cluster, "a"), ("switchover", "a"))

    def test_a_single_member_is_restarted_in_place(self):
        self.assertEqual(members.next_restart({"a": own("primary", pending=True)}, "a"), ("restart", "a"))


def change(before: str, after: str) -> dict:
    return {"old_value": before, "new_value": after}


class FallingLimit(unittest.TestCase):
    """Fewer connections: a replica that restarts before its primary gets the primary's number again, and waits as before."""

    FEWER = {"max_connections": change("200", "100")}

    def waiting(self, role: str = "replica", **reasons: dict) -> dict:
        return own(role, pending=bool(reasons), pending_restart_reason=reasons)

    def step(self, leader: dict, *replicas: dict) -> tuple[str, str] | None:
        cluster = {"a": self.waiting(**replicas[0]), "b": self.waiting("primary", **leader), "c": self.waiting(**replicas[1])}
        return members.next_restart(cluster, "b")

    def test_the_primary_restarts_first_and_in_place(self):
        self.assertEqual(self.step(self.FEWER, self.FEWER, self.FEWER), ("restart", "b"))
        self.assertEqual(self.step(self.FEWER, {}, {}), ("restart", "b"))

    def test_the_replicas_follow(self):
        self.assertEqual(self.step({}, self.FEWER, self.FEWER), ("restart", "a"))
        self.assertEqual(self.step({}, {}, self.FEWER), ("restart", "c"))

    def test_a_replica_that_waits_for_something_else_as_well_comes_before_the_primary(self):
        both = {**self.FEWER, "max_wal_senders": change("10", "20")}
        self.assertEqual(self.step(both, both, both), ("restart", "a"))
        self.assertEqual(self.step(both, self.FEWER, both), ("restart", "c"))
        self.assertEqual(self.step(both, self.FEWER, self.FEWER), ("restart", "b"))

    def test_a_limit_that_rises_and_a_setting_that_is_no_shared_limit_go_as_ever(self):
        for reasons in (
            {"max_connections": change("100", "200")},
            {"max_connections": change("90", "100")},
            {"max_connections": change("200", "?")},
            {"max_replication_slots": change("20", "10")},
        ):
            self.assertEqual(self.step(reasons, reasons, reasons), ("restart", "a"))
            self.assertEqual(self.step(reasons, {}, {}), ("switchover", "b"))


class Restarts(unittest.TestCase):
    class Api:
        """@param said what members say of themselves"""

        def __init__(self, **said: dict | Exception):
            self.members, self.said, self.asked = list(said), said, []

        def own_status(self, name: str) -> dict:
            status = self.said[name]
            if isinstance(status, Exception):
                raise status
            return status

        def restart(self, name: str) -> None:
            self.asked.append(("restart", name))

        def switchover(self, name: str) -> None:
            self.asked.append(("switchover", name))

    BOTH = [sender("b"), sender("c")]
    PRIMARY = {"a": own("primary", pending=True, replication=BOTH), "b": own(), "c": own()}
    STANDBY = {"a": own("primary", pending=True, replication=BOTH), "b": own(pending=True), "c": own()}

    def step(self, api: Api, archive_fails: bool = False) -> tuple[str, str] | None:
        return members.restart_pending(api, lambda: archive_fails)

    def test_the_next_step_is_taken(self):
        alone = {"a": own("primary", pending=True)}
        for said, step in ((self.PRIMARY, ("switchover", "a")), (self.STANDBY, ("restart", "b")), (alone, ("restart", "a"))):
            api = self.Api(**said)
            self.assertEqual(self.step(api), step)
            self.assertEqual(api.asked, [step])

    def assert_waits(self, what: str, name: str, **instead: dict | Exception) -> None:
        for said in (self.PRIMARY, self.STANDBY):
            api = self.Api(**{**said, **instead})
            self.assertEqual(self.step(api), (what, name))
            self.assertEqual(api.asked, [])

    def test_none_is_taken_while_a_member_does_not_answer(self):
        for error in (OSError("no route"), RuntimeError("503")):
            self.assert_waits("wait for its answer", "c", c=error)
        api = self.Api(**{**self.STANDBY, "a": OSError("no route")})
        self.assertEqual(self.step(api), ("wait for its answer", "a"))
        self.assertEqual(api.asked, [])

    def test_none_is_taken_while_a_member_does_not_run(self):
        self.assert_waits("wait until it runs", "a", a=own("primary", "starting", pending=True))
        self.assert_waits("wait until it runs", "c", c=own(state="starting"))

    def test_none_is_taken_while_not_exactly_one_leads(self):
        self.assert_waits("wait for a leader", "a", a=own(pending=True))
        self.assert_waits("wait for a leader", "a", c=own("primary"))
        self.assert_waits("wait for a leader", "a", c=own(cluster_unlocked=True))

    def test_none_is_taken_while_the_primary_has_a_standby_that_can_not_confirm_a_commit(self):
        for late, replication in (("c", [sender("b"), sender("c", "catchup")]), ("b", [sender("c")]), ("b", [])):
            self.assert_waits("wait until it has caught up", late, a=own("primary", pending=True, replication=replication))
        self.assert_waits("wait until it has caught up", "b", a=own("primary", pending=True))

    def test_nothing_is_waited_for_while_no_restart_is_pending(self):
        self.assertIsNone(self.step(self.Api(a=own("primary"), b=own(), c=OSError("no route"))))

    def test_the_primary_stays_while_it_has_segments_that_nobody_else_would_archive(self):
        api = self.Api(**self.PRIMARY)
        self.assertEqual(self.step(api, archive_fails=True), ("wait for the archive", "a"))
        self.assertEqual(api.asked, [])
        self.assertEqual(self.step(self.Api(**self.STANDBY), archive_fails=True), ("restart", "b"))

    def test_none_is_taken_in_a_cluster_that_a_person_has_paused(self):
        for said in (self.PRIMARY, self.STANDBY):
            api = self.Api(**{name: {**status, "pause": True} for name, status in said.items()})
            self.assertIsNone(self.step(api))
            self.assertEqual(api.asked, [])

    def test_what_is_done_is_told_each_time_and_what_is_waited_for_once(self):
        waits, other = ("wait for its answer", "c"), ("wait for its answer", "b")
        told = [(None, waits, True), (waits, waits, False), (waits, other, True), (waits, None, False)]
        for step in (("restart", "a"), ("switchover", "a")):
            told += [(None, step, True), (step, step, True), (step, waits, True)]
        for before, step, expected in told:
            self.assertEqual(members.is_news(step, before), expected, (before, step))


class Configuration(unittest.TestCase):
    class Api:
        def __init__(self, current: dict):
            self.current, self.written = current, None

        def configuration(self) -> dict:
            return self.current

        def replace_configuration(self, configuration: dict) -> None:
            self.written = configuration

    def test_a_setting_that_is_configured_no_more_goes_away(self):
        api = self.Api({"ttl": 20, "old": 1})
        self.assertTrue(members.ensure_configuration(api, {"ttl": 20}))
        self.assertEqual(api.written, {"ttl": 20})

    def test_nothing_is_written_when_nothing_differs(self):
        api = self.Api({"ttl": 20})
        self.assertFalse(members.ensure_configuration(api, {"ttl": 20}))
        self.assertIsNone(api.written)

    def test_maintenance_mode_set_by_a_person_stays(self):
        api = self.Api({"ttl": 30, "pause": True})
        members.ensure_configuration(api, {"ttl": 20})
        self.assertEqual(api.written, {"ttl": 20, "pause": True})


class BootstrapRight(unittest.TestCase):
    class Api:
        def __init__(self, **members: dict | Exception):
            self.members = members

        def own_status(self, member: str) -> dict:
            status = self.members[member]
            if isinstance(status, Exception):
                raise status
            return status

    IDLE = {"state": "stopped", "role": "uninitialized"}

    def test_members_without_a_database_that_make_none_are_idle(self):
        self.assertTrue(bootstrap_right.all_idle(self.Api(a=self.IDLE, b=self.IDLE)))

    def test_a_member_that_makes_a_database_or_has_one_is_not(self):
        for status in (
            {"state": "initializing new cluster", "role": "uninitialized"},
            {"state": "running custom bootstrap script", "role": "uninitialized"},
            {"state": "starting", "role": "uninitialized"},
            {"state": "stopped", "role": "replica"},
            {"state": "running", "role": "primary"},
        ):
            self.assertFalse(bootstrap_right.all_idle(self.Api(a=self.IDLE, b=status)), status)

    def test_nor_is_one_that_can_not_be_asked(self):
        for error in (OSError("no route"), RuntimeError("503")):
            self.assertFalse(bootstrap_right.all_idle(self.Api(a=self.IDLE, b=error)))

    def test_unused_counts_from_the_first_sight_of_the_same_version(self):
        right = bootstrap_right.BootstrapRight()
        self.assertEqual(right.unused_for("7", 100), 0)
        self.assertEqual(right.unused_for("7", 115), 15)
        self.assertEqual(right.unused_for("8", 130), 0)
        self.assertEqual(right.unused_for(None, 145), 0)
        self.assertEqual(right.unused_for("8", 160), 0)
        self.assertEqual(right.unused_for("8", 190), 30)


if __name__ == "__main__":
    unittest.main()
