"""The lock, which keeps released versions as they were released.

`recipes.lock` lies beside the recipes, one line per released version: `name@version digest`, then `kind=hash` for each
kind that was made from a function. A released reward does not change, since somebody has a model that was trained with
it: if the digest of a locked version differs, loading it fails and says what to do. Where a built-in verifier's revision
is all that differs, nobody here changed the recipe: it loads with a warning that names the list of changes. The hashes are
of the functions' source and not part of the digest: a changed comment changes them too, so a difference is reported,
not refused.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ..config.source import shown
from ..errors import LockError, Place, RecipeError, UsageError
from ..files import write_whole
from .discovery import versions_in

if TYPE_CHECKING:
    from .recipe import Recipe

LOCK = "recipes.lock"
LINE = re.compile(r"(\S+@\d+)\s+([0-9a-f]{16})((?:\s+\S+=[0-9a-f]{16})*)")
HEADER = (
    "# Released recipes: what was released stays as it is. Written by `rewardkit lock --release NAME@V`.\n"
)


@dataclass(frozen=True)
class Released:
    """A line of the lock: the digest, and for each kind the hash of its function's source."""

    digest: str
    code: Mapping[str, str] = field(default_factory=dict)

    def line(self, ref: str) -> str:
        """The line as the file has it."""
        return " ".join([ref, self.digest, *(f"{kind}={code}" for kind, code in sorted(self.code.items()))])


def read_lock(folder: Path) -> dict[str, Released]:
    """`name@version` to what was released, for every version in a recipes folder; empty without a lock."""
    path = folder / LOCK
    if not path.is_file():
        return {}
    released: dict[str, Released] = {}
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
        code = dict(pair.rsplit("=", 1) for pair in match[3].split())
        released[match[1]] = Released(match[2], code)
    return released


def check_lock(recipe: Recipe, folder: Path, path: Path) -> None:
    """Raise LockError if the recipe is released and its digest is not the released one; warn of a newer verifier."""
    locked = read_lock(folder).get(recipe.ref)
    newer = newer_verifier(recipe, folder)
    if newer:
        warnings.warn(newer, stacklevel=3)
    elif locked is not None and locked.digest != recipe.digest:
        free = max([recipe.version, *versions_in(path.parent)]) + 1
        raise LockError(
            f"{recipe.ref} is released with digest {locked.digest} and now has {recipe.digest}; a released reward does "
            f"not change: restore this file (or its parent, or the rewardkit it was released with), and copy your "
            f"change to v{free}.yaml with `version: {free}`",
            Place(shown(path), 1, 1),
        )


def newer_verifier(recipe: Recipe, folder: Path) -> str:
    """A sentence on a released recipe whose built-in verifier alone is at another revision; "" where it is not so."""
    locked, verifier = read_lock(folder).get(recipe.ref), recipe.answer.verify
    if locked is None or locked.digest == recipe.digest or not verifier.changes:
        return ""
    before = [one for one in range(1, verifier.revision) if recipe.digest_at(one) == locked.digest]
    if not before:
        return ""
    return (
        f"{recipe.ref} was released with revision {before[0]} of the verifier '{verifier.kind}', which is at {verifier.revision} "
        f"now: some verdicts differ, see {verifier.changes}; `rewardkit lock --release {recipe.ref}` takes them"
    )


def changed_code(recipe: Recipe, folder: Path) -> str:
    """A sentence on the kinds of a released recipe whose source has changed, with the remedy; "" if none has."""
    locked, now = read_lock(folder).get(recipe.ref), code_of(recipe)
    if locked is None:
        return ""
    changed = [f"'{kind}'" for kind, code in sorted(locked.code.items()) if now.get(kind, code) != code]
    if not changed:
        return ""
    return (
        f"{recipe.ref}: the code of {', '.join(changed)} is not what was released. If it pays differently now, restore it, "
        f"or raise its `revision` and write a new version of the recipe; if it pays the same, "
        f"`rewardkit lock --release {recipe.ref}` records the new code"
    )


def code_of(recipe: Recipe) -> dict[str, str]:
    """Kind to hash of its source, for the terms of a recipe that were made from functions."""
    return {term.kind: term.code for _, term in recipe.walk() if term.code is not None}


def release(recipe: Recipe, folder: Path) -> bool:
    """Add a recipe to the lock, or record the code of its kinds. Returns False if the lock already has it.

    The file is written whole or not at all.
    """
    if recipe.settings:
        raise UsageError(f"{recipe.ref} is a variant; write it as a version of its own before releasing it")
    released = read_lock(folder)
    now = Released(recipe.digest, code_of(recipe))
    if released.get(recipe.ref) == now:
        return False
    released[recipe.ref] = now
    lines = [f"{one.line(ref)}\n" for ref, one in sorted(released.items(), key=lambda item: _order(item[0]))]
    write_whole(folder / LOCK, HEADER + "".join(lines))
    return True


def _order(ref: str) -> tuple[str, int]:
    name, _, version = ref.rpartition("@")
    return name, int(version)
