#!/usr/bin/python3
"""Patroni callback `on_role_change`: the new primary takes the role label from pods that can no longer do it themselves.

Services select on the label. A dead node's pod keeps `role=primary` until Kubernetes notices, and half of the new
connections would go to it. A pod that lives corrects its own label.
Arguments: action, role, scope. Patroni removes its PATRONI_* variables from a callback's environment, so the pod's
name comes from HOSTNAME.
"""

import os
import sys
import urllib.parse

import kubernetes_api

ATTEMPTS = 5


def relabel(scope: str) -> None:
    pods = f"/api/v1/namespaces/{kubernetes_api.namespace()}/pods"
    selector = urllib.parse.quote(f"cluster-name={scope},role=primary")
    for pod in kubernetes_api.call("GET", f"{pods}?labelSelector={selector}")["items"]:
        name = pod["metadata"]["name"]
        if name == os.environ["HOSTNAME"]:
            continue
        kubernetes_api.call("PATCH", f"{pods}/{name}", {"metadata": {"labels": {"role": "replica"}}})
        print(f"relabel: {name} is replica now", flush=True)


def main() -> int:
    _, action, role, scope = sys.argv
    if action != "on_role_change" or role not in ("primary", "master"):
        return 0
    for attempt in range(1, ATTEMPTS + 1):
        try:
            relabel(scope)
            return 0
        except OSError as error:
            print(f"relabel: attempt {attempt} of {ATTEMPTS}: {error}", file=sys.stderr, flush=True)
    return 1


if __name__ == "__main__":
    sys.exit(main())
