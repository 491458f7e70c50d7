"""
Patroni's dynamic settings, and restarts where a setting needs one: replicas first, one by one, the primary last. Where a limit that
replicas share with the primary falls it is the other way round.
"""

from collections.abc import Callable

from .patroni_api import PatroniApi

# Set by people through patronictl while they work on the cluster; not ours to take back.
FOREIGN_KEYS = ("pause",)

# What is done; anything else that a step says is what it waits for.
RESTART, SWITCHOVER = "restart", "switchover"

# A replica does not start with less of these than its primary had, as far as it knows: Patroni starts it with the primary's value and
# leaves the restart pending.
SHARED_LIMITS = frozenset(
    ("max_connections", "max_locks_per_transaction", "max_prepared_transactions", "max_wal_senders", "max_worker_processes")
)


def wanted(dynamic: dict, current: dict) -> dict:
    return {**dynamic, **{key: current[key] for key in FOREIGN_KEYS if key in current}}


def ensure_configuration(api: PatroniApi, dynamic: dict) -> bool:
    """Replaces the whole dynamic configuration where it differs, so that a removed setting goes away too."""
    current = api.configuration()
    target = wanted(dynamic, current)
    if target == current:
        return False
    api.replace_configuration(target)
    return True


def falls(reason: dict) -> bool:
    before, after = reason["old_value"], reason["new_value"]
    # Patroni says '?' where it could not find out.
    return before.isdigit() and after.isdigit() and int(after) < int(before)


def falling(member: dict) -> set[str]:
    """The shared limits among what waits for a restart of the member that would be lower after it."""
    reasons = member.get("pending_restart_reason", {})
    return {name for name in SHARED_LIMITS & reasons.keys() if falls(reasons[name])}


def waits_for_nothing_else(member: dict) -> bool:
    """Whether a falling limit is all that the member waits for: restarted before its primary it would wait as before."""
    return bool(falling(member)) and falling(member) == set(member["pending_restart_reason"])


def leader_of(members: list[dict]) -> dict | None:
    return next((member for member in members if member["role"] == "leader"), None)


def next_restart(members: list[dict], expected: int) -> tuple[str, str] | None:
    """
    The next step, as (verb, member): restart a replica, or let the primary hand over before its turn. For a limit that falls the
    primary restarts in place: its successor would have the old one too.
    None while nothing waits or, as far as the list says, a member is missing or not well: one that restarts must be back first.
    """
    waiting = [member for member in members if member.get("pending_restart")]
    if not waiting or len(members) < expected:
        return None
    if any(member["state"] not in ("running", "streaming") for member in members):
        return None
    leader = leader_of(members)
    if leader is None:
        return None
    limit_falls = leader in waiting and bool(falling(leader))
    replicas = [member for member in waiting if member is not leader and not (limit_falls and waits_for_nothing_else(member))]
    if replicas:
        return (RESTART, min(replica["name"] for replica in replicas))
    return (RESTART if limit_falls or len(members) == 1 else SWITCHOVER, leader["name"])


def lack(status: dict, leads: bool, follows: bool) -> str | None:
    """What a member lacks to be counted on while another one restarts; None if nothing. @param status what it says of itself"""
    if status["state"] != "running":
        return "wait until it runs"
    if leads:
        return None if status["role"] == "primary" else "wait until it is the primary"
    return None if follows else "wait until it has caught up"


def following(status: dict) -> set[str]:
    """Members that have caught up with the primary, which says so: one that catches up calls itself streaming and confirms no commit yet."""
    return {sender["application_name"] for sender in status.get("replication", []) if sender["state"] == "streaming"}


def awaited(api: PatroniApi, leader: str) -> tuple[str, str] | None:
    """
    What the next step has to wait for, as (what, member). All members are asked themselves: the cluster's list has what each wrote last,
    and one whose node is dead stays there as it was. If then the other standby restarted, or the primary handed over to it, nobody
    would be left to confirm a commit.
    """
    said = {}
    for member in api.members:
        try:
            said[member] = api.own_status(member)
        except (OSError, RuntimeError):
            return ("wait for its answer", member)
    followers = following(said.get(leader, {}))
    for member, status in said.items():
        missing = lack(status, member == leader, member in followers)
        if missing is not None:
            return (missing, member)
    return None


def is_news(step: tuple[str, str] | None, before: tuple[str, str] | None) -> bool:
    """Whether a round's step is to be told: what is done each time, what is waited for once. @param before the step of the round before"""
    return step is not None and (step[0] in (RESTART, SWITCHOVER) or step != before)


def restart_pending(api: PatroniApi, expected: int, archive_fails: Callable[[], bool]) -> tuple[str, str] | None:
    """
    Takes the next step, if there is one, and returns it, or what it waits for. None while a person has paused the cluster to work on it.
    @param archive_fails whether the primary has segments that it can't archive: its successor archives only those that it still has
    """
    cluster = api.cluster()
    if cluster.get("pause"):
        return None
    step = next_restart(cluster["members"], expected)
    if step is None:
        return None
    wait = awaited(api, leader_of(cluster["members"])["name"])
    if wait is not None:
        return wait
    verb, name = step
    if verb == RESTART:
        api.restart(name)
    elif archive_fails():
        return ("wait for the archive", name)
    else:
        api.switchover(name)
    return step
