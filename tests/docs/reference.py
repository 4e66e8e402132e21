"""docs/reference.md, made from the registries of kinds (docstrings, fields, defaults) and the command line's parameters.

`python tests/docs/reference.py` writes it; a test compares it with what this script would write.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer
from pydantic_core import PydanticUndefined
from typer.core import TyperCommand

from rewardkit.__main__ import app
from rewardkit.kinds import EXTRACTORS, TERMS, VERIFIERS, Kind, Registry
from rewardkit.terms.base import Term

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference.md"
COMMON = tuple(Term.model_fields)
HEADING = """\
# Reference

Made by `python tests/docs/reference.py` from docstrings, fields and the command line; do not edit it by hand.

[Terms](#terms) · [Extractors](#extractors) · [Verifiers](#verifiers) · [Commands](#commands)
"""


def sections(docstring: str) -> tuple[str, dict[str, str], str]:
    """A docstring's prose, its Args by name, and its Source."""
    text = inspect.cleandoc(docstring)
    text, _, source = text.partition("\nSource:")
    arguments: dict[str, str] = {}
    match = re.search(r"^Args:\n((?:[ ]{4}.*\n?|\n)+)", text, re.MULTILINE)
    if match:
        for names, said in re.findall(r"^ {4}([\w, ]+): (.*(?:\n {6,}.*)*)", match[1], re.MULTILINE):
            arguments |= {name.strip(): " ".join(said.split()) for name in names.split(",")}
        text = text.replace(match[0], "")
    return re.sub(r"\n{3,}", "\n\n", text).strip(), arguments, " ".join(source.split())


def spelled(schema: dict[str, Any]) -> str:
    """A JSON Schema type in a word or two."""
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    if "const" in schema:
        return f"`{schema['const']}`"
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(spelled(one) for one in schema["anyOf"]))
    if schema.get("type") == "array":
        if "prefixItems" in schema:
            return "[" + ", ".join(spelled(one) for one in schema["prefixItems"]) + "]"
        return f"list of {spelled(schema.get('items', {}))}"
    names = {"string": "string", "integer": "whole number", "boolean": "true or false", "object": "mapping"}
    kind = schema.get("type", "any")
    return names.get(kind, kind)


def cell(text: str) -> str:
    """A table cell on one line."""
    return " ".join(text.replace("|", "\\|").split())


def shown(value: Any) -> str:
    """A default as YAML would have it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (tuple, list)):
        return "[" + ", ".join(shown(one) for one in value) + "]"
    return repr(value) if value == "" else str(value)


def parameters(cls: type[Kind], skip: tuple[str, ...] = ()) -> Iterator[str]:
    """The table of a kind's own parameters."""
    schema = cls.model_json_schema()
    definitions = schema.get("$defs", {})
    _, said, _ = sections(cls.__doc__ or "")
    fields = {name: field for name, field in cls.model_fields.items() if name not in skip}
    if not fields:
        return
    yield "| parameter | type | default | |"
    yield "|---|---|---|---|"
    for name, field in fields.items():
        own = schema["properties"].get(field.alias or name, {})
        if "$ref" in own:
            own = definitions[own["$ref"].rpartition("/")[2]]
        kind = "terms" if own.get("x-rewardkit") else spelled(own)
        if field.is_required():
            default = "required"
        elif field.default is not PydanticUndefined:
            default = f"`{shown(field.default)}`"
        else:
            default = "its own"
        text = said.get(name) or field.description or ""
        yield f"| `{name}` | {cell(kind)} | {cell(default)} | {cell(text)} |"
    yield ""


def kinds(title: str, registry: Registry[Any], skip: tuple[str, ...] = ()) -> Iterator[str]:
    """Every built-in kind of a registry."""
    yield f"## {title}\n"
    for name in registry.names():
        cls = registry.get(name)
        if not cls.__module__.startswith("rewardkit."):
            continue
        prose, _, source = sections(cls.__doc__ or "")
        yield f"### {name}\n"
        yield f"{prose}\n"
        group = getattr(cls, "reads_group", False)
        if group:
            yield "Reads all completions of a prompt.\n"
        yield from parameters(cls, skip)
        if source:
            yield f"Source: {source}\n"


def commands() -> Iterator[str]:
    """Every command with its options."""
    yield "## Commands\n"
    root: Any = typer.main.get_command(app)
    for name in root.list_commands(None):
        _, command, _ = root.resolve_command(typer.Context(root), [name])
        subcommands = getattr(command, "commands", None)
        if subcommands:
            for sub, one in subcommands.items():
                yield from command_text(f"{name} {sub}", one)
        else:
            yield from command_text(name, command)


def command_text(name: str, command: TyperCommand) -> Iterator[str]:
    """One command: its help, arguments and options."""
    yield f"### rewardkit {name}\n"
    prose = [
        " ".join(part.split()) for part in re.split(r"\n\s*\n|\x08", inspect.cleandoc(command.help or ""))
    ]
    yield "\n\n".join(part for part in prose if part and not part.startswith("rewardkit ")) + "\n"
    rows = []
    for one in command.params:
        if one.name in ("help", "install_completion", "show_completion"):
            continue
        option = one.param_type_name == "option"
        names = (
            ", ".join(f"`{name}`" for name in [*one.opts, *one.secondary_opts]) if option else f"`{one.name}`"
        )
        value = one.default
        plain = isinstance(value, (str, int, float, Path)) and not isinstance(value, bool)
        default = "required" if one.required else (f"`{value}`" if plain and str(value) else "")
        rows.append(f"| {cell(names)} | {default} | {cell(getattr(one, 'help', '') or '')} |")
    if rows:
        yield "\n".join(["| | default | |", "|---|---|---|", *rows]) + "\n"


def page() -> str:
    """The whole page."""
    parts = [HEADING]
    parts += [
        "Parameters that every term has: `when`, `otherwise`, `weight`, `clip`",
        "([modifiers](write-a-recipe.md#modifiers)).\n",
    ]
    parts += kinds("Terms", TERMS, COMMON)
    parts += kinds("Extractors", EXTRACTORS)
    parts += kinds("Verifiers", VERIFIERS)
    parts += commands()
    text = "\n".join(parts)
    return re.sub(r"\n{3,}", "\n\n", text).rstrip() + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
