"""One JSON object per line, as everything of ours logs."""

import json


def log(level: str, message: str, **fields: object) -> None:
    print(json.dumps({"level": level, "msg": message, **fields}), flush=True)
