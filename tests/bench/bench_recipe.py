"""A whole recipe beside the same reward written by hand on math-verify: prompts' completions in, a total each out.

math-none@0's prices on the MATH rollouts of ../shared/data: right 1.0, wrong or no answer -0.1, and -0.2 above 768 or below
30 tokens. Both judge every completion once, in turns, in one process; imports and workers are warm, caches are not. Says how
many totals are the same: where they are not, the two verifiers disagree.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from rewardkit import Rollout, load_recipe
from tests.bench.bench_verify import DATA, forget
from tests.bench.page import report

TURNS = 3


def by_hand(rollouts: list[Rollout]) -> list[float]:
    """The reward as it is mostly written."""
    from math_verify import parse, verify

    totals = []
    for rollout in rollouts:
        gold, answer = parse(f"${rollout.gold}$"), parse(rollout.completion)
        total = 1.0 if answer and verify(gold, answer) else -0.1
        if not 30 <= (rollout.tokens or 0) <= 768:
            total -= 0.2
        totals.append(total)
    return totals


def main() -> None:
    rows = [json.loads(line) for line in (DATA / "math" / "qwen_rollouts.jsonl").read_text().splitlines()]
    rollouts = [
        Rollout(completion=text, gold=row["gold"], group=str(at), sample=sample, tokens=len(text) // 4)
        for at, row in enumerate(rows)
        for sample, text in enumerate(row["completions"])
    ]
    recipe = load_recipe("math-none@0")
    recipe.score(rollouts[:8])
    by_hand(rollouts[:8])
    ratios, same = [], 0
    for _ in range(TURNS):
        forget()
        began = time.perf_counter()
        ours = [score.total for score in recipe.score(rollouts)]
        between = time.perf_counter()
        theirs = by_hand(rollouts)
        ratios.append((time.perf_counter() - between) / (between - began))
        same = sum(abs((one or 0.0) - other) < 1e-9 for one, other in zip(ours, theirs, strict=True))
    report(
        "recipe",
        {
            "text": f"{median(ratios):.1f}x by the clock on {len(rollouts)} completions; {same} of {len(rollouts)} totals are the same"
        },
    )


if __name__ == "__main__":
    main()
