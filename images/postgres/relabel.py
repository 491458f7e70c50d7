#!/usr/bin/python3
"""Patroni callback `on_role_change`: the new primary takes the role label from pods that can no longer do it themselves.

Services select on the label. A dead node's pod keeps `role=primary` until Kubernetes notices, and half of the new
connections would go to it. A pod that lives corrects its own label.
Arguments: action, role, scope. Patroni removes its PATRONI_* variables from a callback's environment, so the pod's
name comes from HOSTNAME.
"""

import json
import os
import ssl
import sys
import urllib.parse
import urllib.request

ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"
TIMEOUT_SECONDS = 3
ATTEMPTS = 5


def read(name: str) -> str:
    with open(f"{ACCOUNT}/{name}", encoding="utf-8") as file:
        return file.read().strip()


def tls() -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=f"{ACCOUNT}/ca.crt")
    # Python 3.13 refuses cluster CAs without a key usage extension; Patroni itself accepts them.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


def call(method: str, path: str, body: object = None) -> dict:
    host = os.environ["KUBERNETES_SERVICE_HOST"]
    port = os.environ["KUBERNETES_SERVICE_PORT"]
    request = urllib.request.Request(f"https://{host}:{port}{path}", method=method)
    request.add_header("Authorization", f"Bearer {read('token')}")
    if body is not None:
        request.add_header("Content-Type", "application/merge-patch+json")
        request.data = json.dumps(body).encode()
    with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS, context=tls()) as answer:
        return json.load(answer)


def relabel(scope: str) -> None:
    pods = f"/api/v1/namespaces/{read('namespace')}/pods"
    selector = urllib.parse.quote(f"cluster-name={scope},role=primary")
    for pod in call("GET", f"{pods}?labelSelector={selector}")["items"]:
        name = pod["metadata"]["name"]
        if name == os.environ["HOSTNAME"]:
            continue
        call("PATCH", f"{pods}/{name}", {"metadata": {"labels": {"role": "replica"}}})
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
