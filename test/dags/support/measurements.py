"""Figures of the long tests: always printed, and kept in docs/measurements/dags.json where that is wanted."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import psutil

PROJECT = Path(__file__).resolve().parents[3]
FILE = PROJECT / "docs/measurements/dags.json"
MIB = 1024 * 1024


def commit() -> str:
    """Short hash of the checkout, with `-changed` if it holds more than that commit; figures themselves do not count."""
    head = git("rev-parse", "--short", "HEAD")
    return f"{head}-changed" if git("status", "--porcelain", "--", ".", ":!docs/measurements") else head


def git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=PROJECT, capture_output=True, text=True, check=True).stdout.strip()


@dataclass
class Measurement:
    """Figures of one test.

    :param name: under which they are kept; a later run replaces them.
    :param state: whether anything else ran on the machine, calm or busy; None if they are only printed.
    """

    name: str
    state: str | None
    load_before: tuple[float, ...] = field(default_factory=os.getloadavg)
    commit: str = field(init=False)

    def __post_init__(self) -> None:
        # At the beginning: a test may outlast the state of the checkout. Printing alone needs no checkout.
        self.commit = "" if self.state is None else commit()

    def note(self, **figures: Any) -> None:
        """Call it before a goal is checked: a figure that misses it is kept as well."""
        print(json.dumps(figures))
        if self.state is None:
            return
        kept = json.loads(FILE.read_text()) if FILE.exists() else {}
        kept[self.name] = {
            "commit": self.commit,
            "machine": machine(),
            "state": self.state,
            "measured_at": datetime.now(timezone.utc).isoformat(timespec="seconds"),
            "load_before": [round(load, 2) for load in self.load_before],
            "load_after": [round(load, 2) for load in os.getloadavg()],
            "figures": figures,
        }
        FILE.write_text(json.dumps(dict(sorted(kept.items())), indent=2) + "\n")


def machine() -> str:
    """Processor and memory, in the words of the other measurements."""
    info = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.split(":", 1)[1].strip() for line in info if line.startswith("model name")), "unknown processor")
    gib = round(psutil.virtual_memory().total / MIB / 1024)
    return f"{psutil.cpu_count()} cores {model}, {gib} GiB"


def shares(pid: int) -> float:
    """Proportional set size of a process and its descendants, MiB."""
    process = psutil.Process(pid)
    total = 0
    for one in [process, *process.children(recursive=True)]:
        try:
            total += one.memory_full_info().pss
        except psutil.NoSuchProcess:
            continue
    return total / MIB
