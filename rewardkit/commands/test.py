"""`rewardkit test`: run the cases beside recipes and report every reward that is not as stated."""

# ruff: noqa: PT028 - not a pytest test, though it is called `test`

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import UsageError, nearest
from .options import Settings

if TYPE_CHECKING:
    from ..cases.report import Result


def test(
    recipes: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[RECIPE]...",
            help="name, name@version (with package: before it for an installed one), a path to a recipe, a folder or a cases.yaml; "
            "by default the whole project",
        ),
    ] = None,
    settings: Settings = None,
    junit: Annotated[Path | None, typer.Option(help="Write the results as JUnit XML.")] = None,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Print only failures and the summary.")
    ] = False,
) -> None:
    """Run the cases beside recipes: the rewards that completions get, and the orders that must hold.

    For a variant (--set) only the orders are tested. Exit code 0 if everything is as stated, 1 if something is
    not, 2 for a file that cannot be read.
    """
    from rich.console import Console
    from rich.text import Text

    from ..cases.report import explain
    from ..cases.report import junit as as_junit
    from ..files import write_whole

    console = Console(highlight=False, soft_wrap=True)
    results: list[Result] = []
    for recipe, own in groupby(run_all(recipes or [], settings or []), key=lambda result: result.recipe):
        passed = 0
        for result in own:
            results.append(result)
            passed += not result.differences
            if result.differences:
                head, *body = explain(result).splitlines()
                console.print(Text("FAILED ", style="bold red"), Text(head), sep="")
                for line in body:
                    console.print(Text(line))
        if not quiet:
            console.print(Text(f"{recipe}: {passed} passed", style="green"))
    if junit is not None:
        write_whole(junit, as_junit(results))
    failed = sum(bool(result.differences) for result in results)
    style = "bold red" if failed else "bold green"
    console.print(Text(f"{len(results) - failed} passed, {failed} failed", style=style))
    if not results:
        raise UsageError("there is nothing to test: no case or, for a variant, no order (`prefer`)")
    if failed:
        raise typer.Exit(1)


def run_all(references: Sequence[str], settings: Sequence[str] = ()) -> Iterator[Result]:
    """Run every check of what is named; by default of the whole project, or of the shipped recipes outside one.

    For a variant (`settings`) only the orders are checked: the rewards stated are those of the file. Released recipes
    whose kinds have changed code are named on standard error.
    """
    from time import perf_counter

    from ..cases import read_cases, run
    from ..cases.report import Result
    from ..recipe.lock import changed_code

    for path, versions in targets(references):
        file = read_cases(path)
        for version in (v for v in file.versions if not versions or v in versions):
            recipe = file.recipe(version, settings)
            note = changed_code(recipe, path.resolve().parent.parent)
            if note:
                typer.secho(f"warning: {note}", err=True, fg=typer.colors.YELLOW)
            for check in file.checks([version], orders_only=bool(settings)):
                began = perf_counter()
                differences = tuple(run(file, check, recipe))
                yield Result(file, check, recipe.ref, differences, perf_counter() - began)


def targets(references: Sequence[str]) -> list[tuple[Path, tuple[int, ...]]]:
    """Cases files, each with the versions asked for (none: all)."""
    from ..recipe.discovery import folders

    if not references:
        found = sorted(folders()[0].glob("*/cases.yaml"))
        if not found:
            raise UsageError(
                f"no cases.yaml in {folders()[0]}; `rewardkit new NAME` writes a recipe with cases"
            )
        return [(path, ()) for path in found]
    wanted: dict[Path, tuple[int, ...] | None] = {}
    for reference in references:
        for path, version in _target(reference):
            known = wanted.get(path, ())
            wanted[path] = None if version is None or known is None else (*known, version)
    return [(path, versions or ()) for path, versions in wanted.items()]


def _target(reference: str) -> list[tuple[Path, int | None]]:
    from ..recipe.discovery import FILE, all_recipes, find, installed_recipes

    path = Path(reference)
    if path.is_dir() and ("/" in reference or not any(found.name == reference for found in all_recipes())):
        below = (
            [path / "cases.yaml"] if (path / "cases.yaml").is_file() else sorted(path.glob("*/cases.yaml"))
        )
        if not below:
            raise UsageError(f"{reference}: no cases.yaml in this folder or one folder below")
        return [(file, None) for file in below]
    if path.name == "cases.yaml" and path.is_file():
        return [(path, None)]
    if "@" not in reference and not reference.endswith((".yaml", ".yml")):
        known = list(installed_recipes() if ":" in reference else all_recipes())
        homes = {found.path.parent for found in known if found.called == reference}
        if not homes:
            names = {found.called for found in known}
            raise UsageError(f"no recipe is called '{reference}'; {nearest(reference, names)}")
        return [(_beside(home / "v0.yaml", reference), None) for home in sorted(homes)]
    file = find(reference)
    match = FILE.fullmatch(file.name)
    if not match:
        raise UsageError(
            f"{reference}: only files called v0.yaml, v1.yaml, ... can have cases beside them; rename it"
        )
    return [(_beside(file, reference), int(match[1]))]


def _beside(file: Path, reference: str) -> Path:
    cases = file.parent / "cases.yaml"
    if not cases.is_file():
        raise UsageError(
            f"{reference} has no cases: {cases} does not exist; write it (`rewardkit new` shows how)"
        )
    return cases
