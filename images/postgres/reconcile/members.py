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


def next_restart(members: dict[str, dict], leader: str) -> tuple[str, str]:
    """
    The next step, as (verb, member): restart a replica, or let the primary hand over before its turn. For a limit that falls the
    primary restarts in place: its successor would have the old one too.
    @param members what each says of itself; at least one waits for a restart
    """
    waiting = {name: status for name, status in members.items() if status.get("pending_restart")}
    limit_falls = leader in waiting and bool(falling(waiting[leader]))
    replicas = [name for name, status in waiting.items() if name != leader and not (limit_falls and waits_for_nothing_else(status))]
    if replicas:
        return (RESTART, min(replicas))
    return (RESTART if limit_falls or len(members) == 1 else SWITCHOVER, leader)


def following(status: dict) -> set[str]:
    """Members that have caught up with the primary, which says so: one that catches up calls itself streaming and confirms no commit yet."""
    return {sender["application_name"] for sender in status.get("replication", []) if sender["state"] == "streaming"}


def asked(api: PatroniApi) -> dict[str, dict | None]:
    """
    What each member says of itself, None without an answer.
    Not Patroni's list of the cluster: it has what each wrote last, so one whose node is dead stays there as it was. If then the other
    standby restarted, or the primary handed over to it, nobody would be left to confirm a commit. And a member that is asked for the
    list in the middle of an election may take the lock from the one that has just got it (patroni/patroni#3718, in 4.0.7).
    """
    said = {}
    for member in api.members:
        try:
            said[member] = api.own_status(member)
        except (OSError, RuntimeError):
            said[member] = None
    return said


def leader_of(said: dict[str, dict]) -> str | None:
    primaries = [member for member, status in said.items() if status["role"] == "primary"]
    unlocked = any(status.get("cluster_unlocked") for status in said.values())
    return primaries[0] if len(primaries) == 1 and not unlocked else None


def awaited(said: dict[str, dict | None]) -> tuple[str, str] | None:
    """What the next step has to wait for, as (what, member): a member that restarts must be back, and able to confirm commits, first."""
    for member, status in said.items():
        if status is None:
            return ("wait for its answer", member)
        if status["state"] != "running":
            return ("wait until it runs", member)
    leader = leader_of(said)
    if leader is None:
        return ("wait for a leader", min(said))
    late = said.keys() - following(said[leader]) - {leader}
    return ("wait until it has caught up", min(late)) if late else None


def is_news(step: tuple[str, str] | None, before: tuple[str, str] | None) -> bool:
    """Whether a round's step is to be told: what is done each time, what is waited for once. @param before the step of the round before"""
    return step is not None and (step[0] in (RESTART, SWITCHOVER) or step != before)


def restart_pending(api: PatroniApi, archive_fails: Callable[[], bool]) -> tuple[str, str] | None:
    """
    Takes the next step, if there is one, and returns it, or what it waits for. None while a person has paused the cluster to work on it.
    @param archive_fails whether the primary has segments that it can't archive: its successor archives only those that it still has
    """
    said = asked(api)
    answers = [status for status in said.values() if status is not None]
    if any(status.get("pause") for status in answers) or not any(status.get("pending_restart") for status in answers):
        return None
    wait = awaited(said)
    if wait is not None:
        return wait
    step = next_restart(said, leader_of(said))
    verb, name = step
    if verb == RESTART:
        api.restart(name)
    elif archive_fails():
        return ("wait for the archive", name)
    else:
        api.switchover(name)
    return step
