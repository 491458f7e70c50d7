"""
Part of the image's build: in failsafe mode Patroni goes on through a conflict at the leader lock that leaves no time to look again.

While the API server stands still, an update of the lock that Patroni gave up may wait in it and be done after all when it goes on. The
update that is under way then is refused as a conflict. Patroni reads the lock again and goes on if it still holds it; in the last second
of `retry_timeout` it does not look and steps down, so that writes stop for a restart of the server. Here this counts as what it is, no
answer in time: in failsafe mode all members are asked, and one that has become the primary says no; without it Patroni steps down.

Ends with an error where the installed Patroni has other lines: then it has to be looked at again.
"""

import inspect
import pathlib

from patroni.dcs import kubernetes

OWN = "raise KubernetesError('no time left to see who holds the leader lock')"
REPLACED = {
    f"        if not retry.ensure_deadline({seconds}):\n            return False{rest}": f"        if not retry.ensure_deadline({seconds}):\n            {OWN}\n"
    for seconds, rest in (
        (1, "  # No time for retry. Tell ha.py that we have to demote due to failed update.\n"),
        (0.5, "\n"),
    )
}


def mended(source: str) -> str:
    function = inspect.getsource(kubernetes.Kubernetes._update_leader_with_retry)
    after = function
    for lines, instead in REPLACED.items():
        if after.count(lines) != 1:
            raise SystemExit(f"patroni {lines!r}: expected once in _update_leader_with_retry, found {after.count(lines)} times")
        after = after.replace(lines, instead)
    return source.replace(function, after)


if __name__ == "__main__":
    path = pathlib.Path(inspect.getfile(kubernetes))
    path.write_text(mended(path.read_text()))
