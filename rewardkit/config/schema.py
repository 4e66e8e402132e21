"""JSON Schema from pydantic models, with descriptions from their docstrings."""

from __future__ import annotations

import inspect
import re
from typing import Any

from pydantic import BaseModel

DIALECT = "https://json-schema.org/draft/2020-12/schema"


Schema = dict[str, Any]


ARGS = re.compile(r"^Args:\n((?:[ \t]+.*\n?|\n)+)", re.MULTILINE)


ARGUMENT = re.compile(r"^ {4}(\w+(?:, \w+)*): (.*(?:\n {5,}.*)*)", re.MULTILINE)


def model_schema(cls: type[BaseModel], definitions: Schema) -> Schema:
    """Pydantic's schema of a model; its definitions go into `definitions`."""
    schema = cls.model_json_schema(by_alias=True)
    definitions.update(schema.pop("$defs", {}))
    schema.pop("title", None)
    for part in schema.get("properties", {}).values():
        part.pop("title", None)
    return schema


def described(cls: type[BaseModel], schema: Schema) -> Schema:
    """The schema with descriptions from the docstring where the fields have none."""
    schema["description"] = summary(cls)
    words = arguments(cls)
    for name, part in schema.get("properties", {}).items():
        if name in words and "description" not in part:
            part["description"] = words[name]
    return schema


def summary(cls: type) -> str:
    """A docstring without its arguments."""
    text = inspect.cleandoc(cls.__doc__ or "")
    return "\n\n".join(" ".join(part.split()) for part in ARGS.sub("", text).split("\n\n") if part.strip())


def arguments(cls: type) -> dict[str, str]:
    """Argument to description, from the docstrings of a class and its bases."""
    found: dict[str, str] = {}
    for base in reversed(cls.__mro__):
        section = ARGS.search(inspect.cleandoc(base.__doc__ or ""))
        for names, text in ARGUMENT.findall(section[1]) if section else ():
            for name in names.split(", "):
                found[name] = " ".join(text.split())
    return found
