"""Reading cases files, and the list of checks in them.

Once a file is read, its names, versions and orders are known to be consistent.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ..config.faults import raise_faults
from ..config.source import Node, read_file
from ..errors import DataError, MissingFact, Place, RecipeError, nearest
from ..recipe.discovery import FILE, find, versions_in
from ..recipe.loading import load_recipe
from ..recipe.recipe import Recipe
from ..types import Rollout
from .model import Case, Cases, Facts, Order

CASES = "cases.yaml"


@dataclass(frozen=True)
class Check:
    """One thing to test: a case or an order at one version, and its line in the file."""

    file: Path
    line: int
    name: str
    version: int
    case: Case | None = None
    order: Order | None = None


@dataclass(frozen=True)
class CasesFile:
    """A cases file and the versions that it covers."""

    path: Path
    cases: Cases
    node: Node
    versions: tuple[int, ...]

    @property
    def shown(self) -> str:
        """The path as errors print it."""
        return self.node.place.file

    def recipe(self, version: int, settings: Sequence[str] = ()) -> Recipe:
        """The recipe of a version, or a variant of it."""
        return load_recipe(self.path.parent / f"v{version}.yaml", settings)

    def checks(self, versions: Sequence[int] = (), orders_only: bool = False) -> Iterator[Check]:
        """Every check, by version."""
        wanted = [version for version in self.versions if not versions or version in versions]
        for version in wanted:
            for at, case in enumerate(self.cases.cases if not orders_only else ()):
                if not case.versions or version in case.versions:
                    yield Check(self.path, self._line("cases", at), case.name, version, case=case)
            for at, order in enumerate(self.cases.prefer):
                if not order.versions or version in order.versions:
                    name = " > ".join(order.order)
                    yield Check(self.path, self._line("prefer", at), name, version, order=order)

    def rollouts(self, case: Case) -> list[Rollout]:
        """A case as rollouts of one group."""
        found = []
        for at, sample in enumerate(case.samples()):
            facts = {
                name: getattr(source, name)
                for source in (self.cases.defaults, case, sample)
                for name in Facts.model_fields
                if name in source.model_fields_set
            }
            facts.setdefault("gold", ())
            found.append(
                Rollout(
                    completion=sample.text, id=sample.name or case.name, group=case.name, sample=at, **facts
                )
            )
        return found

    def _line(self, section: str, at: int) -> int:
        place, _ = self.node.find([section, at])
        return place.line


def read_cases(path: Path) -> CasesFile:
    """A cases file. Raises RecipeError with line and column of the fault."""
    node = read_file(path)
    if not isinstance(node.value, dict):
        raise RecipeError("a cases file must be a mapping with `cases`", node.place)
    try:
        cases = Cases.model_validate(node.plain())
    except ValidationError as error:
        raise_faults(error, node, Cases)
        raise
    beside = versions_in(path.parent)
    _check_versions(cases, node, beside)
    _check_names(cases, node)
    return CasesFile(path, cases, node, tuple(cases.versions or beside))


def _check_versions(cases: Cases, node: Node, beside: Sequence[int]) -> None:
    """Check that every named version has a recipe beside the file."""
    have = ", ".join(map(str, beside)) or "none"
    stated: list[tuple[Any, list[str | int]]] = [(v, ["versions", at]) for at, v in enumerate(cases.versions)]
    for at, case in enumerate(cases.cases):
        stated += [(v, ["cases", at, "versions", n]) for n, v in enumerate(case.versions)]
        holders: list[tuple[Any, list[str | int]]] = [(case, ["cases", at])]
        holders += [(s, ["cases", at, "completions", n]) for n, s in enumerate(case.completions)]
        for holder, path in holders:
            for part in ("expect", "terms"):
                stated += [(v, [*path, part, v]) for v in getattr(holder, part) if v != "*"]
    for at, order in enumerate(cases.prefer):
        stated += [(v, ["prefer", at, "versions", n]) for n, v in enumerate(order.versions)]
    for version, path in stated:
        if not str(version).isdigit() or int(version) not in beside:
            place, _ = node.find(path)
            raise RecipeError(f"there is no version {version} beside this file; it has {have}", place)


def _check_names(cases: Cases, node: Node) -> None:
    """Check that names are unique and that orders refer to names that exist."""
    seen: dict[str, Place] = {}
    for at, case in enumerate(cases.cases):
        paths: list[tuple[str, list[str | int]]] = [(case.name, ["cases", at, "name"])]
        paths += [
            (sample.name, ["cases", at, "completions", n, "name"])
            for n, sample in enumerate(case.completions)
            if sample.name
        ]
        for name, path in paths:
            place, _ = node.find(path)
            if name in seen:
                raise RecipeError(
                    f"the name '{name}' is already used at line {seen[name].line}; choose another", place
                )
            seen[name] = place
    scored = {sample.name for case in cases.cases for sample in case.samples() if sample.name}
    for at, order in enumerate(cases.prefer):
        for n, name in enumerate(order.order):
            if name not in scored:
                steps: list[str | int] = ["prefer", at, "order", n]
                place, found = node.find(steps)
                if found is None:
                    place, found = node.find(["prefer", at, n])
                if found is None:
                    place, _ = node.find(["prefer", n])
                raise RecipeError(f"no completion is called '{name}'; {nearest(name, scored)}", place)


def case_rollouts(reference: str | Path, recipe: Recipe) -> list[Rollout]:
    """Rollouts of the cases for this version; none if there is no cases file beside the recipe.

    Cases that the recipe refuses to read (they test an error) are left out.
    """
    path = reference if isinstance(reference, Path) else find(reference)
    cases = path.resolve().parent / CASES
    if not FILE.fullmatch(path.name) or not cases.is_file():
        return []
    file = read_cases(cases)
    found: list[Rollout] = []
    for check in file.checks([recipe.version] if recipe.version in file.versions else []):
        if check.case is None:
            continue
        rollouts = file.rollouts(check.case)
        try:
            recipe.score(rollouts)
        except (DataError, MissingFact):
            continue
        found += rollouts
    return found
