"""The append-only log of completions: a line each, written whole or not at all.

A process can be killed between any two bytes. What is then left is a torn last line, without its line
break: readers pass over it, and the next writer cuts it off. Any other broken line is damage, and an
error that names it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from rewardkit.errors import DataError

from .record import Record


def read_log(path: Path) -> Iterator[tuple[int, Record]]:
    """(offset, record) of every whole line, in order; none where there is no log yet."""
    if not path.exists():
        return
    with path.open("rb") as file:
        offset = 0
        for number, line in enumerate(file, start=1):
            if not line.endswith(b"\n"):
                return
            yield offset, parse_line(line, path, number)
            offset += len(line)


def parse_line(line: bytes, path: Path, number: int | None = None) -> Record:
    """The record of a whole line. Raises DataError where it is not one."""
    try:
        return Record.parse(line)
    except (ValueError, KeyError, TypeError) as wrong:
        raise DataError(
            f"a damaged line ({wrong!r}); remove the line, and its completion will be made again",
            str(path),
            number,
        ) from wrong


class LogWriter:
    """Appends records. Each is handed to the system at once, so only a power cut can lose one."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: BinaryIO | None = None

    def __enter__(self) -> LogWriter:
        _cut_torn_line(self.path)
        self._file = self.path.open("ab", buffering=0)
        return self

    def append(self, record: Record) -> None:
        """Write one record."""
        if self._file is None:
            raise RuntimeError("the log is not open: use it in a `with` statement")
        line = memoryview(record.line())
        while line:  # an unbuffered write may take less than it was given
            line = line[self._file.write(line) :]

    def __exit__(
        self, kind: type[BaseException] | None, wrong: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            os.fsync(self._file.fileno())
            self._file.close()
            self._file = None


def _cut_torn_line(path: Path) -> None:
    """Cut what follows the last line break."""
    if not path.exists():
        return
    with path.open("r+b") as file:
        end = file.seek(0, os.SEEK_END)
        at = end
        while at > 0:
            start = max(0, at - 65536)
            file.seek(start)
            block = file.read(at - start)
            found = block.rfind(b"\n")
            if found >= 0:
                at = start + found + 1
                break
            at = start
        if at != end:
            file.truncate(at)
