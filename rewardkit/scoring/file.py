"""A score file, and the part from which an interrupted run resumes.

While a run lasts, `OUT.part` is its log: a header (what is scored by what), a line per record, and after each chunk of
whole groups a mark. A new run of the same recipe on the same input drops whatever follows the last mark, skips the groups
before it and continues. What several processes score lies in `OUT.parts/` instead, a part per range of the input, and a
new run scores the ranges whose parts are missing. At the end OUT appears whole, with `OUT.summary.json` beside it, which
says what OUT was made from; the part or parts and the lock are removed.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import UsageError
from ..files import write_whole
from ..rows.jsonl import loads
from ..runs.folder import read_json, write_json
from ..runs.lock import hold
from ..runs.log import LogWriter, line, read_lines
from ..runs.units import Parts

if TYPE_CHECKING:
    from filelock import BaseFileLock

Record = Mapping[str, Any]
SUFFIXES = (".jsonl", ".parquet")
_HEAD, _MARK = b'{"score-file":', b'{"mark":'


def fingerprint(path: str) -> dict[str, Any] | None:
    """What identifies an input: its size and SHA-256, not its name; None for standard input."""
    if path in ("-", "<stdin>"):
        return None
    with open(path, "rb") as file:
        return {"bytes": os.path.getsize(path), "sha256": hashlib.file_digest(file, "sha256").hexdigest()}


class ScoreFile:
    """OUT while it is being written.

    Args:
        out: the file to be written, .jsonl or .parquet.
        header: what determines the scores: recipe, digest, input, columns and so on.
        labels: the recipe's term labels (parquet's `terms` is a struct of them).
        overwrite: start over, whatever is there.
        divided: whether it is made of parts (see `rewardkit.runs.units`) rather than of a log; what an earlier run
            began in one way is finished in that way.

    Raises:
        UsageError: OUT or its part was made from something else, or another process is writing it.
    """

    def __init__(
        self,
        out: Path,
        header: Mapping[str, Any],
        labels: Sequence[str],
        *,
        overwrite: bool = False,
        divided: bool = False,
    ) -> None:
        if out.suffix not in SUFFIXES:
            raise UsageError(f"-o {out}: the name of a score file must end in .jsonl or .parquet")
        if out.is_dir():
            raise UsageError(f"-o {out}: is a folder; name a file in it, as in {out / 'scores.jsonl'}")
        self.out, self.labels = out, list(labels)
        self.header = json.loads(line(header))
        self.part = out.with_name(out.name + ".part")
        self.side = out.with_name(out.name + ".summary.json")
        self.finished: dict[str, Any] | None = None
        """The summary of a run that is already complete."""
        self.marks: list[dict[str, Any]] = []
        """The marks of the chunks that an earlier run wrote."""
        self.parts: Parts | None = None
        self.names: list[str] = []
        """The parts that make the file, in order."""
        self._log: LogWriter | None = None
        folder = out.with_name(out.name + ".parts")
        begun = self.part.exists() or folder.exists()
        if not overwrite and out.exists() and not begun:
            self._same(self._made_from(), out)
            return
        self._lock: BaseFileLock | None = hold(
            out.with_name(f".{out.name}.lock"),
            f"{self.part}: another process is writing it; wait for it, or choose another -o",
        )
        try:
            if overwrite:
                Parts(folder).remove()
                self.part.unlink(missing_ok=True)
            if folder.exists() or (divided and not self.part.exists()):
                self._divide(Parts(folder))
            else:
                self._begin(self._resume() if self.part.exists() else 0)
        except BaseException:
            self.close()
            raise

    @property
    def groups(self) -> int:
        """Groups that are scored already."""
        return sum(mark["groups"] for mark in self.marks)

    def append(self, lines: bytes, mark: Mapping[str, Any]) -> None:
        """Write the lines of a chunk of whole groups; `mark` has their number under `groups`."""
        assert self._log is not None
        self._log.append(lines + line({"mark": mark}))

    def records(self) -> Iterator[Record]:
        """Every record of the part."""
        return (loads(text) for text in self._lines())

    def finish(self, summary: Mapping[str, Any]) -> None:
        """Put OUT and its summary in place, each whole, and remove the part or the parts."""
        if self._log is not None:
            self._log.sync()
        temporary = self.out.with_name(f".{self.out.name}.tmp")
        try:
            if self.out.suffix == ".parquet":
                _write_parquet(temporary, self.records(), self.labels)
            else:
                with temporary.open("wb") as copy:
                    copy.writelines(self._lines())
                    copy.flush()
                    os.fsync(copy.fileno())
            write_whole(
                self.side, json.dumps({"made_from": self.header, "summary": summary}, indent=1) + "\n"
            )
            os.replace(temporary, self.out)
        finally:
            temporary.unlink(missing_ok=True)
        self.part.unlink(missing_ok=True)
        if self.parts is not None:
            self.parts.remove()
        if self._lock is not None:
            Path(self._lock.lock_file).unlink(missing_ok=True)
        self.close()

    def close(self) -> None:
        """Close the part; its content is kept."""
        if self._log is not None:
            self._log.__exit__(None, None, None)
            self._log = None
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    # --- inside -------------------------------------------------------------------------------

    _lock: BaseFileLock | None = None

    def _divide(self, parts: Parts) -> None:
        """Open the folder of the parts; an earlier run's says what its parts were made from."""
        self.parts = parts
        manifest = parts.folder / "made_from.json"
        found = read_json(manifest)
        if found is not None:
            self._same(found, parts.folder)
        else:
            parts.folder.mkdir(exist_ok=True)
            write_json(manifest, self.header)
        parts.tidy()

    def _lines(self) -> Iterator[bytes]:
        if self.parts is not None:
            for name in self.names:
                yield from self.parts.lines(name)
            return
        # Every line is whole: a log that is open was cut after its last mark, and nobody else writes it.
        with self.part.open("rb") as file:
            for text in file:
                if not text.startswith((_HEAD, _MARK)):
                    yield text

    def _begin(self, whole: int) -> None:
        """Open the part, cut after `whole` bytes; if none of it is whole, start it with a header."""
        with self.part.open("ab") as file:
            file.truncate(whole)
        self._log = LogWriter(self.part).__enter__()
        if not whole:
            self._log.append(line({"score-file": self.header}))

    def _resume(self) -> int:
        """Take the marks of an earlier run; returns how many of its bytes are whole."""
        found, whole = None, 0
        for offset, text in read_lines(self.part):
            if offset == 0 and text.startswith(_HEAD):
                found = json.loads(text)["score-file"]
            elif text.startswith(_MARK):
                self.marks.append(json.loads(text)["mark"])
                whole = offset + len(text)
        if found is None or not self.marks:  # it ended before the first chunk was whole: nothing is lost
            self.marks = []
            return 0
        self._same(found, self.part)
        return whole

    def _made_from(self) -> Any:
        if not self.side.is_file():
            raise UsageError(
                f"{self.out}: already exists and has no record of its inputs ({self.side.name} is missing); "
                "choose another -o, or --overwrite"
            )
        side = json.loads(self.side.read_text(encoding="utf-8"))
        self.finished = side["summary"]
        return side["made_from"]

    def _same(self, found: Mapping[str, Any], where: Path) -> None:
        for key in dict.fromkeys((*self.header, *found)):
            if found.get(key) != self.header.get(key) or (key == "input" and found.get(key) is None):
                raise UsageError(_differs(key, found.get(key), self.header.get(key), where))


def _differs(key: str, then: Any, now: Any, where: Path) -> str:
    what = {
        "digest": f"it was made by another reward (digest {then}; the recipe's is {now})",
        "input": "it was made from another input"
        if then
        else "it was made from standard input, which cannot be read again",
    }.get(key, f"it was made with another {key} ({then!r}, now {now!r})")
    return f"{where}: cannot resume it: {what}; choose another -o, or start over with --overwrite"


def by_group(records: Iterator[Record]) -> Iterator[list[Record]]:
    """The records of one prompt together; each record without a group by itself."""
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
    """Parquet's text is UTF-8, so a lone surrogate is written as its escape."""
    return {
        name: value.encode("utf-8", "backslashreplace").decode("utf-8") if isinstance(value, str) else value
        for name, value in record.items()
    }
