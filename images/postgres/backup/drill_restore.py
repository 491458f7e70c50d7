"""
First step of a drill: the newest backup into scratch space. Always ends with 0; what went wrong stands in the result.
Usage: python3 -m backup drill-restore
"""

import os
import shutil
import time

from . import drill_result
from .log import log
from .pgbackrest import try_quietly
from .repository import RepositoryProblem, newest_backup, newest_segment, stanza_info


def restore() -> None:
    info = stanza_info()
    backup = newest_backup(info)
    drill_result.write(backup=backup["label"], archived=newest_segment(info, backup))
    # A second attempt of the Job finds what the first one left.
    shutil.rmtree(drill_result.DATA, ignore_errors=True)
    os.makedirs(drill_result.DATA, mode=0o700)
    began = time.monotonic()
    failure = try_quietly(
        f"--pg1-path={drill_result.DATA}",
        f"--set={backup['label']}",
        "--type=default",
        # Never into the repository that it reads from.
        "--archive-mode=off",
        "restore",
    )
    if failure is not None:
        raise RepositoryProblem(failure)
    log("info", "restored", backup=backup["label"], seconds=round(time.monotonic() - began, 1))


def main(_: list[str]) -> int:
    for path in (drill_result.RESULT, drill_result.SETTLED, drill_result.FAILED):
        if os.path.exists(path):
            os.remove(path)
    drill_result.write(started_at=drill_result.now())
    try:
        restore()
    # Whatever it is: a drill that only crashes is recorded by nobody.
    except Exception as error:
        drill_result.fail("restore", f"{error}" or type(error).__name__)
    return 0
