"""What the evaluated policies do, and whether the story holds in this run.

Boards of scored evaluation runs come in, one a policy; a table with intervals and the claims, each true or
not in this very run, with its figures in a sentence, go out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rewardkit.evals.analysis.board import Board
from rewardkit.evals.analysis.measures import counts
from rewardkit.evals.metrics import pass_at_k
from rewardkit.pages.tables import Table
from rewardkit.statistics import Estimate, paired_difference, proportion, ratio_interval
from rewardkit.types import ANSWERABLE, UNANSWERABLE, Outcome


@dataclass(frozen=True, slots=True)
class EvaluatedPolicy:
    """One policy on the suite; arrays have shape (problems,)."""

    right: NDArray[np.float64]
    reachable: NDArray[np.float64]
    said_none: NDArray[np.bool_]
    answerable: NDArray[np.bool_]
    hard: NDArray[np.bool_]

    @property
    def gap(self) -> NDArray[np.float64]:
        """pass@k less greedy, a problem each."""
        return self.reachable - self.right


def policy_of(board: Board) -> EvaluatedPolicy:
    """The arrays of a board with a greedy and a sampled arm."""
    greedy, sampled = board.arms["greedy"], board.arms["sampled"]
    n, right, _ = counts(sampled)
    return EvaluatedPolicy(
        right=greedy.right[:, 0].astype(float),
        reachable=pass_at_k(n, right, sampled.n),
        said_none=greedy.is_(Outcome.FALSE_NONE, Outcome.NONE_CORRECT)[:, 0],
        answerable=greedy.is_(*ANSWERABLE)[:, 0],
        hard=np.array([item.fields["level"] == "hard" for item in board.items])
        & ~greedy.is_(*UNANSWERABLE)[:, 0],
    )


def _share(hits: NDArray[np.bool_], of: NDArray[np.bool_]) -> Estimate:
    return proportion(int((hits & of).sum()), int(of.sum()))


def _mean(values: NDArray[np.float64], unit: bool = True) -> Estimate:
    return ratio_interval(values, np.ones(len(values)), unit=unit)


def _moved(before: NDArray[np.float64], after: NDArray[np.float64]) -> Estimate:
    ones = np.ones(len(before))
    return paired_difference((before, ones), (after, ones))


def figures(policy: EvaluatedPolicy) -> dict[str, Estimate]:
    """The columns of the story's table."""
    return {
        "greedy": _share(policy.right > 0, np.ones(len(policy.right), dtype=bool)),
        "pass@8": _mean(policy.reachable),
        "gap": _mean(policy.gap, unit=False),
        "false None, hard": _share(policy.said_none, policy.hard),
        "None recall": _share(policy.said_none, ~policy.answerable),
    }


def table(policies: Mapping[str, EvaluatedPolicy]) -> Table:
    """A row a policy, in per cent."""
    made = {name: figures(policy) for name, policy in policies.items()}
    headers = ["policy", *next(iter(made.values()))]
    rows = [[name, *map(_percent, row.values())] for name, row in made.items()]
    count = len(next(iter(policies.values())).right)
    note = f"per cent of {count} problems nobody was trained on; in brackets 95 % intervals over problems"
    return Table(headers, rows, notes=[note])


def _percent(one: Estimate) -> str:
    return f"{100 * one.value:.0f} [{100 * one.low:.0f}, {100 * one.high:.0f}]"


@dataclass(frozen=True, slots=True)
class StoryClaim:
    """A sentence of the story and whether this run bears it out."""

    text: str
    holds: bool
    told: str

    def line(self) -> str:
        """The claim, or the plain statement that it does not hold here."""
        return f"{self.text}: {self.told}" if self.holds else f"NOT in this run: {self.text} ({self.told})"


def claims(policies: Mapping[str, EvaluatedPolicy]) -> list[StoryClaim]:
    """What GRPO did to the policy it started from (`sft`), version by version."""
    start = policies["sft"]
    made: list[StoryClaim] = []
    for name, policy in policies.items():
        if name == "sft":
            continue
        rise, gap = _moved(start.right, policy.right), _moved(start.gap, policy.gap)
        hard, before = _share(policy.said_none, policy.hard), _share(start.said_none, start.hard)
        made.append(StoryClaim(f"{name}: greedy accuracy rises", rise.low > 0, f"by {_points(rise)}"))
        made.append(StoryClaim(f"{name}: the gap to pass@8 narrows", gap.high < 0, f"by {_points(gap, -1)}"))
        after = f"{hard.value:.0%} [{hard.low:.0%}, {hard.high:.0%}]"
        if name == "v0":
            text = "v0: false None takes over on hard problems while accuracy still rises"
            said = f"{before.value:.0%} before, {after} after"
            made.append(StoryClaim(text, hard.value > 0.5 and rise.low > 0, said))
        elif "v0" in policies:
            theirs = _share(policies["v0"].said_none, policies["v0"].hard)
            text = f"{name}: false None does not take over on hard problems as under v0"
            said = f"{theirs.value:.0%} under v0, {after} under {name}"
            made.append(StoryClaim(text, hard.value < 0.02 and hard.high < theirs.low, said))
        else:
            text = f"{name}: false None does not take over on hard problems"
            made.append(StoryClaim(text, hard.value < 0.02, f"{before.value:.0%} before, {after} after"))
    return made


def _points(change: Estimate, sign: int = 1) -> str:
    ends = sorted((sign * change.low, sign * change.high))
    return f"{100 * sign * change.value:.1f} points [{100 * ends[0]:.1f}, {100 * ends[1]:.1f}]"
