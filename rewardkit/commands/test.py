"""`rewardkit test`: run the cases beside recipes and say what is not as stated."""

# ruff: noqa: PT028 - not a pytest test, though it is called `test`

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import UsageError, nearest

if TYPE_CHECKING:
    from ..cases.report import Result


def test(
    recipes: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[RECIPE]...",
            help="name, name@version, a path to a recipe, a folder or a cases.yaml; all of them by default",
        ),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set", help="Test a variant, as in reward.too_long.above=512: its orders must still hold."
        ),
    ] = None,
    junit: Annotated[Path | None, typer.Option(help="Write the results as JUnit XML.")] = None,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Print failures and the summary alone.")
    ] = False,
) -> None:
    """Run the cases beside recipes: the rewards that completions get, and the orders that must hold.

    Exit code 0 where everything is as stated, 1 where something is not, 2 for a file that cannot be read.
    """
    from rich.console import Console
    from rich.text import Text

    from ..cases.report import explain
    from ..cases.report import junit as as_junit
    from ..files import write_whole

    console = Console(highlight=False, soft_wrap=True)
    results: list[Result] = []
    last = ""
    passed = 0
    for result in run_all(recipes or [], settings or []):
        if result.recipe != last:
            if last and not quiet:
                console.print(Text(f"{last}: {passed} passed", style="green"))
            last, passed = result.recipe, 0
        results.append(result)
        passed += not result.differences
        if result.differences:
            head, *body = explain(result).splitlines()
            console.print(Text("FAILED ", style="bold red"), Text(head), sep="")
            for line in body:
                console.print(Text(line))
    if last and not quiet:
        console.print(Text(f"{last}: {passed} passed", style="green"))
    if junit is not None:
        write_whole(junit, as_junit(results))
    failed = sum(bool(result.differences) for result in results)
    style = "bold red" if failed else "bold green"
    console.print(Text(f"{len(results) - failed} passed, {failed} failed", style=style))
    if not results:
        raise UsageError("there is nothing to test: no case and, for a variant, no order (`prefer`)")
    if failed:
        raise typer.Exit(1)


def run_all(references: Sequence[str], settings: Sequence[str] = ()) -> Iterator[Result]:
    """Run every check of what is named; of everything in the project (else the shipped recipes) by default.

    A variant (`settings`) is held to the orders alone: the rewards stated are those of the file.
    """
    from time import perf_counter

    from ..cases import read_cases, run
    from ..cases.report import Result

    for path, versions in targets(references):
        file = read_cases(path)
        for version in (v for v in file.versions if not versions or v in versions):
            recipe = file.recipe(version, settings)
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
                f"no cases.yaml in {folders()[0]}; `rewardkit new NAME` begins a recipe with cases"
            )
        return [(path, ()) for path in found]
    wanted: dict[Path, tuple[int, ...] | None] = {}
    for reference in references:
        for path, version in _target(reference):
            known = wanted.get(path, ())
            wanted[path] = None if version is None or known is None else (*known, version)
    return [(path, versions or ()) for path, versions in wanted.items()]


def _target(reference: str) -> list[tuple[Path, int | None]]:
    from ..recipe.discovery import FILE, all_recipes, find

    path = Path(reference)
    if path.is_dir() and ("/" in reference or not any(found.name == reference for found in all_recipes())):
        below = (
            [path / "cases.yaml"] if (path / "cases.yaml").is_file() else sorted(path.glob("*/cases.yaml"))
        )
        if not below:
            raise UsageError(f"{reference}: no cases.yaml there or one folder below")
        return [(file, None) for file in below]
    if path.name == "cases.yaml" and path.is_file():
        return [(path, None)]
    if "@" not in reference and not reference.endswith((".yaml", ".yml")):
        homes = {found.path.parent for found in all_recipes() if found.name == reference}
        if not homes:
            names = {found.name for found in all_recipes()}
            raise UsageError(f"no recipe is called '{reference}'; {nearest(reference, names)}")
        return [(_beside(home / "v0.yaml", reference), None) for home in sorted(homes)]
    file = find(reference)
    match = FILE.fullmatch(file.name)
    if not match:
        raise UsageError(f"{reference}: cases stand beside files called v0.yaml, v1.yaml, ...; rename it")
    return [(_beside(file, reference), int(match[1]))]


def _beside(file: Path, reference: str) -> Path:
    cases = file.parent / "cases.yaml"
    if not cases.is_file():
        raise UsageError(f"{reference} has no cases: {cases} is not there; write one (see `rewardkit new`)")
    return cases
