"""Every metric of a run, as per-question numerators and denominators.

A `Measure` is sum(num) / sum(den) over questions. So a slice is a mask, an interval one bootstrap, and a
comparison the same questions of two boards. NaN in `num` or `den` leaves the question out: samples that
are missing, or a gold that cannot be used, are never counted as wrong.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

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
    curve: bool = field(default=False, metadata=OMITTED)
    """A point of a curve over k: its interval is made as those of the other points, though each question be one trial."""
    bounds: tuple[Array, Array] | None = field(default=None, metadata=OMITTED)
    """`num` with every missing sample wrong and with every one right; None where nothing is missing, or does not matter."""

    def bounded(self, mask: NDArray[np.bool_] | None = None) -> tuple[float, float] | None:
        """What the figure would be with all missing samples wrong, and with all right."""
        if self.bounds is None:
            return None
        low, high = (bound if mask is None else bound[mask] for bound in self.bounds)
        known = np.isfinite(low)
        return (float(low[known].mean()), float(high[known].mean())) if known.any() else None

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
        return (
            self.unit == "share"
            and not self.curve
            and bool(np.isin(num[keep], (0, 1)).all() and np.isin(den[keep], (0, 1)).all())
        )


def measures(board: Board) -> list[Measure]:
    """Every metric of a scored run, the headline ones first."""
    made: list[Measure] = []
    greedy, sampled = board.arms.get("greedy"), board.arms.get("sampled")
    if greedy is not None:
        made.append(_counted("accuracy", greedy, metrics.mean_at_n, "greedy answers that are right"))
    if sampled is not None:
        made += _sampled(board, sampled)
    if greedy is not None and sampled is not None:
        made += _both(board, greedy, sampled)
    for arm in board.arms.values():
        made += _behaviour(arm)
    return [measure for measure in made if np.any(np.isfinite(measure.num) & (measure.den > 0))]


def counts(arm: ArmBoard) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """(samples, right samples, whether the question counts), each of shape (items,).

    A question with some of its samples counts: it keeps every figure that so many samples define.
    """
    return arm.present.sum(axis=1), arm.right.sum(axis=1), arm.usable


def _sampled(board: Board, arm: ArmBoard) -> Iterator[Measure]:
    n = arm.n
    yield _counted(f"mean@{n}", arm, metrics.mean_at_n, "share of samples that are right")
    guess = _guess(board, arm)
    for k in board.suite.ks:
        floor = None if guess is None else metrics.chance_floor(guess, k)
        reach = partial(metrics.pass_at_k, k=k)
        yield _counted(f"pass@{k}", arm, reach, f"at least one of {k} samples is right", floor=floor)
    yield from _majorities(board, arm)
    for k in board.suite.ks[1:]:
        yield _counted(f"pass^{k}", arm, partial(metrics.pass_hat_k, k=k), f"all of {k} samples are right")
    for tau in TAUS[:-1]:  # at tau 1 it is pass^k
        reach = partial(metrics.g_pass_at_k, k=n, tau=tau)
        yield _counted(f"g-pass@{n}_{tau:g}", arm, reach, f"at least {tau:.0%} of {n} samples are right")
    if n > 1:
        reach = partial(metrics.mg_pass_at_k, k=n)
        yield _counted(f"mg-pass@{n}", arm, reach, "g-pass over tau from .5 to 1")
    drawn, right, usable = counts(arm)
    pairs = [(int(c), int(total - c)) for total, c in zip(drawn, right, strict=True)]
    for size in (size for size in GROUP_SIZES if 1 < size <= n):
        share = np.where(usable, metrics.dead_group_share(pairs, size), math.nan)
        about = f"groups of {size} that are all right or all wrong"
        one = np.ones(len(share))
        yield Measure(name=f"dead@{size}", arm=arm.name, num=share, den=one, about=about, better=0)


def _majorities(board: Board, arm: ArmBoard) -> Iterator[Measure]:
    votes = _votes(board, arm)
    lacking = bool((~arm.present[~arm.undecided]).any())
    low, high = (_votes(board, arm, as_right) if lacking else votes for as_right in (False, True))
    for k in board.suite.ks[1:]:
        yield Measure(
            name=f"maj@{k}",
            arm=arm.name,
            num=votes[:, k - 1],
            den=np.ones(len(votes)),
            about=f"the majority of {k} samples is right",
            curve=True,
            bounds=(low[:, k - 1], high[:, k - 1]) if lacking else None,
        )


def _counted(
    name: str, arm: ArmBoard, formula: Callable[..., Array], about: str, floor: Array | None = None
) -> Measure:
    """A figure of each question by a formula of (samples, right samples), with its bounds where samples are missing."""
    n, c, usable = counts(arm)
    lost = arm.n - n
    bounds = None
    if lost[~arm.undecided].any():
        full = np.full_like(n, arm.n)
        low, high = (np.where(arm.undecided, math.nan, formula(full, right)) for right in (c, c + lost))
        bounds = low, high
    num = np.where(usable, formula(n, c), math.nan)
    return Measure(
        name=name,
        arm=arm.name,
        num=num,
        den=np.ones(len(n)),
        about=about,
        floor=floor,
        bounds=bounds,
        curve=arm.n > 1,
    )


def _both(board: Board, greedy: ArmBoard, sampled: ArmBoard) -> Iterator[Measure]:
    n, c, usable = counts(sampled)
    right = np.where(greedy.usable & usable, greedy.right[:, 0].astype(float), math.nan)
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


def _votes(board: Board, arm: ArmBoard, missing: bool | None = None) -> Array:
    """maj@1..n of each item, shape (items, n); NaN beyond the samples that an item has.

    With `missing` every missing sample votes: for the most frequent right answer (True) or wrong one (False).
    """
    made = np.full((len(board.items), arm.n), math.nan)
    present, rights = arm.present, arm.right
    for place in np.flatnonzero(arm.usable if missing is None else ~arm.undecided):
        there = np.flatnonzero(present[place])
        votes = [arm.votes[place][sample] for sample in there]
        right = rights[place, there].tolist()
        lost = arm.n - len(there)
        if missing is not None and lost:
            votes += [_leading(votes, right, missing)] * lost
            right += [missing] * lost
        made[place, : len(votes)] = metrics.maj_at_k(votes, right, board.suite.non_answers)
    return made


def _leading(votes: Sequence[str | None], right: Sequence[bool], as_right: bool) -> str:
    """The most frequent of the right answers, or of the wrong ones; a new one where there is none."""
    cast = [vote for vote, ok in zip(votes, right, strict=True) if ok == as_right and vote is not None]
    return Counter(cast).most_common(1)[0][0] if cast else "\0missing"


def _guess(board: Board, arm: ArmBoard) -> Array | None:
    """Each item's chance of a lucky answer: the suite's on answerable items, the habit of None on others."""
    chances = board.chances()
    answerable, unanswerable = arm.is_(*ANSWERABLE), arm.is_(*UNANSWERABLE)
    if chances is None and not unanswerable.any():
        return None
    habit = arm.is_(Outcome.FALSE_NONE).sum() / answerable.sum() if answerable.any() else 0.0
    base = np.zeros(len(board.items)) if chances is None else chances
    return np.where(unanswerable.any(axis=1), habit, base)
