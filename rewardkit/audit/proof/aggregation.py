"""What `normalize_then_sum` would do to an order that the sum keeps.

GDPO z-scores every reward function within the group before adding them up, so that a rare format point
weighs as much as a rare right answer, whatever their prices. Small groups of completions that the
recipe really scored come in; the group whose right answer falls behind a wrong one goes out.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...formatting import num
from ...types import Score
from ..findings import Finding, Severity, witnessed
from ..rollouts.grpo import EPSILON, advantages, deviation, mean
from ..witness.search import Search
from ..witness.writing import ProblemKey, problem_of

SIZE = 8
MOST_KINDS = 8


def aggregation(search: Search, size: int = SIZE) -> list[Finding]:
    """A group in which normalising first turns right and wrong around, if one is found."""
    if len(search.recipe.reward) < 2 or search.recipe.reads_groups:
        return []
    flips = [_flip(own["correct"][:MOST_KINDS], own["wrong"][:MOST_KINDS], size) for own in _kinds(search)]
    found = [flip for flip in flips if flip is not None]
    if not found:
        return []
    group, gap = max(found, key=lambda flip: flip[1])
    rescored = search.score([s.reading.rollout for s in group])
    matrix = np.array([[_values(s) for s in rescored]])
    plain = advantages(matrix)[0]
    turned = advantages(matrix, aggregation="normalize_then_sum")[0]
    if not (plain[0] > plain[-1] and turned[0] < turned[-1]):
        return []
    number = sum(1 for s in rescored if s.outcome == "correct")
    return [
        Finding(
            code="aggregation",
            severity=Severity.INFO,
            sentence=f"With TRL's normalize_then_sum this wrong answer ({num(rescored[-1].total)}) beats this right one "
            f"({num(rescored[0].total)}): {turned[-1]:+.3f} against {turned[0]:+.3f}, in a group of {size} with "
            f"{number} right.",
            advice="train with sum_then_normalize, TRL's default",
            witness=witnessed(rescored, turned, note="advantages under normalize_then_sum"),
            facts={"sum": [plain[0], plain[-1]], "normalized": [turned[0], turned[-1]], "gap": gap},
        )
    ]


def _values(score: Score) -> list[float]:
    return [np.nan if term.value is None else term.value for term in score.terms]


def _kinds(search: Search) -> list[dict[str, list[Score]]]:
    """By problem and outcome, one score for every different row of term values in the pool."""
    found: dict[ProblemKey, dict[tuple[object, ...], Score]] = {}
    for score in search.recipe.score_readings([piece.reading for piece in search.writer.pool]):
        if score.total is not None:
            own = found.setdefault(problem_of(score.reading.rollout), {})
            own.setdefault((score.outcome, *(term.value for term in score.terms)), score)
    return [
        {outcome: [s for s in own.values() if s.outcome == outcome] for outcome in ("correct", "wrong")}
        for own in found.values()
    ]


def _flip(rights: Sequence[Score], wrongs: Sequence[Score], size: int) -> tuple[list[Score], float] | None:
    """The group (right ones first, the wrong one that gains last) whose order is turned most."""
    best: tuple[float, list[Score]] | None = None
    for number in range(1, size):
        for right in rights:
            for rest in wrongs:
                for rival in wrongs:
                    if (rival.total or 0.0) >= (right.total or 0.0):
                        continue
                    group = [right] * number + [rest] * (size - number - 1) + [rival]
                    gap = _z_gap(group)
                    if gap > 1e-3 and (best is None or gap > best[0]):
                        best = (gap, group)
    return (best[1], best[0]) if best is not None else None


def _z_gap(group: Sequence[Score]) -> float:
    """How far the last is above the first once every term is z-scored."""
    matrix = np.array([[_values(score) for score in group]])
    z = (matrix - mean(matrix, 1)) / (deviation(matrix, 1) + EPSILON)
    sums = np.nansum(z, axis=2)[0]
    return float(sums[-1] - sums[0])
