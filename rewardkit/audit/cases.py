"""The completions of the cases beside a recipe, as rollouts: honest texts to attack and to draw on."""

from __future__ import annotations

from pathlib import Path

from ..discovery import FILE, find
from ..errors import DataError, MissingFact
from ..recipe import Recipe
from ..types import Rollout


def case_rollouts(reference: str | Path, recipe: Recipe) -> list[Rollout]:
    """Rollouts of the cases for this version; none where there is no cases file beside the recipe.

    Cases that the recipe refuses to read (they test an error) are left out.
    """
    from ..cases import read_cases

    path = reference if isinstance(reference, Path) else find(reference)
    cases = path.resolve().parent / "cases.yaml"
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
