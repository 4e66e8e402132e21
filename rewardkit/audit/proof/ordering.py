"""Totality and ordering: has everything a price, and can anything wrong be paid more than what is right.

Both are claims over the recipe's whole space. By interval arithmetic they are proven; where the bounds
do not settle it, a refutation is looked for and scored; where none is found either, the verdict is
`unknown` and the sentence says what the bounds allow.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ...formatting import num
from ...terms.cells import Cell, Range
from ...types import Outcome, Score
from ..findings import ClaimVerdict, Finding, Severity, spoken, witnessed
from ..space import Space
from ..witness.search import SLACK, Search
from .equal_style import at_equal_style

PAIRS: tuple[tuple[str, Outcome, tuple[Outcome, ...], str], ...] = (
    ("ordering", Outcome.CORRECT, (Outcome.WRONG, Outcome.NO_ANSWER), "a right answer"),
    ("ordering_none", Outcome.NONE_CORRECT, (Outcome.NONE_MISSED, Outcome.NONE_NO_ANSWER), "a rightful None"),
    ("ordering_false_none", Outcome.CORRECT, (Outcome.FALSE_NONE,), "a right answer"),
)
"""Code, what must be paid more, than what, and the first in words."""

MOST_PARTS = 5
"""Payments that a sentence names."""
RIVALS = {
    "ordering": "a wrong one or none",
    "ordering_none": "an answer to an unanswerable problem, or silence,",
    "ordering_false_none": "a false None",
}


def totality(space: Space, search: Search) -> list[Finding]:
    """Every outcome x truncation cell has a price, or is None on purpose."""
    found: list[Finding] = []
    for outcome in space.outcomes:
        holes = [t for t in space.truncations() if space.may_be_absent(outcome, (t,))]
        if not holes:
            continue
        purpose = _on_purpose(space, outcome)
        where = "" if len(holes) == 2 else " when truncated" if holes[0] else " unless truncated"
        if purpose:
            found.append(
                Finding(
                    code="left_out",
                    severity=Severity.INFO,
                    sentence=f"{outcome}{where} can be paid nothing at all, as {purpose} says: such rollouts leave "
                    "their group's baseline.",
                    term=purpose,
                )
            )
            continue
        found.append(_hole(space, search, outcome, holes[0], where))
    if not any(f.code == "totality" for f in found):
        number = len(space.outcomes) * 2
        found.append(
            Finding(
                code="totality",
                severity=Severity.INFO,
                verdict=ClaimVerdict.PROVEN,
                sentence=f"Each of the {number} cells of outcome x truncation has a price"
                + (" or is left out on purpose." if found else "."),
                facts={"cells": number},
            )
        )
    return found


def _hole(space: Space, search: Search, outcome: Outcome, truncated: bool, where: str) -> Finding:
    """A cell where every term may stay away: refuted where a completion is really paid nothing."""
    ranges: dict[str, Range] = {}
    for component in space.components:
        ranges |= next(found for found, pays in component.every(outcome, truncated) if pays.absent)
    whole = {axis.name: ranges.get(axis.name, Range(axis.lo, axis.hi)) for axis in space.axes}
    rollout = search.write(Cell(outcome, truncated, whole))
    scores = search.score([rollout]) if rollout is not None else []
    facts = {"outcome": str(outcome), "truncated": truncated}
    if scores and scores[0].total is None:
        return Finding(
            code="totality",
            severity=Severity.ERROR,
            verdict=ClaimVerdict.REFUTED,
            sentence=f"{outcome}{where} has no price: no term applies, the total is None, and the rollout drops out of "
            "its group without anybody having said so.",
            witness=witnessed(scores),
            advice=f"give {outcome} a price, or write it as null to leave it out on purpose",
            facts=facts,
        )
    return Finding(
        code="totality",
        severity=Severity.WARNING,
        verdict=ClaimVerdict.UNKNOWN,
        sentence=f"By their bounds, all terms may stay away where the outcome is {outcome}{where}; no completion was "
        "found that is paid nothing.",
        advice="add a term that always pays, such as {kind: constant, value: 0}",
        facts=facts,
    )


def _on_purpose(space: Space, outcome: Outcome) -> str:
    """The path of a term that prices this outcome as null, "" if none does."""
    for path, term in space.recipe.walk():
        table = term.prices()
        if outcome in table and table[outcome] is None:
            return f"reward.{path}"
    return ""


def ordering(space: Space, search: Search) -> list[Finding]:
    """The margin between what is right and what is not, for each of the three pairs that are feasible."""
    found: list[Finding] = []
    for code, right, others, _ in PAIRS:
        rivals = tuple(other for other in others if other in space.outcomes)
        if right in space.outcomes and rivals:
            finding = _one(space, search, code, right, rivals)
            if finding is not None:
                found.append(finding)
    return found


def margin(space: Space, right: Outcome, rivals: Iterable[Outcome]) -> tuple[float, float] | None:
    """(least that `right` can be paid, most that a rival can); None where either is never paid."""
    low = space.lowest(right)
    highs = [spot.pays.hi for spot in map(space.highest, rivals) if spot is not None]
    return (low.pays.lo, max(highs)) if low is not None and highs else None


def _one(
    space: Space, search: Search, code: str, right: Outcome, rivals: tuple[Outcome, ...]
) -> Finding | None:
    limits = margin(space, right, rivals)
    if limits is None:
        return None
    low, high = limits
    gaps = [at_equal_style(space, right, rival) for rival in rivals]
    equal = None if None in gaps else min(gap for gap in gaps if gap is not None)
    facts = {
        "least_right": low,
        "most_rival": high,
        "margin": low - high,
        "margin_at_equal_style": equal,
        "rivals": [str(rival) for rival in rivals],
    }
    words = next(text for pair, _, _, text in PAIRS if pair == code)
    head = f"{words[0].upper()}{words[1:]}"
    style = "" if equal is None or abs(equal - (low - high)) <= SLACK else f"; at equal style {num(equal)}"
    if low > high + SLACK:
        return Finding(
            code=code,
            severity=Severity.INFO,
            verdict=ClaimVerdict.PROVEN,
            sentence=f"{head} earns at least {num(low)}, {RIVALS[code]} at most {num(high)}: margin "
            f"{num(low - high)}{style}.",
            facts=facts,
        )
    ties = low >= high - SLACK
    scores = search.inversion(right, rivals, ties=ties)
    if scores is None:
        return Finding(
            code=code,
            severity=Severity.WARNING,
            verdict=ClaimVerdict.UNKNOWN,
            sentence=f"Not decided: the arithmetic permits {words} to earn {num(low)} and {RIVALS[code]} to earn "
            f"{num(high)}, but {search.why(_extremes(space, right, rivals))}.",
            advice="add a case whose completion lies there, or narrow the ranges",
            facts=facts,
        )
    if ties:
        one, two = (spoken(score.outcome) for score in scores)
        sentence = f"A tie: this {one} and this {two} both earn {num(scores[0].total)}."
    else:
        sentence = _inverted(scores, low)
        facts |= {"witness_totals": [score.total for score in scores]}
    return Finding(
        code=code,
        severity=Severity.WARNING if ties else Severity.ERROR,
        verdict=ClaimVerdict.REFUTED,
        sentence=sentence,
        witness=witnessed(scores, note=describe(scores)),
        facts=facts,
    )


def _extremes(space: Space, right: Outcome, rivals: Iterable[Outcome]) -> list[Cell]:
    """The cells whose bounds allow the claim to fail."""
    highs = [spot for spot in map(space.highest, rivals) if spot is not None]
    spots = [space.lowest(right), max(highs, key=lambda spot: spot.pays.hi, default=None)]
    return [spot.cell for spot in spots if spot is not None]


def _inverted(scores: Sequence[Score], low: float) -> str:
    right, rival = scores[:2]
    x, y = apart(right.total, rival.total)
    bound = "" if low > float("-inf") else "; nothing bounds how far such an answer can fall"
    return (
        f"This {spoken(right.outcome)} earns {x}{made_of(right)}, less than this {spoken(rival.outcome)}, which earns "
        f"{y}{made_of(rival)}{bound}."
    )


def made_of(score: Score) -> str:
    """The payments that a total is made of, as in ` (correctness 1, too_long -0.2)`: the largest, where there are many."""
    paid = [(term.label, term.value) for term in score.terms if term.value not in (None, 0.0)]
    if not paid:
        return ""
    if len(paid) > MOST_PARTS:
        paid.sort(key=lambda part: -abs(part[1] or 0.0))
        rest = paid[MOST_PARTS - 1 :]
        paid = [*paid[: MOST_PARTS - 1], (f"{len(rest)} more", sum(value or 0.0 for _, value in rest))]
    return f" ({', '.join(f'{label} {num(value)}' for label, value in paid)})"


def apart(a: float | None, b: float | None) -> tuple[str, str]:
    """Two different numbers with as many digits as it takes to tell them apart.

    >>> apart(1.4999988, 1.5)
    ('1.499999', '1.5')
    """
    digits = 3
    while num(a, digits) == num(b, digits) and digits < 12 and a != b:
        digits += 3
    return num(a, digits), num(b, digits)


def describe(scores: list[Score]) -> str:
    """Totals and outcomes of a witness in one line."""
    return ", ".join(f"{score.outcome} {num(score.total)}" for score in scores)
