"""JSON Schema of recipes and of cases, so that an editor completes and checks them.

The registered kinds come in; one schema goes out, made from the same classes that read the files. A
label whose name is a kind stands for that kind unless it says otherwise. Parameters are described by
their fields, else by the `Args:` of the docstring. A recipe that `extends` another may leave out what
it inherits, so there nothing is required and a label may be of a kind that only the parent names.
"""

from __future__ import annotations

import inspect
import re
from typing import Any

from pydantic import BaseModel

from .answer import Answer, Reasoning
from .kinds import EXTRACTORS, TERMS, VERIFIERS, Kind, Registry
from .recipe import Allow, Recipe

DIALECT = "https://json-schema.org/draft/2020-12/schema"
Schema = dict[str, Any]

ARGS = re.compile(r"^Args:\n((?:[ \t]+.*\n?|\n)+)", re.MULTILINE)
ARGUMENT = re.compile(r"^ {4}(\w+(?:, \w+)*): (.*(?:\n {5,}.*)*)", re.MULTILINE)


def recipe_schema() -> Schema:
    """The schema of a recipe file."""
    whole, partial = _terms("", True), _terms("partial_", False)
    definitions: Schema = {**whole, **partial}
    definitions["extractors"] = {
        "description": "Tiers, tried in this order; never a fall-back past a tier that is present.",
        "anyOf": [_choice(EXTRACTORS), {"type": "array", "minItems": 1, "items": _choice(EXTRACTORS)}],
    }
    definitions["verifier"] = _choice(VERIFIERS)

    answer = _linked(_described(Answer, _model(Answer, definitions)))
    recipe = _described(Recipe, _model(Recipe, definitions))
    definitions.pop("Answer", None)  # stands in the properties, with its own definitions linked
    for part in (Reasoning, Allow):
        _described(part, definitions[part.__name__])
    described = _arguments(Recipe)
    recipe["properties"]["recipe"]["description"] = described["name"]
    recipe["properties"]["answer"] = answer
    recipe["properties"] |= {
        "extends": {
            "type": "string",
            "pattern": r"^[A-Za-z0-9][A-Za-z0-9._-]*@\d+$",
            "description": "One parent, as name@version; this file is merged over it, parameter by parameter.",
        },
        "remove": {
            "type": "array",
            "items": {"type": "string"},
            "description": "Labels of the parent that are dropped.",
        },
    }
    del recipe["properties"]["reward"]
    recipe["properties"]["reward"] = {"description": described["reward"]}
    recipe["required"] = ["recipe", "version"]
    recipe |= {
        "if": {"required": ["extends"]},
        "then": {"properties": {"reward": {"$ref": "#/$defs/partial_labelled"}}},
        "else": {"properties": {"reward": {"$ref": "#/$defs/labelled"}}, "required": ["reward"]},
    }
    return {"$schema": DIALECT, **recipe, "title": "A rewardkit recipe", "$defs": definitions}


def cases_schema() -> Schema:
    """The schema of a cases.yaml."""
    from .cases import Cases, model

    definitions: Schema = {}
    cases = _described(Cases, _model(Cases, definitions))
    for name in definitions:
        cls = getattr(model, name, None)
        if isinstance(cls, type) and issubclass(cls, BaseModel):
            _described(cls, definitions[name])
    number = {"anyOf": [{"type": "number"}, {"type": "null"}]}
    versioned = r"^\d+$"
    table = {"type": "object", "additionalProperties": number}
    for name in ("Case", "Sample"):
        properties = definitions[name]["properties"]
        properties["completion"]["anyOf"] = _text(properties["completion"])
        properties["completion"].pop("type", None)
        properties["completion"].pop("items", None)
        properties["expect"] = {
            "description": properties["expect"].get("description", ""),
            "anyOf": [
                *number["anyOf"],
                {"type": "object", "patternProperties": {versioned: number}, "additionalProperties": False},
            ],
        }
        properties["terms"] = {
            "description": properties["terms"].get("description", ""),
            "anyOf": [
                {"type": "object", "patternProperties": {versioned: table}, "additionalProperties": False},
                table,
            ],
        }
    names = {"type": "array", "items": {"type": "string"}, "minItems": 2}
    cases["properties"]["prefer"] = {
        "description": cases["properties"]["prefer"].get("description", ""),
        "anyOf": [
            names,
            {"type": "array", "items": {"anyOf": [names, {"$ref": "#/$defs/Order"}]}},
        ],
    }
    return {"$schema": DIALECT, **cases, "title": "Cases of a rewardkit recipe", "$defs": definitions}


def _text(completion: Schema) -> list[Schema]:
    return [
        {"type": "string"},
        {"type": "array", "items": {"anyOf": [{"type": "string"}, {"$ref": "#/$defs/Repeat"}]}},
    ]


def _terms(prefix: str, required: bool) -> Schema:
    """Definitions of every kind of term, of a term, of labelled terms and of a combinator's terms."""
    definitions: Schema = {}
    kinds = TERMS.names()
    for name in kinds:
        own = _kind(TERMS.get(name), name, definitions, required)
        definitions[f"{prefix}term_{name}"] = _linked(own, prefix)
    definitions[f"{prefix}term"] = {
        "type": "object",
        "properties": {"kind": {"enum": kinds, "description": "What the term pays for."}},
        **({"required": ["kind"]} if required else {}),
        "allOf": [
            {
                "if": {"properties": {"kind": {"const": name}}, "required": ["kind"]},
                "then": {"$ref": f"#/$defs/{prefix}term_{name}"},
            }
            for name in kinds
        ],
    }
    definitions[f"{prefix}labelled"] = {
        "type": "object",
        "minProperties": 1,
        "properties": {
            name: {
                "if": {"required": ["kind"]},
                "then": {"$ref": f"#/$defs/{prefix}term"},
                "else": {"$ref": f"#/$defs/{prefix}term_{name}"},
            }
            for name in kinds
        },
        "additionalProperties": {"$ref": f"#/$defs/{prefix}term"},
    }
    definitions[f"{prefix}terms"] = {
        "description": "Labels to terms, or a list of terms.",
        "anyOf": [
            {"$ref": f"#/$defs/{prefix}labelled"},
            {"type": "array", "minItems": 1, "items": {"$ref": f"#/$defs/{prefix}term"}},
        ],
    }
    return definitions


def _choice(registry: Registry[Any]) -> Schema:
    """A name, or a mapping with `kind` and parameters."""
    names = registry.names()
    definitions: Schema = {}
    mappings = []
    for name in names:
        own = _kind(registry.get(name), name, definitions, True)
        own["required"] = ["kind", *own.get("required", [])]
        mappings.append(own)
    described = [
        {"const": name, "description": _summary(registry.get(name))}
        for name in names
        if not _kind(registry.get(name), name, definitions, True).get("required")
    ]
    return {"anyOf": [*described, *mappings]}


def _kind(cls: type[Kind], name: str, definitions: Schema, required: bool) -> Schema:
    """The parameters of a kind, with `kind` itself."""
    schema = _described(cls, _model(cls, definitions))
    schema["properties"] = {
        "kind": {"const": name, "description": _summary(cls)},
        **schema.get("properties", {}),
    }
    presets = getattr(cls, "PRESETS", {})
    given = {parameter for preset in presets.values() for parameter in preset}
    needed = [parameter for parameter in schema.get("required", []) if parameter not in given]
    schema.pop("required", None)
    if required and needed:
        schema["required"] = needed
    return schema


def _model(cls: type[BaseModel], definitions: Schema) -> Schema:
    """Pydantic's schema of a model; what it defines beside goes into `definitions`."""
    schema = cls.model_json_schema(by_alias=True)
    definitions.update(schema.pop("$defs", {}))
    schema.pop("title", None)
    for part in schema.get("properties", {}).values():
        part.pop("title", None)
    return schema


def _linked(schema: Any, prefix: str = "") -> Any:
    """The marks of `x-rewardkit` (terms, extractors, verifier) as references to our definitions."""
    if isinstance(schema, dict):
        mark = schema.get("x-rewardkit")
        rest = {name: _linked(part, prefix) for name, part in schema.items() if name != "x-rewardkit"}
        if mark is None:
            return rest
        return {**rest, "$ref": f"#/$defs/{prefix if mark == 'terms' else ''}{mark}"}
    if isinstance(schema, list):
        return [_linked(part, prefix) for part in schema]
    return schema


def _described(cls: type[BaseModel], schema: Schema) -> Schema:
    """The schema with the docstring's words where the fields have none."""
    schema["description"] = _summary(cls)
    words = _arguments(cls)
    for name, part in schema.get("properties", {}).items():
        if name in words and "description" not in part:
            part["description"] = words[name]
    return schema


def _summary(cls: type) -> str:
    """A docstring without its arguments, as one text."""
    text = inspect.cleandoc(cls.__doc__ or "")
    return "\n\n".join(" ".join(part.split()) for part in ARGS.sub("", text).split("\n\n") if part.strip())


def _arguments(cls: type) -> dict[str, str]:
    """Argument to description, from the docstrings of a class and its bases."""
    found: dict[str, str] = {}
    for base in reversed(cls.__mro__):
        section = ARGS.search(inspect.cleandoc(base.__doc__ or ""))
        for names, text in ARGUMENT.findall(section[1]) if section else ():
            for name in names.split(", "):
                found[name] = " ".join(text.split())
    return found
