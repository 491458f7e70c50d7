"""Calls of the Kubernetes API with the account of the pod."""

import http.client
import json
import os
import ssl
from typing import Self

ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"
TIMEOUT_SECONDS = 3


class Refused(OSError):
    """The server answered with another status than success."""

    def __init__(self, request: str, status: int, reason: str) -> None:
        super().__init__(f"{request}: {status} {reason}")
        self.status = status


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


class KubernetesApi:
    """
    One connection for several calls, made by the first: to open one costs a busy API server more than a small call does.
    For a `with` statement of seconds: a server ends connections that rest, and a call on such a one fails.
    """

    def __init__(self) -> None:
        host, port = os.environ["KUBERNETES_SERVICE_HOST"], int(os.environ["KUBERNETES_SERVICE_PORT"])
        self.connection = http.client.HTTPSConnection(host, port, timeout=TIMEOUT_SECONDS, context=tls())
        # What stands before the slash is the manager of the changed fields.
        self.headers = {"Authorization": f"Bearer {read('token')}", "User-Agent": "edtech-postgres/1"}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()

    def call(self, method: str, path: str, body: object = None) -> dict:
        """
        `body` is a merge patch. @returns the object of the answer
        @raises OSError when the server does not answer, Refused when it refuses,
        HTTPException or ValueError when its answer breaks off or is no JSON
        """
        patch = {} if body is None else {"Content-Type": "application/merge-patch+json"}
        data = None if body is None else json.dumps(body)
        self.connection.request(method, path, body=data, headers=self.headers | patch)
        answer = self.connection.getresponse()
        # Read also when it refuses: the connection goes on only after that.
        text = answer.read()
        if not 200 <= answer.status < 300:
            raise Refused(f"{method} {path}", answer.status, answer.reason)
        return json.loads(text)
