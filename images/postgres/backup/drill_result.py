"""
What a drill knows so far: one file in the scratch volume that its containers pass on. No step fails the pod before the
last one: a failure must be recorded, not only happen.
"""

import json
import os
from datetime import UTC, datetime

from .log import log

SCRATCH = os.environ.get("SCRATCH_DIRECTORY", "/scratch")
DATA = f"{SCRATCH}/data"
RESULT = f"{SCRATCH}/result.json"
"""There as soon as the server is up or it is certain that it will not be."""
SETTLED = f"{SCRATCH}/settled"
"""There when a step failed: later ones have nothing to do."""
FAILED = f"{SCRATCH}/failed"
"""Standard output and exit code of `verify`."""
VERIFY_OUTPUT = f"{SCRATCH}/verify.json"
VERIFY_CODE = f"{SCRATCH}/verify.code"

DETAIL_LENGTH = 2000


def now() -> str:
    return datetime.now(UTC).isoformat()


def touch(path: str) -> None:
    with open(path, "w", encoding="utf-8"):
        pass


def read() -> dict:
    with open(RESULT, encoding="utf-8") as file:
        return json.load(file)


def write(**changes: object) -> dict:
    """Adds to what is known."""
    result = {**(read() if os.path.exists(RESULT) else {}), **changes}
    with open(f"{RESULT}.new", "w", encoding="utf-8") as file:
        json.dump(result, file)
    os.replace(f"{RESULT}.new", RESULT)
    return result


def fail(step: str, detail: str) -> None:
    """@param step restore, start or verify"""
    detail = "".join(character for character in detail.strip() if character.isprintable())[-DETAIL_LENGTH:]
    write(failed_step=step, detail=detail)
    touch(FAILED)
    log("error", f"drill failed at {step}", detail=detail)
