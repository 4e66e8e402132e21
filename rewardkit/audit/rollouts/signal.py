"""Which problems teach something, and at which group size.

Pass counts by problem come in; what goes out is the unbiased share of groups without signal for every
group size that was sampled, the same from a fitted difficulty distribution for sizes that were not, the
cost of dynamic sampling, a recommended group size, and for every problem its learning signal and its
pass rate drawn towards the others'. Every figure carries an interval over problems: Wilson's where it is a mean over
them of values in a known range (whose variance is largest where all lie at an end, so that it covers at least as often
as for a share, and is never of zero width), a bootstrap where it is fitted. Where no problem has both right and wrong
completions nothing is fitted and no group size is recommended.

Sources: dead groups and their unbiased estimate as pass@k's (arXiv 2107.03374); c(n-c)/(n(n-1)) is
unbiased for p(1-p); dynamic sampling costs 1/(1 - dead) (DAPO, arXiv 2503.14476).
"""

from __future__ import annotations

from collections import Counter as Count
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import nan, sqrt
from typing import Any

import numpy as np

from ...documents import OMITTED, called, computed, encode, written_as
from ...errors import DataError, UsageError
from ...formatting import num
from ...statistics import dead_share, pass_variance, wilson
from .difficulty import Difficulty, fit, fit_resampled
from .load import Rollouts, ScoredGroups

SIZES = (2, 4, 8, 16, 32, 64)
RESAMPLES = 1000
LEVEL = 0.95
KNEE = 1.25
"""Doubling the group size is worth its price while it raises the share of live groups by this factor or more."""


@dataclass(frozen=True, slots=True)
class Passed:
    """A problem, n decided completions of it, and how many of them are right."""

    name: str
    n: int
    c: int

    @property
    def signal(self) -> float:
        """Unbiased p(1-p); NaN for fewer than two completions.

        >>> Passed("x", 8, 4).signal
        0.2857142857142857
        """
        return pass_variance(self.n, self.c)


@dataclass(frozen=True, slots=True)
class Figure:
    """An estimate and its interval; NaN where nothing can be said."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]" if self.value == self.value else ""


NOTHING = Figure(nan, nan, nan)


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupSize:
    """What a group size comes to. `unbiased` is over the `covered` problems with as many completions."""

    size: int
    unbiased: Figure = field(metadata=called("dead_unbiased"))
    covered: int
    fitted: Figure = field(metadata=called("dead_fitted"))
    cost: Figure = field(metadata=called("oversampling"))


@dataclass(frozen=True)
class Signal:
    """What the problems of a file have to teach.

    Args:
        problems: pass counts; problems without a decided completion are left out by the caller.
        seed: of the bootstrap.
    """

    problems: Sequence[Passed] = field(metadata=written_as(len))
    seed: int = field(default=0, metadata=OMITTED)

    title = "Learning signal"

    def __post_init__(self) -> None:
        if not self.problems:
            raise UsageError("there is no problem with a decided completion")

    @cached_property
    def difficulty(self) -> Difficulty:
        """The fitted distribution of pass rates."""
        return fit([(one.n, one.c) for one in self.problems])

    @cached_property
    def _pairs(self) -> tuple[np.ndarray, np.ndarray]:
        """Distinct (n, c), and how often each occurs in every resample: shape (resamples, pairs)."""
        tally = Count((one.n, one.c) for one in self.problems)
        pairs = sorted(tally)
        shares = np.array([tally[pair] for pair in pairs], dtype=float) / len(self.problems)
        drawn = np.random.default_rng(self.seed).multinomial(len(self.problems), shares, RESAMPLES)
        return np.array(pairs), drawn.astype(float)

    @cached_property
    def resampled(self) -> list[Difficulty]:
        """Fits to bootstrap resamples of the problems."""
        return fit_resampled(*self._pairs)

    def dead(self, size: int) -> Figure:
        """The unbiased share of dead groups of a size, over the problems with as many completions."""
        return _mean_of([dead_share((one.c, one.n - one.c), size) for one in self.problems if one.n >= size])

    def size(self, size: int) -> GroupSize:
        """What a group size comes to."""
        covered = sum(1 for one in self.problems if one.n >= size)
        unbiased = self.dead(size)
        shares = np.array([one.dead(size) for one in self.resampled])
        fitted = Figure(self.difficulty.dead(size), *_ends(shares)) if self.mixed else NOTHING
        base = unbiased if covered == len(self.problems) else fitted
        cost = Figure(
            *(1 / (1 - share) if share < 1 else float("inf") for share in (base.value, base.low, base.high))
        )
        return GroupSize(size=size, unbiased=unbiased, covered=covered, fitted=fitted, cost=cost)

    @cached_property
    def mixed(self) -> bool:
        """Whether any problem has both right and wrong completions."""
        return any(0 < one.c < one.n for one in self.problems)

    @cached_property
    @computed("sizes")
    def sizes(self) -> tuple[GroupSize, ...]:
        """Group sizes from 2 to 64."""
        return tuple(self.size(size) for size in SIZES)

    @cached_property
    def recommended(self) -> tuple[int | None, dict[int, float]]:
        """The smallest size whose doubling raises the share of live groups by less than `KNEE`, and how often
        each size is the answer among the resamples; None where no group is mixed."""
        if not self.mixed:
            return None, {}
        votes = Count(_knee(one) for one in self.resampled)
        return _knee(self.difficulty), {size: votes[size] / len(self.resampled) for size in sorted(votes)}

    @cached_property
    @computed("mean")
    def mean(self) -> Figure:
        """The mean pass rate, fitted; where no group is mixed, that of the problems."""
        if not self.mixed:
            return _mean_of([one.c / one.n for one in self.problems])
        return Figure(self.difficulty.mean, *_ends(np.array([one.mean for one in self.resampled])))

    @cached_property
    @computed("signal")
    def signal(self) -> Figure:
        """Mean p(1-p) over problems with two completions or more."""
        own = [one for one in self.problems if one.n > 1]
        most = max((one.n / (4 * (one.n - 1)) for one in own), default=1.0)  # of c(n-c)/(n(n-1)), at c = n/2
        return _mean_of([one.signal for one in own], most)

    @property
    @computed("rates")
    def rates(self) -> list[dict[str, Any]]:
        """A row a problem: counts, learning signal, shrunken pass rate and its interval."""
        rows: list[dict[str, Any]] = []
        known: dict[tuple[int, int], tuple[float, float, float]] = {}
        for one in self.problems:
            key = (one.n, one.c)
            if key not in known:
                known[key] = (self.difficulty.shrunken(*key), *self.difficulty.interval(*key))
            rate, low, high = known[key]
            rows.append(
                {
                    "id": one.name,
                    "n": one.n,
                    "c": one.c,
                    "pass_rate": one.c / one.n,
                    "shrunken": rate,
                    "low": low,
                    "high": high,
                    "signal": one.signal,
                    "advantage": 2 * sqrt(rate * (1 - rate)),
                }
            )
        return rows

    def worth(self, low: float = 0.1, high: float = 0.9) -> list[dict[str, Any]]:
        """The problems whose shrunken pass rate lies in the band, the most instructive first."""
        if not 0 <= low <= high <= 1:
            raise UsageError(f"the band of pass rates is {low:g} to {high:g}; it rises within 0 to 1")
        kept = [row for row in self.rates if low <= row["shrunken"] <= high]
        return sorted(kept, key=lambda row: -row["advantage"])

    def rows(self) -> list[list[str]]:
        """The table of group sizes as text."""
        return [
            [
                str(one.size),
                str(one.unbiased) or f"needs n >= {one.size}",
                str(one.fitted) or "no mixed group",
                f"{one.cost.value:.2f} [{one.cost.low:.2f}, {one.cost.high:.2f}]"
                if one.cost.value == one.cost.value
                else "",
            ]
            for one in self.sizes
        ]

    header = ("G", "dead, unbiased", "dead, fitted", "oversampling")

    def sentences(self, band: tuple[float, float] = (0.1, 0.9)) -> list[str]:
        """The figures as sentences."""
        size, votes = self.recommended
        always = sum(1 for one in self.problems if one.c == one.n)
        never = sum(1 for one in self.problems if one.c == 0)
        worth = len(self.worth(*band))
        number = len(self.problems)
        spread = ", ".join(f"{size} in {100 * share:.0f} %" for size, share in votes.items())
        counted = f"{number} problems, {sum(one.n for one in self.problems)} completions: {always} always right, {never} never."
        if not self.mixed:
            largest = max(one.n for one in self.problems)
            live = 1 - self.dead(largest).low if largest > 1 else 1.0
            return [
                counted,
                "No problem has both right and wrong completions, so no group size is recommended: the share of live "
                f"groups of {largest} is at most {num(live)}, and a larger group only helps problems that are sometimes "
                "solved. Look at the reward or take other problems.",
            ]
        return [
            counted,
            f"Pass rates fit Beta({num(self.difficulty.a)}, {num(self.difficulty.b)}) with mean {self.mean}; the mean "
            "signal p(1-p) is "
            f"{self.signal} of at most 0.25.",
            f"Recommended G = {size}: doubling it raises the share of live groups by less than a quarter "
            f"(resampled: {spread}).",
            f"{worth} of {number} problems have a shrunken pass rate from {num(band[0])} to {num(band[1])}.",
        ]

    @property
    @computed("difficulty")
    def _fitted(self) -> dict[str, Any]:
        return encode(self.difficulty) | {
            "a_interval": _ends(np.array([one.a for one in self.resampled])),
            "b_interval": _ends(np.array([one.b for one in self.resampled])),
        }

    @property
    @computed("recommended")
    def _recommended(self) -> dict[str, Any]:
        size, votes = self.recommended
        return {"size": size, "resamples": votes}

    def markdown(self) -> str:
        """As Markdown."""
        from ...formatting import markdown_table

        lines = [f"### {self.title}", "", *(f"- {line}" for line in self.sentences()), ""]
        return "\n".join([*lines, markdown_table(self.header, self.rows()), ""])

    _repr_markdown_ = markdown


def _knee(difficulty: Difficulty) -> int:
    for size in SIZES[:-1]:
        if 1 - difficulty.dead(2 * size) < KNEE * (1 - difficulty.dead(size)):
            return size
    return SIZES[-1]


def _mean_of(values: Sequence[float], most: float = 1.0) -> Figure:
    """The mean of values in 0 to `most`, with Wilson's interval as if each were 0 or `most`."""
    if not values:
        return NOTHING
    low, high = wilson(sum(values) / most, len(values), LEVEL)
    return Figure(sum(values) / len(values), most * low, most * high)


def _ends(values: np.ndarray) -> tuple[float, float]:
    """The central percentile interval."""
    if not len(values):
        return nan, nan
    tail = 100 * (1 - LEVEL) / 2
    low, high = np.percentile(values, [tail, 100 - tail])
    return float(low), float(high)


# --- pass counts -----------------------------------------------------------------------------------

LABELS = ("labels", "label", "correct", "is_correct")


def counts_of_scores(scored: ScoredGroups) -> list[Passed]:
    """Pass counts by group: right is `correct` or `none_correct`; undecided completions do not count."""
    found: list[Passed] = []
    for group in scored.groups:
        decided = [score for score in group if score.outcome != "undecided"]
        if decided:
            rollout = decided[0].reading.rollout
            right = sum(1 for score in decided if score.outcome.right)
            found.append(Passed(rollout.group or rollout.id, len(decided), right))
    return found


def counts_of_labels(rollouts: Rollouts, column: str | None = None) -> list[Passed]:
    """Pass counts by group from a column of booleans, one a completion.

    Raises:
        UsageError: no such column; the remedy is a recipe.
        DataError: something that is neither yes nor no, or not as many as completions.
    """
    found: list[Passed] = []
    for group in rollouts.groups:
        names = [column] if column else [name for name in LABELS if name in group[0].fields]
        if not names or names[0] not in group[0].fields:
            raise UsageError(
                f"{rollouts.file} has no column {column or ' or '.join(LABELS)} that says which completions are right; "
                "name one (--labels NAME), or a recipe that reads them (--recipe NAME@VERSION)"
            )
        value = group[0].fields[names[0]]
        labels = list(value) if isinstance(value, (list, tuple)) else [r.fields[names[0]] for r in group]
        if len(labels) != len(group) or any(label not in (True, False, 0, 1) for label in labels):
            raise DataError(
                f"'{names[0]}' must hold true or false for each of the {len(group)} completions, found {value!r:.80}",
                rollouts.file,
                group.rows[0],
            )
        found.append(Passed(group.name or group[0].id, len(labels), sum(map(bool, labels))))
    return found
