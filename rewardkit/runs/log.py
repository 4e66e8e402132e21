"""An append-only log of JSON lines, each written whole or not at all.

A process can be killed between any two bytes. That leaves an incomplete last line, without its line break: readers
skip it, and the next writer removes it. Any other broken line is an error that names it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, TypeVar

from ..errors import DataError
from ..files import write_whole

T = TypeVar("T")
Row = dict[str, Any]


def line(value: Any) -> bytes:
    """A value as a line of JSON in ASCII, so that no character of a string can break the line.

    Raises:
        ValueError: the value holds a NaN or an infinity, which JSON cannot represent.
    """
    return json.dumps(value, ensure_ascii=True, allow_nan=False).encode("ascii") + b"\n"


def read_lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """(offset, line) of every whole line in order, each with its line break; none if there is no log yet."""
    try:
        file = path.open("rb")
    except (FileNotFoundError, NotADirectoryError):
        return
    with file:
        offset = 0
        for text in file:
            if not text.endswith(b"\n"):
                return
            yield offset, text
            offset += len(text)


def parse_line(
    text: bytes, parse: Callable[[bytes], T], path: Path, number: int | None = None, remedy: str = ""
) -> T:
    """A whole line, parsed. Raises DataError, with the place, if `parse` fails."""
    try:
        return parse(text)
    except (ValueError, KeyError, TypeError) as wrong:
        raise DataError(
            f"a damaged line ({wrong!r}); {remedy or 'remove the line'}", str(path), number
        ) from wrong


def read_rows(path: Path) -> list[Row]:
    """The rows of a small log, without an incomplete last line. Raises DataError for any other broken line."""
    lines = enumerate(read_lines(path), start=1)
    return [parse_line(text, json.loads, path, number) for number, (_, text) in lines]


def append_row(path: Path, row: Mapping[str, Any]) -> None:
    """Append one row to a small log. A NaN is kept as Python's `json` writes it: training that diverges logs some."""
    cut_torn_line(path)
    with path.open("ab", buffering=0) as file:
        file.write(json.dumps(row, ensure_ascii=True).encode("ascii") + b"\n")


def write_rows(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Replace a small log, whole or not at all."""
    write_whole(path, "".join(json.dumps(row, ensure_ascii=True) + "\n" for row in rows))


class LogWriter:
    """Appends lines, each passed to the system at once, so that only a power cut can lose one."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: BinaryIO | None = None

    def __enter__(self) -> LogWriter:
        cut_torn_line(self.path)
        self._file = self.path.open("ab", buffering=0)
        return self

    def append(self, lines: bytes) -> None:
        """Write one or more whole lines."""
        if self._file is None:
            raise RuntimeError("the log is not open: use it in a `with` statement")
        rest = memoryview(lines)
        while rest:  # an unbuffered write may write only a part
            rest = rest[self._file.write(rest) :]

    def sync(self) -> None:
        """Flush what was written to the disk."""
        if self._file is not None:
            os.fsync(self._file.fileno())

    def __exit__(
        self, kind: type[BaseException] | None, wrong: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self.sync()
            self._file.close()
            self._file = None


def cut_torn_line(path: Path) -> None:
    """Remove what follows the last line break."""
    if not path.exists():
        return
    with path.open("r+b") as file:
        end = file.seek(0, os.SEEK_END)
        at = end
        while at > 0:
            start = max(0, at - 65536)
            file.seek(start)
            found = file.read(at - start).rfind(b"\n")
            if found >= 0:
                at = start + found + 1
                break
            at = start
        if at != end:
            file.truncate(at)
