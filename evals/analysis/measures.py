"""Every metric of a run, as per-question numerators and denominators.

A `Measure` is sum(num) / sum(den) over questions. So a slice is a mask, an interval one bootstrap, and a
comparison the same questions of two boards. NaN in `num` or `den` leaves the question out: samples that
are missing, or a gold that cannot be used, are never counted as wrong.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from rewardkit.documents import OMITTED, called
from rewardkit.statistics import Estimate, ratio_interval, wilson
from rewardkit.types import ANSWERABLE, UNANSWERABLE, Outcome

from .. import metrics
from .board import ArmBoard, Board

Array = NDArray[np.float64]

TAUS = (0.5, 0.75, 1.0)
GROUP_SIZES = (4, 8, 16)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """A metric of one arm (or of both).

    `name` is stable (`pass@4`, `none_recall`); `unit` is share, tokens, reward or difference; `better` is 1
    where more is better, -1 where less is, 0 where neither is. `floor` is what guessing would score.
    """

    name: str = field(metadata=called("metric"))
    arm: str
    num: Array = field(metadata=OMITTED)
    den: Array = field(metadata=OMITTED)
    about: str
    unit: str = "share"
    better: int = field(default=1, metadata=OMITTED)
    floor: Array | None = field(default=None, metadata=OMITTED)

    def estimate(self, mask: NDArray[np.bool_] | None = None, clusters: list[str] | None = None) -> Estimate:
        """The figure with its interval, over the questions of `mask`."""
        num, den = (self.num, self.den) if mask is None else (self.num[mask], self.den[mask])
        labels = (
            clusters
            if clusters is None or mask is None
            else [c for c, m in zip(clusters, mask, strict=True) if m]
        )
        if self._trials(num, den) and (labels is None or len(set(labels)) == len(labels)):
            keep = np.isfinite(num) & np.isfinite(den) & (den > 0)
            right, total = int(num[keep].sum()), int(den[keep].sum())
            low, high = wilson(right, total)
            value = right / total if total else math.nan
            return Estimate(value=value, low=low, high=high, questions=int(keep.sum()), method="wilson")
        return ratio_interval(num, den, clusters=labels, unit=self.unit == "share")

    def _trials(self, num: Array, den: Array) -> bool:
        """Whether each question is one trial, so that the figure is a plain proportion."""
        keep = np.isfinite(num) & np.isfinite(den)
        return self.unit == "share" and bool(
            np.isin(num[keep], (0, 1)).all() and np.isin(den[keep], (0, 1)).all()
        )


def measures(board: Board) -> list[Measure]:
    """Every metric of a scored run, the headline ones first."""
    made: list[Measure] = []
    greedy, sampled = board.arms.get("greedy"), board.arms.get("sampled")
    if greedy is not None:
        made.append(_mean("accuracy", greedy, greedy.right, "greedy answers that are right"))
    if sampled is not None:
        made += _sampled(board, sampled)
    if greedy is not None and sampled is not None:
        made += _both(board, greedy, sampled)
    for arm in board.arms.values():
        made += _behaviour(arm)
    return [measure for measure in made if np.any(np.isfinite(measure.num) & (measure.den > 0))]


def counts(arm: ArmBoard) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """(samples, right samples, whether the question counts), each of shape (items,)."""
    return arm.present.sum(axis=1), arm.right.sum(axis=1), arm.whole


def _sampled(board: Board, arm: ArmBoard) -> Iterator[Measure]:
    n, c, whole = counts(arm)
    one = np.ones(len(n))

    def per_question(
        name: str, values: Array, about: str, better: int = 1, floor: Array | None = None
    ) -> Measure:
        num = np.where(whole, values, math.nan)
        return Measure(name=name, arm=arm.name, num=num, den=one, about=about, better=better, floor=floor)

    yield per_question(f"mean@{arm.n}", metrics.mean_at_n(n, c), "share of samples that are right")
    guess = _guess(board, arm)
    for k in board.suite.ks:
        floor = None if guess is None else metrics.chance_floor(guess, k)
        yield per_question(
            f"pass@{k}", metrics.pass_at_k(n, c, k), f"at least one of {k} samples is right", floor=floor
        )
    votes = _votes(board, arm)
    for k in board.suite.ks[1:]:
        yield per_question(f"maj@{k}", votes[:, k - 1], f"the majority of {k} samples is right")
    for k in board.suite.ks[1:]:
        yield per_question(f"pass^{k}", metrics.pass_hat_k(n, c, k), f"all of {k} samples are right")
    for tau in TAUS[:-1]:  # at tau 1 it is pass^k
        name = f"g-pass@{arm.n}_{tau:g}"
        yield per_question(
            name, metrics.g_pass_at_k(n, c, arm.n, tau), f"at least {tau:.0%} of {arm.n} samples are right"
        )
    if arm.n > 1:
        yield per_question(
            f"mg-pass@{arm.n}", metrics.mg_pass_at_k(n, c, arm.n), "g-pass over tau from .5 to 1"
        )
    pairs = [(int(right), int(total - right)) for total, right in zip(n, c, strict=True)]
    for size in (size for size in GROUP_SIZES if 1 < size <= arm.n):
        yield per_question(
            f"dead@{size}",
            metrics.dead_group_share(pairs, size),
            f"groups of {size} that are all right or all wrong",
            better=0,
        )


def _both(board: Board, greedy: ArmBoard, sampled: ArmBoard) -> Iterator[Measure]:
    n, c, whole = counts(sampled)
    right = np.where(greedy.whole & whole, greedy.right[:, 0].astype(float), math.nan)
    one = np.ones(len(n))
    for name, values in metrics.quadrant(right, n, c, sampled.n).items():
        better = {"solid": 1, "never": -1}.get(name, 0)
        yield Measure(
            name=f"quadrant.{name}",
            arm="both",
            num=values,
            den=one,
            about=metrics.QUADRANTS[name],
            better=better,
        )
    yield Measure(
        name=f"greedy-mean@{sampled.n}",
        arm="both",
        num=right - metrics.mean_at_n(n, c),
        den=one,
        about="greedy accuracy less the mean of the samples",
        unit="difference",
        better=0,
    )


def _behaviour(arm: ArmBoard) -> Iterator[Measure]:
    """What both arms are asked: None, truncation, answers, lengths, rewards."""
    answerable, unanswerable = arm.is_(*ANSWERABLE), arm.is_(*UNANSWERABLE)
    decided = answerable | unanswerable
    none_right, none_false = arm.is_(Outcome.NONE_CORRECT), arm.is_(Outcome.FALSE_NONE)
    nothing = arm.is_(Outcome.NO_ANSWER, Outcome.NONE_NO_ANSWER)
    yield _share("none_recall", arm, none_right, unanswerable, "unanswerable problems on which None is said")
    yield _share("none_precision", arm, none_right, none_right | none_false, "Nones said that are right")
    yield _share("false_none", arm, none_false, answerable, "answerable problems on which None is said", -1)
    if unanswerable.any():
        yield _share(
            "accuracy_answerable", arm, arm.right & answerable, answerable, "right, of the answerable"
        )
    yield _share("no_answer", arm, nothing, decided, "completions without an answer", -1)
    known = decided & np.isfinite(arm.truncated)
    cut = arm.truncated == 1
    yield _share("truncated", arm, cut & known, known, "completions cut by the length limit", -1)
    finished = decided & (arm.truncated == 0)
    yield _share("accuracy_finished", arm, arm.right & finished, finished, "right, of those not cut")
    undecided = arm.is_(Outcome.UNDECIDED)
    yield _share("undecided", arm, undecided, arm.present, "completions whose gold cannot be used", 0)
    yield _ratio(
        "unusual_characters", arm, arm.unusual, arm.characters, "characters outside the usual sets", -1
    )
    weird = np.where(np.isfinite(arm.unusual), arm.unusual > 0, math.nan)
    yield _values("unusual_outputs", arm, weird, "completions with an unusual character", "share", -1)
    yield _values("tokens", arm, arm.tokens, "tokens per completion", "tokens", 0)
    yield _values("reward", arm, arm.reward, "the recipe's reward", "reward", 1)
    for label, paid in arm.terms.items():
        yield _values(f"reward.{label}", arm, paid, f"what '{label}' pays, where it applies", "reward", 0)


def _mean(name: str, arm: ArmBoard, right: NDArray[np.bool_], about: str) -> Measure:
    num = np.where(arm.whole, right.mean(axis=1), math.nan)
    return Measure(name=name, arm=arm.name, num=num, den=np.ones(len(num)), about=about)


def _share(
    name: str, arm: ArmBoard, top: NDArray[np.bool_], of: NDArray[np.bool_], about: str, better: int = 1
) -> Measure:
    return Measure(
        name=name,
        arm=arm.name,
        num=(top & of).sum(axis=1).astype(float),
        den=of.sum(axis=1).astype(float),
        about=about,
        better=better,
    )


def _ratio(name: str, arm: ArmBoard, top: Array, of: Array, about: str, better: int) -> Measure:
    return Measure(
        name=name,
        arm=arm.name,
        num=np.nansum(top, axis=1),
        den=np.nansum(of, axis=1),
        about=about,
        better=better,
    )


def _values(name: str, arm: ArmBoard, values: Array, about: str, unit: str, better: int) -> Measure:
    """The mean over completions that have a value."""
    return Measure(
        name=name,
        arm=arm.name,
        num=np.nansum(values, axis=1),
        den=np.isfinite(values).sum(axis=1).astype(float),
        about=about,
        unit=unit,
        better=better,
    )


def _votes(board: Board, arm: ArmBoard) -> Array:
    """maj@1..n of each item, shape (items, n); NaN where samples are missing."""
    made = np.full((len(board.items), arm.n), math.nan)
    right = arm.right
    for place in np.flatnonzero(arm.whole):
        made[place] = metrics.maj_at_k(arm.predictions[place], right[place].tolist(), board.suite.non_answers)
    return made


def _guess(board: Board, arm: ArmBoard) -> Array | None:
    """Each item's chance of a lucky answer: the suite's on answerable items, the habit of None on others."""
    chances = board.chances()
    answerable, unanswerable = arm.is_(*ANSWERABLE), arm.is_(*UNANSWERABLE)
    if chances is None and not unanswerable.any():
        return None
    habit = arm.is_(Outcome.FALSE_NONE).sum() / answerable.sum() if answerable.any() else 0.0
    base = np.zeros(len(board.items)) if chances is None else chances
    return np.where(unanswerable.any(axis=1), habit, base)
