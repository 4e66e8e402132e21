"""Which claims of `check` a change of the recipe makes or breaks."""

from __future__ import annotations

from dataclasses import dataclass

from ...recipe.recipe import Recipe
from ..findings import Audit
from ..proof.check import check

ABSENT = "not made"


@dataclass(frozen=True, slots=True)
class ClaimChange:
    """A claim whose verdict is another for the later recipe. `sentence` is what is said of it there."""

    code: str
    before: str
    after: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.code}: {self.before} -> {self.after}"


def claim_changes(before: Recipe, after: Recipe) -> tuple[ClaimChange, ...]:
    """The claims about either recipe whose verdicts differ, in the order of the later one's findings."""
    one, two = (check(recipe, fixes=False) for recipe in (before, after))
    codes = dict.fromkeys(found.code for audit in (two, one) for found in audit.findings if found.verdict)
    changes = [
        ClaimChange(code, _verdict(one, code), _verdict(two, code), _sentence(two, code)) for code in codes
    ]
    return tuple(change for change in changes if change.before != change.after)


def _verdict(audit: Audit, code: str) -> str:
    return str(audit.verdict(code) or ABSENT)


def _sentence(audit: Audit, code: str) -> str:
    """What an audit says with its worst verdict on a claim; "" where it makes none."""
    worst = audit.verdict(code)
    return next((found.sentence for found in audit.of(code) if found.verdict == worst), "")
