"""Comparisons of a generator with itself: how often does the band over pass@k claim a gain, a loss or a crossing?

A part is one cell of rates x samples x questions; its seed is the cell's number. At most 7.5 % in a cell and 6 % in
all may claim anything, where the band's level is 5 %. `power` says how often a true crossing is seen.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from rewardkit.statistics import difference_band

sys.path.append(str(Path(__file__).resolve().parents[1] / "statistics"))
from curve_worlds import RATES, curves, sharpened

CELLS = list(product(RATES, (8, 64), (50, 200, 500)))
PAIRS = 1000
PARTS, SLICE = len(CELLS), 1


def part(number: int) -> dict[str, Any]:
    """The share of null pairs that claim anything, and of true crossings that are seen."""
    name, n, questions = CELLS[number]
    rng = np.random.default_rng(number)
    claimed = seen = 0
    for pair in range(PAIRS):
        rates = RATES[name](rng, questions)
        base = curves(rng, rates, n)
        band = difference_band(base, curves(rng, rates, n), range(1, n + 1))
        claimed += set(band.verdicts) != {"cannot tell"}
        if pair < PAIRS // 10 and name == "uniform":
            changed = curves(rng, sharpened(rng, rates), n)
            seen += difference_band(base, changed, range(1, n + 1)).crossing is not None
    assert claimed <= 0.075 * PAIRS, f"{CELLS[number]}: {claimed} of {PAIRS} null pairs claim something"
    figures = {"cell": [name, n, questions], "claimed": claimed, "pairs": PAIRS}
    return figures | ({"power": seen / (PAIRS // 10)} if name == "uniform" else {})


def total(figures: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """At most 6 % over all cells."""
    claimed, pairs = (sum(one[key] for one in figures) for key in ("claimed", "pairs"))
    assert claimed <= 0.06 * pairs, f"{claimed} of {pairs} null pairs claim something"
    return {"claimed": claimed, "pairs": pairs, "share": round(claimed / pairs, 4)}
