"""`rewardkit show`: a recipe as it is written, resolved, or as Python."""

from __future__ import annotations

from typing import Annotated

import typer

from ..errors import UsageError
from .options import RecipeName, Settings


def show(
    recipe: RecipeName,
    resolved: Annotated[
        bool,
        typer.Option(
            "--resolved",
            help="Include everything that `extends` brings in. A variant (--set) is always resolved.",
        ),
    ] = False,
    python: Annotated[
        bool, typer.Option("--python", help="Print the Python code that makes an equal recipe.")
    ] = False,
    settings: Settings = None,
) -> None:
    """Print a recipe. The output can be read back: as YAML or, with --python, as Python."""
    from ..config.source import shown
    from ..recipe.discovery import find
    from ..recipe.loading import load_recipe
    from ..recipe.lock import read_lock

    if resolved and python:
        raise UsageError("--resolved prints YAML and --python Python (always resolved); choose one")
    path = find(recipe)
    loaded = load_recipe(path, settings or [])
    if settings:
        state = "a variant"
    else:
        state = "released" if loaded.ref in read_lock(path.resolve().parent.parent) else "unreleased"
    head = f"# {loaded.ref}  digest {loaded.digest}  {state}  {shown(path)}"
    if python:
        text, language = loaded.to_python(), "python"
    elif resolved or settings:
        text, language = loaded.to_yaml(), "yaml"
    else:
        text, language = path.read_text(encoding="utf-8"), "yaml"
    _print(f"{head}\n{text.rstrip()}\n", language)


def _print(text: str, language: str) -> None:
    import sys

    if not sys.stdout.isatty():
        typer.echo(text, nl=False)
        return
    from rich.console import Console
    from rich.syntax import Syntax

    Console().print(Syntax(text, language, background_color="default", word_wrap=True))
