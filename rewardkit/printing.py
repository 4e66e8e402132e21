"""A recipe as Python source: the constructor calls that make an equal recipe."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from .conditions import Condition
from .recipe import Recipe

MARGIN = 100


def python(recipe: Recipe) -> str:
    """Source text that imports what it needs and binds `recipe`.

    >>> from rewardkit.terms.constant import Constant
    >>> print(python(Recipe(name="one", version=0, reward={"constant": Constant(value=1.0)})))
    from rewardkit import Recipe
    from rewardkit.terms.constant import Constant
    <BLANKLINE>
    recipe = Recipe(name='one', version=0, reward={'constant': Constant(value=1.0)})
    <BLANKLINE>
    """
    imports: set[str] = {"from rewardkit import Recipe"}
    body = _value(recipe, imports, 0, len("recipe = "))
    return "\n".join([*sorted(imports), "", f"recipe = {body}", ""])


def _value(value: Any, imports: set[str], indent: int, used: int = 0) -> str:
    if isinstance(value, Condition):
        return repr(str(value))
    if isinstance(value, BaseModel):
        cls = type(value)
        if not isinstance(value, Recipe):
            imports.add(f"from {cls.__module__} import {cls.__qualname__}")
        pairs = [(name, getattr(value, name)) for name in _set_fields(value)]
        return _call(f"{cls.__qualname__}(", ")", [(f"{n}=", v) for n, v in pairs], imports, indent, used)
    if isinstance(value, dict):
        return _call(
            "{", "}", [(f"{name!r}: ", child) for name, child in value.items()], imports, indent, used
        )
    if isinstance(value, (list, tuple)) and any(isinstance(child, (BaseModel, dict)) for child in value):
        return _call("[", "]", [("", child) for child in value], imports, indent, used)
    if isinstance(value, tuple):
        return repr(list(value))
    return repr(value)


def _call(
    open_: str, close: str, pairs: list[tuple[str, Any]], imports: set[str], indent: int, used: int
) -> str:
    flat = open_ + ", ".join(name + _value(v, imports, indent) for name, v in pairs) + close
    if "\n" not in flat and indent + used + len(flat) <= MARGIN:
        return flat
    inner = indent + 4
    rows = [f"{' ' * inner}{name}{_value(v, imports, inner, len(name))}," for name, v in pairs]
    return "\n".join([open_, *rows, " " * indent + close])


def _set_fields(model: BaseModel) -> list[str]:
    """Names of the fields whose values are not the defaults, in order."""
    fields = type(model).model_fields
    return [
        name
        for name, field in fields.items()
        if field.is_required() or getattr(model, name) != field.get_default(call_default_factory=True)
    ]
