"""Patroni's REST API of the members, over TLS and with its password for whatever changes something."""

import base64
import http.client
import json
import ssl
import urllib.error
import urllib.request


# A primary that is not up again by then gives way to a standby.
START_SECONDS = 60


class MemberFailure(RuntimeError):
    """A member that answers, but has troubles of its own; another one may have none."""


class PatroniApi:
    """
    `members` are the members' host names, in the order in which they are tried.
    Requests raise OSError when no member answers and RuntimeError when one refuses or answers with something else than it should.
    """

    def __init__(self, members: dict[str, str], port: int, ca_file: str, username: str, password: str):
        self.members = members
        self.port = port
        self.context = ssl.create_default_context(cafile=ca_file)
        self.authorization = "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()

    def request(self, host: str, method: str, path: str, body: object = None, timeout: float = 5) -> object:
        request = urllib.request.Request(f"https://{host}:{self.port}{path}", method=method)
        request.add_header("Authorization", self.authorization)
        if body is not None:
            request.add_header("Content-Type", "application/json")
            request.data = json.dumps(body).encode()
        try:
            with urllib.request.urlopen(request, timeout=timeout, context=self.context) as answer:
                text = answer.read().decode()
        except urllib.error.HTTPError as error:
            kind = MemberFailure if error.code >= 500 else RuntimeError
            raise kind(f"{method} {path} at {host}: {error.code} {error.reason}") from error
        except http.client.HTTPException as error:
            raise OSError(f"{method} {path} at {host}: the answer broke off: {error!r}") from error
        if method != "GET":
            return text
        try:
            answer = json.loads(text)
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            raise RuntimeError(f"{method} {path} at {host}: the answer is no JSON object: {text[:80]!r}")
        return answer

    def any_member(self, method: str, path: str, body: object = None) -> object:
        """A change that a member refuses is not tried at the next one: it would be refused there for the same reason."""
        last: OSError | RuntimeError | None = None
        for host in self.members.values():
            try:
                return self.request(host, method, path, body)
            except (OSError, MemberFailure) as error:
                last = error
            except RuntimeError as error:
                if method != "GET":
                    raise
                last = error
        raise last or OSError("the cluster has no members")

    def own_status(self, member: str) -> dict:
        """
        What a member says of itself: `state`, `role`, `replication` (of the primary), `pending_restart` with `pending_restart_reason`, `pause`
        while the cluster is paused and `cluster_unlocked` while nobody leads. It answers before there is a database too.
        """
        return self.request(self.members[member], "GET", "/patroni")

    def configuration(self) -> dict:
        return self.any_member("GET", "/config")

    def replace_configuration(self, configuration: dict) -> None:
        self.any_member("PUT", "/config", configuration)

    def restart(self, member: str) -> None:
        """With a time to start in: primary_start_timeout is 0, which would take the lock from a primary that is not up at once."""
        body = {"restart_pending": True, "timeout": START_SECONDS}
        self.request(self.members[member], "POST", "/restart", body, timeout=120)

    def switchover(self, leader: str) -> None:
        """To whichever standby is first: those that are not the named candidate would stand still for 2 s, and a commit waits for one."""
        self.request(self.members[leader], "POST", "/switchover", {"leader": leader}, timeout=60)
