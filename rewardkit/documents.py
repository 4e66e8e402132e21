"""Documents: results as values that JSON can represent.

A dataclass is written field by field, except as a field's metadata says (`called`, `written_as`, `OMITTED`, `MERGED`); a
property under `computed` is written with the fields:

>>> from dataclasses import dataclass, field
>>> @dataclass(frozen=True)
... class Share:
...     hits: int = field(metadata=called("right"))
...     of: int
...
...     @property
...     @computed("share")
...     def value(self) -> float:
...         return self.hits / self.of if self.of else float("nan")
>>> encode([Share(1, 4), Share(0, 0)])
[{'right': 1, 'of': 4, 'share': 0.25}, {'right': 0, 'of': 0, 'share': None}]

Rows written per completion have their own writer (`scoring/record.py`): there are millions of them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from math import isfinite, isnan
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

F = TypeVar("F", bound=Callable[..., Any])

OMITTED: dict[str, Any] = {"omitted": True}
"""Metadata of a field that documents leave out."""
MERGED: dict[str, Any] = {"merged": True}
"""Metadata of a field whose members are written among its owner's."""


def called(name: str) -> dict[str, Any]:
    """Metadata of a field that has another name in documents."""
    return {"key": name}


def written_as(form: Callable[[Any], Any]) -> dict[str, Any]:
    """Metadata of a field that documents write as `form(value)`."""
    return {"form": form}


OR_NULL: dict[str, Any] = written_as(lambda value: value or None)
"""Metadata of a field whose empty value is null."""


def computed(name: str) -> Callable[[F], F]:
    """A decorator below `property` or `cached_property`: documents include the value under this name."""

    def mark(function: F) -> F:
        function.__dict__["document_key"] = name
        return function

    return mark


class _Member(NamedTuple):
    attribute: str
    key: str
    form: Callable[[Any], Any] | None = None
    merged: bool = False


@cache
def _members(kind: type) -> tuple[_Member, ...]:
    found = [
        _Member(
            one.name,
            one.metadata.get("key", one.name),
            one.metadata.get("form"),
            one.metadata.get("merged", False),
        )
        for one in fields(kind)
        if not one.metadata.get("omitted")
    ]
    for attribute, value in vars(kind).items():
        function = getattr(value, "fget", None) or getattr(value, "func", None)
        name = getattr(function, "document_key", None)
        if name is not None:
            found.append(_Member(attribute, name))
    return tuple(found)


def encode(value: Any) -> Any:
    """The value as mappings, lists, strings, numbers, booleans and None; NaN as None, an infinite number as a string.

    Raises:
        TypeError: a value of this type cannot be written.
    """
    if value is None or type(value) in (str, int, bool):
        return value
    if isinstance(value, float):
        return float(value) if isfinite(value) else None if isnan(value) else str(float(value))
    if isinstance(value, Enum):
        return encode(value.value)
    if isinstance(value, Mapping):
        return {str(name): encode(child) for name, child in value.items()}
    if isinstance(value, (list, tuple)):
        return [encode(child) for child in value]
    if is_dataclass(value):
        return _object(value)
    if isinstance(value, (set, frozenset)):
        return [encode(child) for child in sorted(value)]
    if isinstance(value, (str, Path)):
        return str(value)
    if hasattr(value, "tolist"):  # numpy's numbers and arrays
        return encode(value.tolist())
    raise TypeError(f"cannot write {type(value).__name__} as JSON")


def _object(value: Any) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for attribute, name, form, merged in _members(type(value)):
        held = getattr(value, attribute)
        written = encode(held if form is None else form(held))
        if merged:
            made.update(written)
        else:
            made[name] = written
    return made


def document(kind: str, value: Any, version: int = 1, **more: Any) -> dict[str, Any]:
    """A document for another program: its kind and version, then the value's own members, then `more`."""
    return {"kind": kind, "version": version, **encode(value), **encode(more)}


def json_text(value: Any) -> str:
    """Any value as readable JSON with a newline at its end; a lone surrogate is escaped."""
    text = json.dumps(encode(value), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
