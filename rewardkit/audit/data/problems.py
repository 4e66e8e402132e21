"""Rows of problems with golds, without completions: what the contract and the policies are checked on.

A file comes in (the same formats, columns and gold extractors as for scoring); rollouts with an empty
completion go out, one a row, each its own group, and the rows that cannot be used, by name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ...errors import DataError
from ...recipe.recipe import Recipe
from ...rows import Columns, GoldReader, open_rows
from ...rows.columns import check_fields
from ...rows.golds import ON_COMMAND_LINE
from ...rows.sources import Row
from ...rows.values import RowFault, is_null, name, prompt
from ...types import Rollout

REQUIRED = ("gold",)


@dataclass(frozen=True, slots=True)
class Problems:
    """Rows that can be used, and those that cannot as `file:row: fault`."""

    file: str
    rows: tuple[Rollout, ...]
    numbers: tuple[int, ...]
    bad: tuple[str, ...] = field(default=())

    def place(self, at: int) -> str:
        """Where a row stands."""
        return f"{self.file}:{self.numbers[at]}"


def read_problems(
    path: str | Path,
    recipe: Recipe,
    columns: Columns | None = None,
    gold_extract: str | None = None,
    limit: int | None = None,
) -> Problems:
    """The problems of a file. Raises DataError where none can be used."""
    source = open_rows(path)
    rows = [row for row, _ in zip(source, range(limit), strict=False)] if limit else list(source)
    names = list(dict.fromkeys(key for row in rows for key in row.cells or ()))
    chosen = (columns or Columns()).choose(names, REQUIRED).columns
    check_fields(recipe.fields(), names, source.name, chosen)
    golds = GoldReader(
        gold_extract,
        judges=[recipe.answer],
        null_is_gold=recipe.answer.null_gold == "unanswerable",
        option=ON_COMMAND_LINE,
    )
    golds.look((row.cells.get(chosen["gold"]) for row in rows if row.cells), chosen["gold"], source.name)
    found: list[Rollout] = []
    numbers: list[int] = []
    bad: list[str] = []
    for row in rows:
        try:
            found.append(_problem(row, chosen, golds))
            numbers.append(row.number)
        except RowFault as fault:
            bad.append(f"{source.name}:{row.number}: {fault.fault}")
    if not found:
        raise DataError(f"no row can be used: {bad[0] if bad else 'the file is empty'}", source.name)
    return Problems(source.name, tuple(found), tuple(numbers), tuple(bad))


def _problem(row: Row, chosen: Mapping[str, str], golds: GoldReader) -> Rollout:
    if row.cells is None:
        raise RowFault("not readable", row.fault)
    cells = row.cells
    if chosen["gold"] not in cells:
        raise RowFault("missing gold", f"the row has no '{chosen['gold']}', the gold")
    asked = cells.get(chosen["prompt"]) if "prompt" in chosen else None
    own = cells.get(chosen["id"]) if "id" in chosen else None
    taken = set(chosen.values())
    return Rollout(
        completion="",
        gold=golds.read(cells[chosen["gold"]]),
        prompt="" if asked is None else prompt(asked),
        id=str(row.number) if own is None or is_null(own) else name(own, "id"),
        group=str(row.number),
        fields={key: value for key, value in cells.items() if key not in taken},
    )
