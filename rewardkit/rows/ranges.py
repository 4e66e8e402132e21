"""Cutting a file into ranges that can be read by themselves, each beginning where a group begins.

    ranges, made_of = cut(groups)                       # a pass over the file, which also takes its SHA-256
    for group in groups.within(open_range(ranges[3])):  # in any order, in any process
        ...

Where a file is cut depends on the file alone, not on who reads it, so a second run cuts it where the first did. JSON
Lines are cut by bytes, CSV by the bytes of whole records, parquet by rows; what can only be read from its beginning
(compressed lines, a JSON list) is one range.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any

from .reader import Groups
from .sources import COMPRESSED, Csv, JsonLines, Parquet, Row, Source, open_rows, row_of_line

RANGE_BYTES = 4 * 1024**2
"""About how much of a file is one range."""
BLOCK = 1024**2
FEWEST_ROWS_SHARE = 8
"""A range of a parquet file is at least this part of a row group, which can only be read from its beginning."""


@dataclass(frozen=True, slots=True)
class FileRange:
    """Rows of a file: from `start` to before `stop` in bytes (of parquet: in rows), `stop` None: to the end.

    `first` is the number that the first line or row has in the file.
    """

    path: str
    start: int = 0
    stop: int | None = None
    first: int = 1

    def __str__(self) -> str:
        return f"{self.path} from row {self.first:,} on" if self.start else self.path


class Digest:
    """A file's size and SHA-256, taken while it is read."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file, self.size, self._sha = file, 0, hashlib.sha256()

    def __iter__(self) -> Iterator[bytes]:
        while block := self.file.read(BLOCK):
            self.size += len(block)
            self._sha.update(block)
            yield block

    def plain(self) -> dict[str, Any]:
        """As score files have it."""
        return {"bytes": self.size, "sha256": self._sha.hexdigest()}


def cut(groups: Groups) -> tuple[list[FileRange], dict[str, Any]]:
    """The ranges of a file in order, and its size and SHA-256.

    Args:
        groups: the file's groups, opened by this; they say where one ends and the next begins.
    """
    source, path = groups.source, str(groups.source.path)
    groups.open()
    with open(path, "rb") as file:
        digest = Digest(file)
        starts: list[tuple[int, int]] = []
        if isinstance(source, JsonLines) and source.path.suffix not in COMPRESSED:
            starts = _line_starts(groups, path, digest)
        else:
            for _ in digest:
                pass
            if isinstance(source, Csv):
                starts = _record_starts(groups, source)
            elif isinstance(source, Parquet):
                starts = _row_starts(groups, source)
    edges = [(0, 1), *starts]
    stops = [start for start, _ in starts]
    found = [
        FileRange(path, start, stop, first)
        for (start, first), stop in zip(edges, [*stops, None], strict=True)
    ]
    return found, digest.plain()


def _line_starts(groups: Groups, path: str, digest: Digest) -> list[tuple[int, int]]:
    """Where the ranges after the first begin: the byte, and the number of the line."""
    near: list[tuple[int, int]] = []
    wanted, at, number = RANGE_BYTES, 0, 1
    for block in digest:
        while wanted < at + len(block):
            end = block.find(b"\n", max(0, wanted - at))
            if end < 0:
                break
            near.append((at + end + 1, number + block.count(b"\n", 0, end + 1)))
            wanted = at + end + 1 + RANGE_BYTES
        number += block.count(b"\n")
        at += len(block)
    found: list[tuple[int, int]] = []
    with open(path, "rb") as file:
        for start, first in near:
            if not found or start > found[-1][0]:
                edge = _edge(groups, file, start, first)
                if edge is not None:
                    found.append(edge)
    return found


def _edge(groups: Groups, file: IO[bytes], start: int, first: int) -> tuple[int, int] | None:
    """The first line after `start` with which a group begins, None where there is none."""
    file.seek(start)
    before: Row | None = None
    for number, line in enumerate(file, start=first):
        if not line.isspace():
            row = row_of_line(number, line)
            if before is not None and groups.parted(before, row):
                return start, number
            before = row
        start += len(line)
    return None


def _record_starts(groups: Groups, source: Csv) -> list[tuple[int, int]]:
    """As `_line_starts`; records may hold line breaks, so every one is read."""
    found: list[tuple[int, int]] = []
    wanted = RANGE_BYTES
    before: Row | None = None
    start, first = 0, 1
    for row in source:
        if start >= wanted and before is not None and groups.parted(before, row):
            found.append((start, first))
            wanted = start + RANGE_BYTES
        before, start, first = row, source.done, source.lines + 1
    return found


def _row_starts(groups: Groups, source: Parquet) -> list[tuple[int, int]]:
    """Where the ranges after the first begin, in rows from 0, and the number of the row."""
    meta = source.file.metadata
    sizes = [meta.row_group(at) for at in range(meta.num_row_groups)]
    whole = sum(group.total_byte_size for group in sizes)
    largest = max((group.num_rows for group in sizes), default=0)
    rows = max(1, RANGE_BYTES * meta.num_rows // max(whole, 1), largest // FEWEST_ROWS_SHARE)
    found: list[tuple[int, int]] = []
    at, wanted = 0, rows
    for batch in source.file.iter_batches(batch_size=1024):
        place = max(wanted, at + 1)
        while place < at + batch.num_rows:
            pair = batch.slice(place - at - 1, 2).to_pylist()
            if groups.parted(*(Row(place + n, cells) for n, cells in enumerate(pair))):
                found.append((place, place + 1))
                wanted = place = place + rows
            else:
                place += 1
        at += batch.num_rows
    return found


def open_range(part: FileRange) -> Source:
    """The rows of a range, with the numbers that they have in the file."""
    source = open_rows(part.path)
    if part.start == 0 and part.stop is None:
        return source
    kind = {JsonLines: _Lines, Csv: _Records, Parquet: _Rows}[type(source)]
    return kind(source, part)


class _Part(Source):
    """Some of the rows of a file."""

    def __init__(self, whole: Any, part: FileRange) -> None:
        super().__init__(whole.path)
        self.whole, self.part, self.lists = whole, part, whole.lists

    def names(self) -> list[str] | None:
        """As the file's."""
        return self.whole.names()

    def _bytes(self) -> Iterator[bytes]:
        """The lines of the range."""
        part = self.part
        with open(part.path, "rb") as file:
            file.seek(part.start)
            if part.stop is None:
                yield from file
            elif part.stop - part.start <= 2 * RANGE_BYTES:
                yield from io.BytesIO(file.read(part.stop - part.start))
            else:  # one group may be longer than memory should be
                while file.tell() < part.stop:
                    yield file.readline()


class _Lines(_Part):
    def __iter__(self) -> Iterator[Row]:
        return self.whole.rows(self._bytes(), self.part.first)


class _Records(_Part):
    def __iter__(self) -> Iterator[Row]:
        header = self.whole.names() if self.part.start else None
        return self.whole.records(self._bytes(), header, self.part.first)


class _Rows(_Part):
    def __iter__(self) -> Iterator[Row]:
        return self.whole.rows(self.part.start, self.part.stop)
