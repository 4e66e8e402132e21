"""Fixes that are tried before they are offered.

Findings come in. For a claim that is refuted the candidates are to price the style terms of the recipe only where the
answer is right, and to bound the unbounded ones; the smallest set of assignments under which the bounds prove the claim
goes out with it. Other findings bring their own assignments. Each is tried as `--set` would assign it, and offered only
where it does what it says and brings no error or warning that was not there before. What no assignment fixes is told in
words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import combinations, islice

from ...errors import RewardkitError
from ...recipe.loading import variant
from ...recipe.recipe import Recipe
from ...types import Outcome
from ..findings import ClaimVerdict, Finding, Severity
from ..space import NO_RANGES, SLACK, Space
from .group import SIDES, largest_safe, room
from .ordering import PAIRS
from .single_terms import setting

FIXABLE = ("ordering", "ordering_none", "ordering_false_none", "group", "group_none")
MOST = 4
"""Assignments in one fix, where every set of so many can be tried."""
MANY = 12
"""Candidates above which only single ones and all together are tried."""
MOST_TRIED = 60
"""Sets that are tried from the smallest on; past them, all candidates are taken together and dropped one by one."""

TERMS_TRIED = 160
"""Terms of all variants together in which fixes that findings bring are tried."""

Fault = tuple[str, str, int]
"""The code of an error or a warning, what it is about, and which of several of that sort it is."""
Told = Callable[[Space], Sequence[Finding]]
"""The findings about a recipe beside its claims."""


class Fixes:
    """Tries assignments on one recipe.

    Args:
        space: the recipe's space.
        told: the findings about a recipe beside its claims.
        groups: group sizes for the within-group check.
    """

    def __init__(self, space: Space, told: Told, groups: Sequence[int]) -> None:
        self.space, self.told, self.groups = space, told, groups
        self.before = self._faults(space)
        self.priced = [outcome for outcome in space.outcomes if not space.may_be_absent(outcome)]

    def applied(self, findings: Sequence[Finding]) -> list[Finding]:
        """The findings, with the assignments that hold; where there are none, with what was tried."""
        found = self._own(findings)
        wanted = [f for f in found if f.code in FIXABLE and f.verdict == ClaimVerdict.REFUTED]
        if not wanted:
            return found
        fixes = self._fixing({finding.code for finding in wanted})
        told = "none found: every setting that was tried keeps this, or causes another error or warning"
        return [
            f
            if f not in wanted
            else replace(f, fix=fixes[f.code])
            if f.code in fixes
            else replace(f, advice=f.advice or told)
            for f in found
        ]

    def _own(self, findings: Sequence[Finding]) -> list[Finding]:
        """The findings, the fixes that they bring tried; of a recipe of many terms the first alone, for each takes as
        long as an audit."""
        terms = sum(1 for _ in self.space.recipe.walk())
        left = max(2, TERMS_TRIED // terms)
        found: list[Finding] = []
        for finding in findings:
            if finding.fix and not left:
                told = f"perhaps {' '.join(finding.fix)}; it was not tried, as the recipe has {terms} terms"
                finding = replace(finding, fix=(), advice=told)
            elif finding.fix:
                left -= 1
                finding = self._vetted(finding)
            found.append(finding)
        return found

    def _faults(self, space: Space) -> frozenset[Fault]:
        """Everything wrong: claims that the bounds do not prove, outcomes without a price, and the rest."""
        faults = [(code, "") for code in FIXABLE if _holds(space, code, self.groups) is False]
        faults += [("totality", str(outcome)) for outcome in space.outcomes if space.may_be_absent(outcome)]
        faults += [(f.code, f.term) for f in self.told(space) if f.severity != Severity.INFO]
        return frozenset((*fault, faults[:at].count(fault)) for at, fault in enumerate(faults))

    def _tried(self, settings: Sequence[str]) -> Space | None:
        """The space of the variant; None where the recipe refuses an assignment."""
        try:
            return Space(variant(self.space.recipe, settings), self.space.limits, self.space.outcomes)
        except RewardkitError:
            return None

    def _vetted(self, finding: Finding) -> Finding:
        """A finding without a fix that the recipe refuses, that does not do it or that would bring another fault."""
        tried = self._tried(finding.fix)
        if tried is None:
            return replace(finding, fix=())
        after = self._faults(tried)
        new = sorted(after - self.before)
        if not new:
            own = {fault for fault in self.before if fault[:2] == (finding.code, finding.term)}
            return replace(finding, fix=()) if own and own <= after else finding
        what = "hold no more" if new[0][0] in FIXABLE else "be found"
        where = ": price it where right" if new[0][0] in FIXABLE else ""
        text = f"{' '.join(finding.fix)} would fix it, and `{new[0][0]}` would {what}{where}"
        return replace(finding, fix=(), advice=text)

    def _fixing(self, broken: set[str]) -> dict[str, tuple[str, ...]]:
        """Claim to the assignments under which the bounds prove it."""
        fixes: dict[str, tuple[str, ...]] = {}
        singles = _candidates(self.space.recipe)
        largest = MOST if len(singles) <= MANY else 1
        chosen = (some for number in range(1, largest + 1) for some in combinations(singles, number))
        for settings in islice(chosen, MOST_TRIED):
            self._note(settings, broken, fixes)
            if len(fixes) == len(broken):
                return fixes
        if len(singles) > largest:
            self._note(self._reduced(singles, broken - fixes.keys()), broken, fixes)
        return fixes

    def _note(self, settings: Sequence[str], broken: set[str], fixes: dict[str, tuple[str, ...]]) -> None:
        """Keep the assignments for the claims that they fix first and without another fault."""
        for assigned in self._with_zeros(settings):
            tried = self._tried(assigned)
            if tried is None:
                continue
            fixed = [c for c in broken if c not in fixes and _holds(tried, c, self.groups)]
            if fixed and self._faults(tried) <= self.before:
                fixes |= dict.fromkeys(fixed, tuple(assigned))
                return

    def _reduced(self, singles: Sequence[str], codes: set[str]) -> Sequence[str]:
        """All candidates, less those without which what they prove together of `codes` is proven all the same; empty
        where that is nothing."""
        wanted, kept = self._proves(singles, codes), list(singles)
        for single in singles if wanted else ():
            rest = [one for one in kept if one != single]
            if rest and self._proves(rest, wanted) == wanted:
                kept = rest
        return kept if wanted else ()

    def _proves(self, settings: Sequence[str], codes: set[str]) -> set[str]:
        """Those of the claims that the bounds prove under some assignments."""
        tried = self._tried(settings)
        return set() if tried is None else {code for code in codes if _holds(tried, code, self.groups)}

    def _with_zeros(self, settings: Sequence[str]) -> Iterator[Sequence[str]]:
        """A term that is paid under a condition from now on pays 0 elsewhere where an outcome would be left without a
        price."""
        if not settings:
            return
        zeros = [f"{one.partition('.when=')[0]}.otherwise=0" for one in settings if ".when=" in one]
        tried = self._tried(settings)
        if tried is None or not any(tried.may_be_absent(outcome) for outcome in self.priced):
            yield tuple(settings)
        elif zeros:
            yield (*settings, *zeros)


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


def _holds(space: Space, code: str, groups: Sequence[int]) -> bool | None:
    """Whether the bounds alone prove a claim; None where there is nothing to claim."""
    if code.startswith("ordering"):
        _, right, others, _ = next(pair for pair in PAIRS if pair[0] == code)
        if right not in space.outcomes:
            return None
        low = space.bound_within(right, True, NO_RANGES)
        highs = [space.bound_within(o, False, NO_RANGES) for o in others if o in space.outcomes]
        paid = [high for high in highs if high is not None]
        return None if low is None or not paid else low > max(paid) + SLACK
    found = room(space, next(side for side in SIDES if side.code == code))
    return None if found is None else largest_safe(*found) >= max(groups)
