"""Running checks: what a recipe pays, compared with what its cases state."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from ..errors import RewardkitError, nearest
from ..formatting import exact
from ..recipe.recipe import Recipe
from ..types import Score
from .files import CasesFile, Check
from .model import Case, Order, Sample

TOLERANCE = 1e-9


@dataclass(frozen=True)
class Mismatch:
    """Something that is not as stated: `expected` and `got` as strings, `detail` lines that help to see why."""

    what: str
    expected: str
    got: str
    detail: tuple[str, ...] = ()


def run(file: CasesFile, check: Check, recipe: Recipe) -> list[Mismatch]:
    """Everything that is not as stated. A row that cannot be scored is a difference."""
    try:
        if check.case is not None:
            return _run_case(file, check.case, recipe)
        assert check.order is not None
        return _run_order(file, check.order, recipe)
    except RewardkitError as error:
        return [Mismatch("the case", "a score", f"{type(error).__name__}: {error}")]


def _run_case(file: CasesFile, case: Case, recipe: Recipe) -> list[Mismatch]:
    found: list[Mismatch] = []
    for sample, score in zip(case.samples(), recipe.score(file.rollouts(case)), strict=True):
        found += _differences(sample, score, recipe, case)
    return found


def _run_order(file: CasesFile, order: Order, recipe: Recipe) -> list[Mismatch]:
    totals = [(name, _total(file, name, recipe)) for name in order.order]
    found = []
    for (better, high), (worse, low) in pairwise(totals):
        if high is None or low is None or not high > low + TOLERANCE:
            what = f"'{better}' over '{worse}'"
            found.append(Mismatch(what, "more for the first", f"{exact(high)} and {exact(low)}"))
    return found


def _total(file: CasesFile, name: str, recipe: Recipe) -> float | None:
    for case in file.cases.cases:
        for at, sample in enumerate(case.samples()):
            if sample.name == name:
                return recipe.score(file.rollouts(case))[at].total
    raise AssertionError(f"'{name}' was looked for when the file was read")


def _differences(sample: Sample, score: Score, recipe: Recipe, case: Case) -> Iterator[Mismatch]:
    who = f"'{sample.name}': " if case.completions and sample.name else ""
    if sample.outcome is not None and score.outcome != sample.outcome:
        yield Mismatch(f"{who}outcome", str(sample.outcome), f"{score.outcome} (route {score.reading.route})")
    paid = score.values
    off = []
    for label, wanted in sample.wanted_terms(recipe.version).items():
        if label not in paid:
            yield Mismatch(f"{who}term {label}", exact(wanted), f"no such term; {nearest(label, paid)}")
        elif not same(paid[label], wanted):
            off.append(label)
            note = next(term.note for term in score.terms if term.label == label)
            yield Mismatch(f"{who}term {label}", exact(wanted), exact(paid[label]), (note,) if note else ())
    stated, wanted = sample.wanted(recipe.version)
    if stated and not same(score.total, wanted):
        lines = [
            f"{term.label} {exact(term.value)}{f'  ({term.note})' if term.note else ''}"
            for term in score.terms
        ]
        yield Mismatch(f"{who}total", exact(wanted), exact(score.total), tuple(lines))


def same(got: float | None, wanted: float | None) -> bool:
    """Whether two payments are the same to a billionth; None equals only None."""
    if got is None or wanted is None:
        return got is wanted
    return abs(got - wanted) <= TOLERANCE
