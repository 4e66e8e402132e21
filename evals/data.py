"""Rows of data to items: an id, the golds, and every other column.

JSON lines, CSV, parquet, a hub data set or generated rows come in as the suite's `data` says; a list of
`Item`s goes out, in the suite's order.
"""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rewardkit.errors import DataError, SetupError, UsageError
from rewardkit.kinds import EXTRACTORS

from .generated import generate
from .suite import Data, GoldColumn


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A question. `gold` is one gold, several accepted ones, or None as the data has it."""

    id: str
    gold: str | tuple[str | None, ...] | None
    fields: Mapping[str, Any] = field(default_factory=dict)


def load_items(data: Data) -> list[Item]:
    """The items of a suite. Raises DataError with file and row, SetupError where a package is missing."""
    rows = list(enumerate(_rows(data), start=1))
    source = data.path or data.hub or "generated"
    if not rows:
        raise DataError("no rows", source)
    kept = [(number, row) for number, row in rows if _keep(row, data.where, source, number)]
    if not kept:
        raise DataError(f"no row has {data.where}", source)
    if data.shuffle is not None:
        random.Random(data.shuffle).shuffle(kept)
    items = [_item(row, number, data, source) for number, row in kept[: data.limit]]
    seen: set[str] = set()
    for item in items:
        if item.id in seen:
            raise DataError(
                f"the id '{item.id}' is there twice; name a column of unique ids in data.id", source
            )
        seen.add(item.id)
    return items


def read_rows(path: Path) -> Iterator[dict[str, Any]]:
    """Rows of a .jsonl, .csv or .parquet file. In CSV an empty field is null."""
    if not path.is_file():
        raise DataError("no such file", str(path))
    if path.suffix in (".jsonl", ".json"):
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, start=1):
                if not line.strip():
                    continue
                try:
                    row = json.loads(line)
                except ValueError as wrong:
                    raise DataError(f"not a line of JSON: {wrong}", str(path), number) from wrong
                if not isinstance(row, dict):
                    raise DataError("a row is a JSON object", str(path), number)
                yield row
    elif path.suffix == ".csv":
        with path.open(encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file):
                yield {name: value if value != "" else None for name, value in row.items()}
    elif path.suffix == ".parquet":
        import pyarrow.parquet as parquet

        for batch in parquet.ParquetFile(path).iter_batches():
            yield from batch.to_pylist()
    else:
        raise DataError(f"data is .jsonl, .csv or .parquet; found '{path.suffix}'", str(path))


def _rows(data: Data) -> Iterable[dict[str, Any]]:
    if data.generate is not None:
        return generate(data.generate)
    if data.path is not None:
        return read_rows(Path(data.path))
    try:
        import datasets
    except ModuleNotFoundError as missing:
        raise SetupError("a hub data set needs the package 'datasets', which is not installed") from missing
    try:
        return datasets.load_dataset(data.hub or "", data.config, split=data.split, revision=data.revision)  # type: ignore[return-value]
    except (ConnectionError, OSError, ValueError) as wrong:
        raise SetupError(
            f"the hub data set '{data.hub}' cannot be loaded ({type(wrong).__name__}: {wrong}); with a copy of it "
            "at hand, give the file with --data"
        ) from wrong


def _keep(row: Mapping[str, Any], where: Mapping[str, Any], source: str, number: int) -> bool:
    for column, wanted in where.items():
        found = _column(row, column, source, number)
        if found not in (wanted if isinstance(wanted, list) else [wanted]):
            return False
    return True


def _item(row: Mapping[str, Any], number: int, data: Data, source: str) -> Item:
    fields = dict(row) | {new: _column(row, old, source, number) for new, old in data.columns.items()}
    name = str(number) if data.id is None else str(_column(row, data.id, source, number))
    spec = data.gold if isinstance(data.gold, GoldColumn) else GoldColumn(column=data.gold, extract=None)
    value = _column(row, spec.column, source, number)
    if isinstance(value, (list, tuple)):
        gold: Any = tuple(_gold(one, spec, source, number) for one in value)
        if not gold:
            raise DataError(f"column '{spec.column}' holds an empty list of golds", source, number)
    else:
        gold = _gold(value, spec, source, number)
    return Item(id=name, gold=gold, fields=fields)


def _gold(value: Any, spec: GoldColumn, source: str, number: int) -> str | None:
    if value is None:
        return None
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if spec.extract is None:
        return text
    params = dict(spec.extract) if isinstance(spec.extract, Mapping) else {"kind": spec.extract}
    try:
        found = EXTRACTORS.get(params.pop("kind")).model_validate(params).find(text)
    except KeyError as unknown:
        raise UsageError(f"data.gold.extract: {unknown.args[0]}") from unknown
    if found is None or found.text is None:
        raise DataError(
            f"'{spec.extract}' finds no gold in column '{spec.column}': {text[-80:]!r}", source, number
        )
    return found.text


def _column(row: Mapping[str, Any], column: str, source: str, number: int) -> Any:
    if column not in row:
        raise DataError(f"no column '{column}'; found {', '.join(row)}", source, number)
    return row[column]
