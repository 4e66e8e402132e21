"""The made parts of docs/architecture.md: the picture of the floors and the table of rooms.

`python tests/docs/architecture.py` writes them between their markers, from the import contract in pyproject.toml and
from the first line of each room's docstring; a test compares the page with what this script would write now.
"""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "architecture.md"
TOP = ("evals", "trainers")
"""Rooms that stand at the top of the repository and are installed below `rewardkit`."""


def floors() -> list[list[str]]:
    """The rooms of each floor, from the top down, as the contract lists them."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    [contract] = [one for one in contracts if one.get("id") == "floors"]
    return [[room.strip() for room in re.split("[|:]", floor)] for floor in contract["layers"]]


def place(room: str) -> Path:
    """The folder or the file of a room."""
    folder = ROOT / room if room in TOP else ROOT / "rewardkit" / room
    return folder if folder.is_dir() else folder.with_suffix(".py")


def purpose(room: str) -> str:
    """The first sentence of a room's docstring."""
    path = place(room)
    said = ast.get_docstring(ast.parse(((path / "__init__.py") if path.is_dir() else path).read_text())) or ""
    first = " ".join(said.split("\n\n")[0].split())
    return re.split(r"(?<=\.) ", first)[0]


def picture() -> str:
    """A Mermaid flowchart: a box per floor, an arrow from each floor to the one below it."""
    lines = ["```mermaid", "flowchart TD"]
    for number, rooms in zip(range(len(floors()), 0, -1), floors(), strict=True):
        lines += [f'  subgraph floor{number}["floor {number}"]', "    direction LR"]
        lines += [f'    {room.strip("_")}["{room}"]' for room in rooms]
        lines.append("  end")
    lines += [f"  floor{number} --> floor{number - 1}" for number in range(len(floors()), 1, -1)]
    return "\n".join([*lines, "```"])


def table() -> str:
    """A row per room, from the ground up."""
    lines = ["| floor | room | what it is for |", "|---|---|---|"]
    for number, rooms in enumerate(reversed(floors()), start=1):
        for room in rooms:
            path = place(room).relative_to(ROOT)
            lines.append(f"| {number} | `{path}{'/' if place(room).is_dir() else ''}` | {purpose(room)} |")
    return "\n".join(lines)


def page(text: str) -> str:
    """The page with its made parts as they should be."""
    for name, made in (("floors", picture()), ("rooms", table())):
        text = re.sub(
            rf"(<!-- {name}: made -->\n).*?(<!-- /{name} -->)",
            lambda found, made=made: f"{found[1]}{made}\n{found[2]}",
            text,
            flags=re.DOTALL,
        )
    return text


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    print(PAGE)
