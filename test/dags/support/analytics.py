"""What the tests ask of the published analytics."""

from __future__ import annotations

import json
from typing import Any

from .database import Database


def published(database: Database) -> dict[tuple[int, str], int]:
    """Checksum of the published run of each (cohort, day)."""
    rows = database.query("select cohort_id, day::text, checksum from analytics.runs where status = 'published'")
    assert len({row[:2] for row in rows}) == len(rows), "a day is published twice"
    return {(cohort, day): int(checksum) for cohort, day, checksum in rows}


def answer_key(database: Database) -> dict[str, Any]:
    """Compares every table with the answer key, prints the rows compared, and fails on a difference or an empty comparison."""
    result = json.loads(database.ask("answer-key"))
    for table, count in sorted(result["tables"].items()):
        print(f"{table:24} {count['compared']:8} rows compared, {count['different']} different")
    assert result["different"] == 0, result["differences"][:10]
    assert all(count["compared"] > 0 for count in result["tables"].values()), result["tables"]
    return result
