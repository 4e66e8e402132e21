"""A training reward compared with an independent judgement of the same completions.

Three figures show a reward that no longer measures what it should: how often it ranks a right
completion above a wrong one (AUC), how often wrong ones are paid highly, how often right ones are paid
badly; and, over the checkpoints of a training run, in a reward that rises while accuracy does not.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from rewardkit.errors import UsageError, nearest
from rewardkit.pages.tables import Table, figure, interval
from rewardkit.statistics import Estimate, ratio_interval, resample_weights

from .board import ArmBoard, Board
from .paired import compare


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """One run: AUC, P(high reward | wrong), P(low reward | right), mean reward and accuracy by the judge.

    A reward is *high* when it is at least the median of right completions, and *low* when it is at most the
    median of wrong ones.
    """

    run: str
    auc: Estimate
    high_given_wrong: Estimate
    low_given_right: Estimate
    reward: Estimate
    accuracy: Estimate
    flag: str = ""


@dataclass(frozen=True, slots=True)
class Truth:
    """Agreements in the order of the runs (checkpoints, say)."""

    arm: str
    runs: list[Agreement]

    def table(self) -> Table:
        """One row per run; the last column says where reward and truth diverge."""
        rows = [
            [
                one.run,
                interval(one.reward, "reward"),
                interval(one.accuracy),
                interval(one.auc),
                figure(one.high_given_wrong.value),
                figure(one.low_given_right.value),
                one.flag,
            ]
            for one in self.runs
        ]
        headers = ["run", "reward", "accuracy", "AUC", "high|wrong", "low|right", ""]
        return Table(headers, rows, title=f"reward against truth ({self.arm})", words=(0, 6))

    def _repr_html_(self) -> str:
        return self.table().html()


def reward_against_truth(pairs: Sequence[tuple[Board, Board]], arm: str | None = None) -> Truth:
    """Compare the reward of each pair's first board with the verdicts of its second.

    Args:
        pairs: (board of the training reward, board of an independent reader) of each run, in order.
        arm: which arm; `sampled` where there is one, by default.
    """
    if not pairs:
        raise UsageError("reward against truth needs at least one run")
    chosen = arm or ("sampled" if "sampled" in pairs[0][0].arms else "greedy")
    for board in (board for pair in pairs for board in pair):
        if chosen not in board.arms:
            raise UsageError(f"{board.name} has no arm '{chosen}'; {nearest(chosen, board.arms)}")
    made: list[Agreement] = []
    for place, (paid, judged) in enumerate(pairs):
        if paid.scoring["name"] == judged.scoring["name"]:
            raise UsageError(
                "the reward and the truth are the same scoring pass; score the run with another reader"
            )
        one = _agreement(paid.name, paid.arms[chosen], judged.arms[chosen])
        if place:
            one = _flagged(one, pairs[place - 1], (paid, judged), chosen)
        made.append(one)
    return Truth(chosen, made)


def auc(reward: NDArray[np.float64], right: NDArray[np.bool_]) -> float:
    """P(reward of a right one > that of a wrong one), ties one half; NaN without both kinds.

    The Mann-Whitney statistic over its number of pairs.

    >>> auc(np.array([1.0, 0.0, 0.5, 0.5]), np.array([True, False, True, False]))
    0.875
    """
    good, bad = int(right.sum()), int((~right).sum())
    if not good or not bad:
        return math.nan
    ranks = rankdata(reward)
    return float((ranks[right].sum() - good * (good + 1) / 2) / (good * bad))


def _agreement(run: str, paid: ArmBoard, judged: ArmBoard) -> Agreement:
    counted = np.isfinite(paid.reward) & judged.present & ~judged.undecided[:, None]
    right, reward = judged.right & counted, np.where(counted, paid.reward, 0.0)
    wrong = counted & ~right

    def share(top: NDArray[np.bool_], of: NDArray[np.bool_]) -> Estimate:
        return ratio_interval((top & of).sum(axis=1), of.sum(axis=1))

    high = low = Estimate(value=math.nan)
    if right.any() and wrong.any():
        high = share(paid.reward >= np.median(paid.reward[right]), wrong)
        low = share(paid.reward <= np.median(paid.reward[wrong]), right)
    return Agreement(
        run=run,
        auc=_auc_interval(paid.reward, right, counted),
        high_given_wrong=high,
        low_given_right=low,
        reward=ratio_interval(reward.sum(axis=1), counted.sum(axis=1), unit=False),
        accuracy=share(right, counted),
    )


def _auc_interval(
    reward: NDArray[np.float64], right: NDArray[np.bool_], counted: NDArray[np.bool_], resamples: int = 400
) -> Estimate:
    """AUC with a question-level bootstrap interval."""
    value = auc(reward[counted], right[counted])
    questions = int(counted.any(axis=1).sum())
    if math.isnan(value) or questions < 2:
        return Estimate(value=value, questions=questions)
    drawn = []
    for weights in resample_weights(len(reward), resamples):
        chosen = np.repeat(np.arange(len(reward)), weights.astype(int))
        drawn.append(auc(reward[chosen][counted[chosen]], right[chosen][counted[chosen]]))
    low, high = np.nanquantile(drawn, [0.025, 0.975])
    return Estimate(value=value, low=float(low), high=float(high), questions=questions, method="bootstrap")


def _flagged(one: Agreement, before: tuple[Board, Board], now: tuple[Board, Board], arm: str) -> Agreement:
    """Say so where reward rose beyond chance and accuracy did not."""
    reward = _change(before[0], now[0], "reward", arm)
    accuracy = _change(before[1], now[1], "accuracy" if arm == "greedy" else "mean@n", arm)
    if reward.low > 0 and not accuracy.low > 0:
        return replace(one, flag="reward up, accuracy not")
    return one


def _change(before: Board, now: Board, metric: str, arm: str) -> Estimate:
    for row in compare([before, now], anyway=True).rows:
        if (row.metric, row.arm, row.column) == (metric, arm, ""):
            return row.difference
    return Estimate(value=math.nan)
