"""What a drill came to, by the results of its steps."""

import json
import os

from . import drill_result

COUNTS = ("compared", "lost", "extra", "changed")
# Dropped days whose checksum is not the stream's fail a verify as well; the row tells them in its detail.
SAID = (*COUNTS, "unproven")


def content(path: str) -> str:
    if not os.path.exists(path):
        return ""
    with open(path, encoding="utf-8") as file:
        return file.read().strip()


def judge() -> None:
    """Adds what `verify` said; whatever is not a clean result is a failure of its step."""
    if os.path.exists(drill_result.FAILED):
        return
    code, said = content(drill_result.VERIFY_CODE), content(drill_result.VERIFY_OUTPUT)
    try:
        counts = {name: int(json.loads(said)[name]) for name in SAID}
    except (ValueError, KeyError, TypeError):
        drill_result.fail("verify", f"verify ended with {code or 'nothing'} and printed no result: {said[-500:]}")
        return
    drill_result.write(**{name: counts[name] for name in COUNTS})
    if code != "0":
        drill_result.fail("verify", f"verify ended with {code}: {', '.join(f'{v} {k}' for k, v in counts.items())}")


def row() -> dict:
    result = drill_result.read()
    empty = dict.fromkeys(("backup", "reached_at", "failed_step", "detail", *COUNTS))
    outcome = "failed" if result.get("failed_step") else "passed"
    result = {**empty, **result, "finished_at": drill_result.now(), "outcome": outcome}
    return {key: value for key, value in result.items() if key != "archived"}
