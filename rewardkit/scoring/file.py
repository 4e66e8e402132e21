"""A score file that a killed run goes on with.

While a run lasts, `OUT.part` holds a header (what is scored by what), a line a record, and after each
chunk of whole groups a mark. A new run of the same recipe on the same input drops whatever follows
the last mark (a torn line, half a chunk), skips the groups before it and goes on. At the end OUT
appears whole, with `OUT.summary.json` beside it, which says what OUT was made from; the part goes.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby, islice
from pathlib import Path
from typing import IO, Any

from ..errors import UsageError
from ..files import write_whole

Record = Mapping[str, Any]
SUFFIXES = (".jsonl", ".parquet")
_HEAD, _MARK = b'{"score-file":', b'{"mark":'


def line(value: Any) -> bytes:
    """JSON in ASCII: a lone surrogate or a NUL is an escape, and no reader stumbles over it."""
    return json.dumps(value, ensure_ascii=True, allow_nan=False).encode("ascii") + b"\n"


def fingerprint(path: str) -> dict[str, Any] | None:
    """What an input is known by: its size and SHA-256, not its name; None for standard input."""
    if path == "-":
        return None
    with open(path, "rb") as file:
        return {"bytes": os.path.getsize(path), "sha256": hashlib.file_digest(file, "sha256").hexdigest()}


class ScoreFile:
    """OUT while it is being written.

    Args:
        out: the file to be, .jsonl or .parquet.
        header: what determines the scores: recipe, digest, input, columns and so on.
        labels: the recipe's term labels (parquet's `terms` is a struct of them).
        overwrite: begin anew, whatever is there.

    Raises:
        UsageError: OUT or its part was made from something else, or another process writes it.
    """

    def __init__(
        self, out: Path, header: Mapping[str, Any], labels: Sequence[str], *, overwrite: bool = False
    ) -> None:
        if out.suffix not in SUFFIXES:
            raise UsageError(f"-o {out}: a score file is called .jsonl or .parquet")
        if out.is_dir():
            raise UsageError(f"-o {out}: a folder; name the file, as in {out / 'scores.jsonl'}")
        self.out, self.labels = out, list(labels)
        self.header = json.loads(line(header))
        self.part = out.with_name(out.name + ".part")
        self.side = out.with_name(out.name + ".summary.json")
        self.finished: dict[str, Any] | None = None
        """The summary of a run that is already complete."""
        self.marks: list[dict[str, Any]] = []
        """The marks of the chunks that a former run wrote."""
        self._file: IO[bytes] | None = None
        if not overwrite and self.part.exists():
            self._resume()
        elif not overwrite and out.exists():
            self._same(self._made_from(), out)
        else:
            out.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._locked("ab")
            self._file.truncate(0)
            self._write(line({"score-file": self.header}))

    @property
    def groups(self) -> int:
        """Groups that are scored already."""
        return sum(mark["groups"] for mark in self.marks)

    def append(self, records: Sequence[Record], mark: Mapping[str, Any]) -> None:
        """Write a chunk of whole groups; `mark` has their number under `groups`."""
        self._write(b"".join(line(record) for record in records) + line({"mark": mark}))

    def records(self) -> Iterator[Record]:
        """Every record of the part."""
        with self.part.open("rb") as file:
            for text in file:
                if not text.startswith((_HEAD, _MARK)):
                    yield json.loads(text)

    def finish(self, summary: Mapping[str, Any]) -> None:
        """Let OUT appear, and its summary, and remove the part."""
        assert self._file is not None
        self._file.flush()
        os.fsync(self._file.fileno())
        temporary = self.out.with_name(f".{self.out.name}.tmp")
        try:
            if self.out.suffix == ".parquet":
                _write_parquet(temporary, self.records(), self.labels)
            else:
                self._copy(temporary)
            write_whole(
                self.side, json.dumps({"made_from": self.header, "summary": summary}, indent=1) + "\n"
            )
            os.replace(temporary, self.out)
        finally:
            temporary.unlink(missing_ok=True)
        self.part.unlink()
        self.close()

    def close(self) -> None:
        """Let go of the part; what it holds stays."""
        if self._file is not None:
            self._file.close()
            self._file = None

    # --- inside -------------------------------------------------------------------------------

    def _write(self, data: bytes) -> None:
        assert self._file is not None
        self._file.write(data)
        self._file.flush()

    def _copy(self, to: Path) -> None:
        with self.part.open("rb") as file, to.open("wb") as copy:
            copy.writelines(text for text in file if not text.startswith((_HEAD, _MARK)))
            copy.flush()
            os.fsync(copy.fileno())

    def _locked(self, mode: str) -> IO[bytes]:
        file = self.part.open(mode)
        try:
            import fcntl
        except ImportError:  # Windows has no such lock; two runs into one file are then the caller's care
            return file
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            raise UsageError(
                f"{self.part}: another process is writing it; wait for it, or choose another -o"
            ) from None
        return file

    def _resume(self) -> None:
        self._file = self._locked("rb+")
        head = self._file.readline()
        try:
            found = json.loads(head)["score-file"] if head.startswith(_HEAD) else None
        except ValueError:
            found = None
        at = whole = len(head)
        for text in self._file:
            at += len(text)
            if text.startswith(_MARK) and text.endswith(b"\n"):
                self.marks.append(json.loads(text)["mark"])
                whole = at
        if found is None or not self.marks:  # it ended before the first group was whole: nothing is lost
            self._file.seek(0)
            self._file.truncate()
            self._write(line({"score-file": self.header}))
            return
        self._same(found, self.part)
        self._file.seek(whole)
        self._file.truncate()

    def _made_from(self) -> Any:
        if not self.side.is_file():
            raise UsageError(
                f"{self.out}: is there already, and nothing says what it was made from ({self.side.name} is missing); "
                "choose another -o, or --overwrite"
            )
        side = json.loads(self.side.read_text(encoding="utf-8"))
        self.finished = side["summary"]
        return side["made_from"]

    def _same(self, found: Mapping[str, Any], where: Path) -> None:
        for key in dict.fromkeys((*self.header, *found)):
            if found.get(key) != self.header.get(key) or (key == "input" and found.get(key) is None):
                self.close()
                raise UsageError(_differs(key, found.get(key), self.header.get(key), where))


def _differs(key: str, then: Any, now: Any, where: Path) -> str:
    what = {
        "digest": f"another reward made it (digest {then}, and the recipe's is {now})",
        "input": "it was made from another input"
        if then
        else "it was made from standard input, which cannot be read again",
    }.get(key, f"it was made with another {key} ({then!r}, and now {now!r})")
    return f"{where}: cannot go on with it: {what}; choose another -o, or begin anew with --overwrite"


def by_group(records: Iterator[Record]) -> Iterator[list[Record]]:
    """The records of one prompt together; those without a group each by itself."""
    for _, together in groupby(enumerate(records), key=lambda pair: pair[1]["group"] or pair[0]):
        yield [one for _, one in together]


def _write_parquet(path: Path, records: Iterator[Record], labels: Sequence[str]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    text = pa.string()
    schema = pa.schema(
        [
            ("id", text),
            ("group", text),
            ("sample", pa.int64()),
            ("total", pa.float64()),
            ("outcome", text),
            ("prediction", text),
            ("route", text),
            ("terms", pa.struct([(label, pa.float64()) for label in labels])),
            ("recipe", text),
            ("digest", text),
        ]
    )
    with pq.ParquetWriter(path, schema) as writer:
        while batch := list(islice(records, 4096)):
            writer.write_table(pa.Table.from_pylist([_utf8(one) for one in batch], schema=schema))


def _utf8(record: Record) -> dict[str, Any]:
    """Parquet's text is UTF-8, in which a lone surrogate stands as its escape."""
    return {
        name: value.encode("utf-8", "backslashreplace").decode("utf-8") if isinstance(value, str) else value
        for name, value in record.items()
    }
