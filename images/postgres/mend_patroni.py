"""
Part of the image's build: in failsafe mode Patroni goes on through a conflict at the leader lock that is its own doing.

While the API server stands still, an update of the lock that Patroni gave up may wait in it and be done after all when it goes on. The
update that is under way then is refused as a conflict, and Patroni steps down: with the lock still valid if less than a second is left
to look who holds it, with one that has run out in any case, unless the lock says all that the refused update would have said. Writes
stop for a restart of the server. Here no time to look counts as no answer, and so does a lock that still names the member: in failsafe
mode all members are asked, and one that has become the primary says no; without it Patroni steps down. A lock that names another member
is taken as before.

Ends with an error where the installed Patroni has other lines: then it has to be looked at again.
"""

import inspect
import pathlib

from patroni.dcs import kubernetes

NO_TIME = "raise KubernetesError('no time left to see who holds the leader lock')"
CHANGES = {
    "_update_leader_with_retry": {
        """
        if not retry.ensure_deadline(1):
            return False  # No time for retry. Tell ha.py that we have to demote due to failed update.
""": f"""
        if not retry.ensure_deadline(1):
            {NO_TIME}
""",
        """
        if not retry.ensure_deadline(0.5):
            return False
""": f"""
        if not retry.ensure_deadline(0.5):
            {NO_TIME}
""",
    },
    "attempt_to_acquire_leader": {
        """
        if handle_conflict and retry.ensure_deadline(1):
""": f"""
        if handle_conflict:
            if not retry.ensure_deadline(1):
                {NO_TIME}
""",
        """
                        all(kind_annotations.get(k) == v for k, v in annotations.items()):
                    ret = True
""": """
                        all(kind_annotations.get(k) == v for k, v in annotations.items()):
                    ret = True
                elif kind_annotations.get(self._LEADER) == self._name:
                    raise KubernetesError('an update of the leader lock that was given up has been done after all')
""",
    },
}


def mended(source: str) -> str:
    for method, changes in CHANGES.items():
        before = after = inspect.getsource(getattr(kubernetes.Kubernetes, method))
        for lines, instead in changes.items():
            if after.count(lines) != 1:
                raise SystemExit(f"patroni's {method}: expected once, found {after.count(lines)} times:{lines}")
            after = after.replace(lines, instead)
        source = source.replace(before, after)
    return source


if __name__ == "__main__":
    path = pathlib.Path(inspect.getfile(kubernetes))
    path.write_text(mended(path.read_text()))
