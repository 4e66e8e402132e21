"""Comparisons of a generator with itself: how often does the verdict on the primary metric claim a difference?

Greedy answers are drawn as independent Bernoullis of each question's rate, in every run anew. A part is one cell of
rates x questions x runs, its seed the cell's number. At most 7.5 % of a cell's comparisons and 6 % of all may claim
anything after Holm, where the level is 5 %; the band over pass@k is a family of its own (`soak_null_comparisons`).
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import lru_cache
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from rewardkit.evals.analysis.verdict import LEVEL
from rewardkit.statistics import holm, mcnemar_exact

sys.path.append(str(Path(__file__).resolve().parents[1] / "statistics"))
from curve_worlds import RATES

CELLS = list(product(RATES, (50, 100, 200, 500), (2, 6)))
COMPARISONS = 2000
PARTS, SLICE = len(CELLS), 1
tested = lru_cache(maxsize=None)(mcnemar_exact)


def part(number: int) -> dict[str, Any]:
    """The share of comparisons in which any run is said to differ from the first."""
    name, questions, runs = CELLS[number]
    rng = np.random.default_rng(number)
    claimed = 0
    for _ in range(COMPARISONS):
        right = rng.uniform(size=(runs, questions)) < RATES[name](rng, questions)
        lost, gained = (right[0] & ~right[1:]).sum(axis=1), (~right[0] & right[1:]).sum(axis=1)
        ps = [tested(a, b) for a, b in zip(lost.tolist(), gained.tolist(), strict=True)]
        claimed += min(holm(ps)) < LEVEL
    assert claimed <= 0.075 * COMPARISONS, f"{CELLS[number]}: {claimed} of {COMPARISONS} claim a difference"
    return {"cell": [name, questions, runs], "claimed": claimed, "comparisons": COMPARISONS}


def total(figures: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """At most 6 % over all cells."""
    claimed, made = (sum(one[key] for one in figures) for key in ("claimed", "comparisons"))
    assert claimed <= 0.06 * made, f"{claimed} of {made} null comparisons claim a difference"
    return {"claimed": claimed, "comparisons": made, "share": round(claimed / made, 4)}
