"""Pure parts of the reconciler: password verifiers, the choice of the next restart, the dynamic configuration, unused rights."""

import base64
import sys
import types
import unittest

# The database driver is in the image; what is tested here does not connect.
sys.modules.setdefault("psycopg2", types.SimpleNamespace(sql=None, Error=Exception))

from reconcile import bootstrap_right, members, scram  # noqa: E402


def member(name: str, role: str = "replica", state: str = "streaming", pending: bool = False) -> dict:
    return {"name": name, "role": role, "state": state, **({"pending_restart": True} if pending else {})}


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
        cluster = [member("a", "leader", "running", True), member("c", pending=True), member("b", pending=True)]
        self.assertEqual(members.next_restart(cluster, 3), ("restart", "b"))

    def test_the_primary_hands_over_before_its_turn(self):
        cluster = [member("b"), member("a", "leader", "running", True), member("c", "sync_standby")]
        self.assertEqual(members.next_restart(cluster, 3), ("switchover", "a"))

    def test_a_single_member_is_restarted_in_place(self):
        self.assertEqual(members.next_restart([member("a", "leader", "running", True)], 1), ("restart", "a"))

    def test_waits_while_a_member_is_missing_or_not_well(self):
        cluster = [member("a", "leader", "running", True), member("b", pending=True)]
        self.assertIsNone(members.next_restart(cluster, 3))
        self.assertIsNone(members.next_restart([*cluster, member("c", state="starting")], 3))

    def test_waits_while_nobody_leads(self):
        cluster = [member("a", state="running", pending=True), member("b", "sync_standby")]
        self.assertIsNone(members.next_restart(cluster, 2))

    def test_does_nothing_while_nothing_waits(self):
        self.assertIsNone(members.next_restart([member("a", "leader", "running"), member("b")], 2))


def change(before: str, after: str) -> dict:
    return {"old_value": before, "new_value": after}


class FallingLimit(unittest.TestCase):
    """Fewer connections: a replica that restarts before its primary gets the primary's number again, and waits as before."""

    FEWER = {"max_connections": change("200", "100")}

    def waiting(self, name: str, role: str = "replica", **reasons: dict) -> dict:
        state = "running" if role == "leader" else "streaming"
        return {**member(name, role, state, bool(reasons)), "pending_restart_reason": reasons}

    def cluster(self, leader: dict, *replicas: dict) -> list[dict]:
        return [self.waiting("a", **replicas[0]), self.waiting("b", "leader", **leader), self.waiting("c", **replicas[1])]

    def step(self, leader: dict, *replicas: dict) -> tuple[str, str] | None:
        return members.next_restart(self.cluster(leader, *replicas), 3)

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


def own(role: str = "replica", state: str = "running", **more: object) -> dict:
    return {"state": state, "role": role, **more}


def sender(name: str, state: str = "streaming") -> dict:
    return {"application_name": name, "state": state}


class Restarts(unittest.TestCase):
    class Api:
        """The first member leads. @param said what members say of themselves, where it differs from the cluster's list"""

        def __init__(self, listed: list[dict], pause: bool = False, **said: dict | Exception):
            names = [member["name"] for member in listed]
            well = {name: own() for name in names[1:]}
            well[names[0]] = own("primary", replication=[sender(name) for name in names[1:]])
            self.members, self.listed, self.pause, self.said, self.asked = names, listed, pause, {**well, **said}, []

        def cluster(self) -> dict:
            return {"members": self.listed, **({"pause": True} if self.pause else {})}

        def own_status(self, name: str) -> dict:
            status = self.said[name]
            if isinstance(status, Exception):
                raise status
            return status

        def restart(self, name: str) -> None:
            self.asked.append(("restart", name))

        def switchover(self, name: str) -> None:
            self.asked.append(("switchover", name))

    PRIMARY = [member("a", "leader", "running", True), member("b"), member("c")]
    STANDBY = [member("a", "leader", "running", True), member("b", pending=True), member("c")]

    def step(self, api: Api, archive_fails: bool = False) -> tuple[str, str] | None:
        return members.restart_pending(api, len(api.members), lambda: archive_fails)

    def test_the_next_step_is_taken(self):
        for listed, step in ((self.PRIMARY, ("switchover", "a")), (self.STANDBY, ("restart", "b")), (self.PRIMARY[:1], ("restart", "a"))):
            api = self.Api(listed)
            self.assertEqual(self.step(api), step)
            self.assertEqual(api.asked, [step])

    def assert_waits(self, what: str, name: str, **said: dict | Exception) -> None:
        for listed in (self.PRIMARY, self.STANDBY):
            api = self.Api(listed, **said)
            self.assertEqual(self.step(api), (what, name))
            self.assertEqual(api.asked, [])

    def test_none_is_taken_while_a_member_that_is_listed_as_streaming_does_not_answer(self):
        for name in ("a", "b", "c"):
            for error in (OSError("no route"), RuntimeError("503")):
                self.assert_waits("wait for its answer", name, **{name: error})

    def test_none_is_taken_while_a_member_does_not_run(self):
        for name in ("a", "b", "c"):
            self.assert_waits("wait until it runs", name, **{name: own(state="starting")})

    def test_none_is_taken_while_the_listed_leader_is_not_the_primary(self):
        self.assert_waits("wait until it is the primary", "a", a=own())

    def test_none_is_taken_while_the_primary_has_a_standby_that_can_not_confirm_a_commit(self):
        self.assert_waits("wait until it has caught up", "c", a=own("primary", replication=[sender("b"), sender("c", "catchup")]))
        self.assert_waits("wait until it has caught up", "b", a=own("primary", replication=[sender("c")]))
        self.assert_waits("wait until it has caught up", "b", a=own("primary"))

    def test_nobody_is_asked_while_nothing_waits(self):
        self.assertIsNone(self.step(self.Api([member("a", "leader", "running"), member("b")], b=AssertionError("asked"))))

    def test_the_primary_stays_while_it_has_segments_that_nobody_else_would_archive(self):
        api = self.Api(self.PRIMARY)
        self.assertEqual(self.step(api, archive_fails=True), ("wait for the archive", "a"))
        self.assertEqual(api.asked, [])
        self.assertEqual(self.step(self.Api(self.STANDBY), archive_fails=True), ("restart", "b"))

    def test_none_is_taken_in_a_cluster_that_a_person_has_paused(self):
        for listed in (self.PRIMARY, self.STANDBY):
            api = self.Api(listed, pause=True)
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
