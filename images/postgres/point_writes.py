#!/usr/bin/python3
"""Patroni callback of `on_role_change` and `on_start`: the new primary points the Service for writes to itself.

The Service's selector names one pod, so a change of the primary is one change of its endpoints. Selected by the role label, which
Patroni sets on the new primary and takes from the old one at another moment, they would change twice, and kube-proxy brings two changes
into force a second apart: for so long there would be no address, or that of a dead node beside the right one.
Then the role label is taken from pods that can no longer do it themselves: a dead node's pod keeps it until Kubernetes notices.
Patroni does not wait for a callback, and ends one that still runs when the next one is due.
Arguments: action, role, scope. Patroni removes its PATRONI_* variables from a callback's environment, so the pod's
name comes from HOSTNAME.
"""

import http.client
import os
import sys
import time
import urllib.parse

from kubernetes_api import KubernetesApi, namespace

# A node that takes a member of the API server along: for seconds every call is refused, fails or is turned away at once.
PAUSE_SECONDS = 1.0
FAILURES = (OSError, http.client.HTTPException, LookupError, ValueError, TypeError)
POD_NAME_LABEL = "statefulset.kubernetes.io/pod-name"


class NotLeader(Exception):
    """Somebody else has the lock by now: Service and labels are theirs."""


def check_leader(api: KubernetesApi, objects: str, scope: str) -> None:
    """Asked after what is to be changed was read: with the version read, a change of a later leader is never taken back."""
    leader = api.call("GET", f"{objects}/configmaps/{scope}-leader")["metadata"].get("annotations", {}).get("leader")
    if leader != os.environ["HOSTNAME"]:
        raise NotLeader(f"the leader is {leader or 'nobody'} now")


def point_service(api: KubernetesApi, objects: str, scope: str) -> None:
    own = os.environ["HOSTNAME"]
    path = f"{objects}/services/{scope}-rw"
    service = api.call("GET", path)
    check_leader(api, objects, scope)
    selector = {"cluster-name": scope, POD_NAME_LABEL: own}
    former = service["spec"].get("selector") or {}
    if former == selector:
        return
    # What a merge patch does not name stays.
    patch = {**{key: None for key in former}, **selector}
    api.call("PATCH", path, {"metadata": {"resourceVersion": service["metadata"]["resourceVersion"]}, "spec": {"selector": patch}})
    print(f"point-writes: {scope}-rw points to {own} now", flush=True)


def relabel(api: KubernetesApi, objects: str, scope: str) -> None:
    selector = urllib.parse.quote(f"cluster-name={scope},role=primary")
    pods = api.call("GET", f"{objects}/pods?labelSelector={selector}")["items"]
    check_leader(api, objects, scope)
    for pod in pods:
        name, version = pod["metadata"]["name"], pod["metadata"]["resourceVersion"]
        if name == os.environ["HOSTNAME"]:
            continue
        body = {"metadata": {"resourceVersion": version, "labels": {"role": "replica"}}}
        api.call("PATCH", f"{objects}/pods/{name}", body)
        print(f"point-writes: {name} is labelled replica now", flush=True)


def main() -> int:
    _, action, role, scope = sys.argv
    if action not in ("on_role_change", "on_start") or role not in ("primary", "master"):
        return 0
    objects = f"/api/v1/namespaces/{namespace()}"
    said = ""
    # For as long as it takes: nobody else does it.
    while True:
        try:
            with KubernetesApi() as api:
                point_service(api, objects, scope)
                relabel(api, objects, scope)
            return 0
        except NotLeader as reason:
            print(f"point-writes: {reason}", flush=True)
            return 0
        except FAILURES as error:
            reason = f"{type(error).__name__}: {error}"
        if reason != said:
            print(f"point-writes: tried again: {reason}", file=sys.stderr, flush=True)
            said = reason
        time.sleep(PAUSE_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
