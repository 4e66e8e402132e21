"""`rewardkit schema`: the JSON Schema of recipes or cases."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer


class File(StrEnum):
    """The files that have a schema."""

    RECIPE = "recipe"
    CASES = "cases"


NAMES = {File.RECIPE: "rewardkit.schema.json", File.CASES: "cases.schema.json"}
"""The schemas' names in a recipes folder; the first line of a recipe refers to them."""


def schema(
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write to this file.")] = None,
    kind: Annotated[File, typer.Option(help="The schema of recipes, or of their cases.yaml.")] = File.RECIPE,
) -> None:
    """Print the JSON Schema of recipes with every registered kind, for editors.

    An editor finds it through a recipe's first line, `# yaml-language-server: $schema=...`; a project
    with kinds of its own writes one with `rewardkit schema -o recipes/rewardkit.schema.json`.
    """
    from ..files import write_whole

    body = text(kind)
    if output is None:
        typer.echo(body, nl=False)
        return
    write_whole(output, body)
    typer.echo(f"wrote {output}")


def text(kind: File) -> str:
    """A schema as written to a file."""
    from ..cases.schema import cases_schema
    from ..recipe.plugins import load_plugins
    from ..recipe.schema import recipe_schema

    load_plugins()
    found = recipe_schema() if kind == File.RECIPE else cases_schema()
    return json.dumps(_ordered(found), indent=1, ensure_ascii=False) + "\n"


def _ordered(schema: Any) -> Any:
    """The schema with its choices sorted: typing returns whichever Literal with the same values was made first."""
    if isinstance(schema, dict):
        return {
            name: sorted(part, key=str) if name == "enum" else _ordered(part) for name, part in schema.items()
        }
    return [_ordered(part) for part in schema] if isinstance(schema, list) else schema
