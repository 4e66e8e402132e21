"""Validation errors as lines that a tired person can act on.

Each of pydantic's errors becomes a line of one `RecipeError`: its place in the file, what was found, what would be right.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from ..errors import ConditionError, Place, RecipeError, nearest
from ..formatting import cut
from .source import Node

_WANTED = {
    "float_type": "a number",
    "float_parsing": "a number",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "string_type": "a string",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "tuple_type": "a list",
    "list_type": "a list",
}


def raise_faults(error: ValidationError, root: Node, model: type[BaseModel]) -> None:
    """Raise the RecipeError that says what `error` says, with places from `root`."""
    lines = [(_place(root, fault), message(fault, model)) for fault in error.errors(include_url=False)]
    lines.sort(key=lambda line: (line[0].line, line[0].column))
    first_place, first = lines[0]
    rest = [f"{place}: {text}" for place, text in lines[1:]]
    raise RecipeError("\n".join([first, *rest]), first_place) from None


def _place(root: Node, fault: Any) -> Place:
    path = list(fault["loc"])
    if fault["type"] == "hole":
        path = ["reward", *fault["ctx"]["path"].split(".")]
    if fault["type"] == "extra_forbidden":
        place, node = root.find(path[:-1])
        if node is not None and path[-1] in node.keys:
            return node.keys[path[-1]]
        return place
    place, node = root.find(path)
    cause = _cause(fault)
    if isinstance(cause, ConditionError) and node is not None and node.text_at is not None:
        at = node.text_at
        return Place(at.file, at.line, at.column + cause.offset) if at.line else at
    if node is not None and not isinstance(node.value, (dict, list)):
        return node.place
    return place


def _cause(fault: Any) -> Any:
    context = fault.get("ctx") or {}
    return context.get("cause") or context.get("error")


def message(fault: Any, model: type[BaseModel] | None = None) -> str:
    """One fault in words."""
    kind, path, found = fault["type"], list(fault["loc"]), fault["input"]
    name = ".".join(str(step) for step in path)
    written = (fault.get("ctx") or {}).get("text")
    if kind in ("missing", "extra_forbidden") and written:
        return written
    if kind == "missing":
        return f"'{path[-1]}' is missing in '{'.'.join(map(str, path[:-1])) or 'the file'}'; write a value for it"
    if kind == "extra_forbidden":
        owner = _owner(model, path[:-1]) if model else None
        known = _field_names(owner) if owner else []
        return f"unknown key '{path[-1]}'" + (f"; {nearest(str(path[-1]), known)}" if known else "")
    if kind in _WANTED:
        return f"'{name}' must be {_WANTED[kind]}, found {cut(repr(found))}"
    if kind in ("literal_error", "enum"):
        return (
            f"'{name}' must be one of {fault['ctx'].get('expected', fault['msg'])}, found {cut(repr(found))}"
        )
    text = fault["msg"].removeprefix("Value error, ").removeprefix("Assertion failed, ")
    return (
        f"{text[:1].lower()}{text[1:]}, found {cut(repr(found))}" if text.startswith("Input should") else text
    )


def _field_names(model: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()]


def _owner(model: type[BaseModel] | None, path: Sequence[str | int]) -> type[BaseModel] | None:
    """The model that a path leads into, as far as annotations show."""
    annotation: Any = model
    for step in path:
        if isinstance(step, int):  # an item of a list; its model is what the list is annotated with
            annotation = _inside(annotation) or annotation
            continue
        owner = _model_in(annotation)
        if owner is None:
            annotation = _inside(annotation)
            continue
        by_alias = {field.alias or name: field for name, field in owner.model_fields.items()}
        if step not in by_alias:
            return None
        annotation = by_alias[str(step)].annotation
    return _model_in(annotation)


def _inside(annotation: Any) -> Any:
    """The annotation of a mapping's values or a list's items."""
    args = get_args(annotation)
    if get_origin(annotation) in (dict, Mapping):
        return args[1]
    return args[0] if get_origin(annotation) in (list, tuple) and args else None


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The model in `Model`, `Model | None`, `list[Model]` or `tuple[Model, ...]`."""
    if isinstance(annotation, type) and get_origin(annotation) is None:
        return annotation if issubclass(annotation, BaseModel) else None
    if get_origin(annotation) in (Union, UnionType, tuple, list):
        for option in get_args(annotation):
            found = _model_in(option)
            if found is not None:
                return found
    return None
