"""
What to restore: a mounted ConfigMap with one file per value.
`target` is `latest` or an instant with its zone, as 2026-03-02T10:15:00Z. `backup` (a label) and `timeline` are for a
person who knows why the newest ones are not wanted.
"""

import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime

KEYS = ("target", "backup", "timeline")
LABEL = re.compile(r"\d{8}-\d{6}F(_\d{8}-\d{6}[DI])?")


class InvalidRequest(ValueError):
    """Says what is wrong, what was given and what is allowed."""


@dataclass(frozen=True)
class RestoreRequest:
    """None for `target`: everything that is archived."""

    target: datetime | None
    backup: str | None
    timeline: int | None

    def options(self) -> list[str]:
        """For `pgbackrest restore`."""
        chosen = [] if self.backup is None else [f"--set={self.backup}"]
        if self.timeline is not None:
            chosen.append(f"--target-timeline={self.timeline}")
        if self.target is None:
            return [*chosen, "--type=default"]
        at = self.target.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f+00")
        return [*chosen, "--type=time", f"--target={at}", "--target-action=promote"]

    def __str__(self) -> str:
        target = "all that is archived" if self.target is None else f"the state of {self.target.isoformat()}"
        backup = "" if self.backup is None else f" from backup {self.backup}"
        timeline = "" if self.timeline is None else f" on timeline {self.timeline}"
        return f"{target}{backup}{timeline}"


def instant(text: str) -> datetime | None:
    """None for `latest`."""
    if text == "latest":
        return None
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidRequest(f"target is {text!r}; allowed latest or an instant as 2026-03-02T10:15:00Z") from None
    if parsed.tzinfo is None:
        raise InvalidRequest(f"target {text!r} has no zone; allowed Z or an offset at its end")
    return parsed


def read_request(directory: str) -> RestoreRequest | None:
    """None where no key is mounted: the kubelet makes a missing ConfigMap and one without keys look alike."""
    values = {}
    # Hidden names are the kubelet's own.
    for name in sorted(name for name in os.listdir(directory) if not name.startswith(".")):
        if name not in KEYS:
            raise InvalidRequest(f"key {name!r} is unknown; allowed {', '.join(KEYS)}")
        with open(os.path.join(directory, name), encoding="utf-8") as file:
            values[name] = file.read().strip()
    if not values:
        return None
    if "target" not in values:
        raise InvalidRequest(f"key 'target' is missing; given {', '.join(values)}")
    backup, timeline = values.get("backup"), values.get("timeline")
    if backup is not None and not LABEL.fullmatch(backup):
        raise InvalidRequest(f"backup is {backup!r}; allowed a label as 20260302-101500F")
    if timeline is not None and not re.fullmatch(r"[1-9]\d*", timeline):
        raise InvalidRequest(f"timeline is {timeline!r}; allowed a number from 1")
    return RestoreRequest(instant(values["target"]), backup, None if timeline is None else int(timeline))
