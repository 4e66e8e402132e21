"""Folders that other parts of rewardkit, or other packages, write and can report on.

A part names a module under the entry-point group `rewardkit.reports`; the module knows its own folders and makes
their sections, so that this room reads nobody's files but its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import Protocol

from rewardkit.pages.completions import Completions
from rewardkit.pages.page import Section

GROUP = "rewardkit.reports"


class FolderReport(Protocol):
    """What an entry point of the group names: a module, or any object, with these names."""

    kind: str
    """What such a folder is called, as in *training run*."""

    def reads(self, folder: Path) -> bool:
        """Whether a folder is of this kind."""
        ...

    def sections(
        self, runs: Mapping[str, Path], completions: Completions, shown: Sequence[str]
    ) -> list[Section]:
        """The sections of these folders, by name; their completions are added to `completions`.

        `shown` names the runs that are already on the page: one of the same name has the same colour.
        """
        ...


@cache
def folder_reports() -> tuple[FolderReport, ...]:
    """Every installed one, ordered by name."""
    return tuple(point.load() for point in sorted(entry_points(group=GROUP), key=lambda point: point.name))
