"""The log of completions: which record each line holds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rewardkit.runs.log import parse_line, read_lines

from .record import Record


def read_log(path: Path) -> Iterator[tuple[int, Record]]:
    """(offset, record) of every whole line, in order; none where there is no log yet."""
    for number, (offset, text) in enumerate(read_lines(path), start=1):
        yield offset, record_of(text, path, number)


def record_of(text: bytes, path: Path, number: int | None = None) -> Record:
    """The record of a whole line. Raises DataError where it is not one."""
    return parse_line(
        text, Record.parse, path, number, "remove the line, and its completion will be generated again"
    )
