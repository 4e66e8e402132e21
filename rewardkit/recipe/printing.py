"""A recipe as Python source: the constructor calls that make an equal recipe."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from .. import terms
from ..kinds import Extractor, Verifier
from ..terms.base import Term
from ..terms.conditions.parse import Condition

MARGIN = 100
Names = dict[type, str]
"""Classes that the source code uses, and the names it gives them."""


def python(recipe: BaseModel) -> str:
    """Source code that imports what it needs and binds `recipe`, an object of a class that `rewardkit` exports.

    >>> from rewardkit import Recipe
    >>> from rewardkit.terms import Constant
    >>> print(python(Recipe(name="one", version=0, reward={"constant": Constant(value=1.0)})))
    from rewardkit import Recipe
    from rewardkit.terms import Constant
    <BLANKLINE>
    recipe = Recipe(name='one', version=0, reward={'constant': Constant(value=1.0)})
    <BLANKLINE>
    """
    names: Names = {}
    body = _value(recipe, names, 0, len("recipe = "))
    lines = {
        _import("rewardkit" if cls is type(recipe) else _home(cls), cls, name) for cls, name in names.items()
    }
    return "\n".join([*sorted(lines), "", f"recipe = {body}", ""])


def _home(cls: type) -> str:
    """The module that a class is imported from: `rewardkit.terms` if it exports it, else the class's own."""
    return terms.__name__ if getattr(terms, cls.__qualname__, None) is cls else cls.__module__


def _import(home: str, cls: type, name: str) -> str:
    return f"from {home} import {cls.__qualname__}" + (f" as {name}" if name != cls.__qualname__ else "")


def _name(cls: type, names: Names) -> str:
    """A class's name in the source code; a second class with the same name gets another."""
    if cls not in names:
        sort = next((base.__name__ for base in (Term, Extractor, Verifier) if issubclass(cls, base)), "Part")
        taken = cls.__qualname__ in names.values()
        names[cls] = cls.__qualname__ + (sort if taken else "")
    return names[cls]


def _value(value: Any, names: Names, indent: int, used: int = 0) -> str:
    if isinstance(value, Condition):
        return repr(str(value))
    if isinstance(value, BaseModel):
        cls = type(value)
        pairs = [(name, getattr(value, name)) for name in _set_fields(value)]
        return _call(f"{_name(cls, names)}(", ")", [(f"{n}=", v) for n, v in pairs], names, indent, used)
    if isinstance(value, dict):
        return _call("{", "}", [(f"{name!r}: ", child) for name, child in value.items()], names, indent, used)
    if isinstance(value, (list, tuple)) and any(isinstance(child, (BaseModel, dict)) for child in value):
        return _call("[", "]", [("", child) for child in value], names, indent, used)
    if isinstance(value, tuple):
        return repr(list(value))
    return repr(value)


def _call(open_: str, close: str, pairs: list[tuple[str, Any]], names: Names, indent: int, used: int) -> str:
    flat = open_ + ", ".join(name + _value(v, names, indent) for name, v in pairs) + close
    if "\n" not in flat and indent + used + len(flat) <= MARGIN:
        return flat
    inner = indent + 4
    rows = [f"{' ' * inner}{name}{_value(v, names, inner, len(name))}," for name, v in pairs]
    return "\n".join([open_, *rows, " " * indent + close])


def _set_fields(model: BaseModel) -> list[str]:
    """Names of the fields whose values are not the defaults, in order."""
    fields = type(model).model_fields
    return [
        name
        for name, field in fields.items()
        if field.is_required() or getattr(model, name) != field.get_default(call_default_factory=True)
    ]
