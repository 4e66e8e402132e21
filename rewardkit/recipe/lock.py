"""The lock: what every released version must stay.

`recipes.lock` stands beside the recipes, a line a released version: `name@version digest`. A released
reward does not change, since somebody has a model that was trained with it: where the digest of a
locked version is another one now, loading it fails and says what to do.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from ..config.source import shown
from ..errors import LockError, Place, RecipeError, UsageError
from ..files import write_whole
from .discovery import FILE

if TYPE_CHECKING:
    from .recipe import Recipe

LOCK = "recipes.lock"
LINE = re.compile(r"(\S+@\d+)\s+([0-9a-f]{16})")
HEADER = (
    "# Released recipes: what was released stays as it is. Written by `rewardkit lock --release NAME@V`.\n"
)


def read_lock(folder: Path) -> dict[str, str]:
    """Reference to digest, for every version released in a recipes folder; empty without a lock."""
    path = folder / LOCK
    if not path.is_file():
        return {}
    released: dict[str, str] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        text = line.split("#")[0].strip()
        if not text:
            continue
        match = LINE.fullmatch(text)
        if not match:
            raise RecipeError(
                "a line is `name@version digest`; restore the file from version control",
                Place(shown(path), number, 1),
            )
        released[match[1]] = match[2]
    return released


def check_lock(recipe: Recipe, folder: Path, path: Path) -> None:
    """Raise LockError if the recipe is released and its digest is not the released one."""
    locked = read_lock(folder).get(recipe.ref)
    if locked is not None and locked != recipe.digest:
        taken = [int(m[1]) for file in path.parent.glob("v*.yaml") if (m := FILE.fullmatch(file.name))]
        free = max([recipe.version, *taken]) + 1
        raise LockError(
            f"{recipe.ref} is released with digest {locked} and now has {recipe.digest}; a released reward does "
            f"not change: restore this file (or its parent, or the rewardkit it was released with), and copy your "
            f"change to v{free}.yaml with `version: {free}`",
            Place(shown(path), 1, 1),
        )


def release(recipe: Recipe, folder: Path) -> bool:
    """Add a recipe to the lock. Returns False if it is there already; the file is written whole or not at all."""
    if recipe.settings:
        raise UsageError(f"{recipe.ref} is a variant; write it as a version of its own before releasing it")
    released = read_lock(folder)
    if recipe.ref in released:
        return False
    released[recipe.ref] = recipe.digest
    lines = [
        f"{ref} {digest}\n" for ref, digest in sorted(released.items(), key=lambda item: _order(item[0]))
    ]
    write_whole(folder / LOCK, HEADER + "".join(lines))
    return True


def _order(ref: str) -> tuple[str, int]:
    name, _, version = ref.rpartition("@")
    return name, int(version)
