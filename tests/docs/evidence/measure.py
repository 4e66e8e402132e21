"""What a playground policy can do: greedy accuracy beside pass@8, and the None figures, by level.

A `Sheet` holds plain numbers per question (small enough to keep as JSON); figures with intervals are computed from it.
The unit of every interval is the question.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rewardkit.evals.metrics import pass_at_k
from rewardkit.statistics import Estimate, paired_difference, proportion, ratio_interval
from rewardkit.trainers.playground.reward import read_answer

SAMPLES = 8
"""Completions per problem in the sampled arm, at temperature 1; k of pass@k."""

Read = Callable[[str], str | None]
"""A completion's final answer: a number, the word None, or None if nothing can be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One policy on one set of problems; every list has a number for each problem, in the rows' order.

    `right` and `none` are of the greedy arm, 1 or 0; `samples_right` and `samples_none` count the `samples`
    completions of the sampled arm. An answer is right when it is the gold, the word None included.
    """

    level: list[str]
    answerable: list[bool]
    right: list[int]
    none: list[int]
    samples: int
    samples_right: list[int]
    samples_none: list[int]

    def where(self, *, answerable: bool | None = None, level: str | None = None) -> NDArray[np.bool_]:
        """Which problems meet the given conditions. Shape (problems,)."""
        chosen = np.ones(len(self.right), dtype=bool)
        if answerable is not None:
            chosen &= np.array(self.answerable) == answerable
        if level is not None:
            chosen &= np.array(self.level) == level
        return chosen

    def pass_at(self, k: int = SAMPLES) -> NDArray[np.float64]:
        """Unbiased pass@k of each problem."""
        return pass_at_k(np.full(len(self.right), self.samples), np.array(self.samples_right), k)


def measure(
    model_folder: str | Path,
    rows: Sequence[Mapping[str, Any]],
    *,
    seed: int = 0,
    samples: int = SAMPLES,
    read: Read = read_answer,
) -> Sheet:
    """Sample the policy greedily once and `samples` times at temperature 1 on every row, and count."""
    from .sampling import generate

    prompts = [row["prompt"] for row in rows]
    golds = [row["gold"] for row in rows]
    greedy = [[read(one.text)] for (one,) in generate(model_folder, prompts)]
    sampled = [
        [read(one.text) for one in completions]
        for completions in generate(model_folder, prompts, n=samples, temperature=1.0, seed=seed)
    ]

    def count(answers: list[list[str | None]], wanted: Sequence[str]) -> list[int]:
        return [said.count(want) for said, want in zip(answers, wanted, strict=True)]

    nones = ["None"] * len(rows)
    return Sheet(
        level=[row["level"] for row in rows],
        answerable=[row["answerable"] for row in rows],
        right=count(greedy, golds),
        none=count(greedy, nones),
        samples=samples,
        samples_right=count(sampled, golds),
        samples_none=count(sampled, nones),
    )


def share(values: Sequence[float] | NDArray[Any], chosen: NDArray[np.bool_]) -> Estimate:
    """The mean over the chosen problems; Wilson's interval for ones and zeros, else the bootstrap's."""
    picked = np.asarray(values, dtype=np.float64)[chosen]
    if np.isin(picked, (0.0, 1.0)).all() and len(picked):
        return proportion(int(picked.sum()), len(picked))
    return ratio_interval(picked, np.ones(len(picked)))


def figures(sheet: Sheet) -> dict[str, Estimate]:
    """The figures of one policy, by name. Rates of None are of the greedy arm."""
    everything = sheet.where()
    found = {
        "greedy": share(sheet.right, everything),
        "pass@8": share(sheet.pass_at(), everything),
        "mean@8": share(np.array(sheet.samples_right) / sheet.samples, everything),
        "gap": ratio_interval(sheet.pass_at() - np.array(sheet.right), np.ones(len(sheet.right)), unit=False),
        "none recall": share(sheet.none, sheet.where(answerable=False)),
        "false none": share(sheet.none, sheet.where(answerable=True)),
    }
    for level in dict.fromkeys(sorted(sheet.level)):
        chosen = sheet.where(answerable=True, level=level)
        found[f"greedy {level}"] = share(sheet.right, chosen)
        found[f"pass@8 {level}"] = share(sheet.pass_at(), chosen)
        found[f"false none {level}"] = share(sheet.none, chosen)
    return found


def changes(before: Sheet, after: Sheet) -> dict[str, Estimate]:
    """`after` minus `before` on the same problems, paired: greedy accuracy, and the gap to pass@8."""
    ones = np.ones(len(before.right))
    return {
        "greedy": paired_difference((np.array(before.right), ones), (np.array(after.right), ones)),
        "gap": paired_difference(
            (before.pass_at() - np.array(before.right), ones), (after.pass_at() - np.array(after.right), ones)
        ),
    }


def claims(sheets: Mapping[str, Sheet]) -> dict[str, bool]:
    """What the playground is claimed to show, and whether the sheets `sft`, `v0` and `v1` confirm it."""
    told = {name: figures(sheet) for name, sheet in sheets.items()}
    moved = {name: changes(sheets["sft"], sheets[name]) for name in ("v0", "v1")}
    return {
        "GRPO raises greedy accuracy by 15 points or more": all(
            change["greedy"].value >= 0.15 for change in moved.values()
        ),
        "GRPO narrows the gap from greedy to pass@8": all(
            change["gap"].value < 0 for change in moved.values()
        ),
        "v0: false None on hard answerable problems ends above 50 %": told["v0"]["false none hard"].value
        > 0.5,
        "v1: false None on hard answerable problems ends under 2 %": told["v1"]["false none hard"].value
        < 0.02,
        "None recall is 0.9 or more under both": min(told[v]["none recall"].value for v in ("v0", "v1"))
        >= 0.9,
    }
