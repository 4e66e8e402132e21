"""`rewardkit lock`: which versions are released, whether they have changed since, and a new release."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from ..errors import LockError, RecipeError, RewardkitError, UsageError
from .options import AsJson, print_json


@dataclass(frozen=True)
class State:
    """One version: `state` is released, unreleased, changed, code changed, missing or broken; `note` says more."""

    recipe: str
    state: str
    digest: str
    note: str = ""


def lock(
    release: Annotated[
        list[str] | None,
        typer.Option(
            "--release",
            metavar="NAME@V",
            help="Release a version permanently, or record the code of its kinds again; can be repeated.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Compare every version with recipes.lock; with --release, add to it.

    A released reward does not change, since somebody has a model that was trained with it. Exit code 1
    if a released version, or the code of a kind in it, has changed or is missing.
    """
    for reference in release or []:
        _release(reference)
    if release:
        return
    found = list(states())
    if as_json:
        print_json(found)
    else:
        _print(found)
    if any(state.state not in ("released", "unreleased") for state in found):
        raise typer.Exit(1)


def states() -> Iterator[State]:
    """The state of every version in the folders where recipes are looked up."""
    from ..recipe.discovery import all_recipes, folders
    from ..recipe.loading import load_recipe
    from ..recipe.lock import changed_code, newer_verifier, read_lock

    for root in folders():
        locked = read_lock(root)
        here = {found.ref: found for found in all_recipes([root])}
        for ref, found in sorted(here.items(), key=lambda pair: pair[1]):
            try:
                recipe = load_recipe(found.path)
            except LockError as error:
                yield State(ref, "changed", locked[ref].digest, str(error))
            except RecipeError as error:
                yield State(ref, "broken", locked[ref].digest if ref in locked else "", str(error))
            else:
                note = changed_code(recipe, root)
                state = "code changed" if note else "released" if ref in locked else "unreleased"
                note = note or newer_verifier(recipe, root)
                yield State(ref, state, recipe.digest, note)
        for ref in locked.keys() - here.keys():
            yield State(
                ref, "missing", locked[ref].digest, f"released, but missing from {root}; restore the file"
            )


def _release(reference: str) -> None:
    from ..config.source import shown
    from ..recipe.discovery import all_recipes, find, project_folder
    from ..recipe.loading import load_recipe
    from ..recipe.lock import LOCK, release

    if reference not in {found.ref for found in all_recipes()}:
        find(reference)  # a wrong name is answered with the names that exist
        raise UsageError(
            f"{reference}: give the name@version of a recipe in this project, not a path or a package"
        )
    path: Path = find(reference)
    root, own = path.parent.parent, project_folder()
    if own is None or root.resolve() != own.resolve():
        raise UsageError(
            f"{reference} belongs to rewardkit, not to this project; copy it first: `rewardkit new NAME --from {reference}`"
        )
    recipe = load_recipe(path)
    _release_parent(recipe.ref, path)
    if release(recipe, root):
        typer.echo(f"released {recipe.ref} {recipe.digest} in {shown(root / LOCK)}")
    else:
        typer.echo(f"{recipe.ref} is already released, as {recipe.digest}")


def _release_parent(ref: str, path: Path) -> None:
    """Refuse to release a version whose parent may still change."""
    from ..config.source import read_file
    from ..recipe.discovery import find
    from ..recipe.lock import read_lock

    parent = read_file(path).get("extends")
    if parent is None:
        return
    home = find(str(parent.value))
    if str(parent.value).rpartition(":")[2] not in read_lock(home.resolve().parent.parent):
        raise RewardkitError(
            f"{ref} extends {parent.value}, which is not released and may still change; release "
            f"{parent.value} first"
        )


def _print(found: list[State]) -> None:
    from rich.console import Console
    from rich.text import Text

    from ..formatting import terminal_table

    styles = {"released": "green", "unreleased": "yellow"}
    rows = [[one.recipe, Text(one.state, styles.get(one.state, "bold red")), one.digest] for one in found]
    console = Console(highlight=False, soft_wrap=True)
    console.print(terminal_table(["recipe", "state", "digest"], rows, words=range(3), whole=range(3)))
    for state in found:
        if state.note:
            console.print(Text(state.note, style="red"))
