"""`rewardkit list`: every recipe that can be named. Reads only the heads of files."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass

import typer
from rich.cells import cell_len, set_cell_size

from ..errors import RecipeError
from .options import AsJson, print_json


@dataclass(frozen=True)
class Entry:
    """A recipe file: `state` is released, unreleased or broken; `home` is project, shipped or package."""

    name: str
    version: int
    state: str
    home: str
    about: str
    path: str


def list_recipes(as_json: AsJson = False) -> None:
    """List the recipes of the project, of installed packages and of rewardkit itself, with their versions."""
    found = list(entries())
    if as_json:
        print_json(found)
        return
    if (
        not sys.stdout.isatty()
    ):  # nothing to colour, and a third of the time that this command takes is rich's
        for line in _columns(found):
            typer.echo(line)
        return
    from rich.console import Console
    from rich.text import Text

    from ..formatting import terminal_table

    styles = {"released": "green", "broken": "bold red"}
    rows = [
        [name, Text(state, styles.get(state, "yellow")), home, about]
        for name, state, home, about in _rows(found)
    ]
    Console(highlight=False).print(terminal_table(HEADER, rows, words=range(4), whole=range(3)))


HEADER = ("recipe", "state", "home", "about")


def _rows(found: list[Entry]) -> list[tuple[str, str, str, str]]:
    return [(f"{one.name}@{one.version}", one.state, one.home, one.about) for one in found]


def _columns(found: list[Entry]) -> Iterator[str]:
    """The table as plain lines, each recipe on one, however long."""
    rows = [HEADER, *_rows(found)]
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(set_cell_size(cell, width) for cell, width in zip(row, widths, strict=True))


def entries() -> Iterator[Entry]:
    """What `list` shows, project first."""
    from ..config.source import shown
    from ..recipe.discovery import all_recipes, header, installed_recipes, shipped_folder
    from ..recipe.lock import read_lock

    shipped = shipped_folder().resolve()
    by_home = [
        ("package" if found.package else "shipped" if root == shipped else "project", root, found)
        for found in [*all_recipes(), *installed_recipes()]
        for root in [found.path.parent.parent.resolve()]
    ]
    locks = {root: read_lock(root) for _, root, _ in by_home}
    order = ("project", "package", "shipped")
    for home, root, found in sorted(by_home, key=lambda one: (order.index(one[0]), one[2])):
        state = "released" if f"{found.name}@{found.version}" in locks[root] else "unreleased"
        try:
            about, _ = header(found.path)
        except RecipeError as error:  # one broken file does not hide the others
            about, state = str(error), "broken"
        yield Entry(
            name=found.called,
            version=found.version,
            state=state,
            home=home,
            about=about,
            path=shown(found.path),
        )
