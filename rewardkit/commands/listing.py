"""`rewardkit list`: the recipes there are. Reads the heads of files and builds nothing."""

from __future__ import annotations

import json as json_module
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Annotated

import typer

from ..errors import RecipeError


@dataclass(frozen=True)
class Entry:
    """A recipe file: `state` is released, unreleased or broken, `home` the project or shipped."""

    name: str
    version: int
    state: str
    home: str
    about: str
    path: str


def list_recipes(
    json: Annotated[bool, typer.Option("--json", help="Print JSON, an object a version.")] = False,
) -> None:
    """The recipes of the project and those that come with rewardkit, with their versions."""
    found = list(entries())
    if json:
        typer.echo(json_module.dumps([asdict(entry) for entry in found], ensure_ascii=False, indent=2))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("recipe", no_wrap=True)
    table.add_column("state", no_wrap=True)
    table.add_column("home", no_wrap=True)
    table.add_column("about")
    for entry in found:
        style = {"released": "green", "broken": "bold red"}.get(entry.state, "yellow")
        table.add_row(
            Text(f"{entry.name}@{entry.version}"),
            Text(entry.state, style=style),
            entry.home,
            Text(entry.about),
        )
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = max(console.width, 200)  # a pipe has no width: keep a recipe on a line
    console.print(table)


def entries() -> Iterator[Entry]:
    """What `list` shows, project first."""
    from ..config.source import shown
    from ..recipe.discovery import all_recipes, folders, header, shipped_folder
    from ..recipe.lock import read_lock

    locks = {root.resolve(): read_lock(root) for root in folders()}
    shipped = shipped_folder().resolve()
    by_home = [(found.path.parent.parent.resolve(), found) for found in all_recipes()]
    for root, found in sorted(by_home, key=lambda pair: (pair[0] == shipped, pair[1])):
        state = "released" if found.ref in locks.get(root, {}) else "unreleased"
        try:
            about, _ = header(found.path)
        except RecipeError as error:  # one broken file does not hide the others
            about, state = str(error), "broken"
        yield Entry(
            name=found.name,
            version=found.version,
            state=state,
            home="shipped" if root == shipped else "project",
            about=about,
            path=shown(found.path),
        )
