"""The JSON Schema of a cases.yaml."""

from __future__ import annotations

from pydantic import BaseModel

from ..config.schema import DIALECT, Schema, described, model_schema


def cases_schema() -> Schema:
    """The schema of a cases.yaml."""
    from . import model
    from .model import Cases

    definitions: Schema = {}
    cases = described(Cases, model_schema(Cases, definitions))
    for name in definitions:
        cls = getattr(model, name, None)
        if isinstance(cls, type) and issubclass(cls, BaseModel):
            described(cls, definitions[name])
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
