"""Patroni's dynamic settings, and restarts where a setting needs one: replicas first, one by one, the primary last."""

from .patroni_api import PatroniApi

# Set by people through patronictl while they work on the cluster; not ours to take back.
FOREIGN_KEYS = ("pause",)


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


def next_restart(members: list[dict], expected: int) -> tuple[str, str] | None:
    """
    The next step, as (verb, member): restart a replica, or let the primary hand over before its turn.
    None while nothing waits or a member is missing or not well: one that restarts must be back first.
    """
    waiting = [member for member in members if member.get("pending_restart")]
    if not waiting or len(members) < expected:
        return None
    if any(member["state"] not in ("running", "streaming") for member in members):
        return None
    if not any(member["role"] == "leader" for member in members):
        return None
    replicas = [member["name"] for member in waiting if member["role"] != "leader"]
    if replicas:
        return ("restart", sorted(replicas)[0])
    return ("switchover" if len(members) > 1 else "restart", waiting[0]["name"])


def restart_pending(api: PatroniApi, expected: int) -> tuple[str, str] | None:
    """Takes the next step, if there is one, and returns it. None while a person has paused the cluster to work on it."""
    cluster = api.cluster()
    if cluster.get("pause"):
        return None
    step = next_restart(cluster["members"], expected)
    if step is None:
        return None
    verb, name = step
    if verb == "restart":
        api.restart(name)
    else:
        api.switchover(name)
    return step
