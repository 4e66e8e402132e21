"""Units of work: one part of a result per unit, written whole and named by its key.

    parts = Parts(folder)
    for unit in units:
        if not parts.has(unit.name):                       # a second start does what is missing
            with parts.writing(unit.name) as part:
                part.write(...)
    for unit in units:                                     # an ordered join makes the result
        for line in parts.lines(unit.name): ...

A unit is a range of a source that begins and ends where a group does; who cuts the source says where. Its name holds a
key of all that determines its part, so a part is never taken for that of another recipe or input.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any


def key(*made_of: Any) -> str:
    """A short name for all that determines a part: plain data."""
    text = json.dumps(made_of, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()[:16]


class Parts:
    """The folder in which the parts of one result lie until they are joined."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, name: str) -> Path:
        """Where a part is."""
        return self.folder / f"{name}.part"

    def has(self, name: str) -> bool:
        """Whether a part is there, which is to say whole."""
        return self.path(name).is_file()

    @contextmanager
    def writing(self, name: str) -> Iterator[IO[bytes]]:
        """A file that becomes the part when the block ends, and is gone if it fails."""
        path = self.path(name)
        temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
        try:
            with temporary.open("wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)

    def last_line(self, name: str) -> bytes:
        """The last line of a part, read from its end."""
        with self.path(name).open("rb") as file:
            end = file.seek(0, os.SEEK_END)
            size = 1 << 16
            while True:
                file.seek(max(0, end - size))
                tail = file.read().removesuffix(b"\n")
                at = tail.rfind(b"\n")
                if at >= 0 or size >= end:
                    return tail[at + 1 :]
                size *= 8

    def lines(self, name: str) -> Iterator[bytes]:
        """A part's lines but the last."""
        with self.path(name).open("rb") as file:
            held = None
            for line in file:
                if held is not None:
                    yield held
                held = line

    def tidy(self) -> None:
        """Remove what killed processes left half written."""
        for path in self.folder.glob(".*.tmp"):
            path.unlink(missing_ok=True)

    def remove(self) -> None:
        """Remove the folder with all in it."""
        shutil.rmtree(self.folder, ignore_errors=True)
