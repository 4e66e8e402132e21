"""Where recipes are: folders, names, versions, files, and the line that says what each is for.

A reference or nothing comes in; files go out, unread but for `about`. Names are looked up in the
project's own `recipes/` folder (the nearest one from the working directory upwards) and then among
the shipped recipes. Nothing here builds a recipe, so that listing them needs no kinds and no
verifier.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from ..config.source import read_file
from ..errors import Place, UsageError, nearest

REFERENCE = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)@(\d+)")
FILE = re.compile(r"v(\d+)\.yaml")


@dataclass(frozen=True, order=True)
class Found:
    """A recipe file: its name and version as the path has them."""

    name: str
    version: int
    path: Path

    @property
    def ref(self) -> str:
        """`name@version`"""
        return f"{self.name}@{self.version}"


def shipped_folder() -> Path:
    """The recipes that come with rewardkit."""
    return Path(str(files("rewardkit.recipes")))


def project_folder(start: Path | None = None) -> Path | None:
    """The nearest `recipes/` folder from `start` upwards that holds a recipe, if there is one."""
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        candidate = folder / "recipes"
        if candidate.is_dir() and any(candidate.glob("*/v*.yaml")):
            return candidate
        if (folder / "pyproject.toml").is_file():
            break
    return None


def folders() -> list[Path]:
    """Where names are looked up, in order."""
    project, shipped = project_folder(), shipped_folder()
    if project is None:
        return [shipped]
    return [project] if project.resolve() == shipped.resolve() else [project, shipped]


def all_recipes(roots: Sequence[Path] | None = None) -> Iterator[Found]:
    """Every recipe file in the folders; a name of the project hides the shipped one of that version."""
    seen: set[tuple[str, int]] = set()
    for root in roots or folders():
        for path in sorted(root.glob("*/v*.yaml")):
            match = FILE.fullmatch(path.name)
            if match and (path.parent.name, int(match[1])) not in seen:
                seen.add((path.parent.name, int(match[1])))
                yield Found(path.parent.name, int(match[1]), path)


def find(reference: str, roots: Sequence[Path] | None = None) -> Path:
    """The file of `name@version`, or of a path. Raises UsageError naming what there is."""
    if reference.endswith((".yaml", ".yml")) or "/" in reference or "\\" in reference:
        path = Path(reference)
        if path.is_dir():
            within = [int(match[1]) for file in path.glob("v*.yaml") if (match := FILE.fullmatch(file.name))]
            example = path / f"v{max(within)}.yaml" if within else "FOLDER/v0.yaml"
            raise UsageError(f"{reference}: a folder; name a version in it, as in {example}")
        if not path.is_file():
            raise UsageError(
                f"{reference}: no such file; a recipe is a path or name@version (rewardkit list)"
            )
        return path
    match = REFERENCE.fullmatch(reference)
    available = sorted(all_recipes(roots), key=lambda found: (found.name, found.version))
    names = sorted({found.name for found in available})
    if not match:
        versions = [found.ref for found in available if found.name == reference]
        if versions:
            raise UsageError(f"'{reference}' needs a version: {', '.join(versions)}")
        what = "a file, but no recipe" if Path(reference).is_file() else "neither a file nor name@version"
        raise UsageError(f"'{reference}' is {what}; {nearest(reference.split('@')[0], names)}")
    name, version = match[1], int(match[2])
    for found in available:
        if (found.name, found.version) == (name, version):
            return found.path
    versions = [str(found.version) for found in available if found.name == name]
    if versions:
        raise UsageError(f"{name} has no version {version}; it has {', '.join(versions)}")
    raise UsageError(f"no recipe is called '{name}'; {nearest(name, names)}")


def header(path: Path) -> tuple[str, Place]:
    """The `about` of a recipe file, read without resolving it (for `rewardkit list`)."""
    node = read_file(path)
    about = node.get("about")
    return (str(about.value) if about is not None else "", node.place)
