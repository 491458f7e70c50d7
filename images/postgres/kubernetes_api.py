"""Calls of the Kubernetes API with the account of the pod."""

import json
import os
import ssl
import urllib.request

ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"
TIMEOUT_SECONDS = 3


def read(name: str) -> str:
    with open(f"{ACCOUNT}/{name}", encoding="utf-8") as file:
        return file.read().strip()


def namespace() -> str:
    return read("namespace")


def tls() -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=f"{ACCOUNT}/ca.crt")
    # Python 3.13 refuses cluster CAs without a key usage extension; Patroni itself accepts them.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


def call(method: str, path: str, body: object = None) -> dict:
    """
    `body` is a merge patch. @returns the object of the answer
    @raises OSError when the server does not answer or refuses; a refusal is an HTTPError with its `code`
    """
    host = os.environ["KUBERNETES_SERVICE_HOST"]
    port = os.environ["KUBERNETES_SERVICE_PORT"]
    request = urllib.request.Request(f"https://{host}:{port}{path}", method=method)
    request.add_header("Authorization", f"Bearer {read('token')}")
    # What stands before the slash is the manager of the changed fields.
    request.add_header("User-Agent", "edtech-postgres/1")
    if body is not None:
        request.add_header("Content-Type", "application/merge-patch+json")
        request.data = json.dumps(body).encode()
    with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS, context=tls()) as answer:
        return json.load(answer)
