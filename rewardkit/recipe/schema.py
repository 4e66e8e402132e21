"""JSON Schema of recipes, so that an editor completes and checks them.

It is made from the classes that read the files, including every registered kind. A label that is the name of a kind means
that kind unless `kind` is given. Parameters are described by their fields, else by the `Args:` of the docstring. A recipe
that `extends` another may leave out what it inherits, so there nothing is required and a label may have a kind that only
the parent names.
"""

from __future__ import annotations

from typing import Any

from ..config.schema import DIALECT, Schema, arguments, described, model_schema, summary
from ..kinds import EXTRACTORS, TERMS, VERIFIERS, Kind, Registry
from .answer import Answer, Reasoning
from .discovery import REFERENCE
from .recipe import Allow, Recipe


def recipe_schema() -> Schema:
    """The schema of a recipe file."""
    whole, partial = _terms("", True), _terms("partial_", False)
    definitions: Schema = {**whole, **partial}
    definitions["extractors"] = {
        "description": "Tiers, tried in this order; never a fall-back past a tier that is present.",
        "anyOf": [_choice(EXTRACTORS), {"type": "array", "minItems": 1, "items": _choice(EXTRACTORS)}],
    }
    definitions["verifier"] = _choice(VERIFIERS)

    answer = _linked(described(Answer, model_schema(Answer, definitions)))
    recipe = described(Recipe, model_schema(Recipe, definitions))
    definitions.pop("Answer", None)  # a property already, with its own definitions linked
    for part in (Reasoning, Allow):
        described(part, definitions[part.__name__])
    words = arguments(Recipe)
    recipe["properties"]["recipe"]["description"] = words["name"]
    recipe["properties"]["answer"] = answer
    recipe["properties"] |= {
        "extends": {
            "type": "string",
            "pattern": f"^{REFERENCE.pattern}$",
            "description": "One parent, as name@version or package:name@version; this file is merged over it, parameter "
            "by parameter.",
        },
        "remove": {
            "type": "array",
            "items": {"type": "string"},
            "description": "Labels of the parent that are dropped.",
        },
    }
    del recipe["properties"]["reward"]
    recipe["properties"]["reward"] = {"description": words["reward"]}
    recipe["required"] = ["recipe", "version"]
    recipe |= {
        "if": {"required": ["extends"]},
        "then": {"properties": {"reward": {"$ref": "#/$defs/partial_labelled"}}},
        "else": {"properties": {"reward": {"$ref": "#/$defs/labelled"}}, "required": ["reward"]},
    }
    return {"$schema": DIALECT, **recipe, "title": "A rewardkit recipe", "$defs": definitions}


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
        {"const": name, "description": summary(registry.get(name))}
        for name in names
        if not _kind(registry.get(name), name, definitions, True).get("required")
    ]
    return {"anyOf": [*described, *mappings]}


def _kind(cls: type[Kind], name: str, definitions: Schema, required: bool) -> Schema:
    """The parameters of a kind, with `kind` itself."""
    schema = described(cls, model_schema(cls, definitions))
    schema["properties"] = {
        "kind": {"const": name, "description": summary(cls)},
        **schema.get("properties", {}),
    }
    presets = getattr(cls, "PRESETS", {})
    given = {parameter for preset in presets.values() for parameter in preset}
    needed = [parameter for parameter in schema.get("required", []) if parameter not in given]
    schema.pop("required", None)
    if required and needed:
        schema["required"] = needed
    return schema


def _linked(schema: Any, prefix: str = "") -> Any:
    """The `x-rewardkit` marks (terms, extractors, verifier) as references to our definitions."""
    if isinstance(schema, dict):
        mark = schema.get("x-rewardkit")
        rest = {name: _linked(part, prefix) for name, part in schema.items() if name != "x-rewardkit"}
        if mark is None:
            return rest
        return {**rest, "$ref": f"#/$defs/{prefix if mark == 'terms' else ''}{mark}"}
    if isinstance(schema, list):
        return [_linked(part, prefix) for part in schema]
    return schema
