"""Fixes that are tried before they are offered.

An error of ordering comes in; the candidates are to price the style terms of the recipe only where the
answer is right, and to bound the unbounded ones. The smallest set of assignments under which the bounds
prove the claim goes out with the finding. What no assignment fixes keeps its advice in words.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations, islice

from ...errors import RewardkitError
from ...recipe.loading import variant
from ...recipe.recipe import Recipe
from ...types import Outcome
from ..findings import ClaimVerdict, Finding
from ..space import NO_RANGES, SLACK, Space
from .group import SIDES, largest_safe, room
from .ordering import PAIRS
from .single_terms import setting

FIXABLE = ("ordering", "ordering_none", "ordering_false_none", "group", "group_none")
MOST = 4
"""Assignments in one fix."""
MOST_TRIED = 200


def with_fixes(space: Space, findings: Sequence[Finding], groups: Sequence[int]) -> list[Finding]:
    """The findings, those that are refuted with the assignments that fix them and break nothing that held."""
    wanted = [f for f in findings if f.code in FIXABLE and f.verdict == ClaimVerdict.REFUTED]
    if not wanted:
        return list(findings)
    broken = {f.code for f in wanted}
    kept = [code for code in FIXABLE if code not in broken and _holds(space, code, groups)]
    priced = [outcome for outcome in space.outcomes if not space.may_be_absent(outcome)]
    fixes: dict[str, tuple[str, ...]] = {}
    for settings, tried in _variants(space, priced):
        fixed = [c for c in broken if c not in fixes and _holds(tried, c, groups)]
        if fixed and all(_holds(tried, code, groups) for code in kept):
            fixes |= dict.fromkeys(fixed, settings)
        if len(fixes) == len(broken):
            break
    return [replace(f, fix=fixes[f.code]) if f in wanted and f.code in fixes else f for f in findings]


def vetted(space: Space, findings: Sequence[Finding], groups: Sequence[int]) -> list[Finding]:
    """The findings, without the fixes that the recipe refuses or that would break a claim that holds: those are
    told as advice."""
    held = [code for code in FIXABLE if _holds(space, code, groups)]
    return [_vetted(space, finding, held, groups) if finding.fix else finding for finding in findings]


def _vetted(space: Space, finding: Finding, held: Sequence[str], groups: Sequence[int]) -> Finding:
    try:
        tried = Space(variant(space.recipe, finding.fix), space.limits, space.outcomes)
    except RewardkitError:
        return replace(finding, fix=())
    broken = [code for code in held if not _holds(tried, code, groups)]
    if not broken:
        return finding
    text = f"{' '.join(finding.fix)} would fix it, and `{broken[0]}` would hold no more: price it where right"
    return replace(finding, fix=(), advice=text)


def _variants(space: Space, priced: Sequence[Outcome]) -> Iterator[tuple[tuple[str, ...], Space]]:
    """(assignments, space of the variant), the fewest assignments first. A term that is paid under a condition
    from now on pays 0 elsewhere where an outcome would be left without a price."""
    singles = list(_candidates(space.recipe))
    chosen = (some for number in range(1, MOST + 1) for some in combinations(singles, number))
    for settings in islice(chosen, MOST_TRIED):
        zeros = tuple(
            f"{setting.partition('.when=')[0]}.otherwise=0" for setting in settings if ".when=" in setting
        )
        for assigned in (settings, settings + zeros) if zeros else (settings,):
            try:
                tried = Space(variant(space.recipe, assigned), space.limits, space.outcomes)
            except RewardkitError:
                continue  # a term that refuses the assignment is no candidate
            if not any(tried.may_be_absent(outcome) for outcome in priced):
                yield assigned, tried
                break


def _candidates(recipe: Recipe) -> list[str]:
    right = "correct or none_correct" if recipe.answer.none else "correct"
    found: list[str] = []
    for label, term in recipe.reward.items():
        if not term.all_axes() and not term.reads_group:
            continue
        if term.bounded_by is not None and getattr(term, term.bounded_by[0]) is None:
            found.append(f"reward.{label}.{setting(*term.bounded_by)}")
        if term.when is None:
            found.append(f"reward.{label}.when={right}")
    priced = any(Outcome.CORRECT in term.priced for term in recipe.reward.values())
    if not priced and "correctness" not in recipe.reward:
        found.append("reward.correctness={correct: 1.0, wrong: 0.0, no_answer: 0.0, false_none: 0.0}")
    return found


def _holds(space: Space, code: str, groups: Sequence[int]) -> bool:
    """Whether the bounds alone prove a claim."""
    if code.startswith("ordering"):
        _, right, others, _ = next(pair for pair in PAIRS if pair[0] == code)
        low = space.bound_within(right, True, NO_RANGES)
        highs = [space.bound_within(o, False, NO_RANGES) for o in others if o in space.outcomes]
        paid = [high for high in highs if high is not None]
        return low is not None and bool(paid) and low > max(paid) + SLACK
    found = room(space, next(side for side in SIDES if side.code == code))
    return found is not None and largest_safe(*found) >= max(groups)
