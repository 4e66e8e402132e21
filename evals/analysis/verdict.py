"""What a comparison concludes, in words: the suite's primary metric, then pass@k by k, then what it would take to tell more.

Two families of claims are made, each at 5 %: the primary metric of every run compared (Holm), and the band over all k.
`make soak` tries both on runs of one generator.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rewardkit.formatting import number_of
from rewardkit.pages.tables import figure, interval, probability
from rewardkit.statistics import holm

if TYPE_CHECKING:
    from .comparison import Curves, Difference

LEVEL = 0.05
POINTS = 0.02
"""The difference whose cost in questions is said."""
MOVES = {"no_answer": "format", "truncated": "length"}
"""What may move accuracy without ability, by the metric that shows it."""
WORDS = {"accuracy": "greedy accuracy"}


def verdict(row: Difference, base: str, runs: int) -> str:
    """What can be said of the primary metric of one of `runs` runs that were compared with `base`."""
    name = WORDS.get(row.metric, row.metric)
    if math.isnan(row.adjusted):
        return f"{row.run} against {base}: {name} cannot be compared, by {number_of(row.difference.questions, 'question')}."
    shown = f"{interval(row.difference, 'difference')}, {_p(row.adjusted)}"
    shown += f" after Holm over {runs} runs" if runs > 1 else f" ({row.test})"
    if row.adjusted >= LEVEL:
        return f"Whether {row.run} differs from {base} in {name} cannot be told: {shown}."
    word = "above" if row.difference.value > 0 else "below"
    return f"{row.run} is {word} {base} in {name}: {shown}."


def outlook(row: Difference) -> str:
    """What these questions could have shown of the primary metric, and how many show a difference of two points."""
    name = WORDS.get(row.metric, row.metric)
    if math.isnan(row.detectable):
        return f"No question differs in {name}, so how many would show a difference cannot be told."
    return (
        f"{number_of(row.difference.questions, 'question')} show a difference of {figure(row.detectable)} in {name} "
        f"four times in five; one of {figure(POINTS)} takes about {questions_for(row, POINTS):,} "
        "(rewardkit eval plan)."
    )


def questions_for(row: Difference, points: float) -> int:
    """How many questions like these show a difference of `points` with 80 % power."""
    return math.ceil(row.difference.questions * (row.detectable / points) ** 2)


def conclusions(
    names: Sequence[str], primary: tuple[str, str], rows: Sequence[Difference], curves: Sequence[Curves]
) -> list[str]:
    """Sentences, those about the primary metric of every run first."""
    metric, arm = primary
    found = [row for row in rows if (row.metric, row.arm) == primary and not row.column]
    runs = len(names) - 1
    made = [verdict(row, names[0], runs) for row in found]
    if not found:
        name = WORDS.get(metric, metric)
        made.append(f"Nothing is concluded: {name}, the primary metric, needs the {arm} arm in every run.")
    made += cautions(rows, found)
    made += [f"{curve.run}: {curve.told()}." for curve in curves]
    return made + [outlook(row) if runs == 1 else f"{row.run}: {outlook(row)}" for row in found]


def cautions(rows: Sequence[Difference], decided: Sequence[Difference]) -> list[str]:
    """Differences of the primary metric with which answers that are missing or cut moved the other way (Holm over all of them)."""
    sure = {row.run: row for row in decided if row.adjusted < LEVEL}
    moved = [
        row for row in rows if row.metric in MOVES and not row.column and row.arm in {d.arm for d in decided}
    ]
    made = []
    for row, p in zip(moved, holm([row.p for row in moved]), strict=True):
        if p < LEVEL and row.run in sure and row.difference.value * sure[row.run].difference.value < 0:
            made.append(
                f"{row.run}: {row.metric} ({row.arm}) moved with it, {figure(row.base.value)} to {figure(row.other.value)} "
                f"({_p(p)} after Holm): part of the difference may be {MOVES[row.metric]}, not ability (--profiles, --flips)."
            )
    return made


def _p(p: float) -> str:
    shown = probability(p)
    return f"p < {shown[1:]}" if shown.startswith("<") else f"p = {shown}"
