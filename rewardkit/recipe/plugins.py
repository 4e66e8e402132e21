"""A project's own kinds.

Modules named in the project's pyproject.toml are imported once, before a recipe is loaded; the kinds that they
register are then like any other:

    [tool.rewardkit]
    plugins = ["my_project.rewards"]

Only this file names Python modules. A recipe does not, so loading a stranger's recipe runs none of their code.
"""

from __future__ import annotations

import sys
import tomllib
import traceback
from importlib import import_module
from pathlib import Path

from ..errors import Place, RecipeError

_loaded: set[Path] = set()


def project_file(start: Path | None = None) -> Path | None:
    """The nearest pyproject.toml from the working directory upwards."""
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if (folder / "pyproject.toml").is_file():
            return folder / "pyproject.toml"
    return None


def load_plugins(start: Path | None = None) -> list[str]:
    """Import the project's plugin modules, once per project. Returns their names."""
    path = project_file(start)
    if path is None:
        return []
    try:
        settings = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise RecipeError(f"not TOML: {error}", Place(str(path))) from None
    names = settings.get("tool", {}).get("rewardkit", {}).get("plugins", [])
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise RecipeError(
            '[tool.rewardkit] plugins must be a list of module names, as in ["my_rewards"]', Place(str(path))
        )
    if path in _loaded:
        return names
    _loaded.add(path)
    root = str(path.parent)
    if names and root not in sys.path:
        sys.path.insert(0, root)
    for name in names:
        try:
            import_module(name)
        except Exception as error:
            _loaded.discard(path)
            fault = f"[tool.rewardkit] plugins: cannot import '{name}': {type(error).__name__}: {error}"
            raise RecipeError(fault, _where(error, path)) from error
    return names


def kinds_elsewhere(recipe: Path) -> str:
    """For a recipe outside the working directory's project, a line on where its kinds are named; else ""."""
    here, there = project_file(), project_file(recipe.parent)
    if there == here and (here is not None or recipe.resolve().is_relative_to(Path.cwd().resolve())):
        return ""
    named = f"{there} names" if there is not None else "the pyproject.toml of its project names"
    folder = there.parent if there is not None else "that project's folder"
    return (
        f"\n{recipe} lies outside the project of the working directory: {named} its kinds ([tool.rewardkit] plugins), "
        f"and they are imported only for commands run in {folder}; run it there, or install its kinds as a package"
    )


def _where(error: BaseException, path: Path) -> Place:
    """The line of the project's own code at which a plugin failed, else its pyproject.toml."""
    if isinstance(error, SyntaxError) and error.filename:
        return Place(error.filename, error.lineno or 0, error.offset or 0)
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if Path(frame.filename).is_relative_to(path.parent)]
    return Place(own[-1].filename, own[-1].lineno or 0, 1) if own else Place(str(path))
