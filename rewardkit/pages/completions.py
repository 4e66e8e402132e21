"""The completions that can be browsed in a page, as plain data.

Each row is one completion with its outcome, its reward's tree and the place of its answer. A page holds a bounded
number: greedy ones first, then samples, then those logged in training; the page says how many were left out.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

COLUMNS = (
    "run",
    "item",
    "arm",
    "sample",
    "outcome",
    "gold",
    "prediction",
    "reward",
    "tokens",
    "finish",
    "flipped",
    "note",
    "prompt",
    "text",
    "span",
    "terms",
    "recipe",
    "slices",
)

SHARED = ("run", "arm", "outcome", "gold", "prediction", "finish", "flipped", "recipe", "note")
"""Columns whose strings repeat: each is kept once and referred to by index."""


class Completions:
    """Rows of several runs; `add` them, then `plain` is what the page's script reads."""

    def __init__(self, limit: int = 20_000) -> None:
        self.limit = limit
        self._tiers: dict[int, list[tuple[Any, ...]]] = {}
        self._slices: list[str] = []
        self._counts: Counter[int] = Counter()
        self._rows: list[tuple[Any, ...]] | None = None

    def __len__(self) -> int:
        return min(self.limit, sum(self._counts.values()))

    @property
    def seen(self) -> int:
        """How many completions there were, including those left out."""
        return sum(self._counts.values())

    def add(self, row: Mapping[str, Any], tier: int) -> None:
        """Add a row with every name of `COLUMNS`; `slices` maps a column to its value.

        Rows of a lower `tier` (0 greedy, 1 samples, 2 training) come first and are left out last.
        """
        self._counts[tier] += 1
        kept = self._tiers.setdefault(tier, [])
        if len(kept) < self.limit:
            self._slices += [column for column in row["slices"] if column not in self._slices]
            kept.append(tuple(row[name] for name in COLUMNS))
            self._rows = None

    def rows(self, count: int) -> list[tuple[Any, ...]]:
        """The first `count` rows."""
        if self._rows is None:
            self._rows = [row for tier in sorted(self._tiers) for row in self._tiers[tier]][: self.limit]
        return self._rows[:count]

    def plain(self, count: int) -> dict[str, Any]:
        """The first `count` rows as lists; prompts and other repeated strings once each."""
        names: dict[str, list[Any]] = {name: [] for name in (*SHARED, "prompt")}
        places: dict[str, dict[Any, int]] = {name: {} for name in names}
        made = []
        for row in self.rows(count):
            cells: list[Any] = []
            for name, value in zip(COLUMNS, row, strict=True):
                if name in places:
                    at = places[name].setdefault(value, len(names[name]))
                    if at == len(names[name]):
                        names[name].append(value)
                    cells.append(at)
                elif name == "slices":
                    cells.append([_word(value.get(column)) for column in self._slices])
                else:
                    cells.append(_finite(value))
            made.append(cells)
        return {"columns": list(COLUMNS), "rows": made, "names": names, "slices": self._slices}

    def note(self, count: int) -> str:
        """The sentence above the table."""
        note = "Each with its reward, term by term, and the extracted answer marked in its text."
        if self.seen > count:
            note += (
                f" {count:,} of {self.seen:,} are on this page: greedy ones first, then samples, then those "
                "logged in training."
            )
        return note


def interleaved(rows: Sequence[tuple[int, dict[str, Any]]]) -> list[dict[str, Any]]:
    """Rows by sample: the first sample of every question before the second of any."""
    return [row for _, row in sorted(rows, key=lambda pair: pair[0])]


def prompt_text(prompt: Any) -> str:
    """A prompt as one string; a chat as role and content, line by line."""
    if isinstance(prompt, str):
        return prompt
    return "\n".join(f"{message['role']}: {message['content']}" for message in prompt)


def gold_text(gold: Any) -> str:
    """A gold as it is shown; several accepted ones are separated by bars."""
    if isinstance(gold, (list, tuple)):
        return " | ".join(map(str, gold))
    return str(gold)


def _word(value: Any) -> str:
    return "" if value is None else str(value)


def _finite(value: Any) -> Any:
    """The value for JSON, which has no NaN: an unknown number is null."""
    return None if isinstance(value, float) and not math.isfinite(value) else value
