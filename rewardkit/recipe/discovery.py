"""Where recipes are: folders, names, versions, files, and what each is for.

Names are looked up in the project's own `recipes/` folder (the nearest one from the working directory upwards) and then
among the shipped recipes. `package:name@version` is looked up in the folder that an installed distribution names under the
entry-point group `rewardkit.recipes`. Nothing here builds a recipe, so listing them needs no kinds and no verifier.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import entry_points
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

from ..config.source import read_file
from ..errors import Place, SetupError, UsageError, nearest

WORD = r"[A-Za-z0-9][A-Za-z0-9._-]*"
REFERENCE = re.compile(rf"(?:({WORD}):)?({WORD})@(\d+)")
FILE = re.compile(r"v(\d+)\.yaml")
GROUP = "rewardkit.recipes"
"""The entry-point group: a name that references use, and the Python package whose folder holds the recipes."""


@dataclass(frozen=True, order=True)
class Found:
    """A recipe file: its name and version as the path has them, and the package that it is installed with."""

    name: str
    version: int
    path: Path
    package: str = ""

    @property
    def ref(self) -> str:
        """`name@version`, or `package:name@version`."""
        return f"{self.called}@{self.version}"

    @property
    def called(self) -> str:
        """The name that a reference uses: `name`, or `package:name`."""
        return f"{self.package}:{self.name}" if self.package else self.name


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
    """Where names without a package are looked up, in order."""
    project, shipped = project_folder(), shipped_folder()
    if project is None:
        return [shipped]
    return [project] if project.resolve() == shipped.resolve() else [project, shipped]


def packages() -> list[str]:
    """Names of the installed packages that bring recipes."""
    return sorted({point.name for point in entry_points(group=GROUP)})


def package_folder(package: str) -> Path:
    """The folder of an installed package's recipes, found without importing the package itself.

    Raises:
        UsageError: no installed package has that name.
        SetupError: its entry point is not a package.
    """
    points = list(entry_points(group=GROUP, name=package))
    if not points:
        known = f"; {nearest(package, packages())}" if packages() else ""
        raise UsageError(
            f"no installed package brings recipes under the name '{package}'{known} (a package names them in the "
            f"entry-point group {GROUP})"
        )
    value = points[0].value
    try:
        spec = find_spec(value)
    except ImportError:
        spec = None
    if spec is None or not spec.submodule_search_locations:
        raise SetupError(f"the entry point {package} = {value} in '{GROUP}' is not a package; reinstall it")
    return Path(next(iter(spec.submodule_search_locations)))


def all_recipes(roots: Sequence[Path] | None = None) -> Iterator[Found]:
    """Every recipe file in the folders; a project's recipe hides the shipped one of the same name and version."""
    seen: set[tuple[str, int]] = set()
    for root in roots or folders():
        for found in _below(root):
            if (found.name, found.version) not in seen:
                seen.add((found.name, found.version))
                yield found


def installed_recipes() -> Iterator[Found]:
    """Every recipe file that an installed package brings."""
    for package in packages():
        yield from _below(package_folder(package), package)


def _below(root: Path, package: str = "") -> Iterator[Found]:
    for path in sorted(root.glob("*/v*.yaml")):
        match = FILE.fullmatch(path.name)
        if match:
            yield Found(path.parent.name, int(match[1]), path, package)


def versions_in(folder: Path) -> list[int]:
    """The versions of the recipe in a folder, in order."""
    return sorted(int(match[1]) for path in folder.glob("v*.yaml") if (match := FILE.fullmatch(path.name)))


def find(reference: str, roots: Sequence[Path] | None = None) -> Path:
    """The file of `name@version`, of `package:name@version`, or of a path. Raises UsageError that names what exists."""
    match = REFERENCE.fullmatch(reference)
    if reference.endswith((".yaml", ".yml")) or "/" in reference or "\\" in reference:
        return _file(reference)
    package = reference.partition(":")[0] if ":" in reference else ""
    available = list(_below(package_folder(package), package) if package else all_recipes(roots))
    names = sorted({found.called for found in available})
    if not match:
        versions = [found.ref for found in sorted(available) if found.called == reference.partition("@")[0]]
        if versions:
            what = "does not name a version" if "@" in reference else "needs a version"
            raise UsageError(f"'{reference}' {what}: {', '.join(versions)}")
        what = "a file, but not a recipe" if Path(reference).is_file() else "neither a file nor name@version"
        raise UsageError(f"'{reference}' is {what}; {nearest(reference.split('@')[0], names)}")
    name, version = reference.rpartition("@")[0], int(match[3])
    for found in available:
        if (found.called, found.version) == (name, version):
            return found.path
    versions = [str(found.version) for found in sorted(available) if found.called == name]
    if versions:
        raise UsageError(f"{name} has no version {version}; it has {', '.join(versions)}")
    raise UsageError(f"no recipe is called '{name}'; {nearest(name, names)}")


def _file(reference: str) -> Path:
    path = Path(reference)
    if path.is_dir():
        within = versions_in(path)
        example = path / f"v{max(within)}.yaml" if within else "FOLDER/v0.yaml"
        raise UsageError(f"{reference} is a folder; name a version in it, as in {example}")
    if not path.is_file():
        raise UsageError(f"{reference}: no such file; a recipe is a path or name@version (rewardkit list)")
    return path


def header(path: Path) -> tuple[str, Place]:
    """The `about` of a recipe file, read without resolving it (for `rewardkit list`)."""
    node = read_file(path, quick=True)
    about = node.get("about")
    return (str(about.value) if about is not None else "", node.place)
