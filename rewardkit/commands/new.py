"""`rewardkit new`: start a recipe, with cases that pass."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from ..errors import RewardkitError, UsageError

if TYPE_CHECKING:
    from ..cases import CasesFile

NAME = re.compile(r"[A-Za-z][A-Za-z0-9._-]*")


def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The new recipe's name.")],
    source: Annotated[
        str | None,
        typer.Option("--from", metavar="RECIPE", help="Start from this recipe, resolved, with its cases."),
    ] = None,
    control: Annotated[
        Literal["random", "format", "flipped"] | None,
        typer.Option(help="Write a control instead: random, format alone, or right and wrong exchanged."),
    ] = None,
) -> None:
    """Write recipes/NAME/v0.yaml and cases.yaml. Nothing that exists is overwritten."""
    from ..config.source import read_text, shown
    from ..recipe.discovery import all_recipes, project_folder, shipped_folder

    if (
        not NAME.fullmatch(name)
        or name.endswith((".yaml", ".yml"))
        or not isinstance(read_text(name, "NAME").value, str)
    ):
        raise UsageError(
            f"'{name}' is not a valid recipe name: use a letter, then letters, digits, '.', '_' and '-', as in my-math (not "
            "YAML's true, false and null, nor a name with a file ending)"
        )
    root = project_folder() or Path.cwd() / "recipes"
    folder = root / name
    if folder.exists() and any(folder.iterdir()):
        raise UsageError(
            f"{shown(folder)} already exists; choose another name, or add the next version in that folder"
        )
    if root.resolve() != shipped_folder().resolve() and name in {
        found.name for found in all_recipes([shipped_folder()])
    }:
        raise UsageError(
            f"'{name}' is a recipe that comes with rewardkit, and yours would hide it; choose another name, as in "
            f"my-{name} (`--from {name}@V` copies it)"
        )
    recipe, cases = _texts(name, source, control)
    _write(folder, recipe, cases)
    _schemas(root)
    _prove(folder)
    typer.echo(f"wrote {shown(folder / 'v0.yaml')} and {shown(folder / 'cases.yaml')}")
    typer.echo(
        f"next: edit both, then run `rewardkit test {name}`; `rewardkit check {name}@0` says what it pays for"
    )


def _texts(name: str, source: str | None, control: str | None) -> tuple[str, str]:
    import tempfile

    from ..cases import beginnings
    from ..recipe import controls
    from ..recipe.discovery import find
    from ..recipe.loading import load_recipe

    if source is None and control is None:
        return beginnings.scratch(name)
    with tempfile.TemporaryDirectory() as folder:
        if source is None:  # a control of what `new` alone would write
            path = Path(folder) / "recipes" / "scratch" / "v0.yaml"
            _write(path.parent, *beginnings.scratch("scratch"))
        else:
            path = find(source)
        parent = load_recipe(path)
        file = _cases_of(path, source or "scratch")
    if control is None:
        recipe = controls.begun_from(name, parent)
        cases = beginnings.copied_cases(name, file, parent.version)
    else:
        recipe = controls.control(name, controls.Control(control), parent)
        cases = beginnings.scored_cases(name, recipe, file, parent.version)
    return beginnings.recipe_text(recipe, parent), cases


def _cases_of(path: Path, reference: str) -> CasesFile:
    from ..cases import CASES, read_cases

    cases = path.parent / CASES
    if not cases.is_file():
        raise UsageError(f"{reference} has no cases to copy; write {cases} first")
    return read_cases(cases)


def _write(folder: Path, recipe: str, cases: str) -> None:
    from ..files import write_whole

    write_whole(folder / "v0.yaml", recipe)
    write_whole(folder / "cases.yaml", cases)


def _schemas(root: Path) -> None:
    """Write the schemas that the files' first lines refer to, unless they exist."""
    from ..files import write_whole
    from .schema import NAMES, text

    for kind, file in NAMES.items():
        if not (root / file).exists():
            write_whole(root / file, text(kind))


def _prove(folder: Path) -> None:
    """Run the cases, which pass unless rewardkit is at fault."""
    from ..cases import read_cases, run
    from ..cases.report import Result, explain

    file = read_cases(folder / "cases.yaml")
    recipe = file.recipe(0)
    for check in file.checks():
        differences = tuple(run(file, check, recipe))
        if differences:
            told = explain(Result(file, check, recipe.ref, differences, 0.0))
            raise RewardkitError(
                f"the files were written, but a case does not pass, which is a fault in rewardkit:\n{told}"
            )
