"""What a reader hands on: groups of rollouts, and a report of what was read and what was left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from ..types import Rollout
from .columns import Chosen, lacks

KEPT = 1000
"""Bad rows that are kept in full; the others are only counted."""


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row, or one completion of it, that was left out. Prints as `file:row: fault`."""

    file: str
    row: int
    kind: str
    fault: str

    def __str__(self) -> str:
        return f"{self.file}:{self.row}: {self.fault}"


@dataclass(slots=True)
class RowReport:
    """What was read and what was left out. Grows while the file is read."""

    file: str
    chosen: Chosen | None = None
    rows: int = 0
    groups: int = 0
    rollouts: int = 0
    bad: list[BadRow] = field(default_factory=list)
    """The first `KEPT` of them."""
    faults: Counter[str] = field(default_factory=Counter)
    """All of them, counted by kind."""
    lacking: Counter[str] = field(default_factory=Counter)
    """Rows without a column that a condition reads, by column."""

    def warnings(self) -> list[str]:
        """Warnings about rows that were read."""
        return [lacks(name, count, self.rows) for name, count in sorted(self.lacking.items())]

    def leave_out(self, row: int, kind: str, fault: str) -> None:
        """Name and count a bad row."""
        self.faults[kind] += 1
        if len(self.bad) < KEPT:
            self.bad.append(BadRow(self.file, row, kind, fault))


class Group(list[Rollout]):
    """All completions of one prompt; `rows` holds the file's row of each."""

    def __init__(self, name: str, rollouts: Iterable[Rollout] = (), rows: Iterable[int] = ()) -> None:
        super().__init__(rollouts)
        self.name = name
        self.rows = list(rows)
