"""A pytest plugin: every `cases.yaml` beside recipes is collected, one test per case and version.

Registered under the entry-point group `pytest11`, so that `pytest recipes/` is enough. Recipes are loaded only once
such a file is found.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .cases import CasesFile, Check
    from .recipe.recipe import Recipe


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Take files called cases.yaml that lie beside a recipe."""
    if file_path.name == "cases.yaml" and any(file_path.parent.glob("v*.yaml")):
        return RecipeCases.from_parent(parent, path=file_path)
    return None


class Unreadable(Exception):
    """A cases file or a recipe is wrong; printed without a traceback."""


class RecipeCases(pytest.File):
    """A cases file."""

    def collect(self) -> Iterable[pytest.Item]:
        """One item per case and version, and one per order and version."""
        from .cases import read_cases
        from .errors import RewardkitError

        try:
            file = read_cases(self.path)
            for version in file.versions:
                recipe = file.recipe(version)
                for check in file.checks([version]):
                    name = f"v{version}[{check.name}]"
                    yield CaseItem.from_parent(self, name=name, file=file, check=check, recipe=recipe)
        except RewardkitError as error:
            raise Unreadable(str(error)) from error

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Only the fault, without a traceback, if the file is wrong."""
        if isinstance(excinfo.value, Unreadable):
            return str(excinfo.value)
        return super().repr_failure(excinfo)


class Failed(Exception):
    """A check failed; the message says what is not as stated."""


class CaseItem(pytest.Item):
    """One check of one version."""

    def __init__(self, *, file: CasesFile, check: Check, recipe: Recipe, **more: Any) -> None:
        super().__init__(**more)
        self.file, self.check, self.recipe = file, check, recipe

    def runtest(self) -> None:
        """Score the completions and compare."""
        from .cases import run
        from .cases.report import Result, explain

        differences = run(self.file, self.check, self.recipe)
        if differences:
            raise Failed(explain(Result(self.file, self.check, self.recipe.ref, tuple(differences), 0.0)))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """What was expected, and what was paid."""
        if isinstance(excinfo.value, Failed):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """The line of the case."""
        return self.path, self.check.line - 1, f"{self.recipe.ref} {self.check.name}"
