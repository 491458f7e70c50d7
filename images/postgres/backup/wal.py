"""Positions in the write-ahead log. A position is (timeline, bytes)."""

SEGMENT_BYTES = 16 << 20
SEGMENTS_PER_FILE = (1 << 32) // SEGMENT_BYTES

Position = tuple[int, int]


def segment_start(name: str) -> Position:
    """@param name 24 hexadecimal digits: timeline, upper half of the position, segment within it"""
    timeline, upper, segment = (int(name[at : at + 8], 16) for at in (0, 8, 16))
    return timeline, (upper * SEGMENTS_PER_FILE + segment) * SEGMENT_BYTES


def reached(history: str) -> Position:
    """Where a timeline left its parent, by the last line of its history file: `parent <tab> position <tab> reason`."""
    with open(history, encoding="utf-8") as file:
        last = [line for line in file.read().splitlines() if line.strip()][-1]
    timeline, position = last.split("\t")[:2]
    upper, lower = position.split("/")
    return int(timeline), (int(upper, 16) << 32) + int(lower, 16)
