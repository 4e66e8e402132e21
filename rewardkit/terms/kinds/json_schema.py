"""A term that pays for an answer that is JSON with a given schema.

The final answer, or the whole completion, is parsed and checked against a JSON Schema. The schema itself is checked
when the recipe is read. The `jsonschema` package is imported only if a recipe uses this kind.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, ClassVar, Literal
from urllib.parse import unquote

import regex
from pydantic import Field, field_validator

from ...errors import SetupError
from ...formatting import cut
from ...types import Reading
from ..base import Number, Payment, Term
from ..cells import Axis, Cell, Pays, exactly, flag

FENCE = regex.compile(r"\s*```(?:json)?[ \t]*\n(.*)\n[ \t]*```\s*", regex.DOTALL)


class JsonSchema(Term):
    """Pays if the answer is JSON that conforms to a schema.

    Args:
        conforms_to: a JSON Schema (draft 2020-12, or the one its `$schema` names). References must stay
            inside it: nothing is ever fetched.
        part: `answer` for the final answer as it was read, `text` for the whole completion. A fence
            of three backticks around the JSON is ignored.
        value: paid if it conforms.
        miss: paid if it does not, is not JSON, or there is no answer.

    Raises:
        SetupError: the `jsonschema` package is missing.
    """

    kind: ClassVar[str] = "json_schema"
    looks_at: ClassVar[frozenset[str]] = frozenset({"text"})

    conforms_to: dict[str, Any] = Field(description="a JSON Schema")
    part: Literal["answer", "text"] = Field("answer", description="the final answer, or the whole completion")
    value: Number = Field(1.0, description="paid if it conforms")
    miss: Number = Field(0.0, description="paid if it does not")

    @field_validator("conforms_to")
    @classmethod
    def _is_schema(cls, schema: dict[str, Any]) -> dict[str, Any]:
        fault = _schema_fault(schema)
        if fault:
            raise ValueError(fault)
        return schema

    def fault(self, reading: Reading) -> str:
        """Why the answer does not conform, "" if it does."""
        text = reading.text if self.part == "text" else reading.extraction and reading.extraction.text
        if not text:
            return "no answer"
        fenced = FENCE.fullmatch(text)
        try:
            found = json.loads(fenced[1] if fenced else text, parse_constant=_not_json)
        except (ValueError, RecursionError) as error:  # RecursionError: brackets nested by the thousand
            return f"not JSON: {error}"
        return _nonconformity(json.dumps(self.conforms_to, sort_keys=True), found)

    def pay(self, reading: Reading) -> Payment:  # noqa: D102
        fault = self.fault(reading)
        return Payment(self.miss, fault) if fault else Payment(self.value, "conforms")

    def axes(self) -> tuple[Axis, ...]:  # noqa: D102
        return (flag(self._axis(), lambda reading: not self.fault(reading)),)

    def pays(self, cell: Cell) -> Pays:  # noqa: D102
        return exactly(self.value if cell.holds(self._axis()) else self.miss)

    def _axis(self) -> str:
        return f"json({self.part}, {json.dumps(self.conforms_to, sort_keys=True)})"


def _not_json(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _jsonschema() -> Any:
    try:
        import jsonschema
    except ImportError as error:
        raise SetupError(
            "the kind json_schema needs the package jsonschema: pip install 'rewardkit[json]'"
        ) from error
    return jsonschema


def _schema_fault(schema: dict[str, Any]) -> str:
    jsonschema = _jsonschema()
    try:
        jsonschema.validators.validator_for(schema, jsonschema.Draft202012Validator).check_schema(schema)
    except jsonschema.SchemaError as error:
        at = "/".join(map(str, error.absolute_path)) or "its root"
        return f"not a JSON Schema, at {at}: {error.message}"
    for reference in _references(schema):
        if not reference.startswith("#"):
            return f"the reference {reference!r} points outside the schema; put its target under $defs"
        if not _resolves(schema, reference[1:]):
            return f"the reference {reference!r} points to nothing in the schema"
    return ""


def _resolves(schema: dict[str, Any], pointer: str) -> bool:
    if not pointer.startswith("/"):
        anchors = {node.get(key) for node in _objects(schema) for key in ("$anchor", "$dynamicAnchor")}
        return pointer == "" or pointer in anchors
    node: Any = schema
    for step in pointer[1:].split("/"):
        name = unquote(step).replace("~1", "/").replace("~0", "~")
        if isinstance(node, list) and name.isdigit() and int(name) < len(node):
            node = node[int(name)]
        elif isinstance(node, dict) and name in node:
            node = node[name]
        else:
            return False
    return True


def _references(schema: dict[str, Any]) -> list[str]:
    found = (node.get(key) for node in _objects(schema) for key in ("$ref", "$dynamicRef"))
    return [reference for reference in found if isinstance(reference, str)]


def _objects(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
        node = list(node.values())
    if isinstance(node, list):
        for child in node:
            yield from _objects(child)


@lru_cache(maxsize=64)
def _validator(schema: str) -> Any:
    jsonschema = _jsonschema()
    plain = json.loads(schema)
    return jsonschema.validators.validator_for(plain, jsonschema.Draft202012Validator)(plain)


def _nonconformity(schema: str, found: Any) -> str:
    try:
        error = next(_validator(schema).iter_errors(found), None)
    except RecursionError:
        return "nested too deeply"
    if error is None:
        return ""
    at = "/".join(map(str, error.absolute_path))
    message = cut(error.message, 80)
    return f"{at}: {message}" if at else message
