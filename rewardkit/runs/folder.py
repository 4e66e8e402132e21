"""A run's folder: its manifest, its lock and its logs. Evaluation and training add their own files to it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, ClassVar

from ..files import write_whole
from .lock import held
from .log import Row, append_row, read_rows


class RunFolder:
    """The files that every run has.

    run.json is the manifest: what the run is made from, with its `kind` and the `version` of its format (older folders
    without these keys are read too). Its presence makes a folder a run, so it is written after everything it describes.
    """

    kind: ClassVar[str]
    version: ClassVar[int] = 1
    lock_name: ClassVar[str] = "lock"

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)

    @property
    def manifest_path(self) -> Path:
        """run.json"""
        return self.path / "run.json"

    def manifest(self) -> dict[str, Any]:
        """The manifest, empty if there is none yet."""
        return read_json(self.manifest_path) or {}

    def write_manifest(self, content: Mapping[str, Any]) -> None:
        """Write the manifest, whole or not at all."""
        write_json(self.manifest_path, {"kind": self.kind, "version": self.version, **content})

    def writing(self) -> AbstractContextManager[None]:
        """Lock the folder against other writers; the lock ends with its process. Raises UsageError if it is locked."""
        return held(
            self.path / self.lock_name,
            f"another process is writing to {self.path}; wait for it, stop it, or choose another folder",
        )

    def append(self, name: str, row: Mapping[str, Any]) -> None:
        """Append a row to one of the small logs."""
        append_row(self.path / name, row)

    def rows(self, name: str) -> list[Row]:
        """The rows of one of the small logs; an incomplete last line is skipped."""
        return read_rows(self.path / name)


def read_json(path: Path) -> dict[str, Any] | None:
    """A JSON object; None if the file is missing or incomplete."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def write_json(path: Path, value: Any) -> None:
    """Write a value as JSON, whole or not at all."""
    write_whole(path, json.dumps(value, indent=2, ensure_ascii=False, default=str) + "\n")
