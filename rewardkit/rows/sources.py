"""Files of rows, read one after the other: JSONL, JSON, CSV, TSV, parquet, or JSONL from standard input.

Each row is numbered, and is a mapping of columns to cells or the reason why it could
not be read. A row's number is that of its line in JSONL and CSV (where an editor finds it), and its
place from 1 in JSON and parquet. Only a JSON list is loaded whole.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import sys
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from glob import glob
from itertools import accumulate
from pathlib import Path
from typing import IO, Any, NamedTuple

from ..errors import DataError, SetupError, UsageError
from .jsonl import loads
from .values import short

STDIN = "-"
COMPRESSED = (".gz", ".zst")
_BOM = b"\xef\xbb\xbf"
_BATCH = 128
NOT_UTF8 = "not UTF-8 text; save the file as UTF-8"


class Row(NamedTuple):
    """A row of a file: its cells, or None and what is wrong with it."""

    number: int
    cells: dict[str, Any] | None
    fault: str = ""


class Source:
    """Rows of a file. `done` of `size` says how far it has been read (bytes or rows; size 0: unknown)."""

    lists = True
    """Whether a cell can hold a list."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = str(path)
        self.done = 0
        self.size = 0

    def names(self) -> list[str] | None:
        """The columns, where the file declares them at its head; else None."""
        return None

    def __iter__(self) -> Iterator[Row]:
        raise NotImplementedError


class JsonLines(Source):
    """One JSON object per line. A line that is not one is a fault of that line alone; blank lines are skipped."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        if self.name == STDIN:
            self.name = "<stdin>"
        elif path.suffix not in COMPRESSED:  # what is read is not what the file's size counts
            self.size = path.stat().st_size

    def __iter__(self) -> Iterator[Row]:
        self.done = 0
        if self.name == "<stdin>":
            yield from self.rows(sys.stdin.buffer)
            return
        if self.path.suffix not in COMPRESSED:
            with self.path.open("rb") as lines:
                yield from self.rows(lines)
            return
        yield from self.rows(_lines(self.path))

    def rows(self, lines: Iterable[bytes], first: int = 1) -> Iterator[Row]:
        """The rows of some of the file's lines, of which the first has this number."""
        for number, line in enumerate(lines, start=first):
            self.done += len(line)
            if number == 1:
                line = line.removeprefix(_BOM)
            if not line.isspace() and line:
                yield row_of_line(number, line)


def _lines(path: Path) -> Iterator[bytes]:
    """A compressed file's lines.

    Raises:
        SetupError: zstandard is needed and not installed.
        DataError: the file is damaged.
    """
    opened = {".gz": gzip.open, ".zst": _zstd_lines}[path.suffix](path)
    number = 0
    try:
        with opened as lines:
            for line in lines:
                number += 1
                yield line
    except (EOFError, zlib.error, gzip.BadGzipFile) as wrong:
        raise DataError(
            f"what follows cannot be decompressed ({wrong}); the file is damaged, or its ending is wrong",
            str(path),
            number,
        ) from None


@contextmanager
def _zstd_lines(path: Path) -> Iterator[Iterator[bytes]]:
    """The lines of a .zst file. Raises EOFError where it is damaged, which zstandard's own reader lets pass."""
    try:
        import zstandard
    except ModuleNotFoundError:
        raise SetupError(
            f"{path}: reading .zst needs zstandard, which is not installed: pip install 'rewardkit[zstd]'"
        ) from None

    def lines(file: IO[bytes]) -> Iterator[bytes]:
        frame, rest = None, b""
        while chunk := file.read(1 << 17):
            while chunk:
                frame = frame or zstandard.ZstdDecompressor().decompressobj()
                rest += frame.decompress(chunk)
                chunk, frame = (frame.unused_data, None) if frame.eof else (b"", frame)
            *whole, rest = rest.split(b"\n")
            yield from (line + b"\n" for line in whole)
        if frame is not None:
            raise EOFError("the last frame is not whole")
        if rest:
            yield rest

    with path.open("rb") as file:
        try:
            yield lines(file)
        except zstandard.ZstdError as wrong:
            raise EOFError(str(wrong)) from None


def row_of_line(number: int, line: bytes) -> Row:
    """The row that a line of JSON is, or what is wrong with it."""
    try:
        cells = loads(line)
    except UnicodeDecodeError as error:
        return Row(number, None, f"not UTF-8 text (byte {error.start + 1} of the line)")
    except RecursionError:
        return Row(number, None, "not JSON that can be read: nested too deep")
    except ValueError as error:
        return Row(
            number, None, f"not JSON: {_reason(error)}; a line must be one whole object, as in {{...}}"
        )
    return _mapping(number, cells)


def _reason(error: ValueError) -> str:
    """What is wrong, and after how many characters: a line of JSON has no lines of its own."""
    return (
        f"{error.msg} at character {error.pos + 1}" if isinstance(error, json.JSONDecodeError) else str(error)
    )


def _mapping(number: int, cells: Any) -> Row:
    if not isinstance(cells, dict):
        lists = "; name a file that holds one JSON list .json" if isinstance(cells, list) else ""
        return Row(
            number,
            None,
            f"a row must be an object of columns and values; found {type(cells).__name__} {short(cells)}{lists}",
        )
    return Row(number, cells)


class Json(Source):
    """A list of objects, loaded whole; or one object per line, since such files are named .json, too."""

    def __iter__(self) -> Iterator[Row]:
        try:
            text = self.path.read_bytes().removeprefix(_BOM).decode("utf-8")
        except UnicodeDecodeError as error:
            raise DataError(f"{NOT_UTF8} (byte {error.start + 1})", self.name) from None
        if not text.lstrip().startswith("["):
            self.size = len(text)
            for number, line in enumerate(io.StringIO(text), start=1):
                self.done += len(line)
                if line.strip():
                    yield row_of_line(number, line.encode())
            return
        try:
            rows = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise DataError(
                f"not JSON: {error}; a file of rows is one list, or one object per line", self.name
            ) from None
        self.size = len(rows)
        for number, cells in enumerate(rows, start=1):
            self.done = number
            yield _mapping(number, cells)


class Csv(Source):
    """A header, and a record per row. Every cell is a string, and an empty one is null: CSV has nothing else."""

    lists = False

    def __init__(self, path: Path, delimiter: str) -> None:
        super().__init__(path)
        self.delimiter = delimiter
        self.lines = 0
        """The number of the last line that was read."""
        self.size = path.stat().st_size

    def names(self) -> list[str]:
        """The header. Raises DataError where there is none, or a name occurs twice."""
        with self.path.open("rb") as raw:
            return self._header(csv.reader(self._lines(raw), delimiter=self.delimiter))

    def _header(self, reader: Any) -> list[str]:
        try:
            header = next(reader, None)
        except csv.Error as error:
            raise DataError(f"not CSV: {error}", self.name, 1) from None
        if header is None:
            raise DataError("the file holds no rows", self.name)
        if not header:
            raise DataError("the first line must name the columns; it is blank", self.name, 1)
        other = next((mark for mark in ";\t|," if len(header) == 1 and mark in header[0]), None)
        if other is not None:
            raise DataError(
                f"the header is one column, {short(header[0])}, which has {other!r} in it; columns are separated by "
                "commas in .csv and by tabs in .tsv",
                self.name,
                1,
            )
        for at, name in enumerate(header):
            if header.index(name) != at:
                raise DataError(f"column '{name}' occurs twice in the header; rename one", self.name, 1)
        return header

    def __iter__(self) -> Iterator[Row]:
        self.done = 0
        with self.path.open("rb") as raw:
            yield from self.records(raw)

    def records(
        self, lines: Iterable[bytes], header: list[str] | None = None, first: int = 1
    ) -> Iterator[Row]:
        """The rows of some of the file's lines, of which the first has this number; without a header it is in them."""
        csv.field_size_limit(sys.maxsize)
        reader = csv.reader(self._lines(lines, first), delimiter=self.delimiter)
        try:
            header = self._header(reader) if header is None else header
            before = reader.line_num
            for cells in reader:
                number, before = first + before, reader.line_num
                if not cells:
                    continue
                if len(cells) != len(header):
                    yield Row(number, None, f"{len(cells)} cells, but the header names {len(header)} columns")
                    continue
                yield Row(number, {name: cell or None for name, cell in zip(header, cells, strict=True)})
        except csv.Error as error:
            raise DataError(f"not CSV: {error}", self.name, first - 1 + reader.line_num) from None

    def _lines(self, raw: Iterable[bytes], first: int = 1) -> Iterator[str]:
        for number, line in enumerate(raw, start=first):
            self.done += len(line)
            self.lines = number
            try:
                yield (line.removeprefix(_BOM) if number == 1 else line).decode("utf-8")
            except UnicodeDecodeError:
                raise DataError(NOT_UTF8, self.name, number) from None


class Parquet(Source):
    """A parquet file, read batch by batch."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            self.file = pq.ParquetFile(path)
        except pa.ArrowInvalid as error:
            raise DataError(f"not a parquet file: {error}", self.name) from None
        self.size = self.file.metadata.num_rows

    def names(self) -> list[str]:
        """The schema's columns."""
        return list(self.file.schema_arrow.names)

    def __iter__(self) -> Iterator[Row]:
        return self.rows()

    def rows(self, start: int = 0, stop: int | None = None) -> Iterator[Row]:
        """The rows from one place, counted from 0, to before another."""
        stop = self.size if stop is None else stop
        meta = self.file.metadata
        ends = list(accumulate(meta.row_group(at).num_rows for at in range(meta.num_row_groups)))
        held = [at for at, end in enumerate(ends) if end > start and (ends[at - 1] if at else 0) < stop]
        number = ends[held[0] - 1] if held and held[0] else 0
        for batch in self.file.iter_batches(batch_size=_BATCH, row_groups=held) if held else ():
            skipped = max(0, start - number)
            for cells in batch.slice(skipped, max(0, stop - number - skipped)).to_pylist():
                skipped += 1
                self.done = number + skipped
                yield Row(self.done, cells)
            number += batch.num_rows


ENDINGS = (".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".parquet", ".pq")
FORMATS = ".jsonl (or .ndjson; also .jsonl.gz, .jsonl.zst), .json, .csv, .tsv, .parquet"


def open_rows(path: str | Path) -> Source:
    """The rows of a file, by its suffix; '-' is JSONL from standard input.

    Raises:
        UsageError: the file does not exist, or its format is unknown.
    """
    if str(path) == STDIN:
        return JsonLines(Path(STDIN))
    path = Path(path)
    if path.is_dir():
        raise UsageError(f"{path}: is a folder; name the file in it ({FORMATS})")
    if not path.exists():
        raise UsageError(
            f"{path}: no such file; rows are read from {FORMATS}, or '-' for JSONL on standard input"
        )
    match path.suffix.lower():
        case ".jsonl" | ".ndjson":
            return JsonLines(path)
        case ".gz" | ".zst" if Path(path.stem).suffix.lower() in (".jsonl", ".ndjson"):
            return JsonLines(path)
        case ".json":
            return Json(path)
        case ".csv":
            return Csv(path, ",")
        case ".tsv":
            return Csv(path, "\t")
        case ".parquet" | ".pq":
            return Parquet(path)
    found = (
        f"unknown format '{path.suffix}'"
        if path.suffix
        else "the file name has no ending to tell the format by"
    )
    raise UsageError(f"{path}: {found}; rows are read from {FORMATS}, or '-' for JSONL on standard input")


def expand(names: Iterable[str]) -> list[str]:
    """Files by their names, by patterns (`runs/*.jsonl`) and by folders (every file of rows in them), in order.

    Raises:
        UsageError: a pattern or a folder holds no file of rows, or a file is named twice.
    """
    found: list[str] = []
    for name in names:
        if name == STDIN or Path(name).is_file():
            found.append(name)
        elif Path(name).is_dir():
            inside = sorted(str(path) for path in Path(name).rglob("*") if path.is_file() and _readable(path))
            if not inside:
                raise UsageError(f"{name}: no file in this folder holds rows; they are read from {FORMATS}")
            found += inside
        elif any(sign in name for sign in "*?["):
            matched = sorted(path for path in glob(name, recursive=True) if Path(path).is_file())
            if not matched:
                raise UsageError(f"{name}: no file matches; rows are read from {FORMATS}")
            found += matched
        else:
            found.append(name)  # open_rows says what is wrong with it
    twice = next((name for name in found if found.count(name) > 1), None)
    if twice is not None:
        raise UsageError(f"{twice} is listed twice; list it once")
    return found


def _readable(path: Path) -> bool:
    """Whether a file's ending is one that rows are read from; hidden files are not."""
    ending = Path(path.stem).suffix if path.suffix in COMPRESSED else path.suffix
    return ending.lower() in ENDINGS and not path.name.startswith(".")
