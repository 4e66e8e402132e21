"""Reading rows of data into items: an id, the golds, and every other column.

The suite's `data` names JSON lines, CSV, Parquet, a hub data set or generated rows; the items keep the suite's
order.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from rewardkit.errors import DataError, nearest
from rewardkit.rows import GoldReader, open_rows
from rewardkit.rows.columns import USUAL
from rewardkit.rows.golds import WINDOW, Judge
from rewardkit.rows.values import RowFault
from rewardkit.types import Gold

from .generated import generate
from .shared import hub_rows
from .suite import Data

PEEK = 100
"""Rows that are looked at for the names of the columns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A question. `gold` is one gold, several accepted ones, or None as the data has it."""

    id: str
    gold: Gold | tuple[Gold, ...]
    fields: Mapping[str, Any] = field(default_factory=dict)


def load_items(data: Data, judges: Sequence[Judge] = ()) -> list[Item]:
    """The items of a suite.

    Args:
        data: the `data` section of the suite.
        judges: what will compare the golds; a column of whole solutions is then refused.

    Raises:
        DataError: with file and row.
        SetupError: a package is missing.
    """
    rows = list(enumerate(_rows(data), start=1))
    source = _source(data)
    if not rows:
        raise DataError("no rows", source)
    data = name_gold(data)
    kept = [(number, row) for number, row in rows if _keep(row, data.where, source, number)]
    if not kept:
        raise DataError(f"no row has {data.where}", source)
    if data.shuffle is not None:
        random.Random(data.shuffle).shuffle(kept)
    kept = kept[: data.limit]
    golds = GoldReader(data.gold_extract, judges=judges, option="data.gold_extract: {}")
    golds.look((row.get(str(data.gold)) for _, row in kept[:WINDOW]), data.gold or "", source)
    items = [_item(row, number, data, golds, source) for number, row in kept]
    seen: set[str] = set()
    for item in items:
        if item.id in seen:
            raise DataError(
                f"the id '{item.id}' occurs twice; name a column of unique ids in data.id", source
            )
        seen.add(item.id)
    return items


def read_rows(path: Path) -> Iterator[dict[str, Any]]:
    """Rows of a file as `rewardkit.rows` reads them; in CSV an empty field is null.

    A row that cannot be read is an error here: a data set without some of its questions is a different one.
    """
    if not path.exists():
        raise DataError("no such file", str(path))
    for row in open_rows(path):
        if row.cells is None:
            raise DataError(row.fault, str(path), row.number)
        yield row.cells


def name_gold(data: Data) -> Data:
    """The same data with its gold column named; if the suite does not name it, it is looked for under the usual names."""
    if data.gold is not None:
        return data
    names = list(dict.fromkeys(name for row in islice(_rows(data), PEEK) for name in row))
    found = next((name for name in USUAL["gold"] if name in names), None)
    if found is None:
        raise DataError(
            f"no column holds the gold: looked for {', '.join(USUAL['gold'])} among {', '.join(names)}; name it in the "
            "suite, as in data: {gold: COLUMN}, or with --set data.gold=COLUMN",
            _source(data),
        )
    return data.model_copy(update={"gold": found})


def _rows(data: Data) -> Iterable[dict[str, Any]]:
    if data.generate is not None:
        return generate(data.generate)
    if data.path is not None:
        return read_rows(Path(data.path))
    return hub_rows(
        data.hub or "", data.config, data.split, data.revision, remedy="give the file with --data"
    )


def _source(data: Data) -> str:
    return data.path or data.hub or "generated"


def _keep(row: Mapping[str, Any], where: Mapping[str, Any], source: str, number: int) -> bool:
    for column, wanted in where.items():
        found = _column(row, column, source, number)
        if found not in (wanted if isinstance(wanted, list) else [wanted]):
            return False
    return True


def _item(row: Mapping[str, Any], number: int, data: Data, golds: GoldReader, source: str) -> Item:
    fields = dict(row) | {new: _column(row, old, source, number) for new, old in data.columns.items()}
    name = str(number) if data.id is None else str(_column(row, data.id, source, number))
    try:
        gold = golds.read(_column(row, str(data.gold), source, number))
    except RowFault as fault:
        raise DataError(fault.fault, source, number) from None
    return Item(id=name, gold=gold, fields=fields)


def _column(row: Mapping[str, Any], column: str, source: str, number: int) -> Any:
    if column not in row:
        raise DataError(f"no column '{column}'; {nearest(column, row)}", source, number)
    return row[column]
