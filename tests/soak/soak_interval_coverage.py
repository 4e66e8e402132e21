"""How often the 95 % interval of pass@k covers the truth: pass@k over all questions of the world that these were drawn from.

A part is one cell of rates x questions, its seed the cell's number. At least 93 % of 4,000 replicates must cover, for
every n and k. `python -m tests.soak.soak_interval_coverage` prints the table of docs/compare.md.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).resolve().parents[1] / "statistics"))
from curve_worlds import RATES, covered

SIZES = (8, 15, 30, 50, 100, 200, 500)
CELLS = list(product(RATES, SIZES))
POINTS = ((8, 1), (8, 4), (8, 8), (64, 1), (64, 8), (64, 64))
TIMES = 4000
PARTS, SLICE = len(CELLS), 1


def part(number: int) -> dict[str, Any]:
    """Coverage and mean width at each n and k."""
    name, questions = CELLS[number]
    found = {f"{k} of {n}": covered(name, n, k, questions, TIMES, number) for n, k in POINTS}
    low = {point: share for point, (share, _) in found.items() if share < 0.93}
    assert not low, f"{CELLS[number]}: {low}"
    return {"cell": [name, questions], "covered": found}


def total(figures: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The least coverage of all."""
    return {"least": min(share for one in figures for share, _ in one["covered"].values())}


def main() -> None:
    """Print the least coverage over n and k of each cell, and the mean width of pass@8 of 8."""
    print("| rates | " + " | ".join(map(str, SIZES)) + " |\n|---|" + "--:|" * len(SIZES))
    for name in RATES:
        cells = []
        for questions in SIZES:
            found = part(CELLS.index((name, questions)))["covered"]
            cells.append(f"{min(share for share, _ in found.values()):.3f} ({found['8 of 8'][1]:.2f})")
        print(f"| {name} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
