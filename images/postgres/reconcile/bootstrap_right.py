"""
The right to make the database of a new cluster: an annotation that Patroni sets before it begins and that nobody else may take.

When the API server is slow Patroni gives its request up, takes the right for not granted and waits for the member that has it; if
the request was carried out all the same, that member is itself and everybody waits for ever. So the right is given back when it has
been taken for a while and no member makes anything.
"""

import time

from kubernetes_api import KubernetesApi, Refused, namespace

from .patroni_api import PatroniApi

ANNOTATION = "initialize"
# Taken, and not yet replaced by the identifier of the database that was made.
TAKEN = ""
# Patroni begins at once. Long against any delay between its request and its first step, short against somebody who waits.
UNUSED_SECONDS = 30


def is_idle(status: dict) -> bool:
    """Whether a member has no database and makes none: while it does, or restores one, its state says so."""
    return status["state"] == "stopped" and status["role"] == "uninitialized"


def all_idle(api: PatroniApi) -> bool:
    """A member that can't be asked may be the one that makes the database."""
    try:
        return all(is_idle(api.own_status(member)) for member in api.members)
    except (OSError, RuntimeError):
        return False


class BootstrapRight:
    """Remembers since when the right has been seen unused."""

    def __init__(self) -> None:
        self.version: str | None = None
        self.since = 0.0

    def unused_for(self, version: str | None, now: float) -> float:
        """@param version of the object that holds the right, None unless it is taken and unused; @returns seconds"""
        if version is None or version != self.version:
            self.version, self.since = version, now
        return now - self.since

    def give_back_if_unused(self, api: PatroniApi, cluster: str) -> bool:
        """@returns whether it was given back. @raises OSError when the API server does not answer or refuses"""
        path = f"/api/v1/namespaces/{namespace()}/configmaps/{cluster}-config"
        version = taken_version(path) if all_idle(api) else None
        if self.unused_for(version, time.monotonic()) < UNUSED_SECONDS:
            return False
        # With the version: who has taken the right again in the meantime keeps it, and the server answers 409.
        metadata = {"resourceVersion": version, "annotations": {ANNOTATION: None}}
        with KubernetesApi() as kubernetes:
            kubernetes.call("PATCH", path, {"metadata": metadata})
        self.version = None
        return True


def taken_version(path: str) -> str | None:
    """Version of the object while the right is taken, else None."""
    try:
        with KubernetesApi() as kubernetes:
            metadata = kubernetes.call("GET", path)["metadata"]
    except Refused as error:
        if error.status == 404:
            return None
        raise
    return metadata["resourceVersion"] if metadata.get("annotations", {}).get(ANNOTATION) == TAKEN else None
