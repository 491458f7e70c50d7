#!/usr/bin/python3
"""Patroni callback `on_role_change`: the new primary takes the role label from pods that can no longer do it themselves.

Services select on the label. A dead node's pod keeps `role=primary` until Kubernetes notices, and half of the new
connections would go to it. A pod that lives corrects its own label.
Patroni does not wait for a callback, and ends one that still runs when the next one is due.
Arguments: action, role, scope. Patroni removes its PATRONI_* variables from a callback's environment, so the pod's
name comes from HOSTNAME.
"""

import http.client
import os
import sys
import time
import urllib.parse

import kubernetes_api

# A node that takes a member of the API server along: for seconds every call is refused, fails or is turned away at once.
PAUSE_SECONDS = 1.0
PATIENCE_SECONDS = 60.0
FAILURES = (OSError, http.client.HTTPException, LookupError, ValueError, TypeError)


class NotLeader(Exception):
    """Somebody else has the lock by now: the labels are theirs."""


def relabel(scope: str) -> None:
    own = os.environ["HOSTNAME"]
    objects = f"/api/v1/namespaces/{kubernetes_api.namespace()}"
    selector = urllib.parse.quote(f"cluster-name={scope},role=primary")
    pods = kubernetes_api.call("GET", f"{objects}/pods?labelSelector={selector}")["items"]
    # In this order, and with the version listed: the pod of a later leader is never changed. It had the lock before the label.
    leader = kubernetes_api.call("GET", f"{objects}/configmaps/{scope}-leader")["metadata"].get("annotations", {}).get("leader")
    if leader != own:
        raise NotLeader(f"the leader is {leader or 'nobody'} now")
    for pod in pods:
        name, version = pod["metadata"]["name"], pod["metadata"]["resourceVersion"]
        if name == own:
            continue
        body = {"metadata": {"resourceVersion": version, "labels": {"role": "replica"}}}
        kubernetes_api.call("PATCH", f"{objects}/pods/{name}", body)
        print(f"relabel: {name} is replica now", flush=True)


def main() -> int:
    _, action, role, scope = sys.argv
    if action != "on_role_change" or role not in ("primary", "master"):
        return 0
    deadline = time.monotonic() + PATIENCE_SECONDS
    said = ""
    while True:
        try:
            relabel(scope)
            return 0
        except NotLeader as reason:
            print(f"relabel: {reason}", flush=True)
            return 0
        except FAILURES as error:
            reason = f"{type(error).__name__}: {error}"
        if time.monotonic() > deadline:
            print(f"relabel: given up after {PATIENCE_SECONDS:g} s: {reason}", file=sys.stderr, flush=True)
            return 1
        if reason != said:
            print(f"relabel: tried again: {reason}", file=sys.stderr, flush=True)
            said = reason
        time.sleep(PAUSE_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
