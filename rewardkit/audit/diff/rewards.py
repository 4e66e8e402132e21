"""Two recipes on the same rollouts: which totals move, which orders turn, and what GRPO would make of it.

Scores by group under both recipes come in, completion for completion; a `RewardComparison` goes out: totals
moved, rank correlation and pairs within groups, right-versus-wrong inversions, the cosine between the
advantages and a distance on group-normalised rewards, the terms and completions that move most, and,
where the rows say which checkpoint wrote them, whether the preferred checkpoint flips.

The distance is sqrt((1 - rho) / 2) with rho Pearson's correlation, as EPIC has it (arXiv 2006.13900),
on rewards normalised within groups; it says nothing about outcomes that the rollouts do not hold.
"""

from __future__ import annotations

from collections import Counter as Count
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import fsum, nan, sqrt

import numpy as np

from ...documents import called, computed
from ...errors import UsageError
from ...formatting import num, shortened
from ...types import Score
from ..rollouts.advantages import matrix
from ..rollouts.grpo import of_totals
from ..rollouts.load import Rollouts, ScoredGroups

EQUAL = 1e-9
MOVERS = 3
"""Completions shown for each term, and in all."""
CHECKPOINTS = ("checkpoint", "step")
"""Columns that say which checkpoint wrote a completion, where none is named."""


@dataclass(frozen=True, slots=True)
class Mover:
    """A completion whose total moved."""

    group: str
    before: float | None
    after: float | None
    outcome: str
    terms: Mapping[str, float]
    completion: str

    @property
    def size(self) -> float:
        """How far it moved; a total that comes or goes moves furthest."""
        if self.before is None or self.after is None:
            return float("inf")
        return abs(self.after - self.before)


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs of completions of one prompt, by what became of their order."""

    kept: int
    reversed: int
    tied: int
    untied: int
    inversions_before: int
    inversions_after: int


@dataclass(frozen=True, slots=True)
class TermMoves:
    """The completions whose pay by one term moved, and the sum of the changes."""

    moved: int
    change: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RewardComparison:
    """Two recipes on the same rollouts. Means are over groups where the figure is defined; NaN without one."""

    before: str
    after: str
    completions: int
    moved: int
    mean_change: float
    largest_change: float
    came_and_went: int
    tau: float = field(metadata=called("kendall_tau_b"))
    tau_groups: int = field(metadata=called("groups_with_tau"))
    pairs: Pairs
    cosine: float = field(metadata=called("advantage_cosine"))
    distance: float
    outcomes: Mapping[str, int]
    outcomes_changed: Mapping[str, int]
    by_term: Mapping[str, TermMoves]
    movers: tuple[Mover, ...]
    checkpoints: Mapping[str, tuple[float, float]]

    @property
    @computed("equal")
    def equal(self) -> bool:
        """Whether every completion is paid the same."""
        return not self.moved

    @property
    @computed("preferred")
    def preferred(self) -> tuple[str, str] | None:
        """The checkpoint with the highest mean before and after; None with fewer than two."""
        if len(self.checkpoints) < 2:
            return None
        return (
            max(self.checkpoints, key=lambda name: self.checkpoints[name][0]),
            max(self.checkpoints, key=lambda name: self.checkpoints[name][1]),
        )

    def sentences(self) -> list[str]:
        """The figures as sentences."""
        pairs = self.pairs
        held = ", ".join(f"{name} {number}" for name, number in self.outcomes.items())
        if self.equal:
            return [f"All {self.completions} completions are paid the same ({held})."]
        lines = [
            f"{self.moved} of {self.completions} totals moved, by {self.mean_change:+.3f} on average and "
            f"{num(self.largest_change)} at most ({held}).",
            f"Within groups {pairs.reversed} pairs are reversed, {pairs.tied} newly tied, {pairs.untied} untied and "
            f"{pairs.kept} as they were; Kendall's tau-b {num(self.tau)} over {self.tau_groups} groups.",
            f"Wrong above right: {pairs.inversions_before} pairs before, {pairs.inversions_after} after.",
            f"Advantages: cosine {num(self.cosine)}; distance {num(self.distance)}.",
        ]
        if self.came_and_went:
            lines.append(f"{self.came_and_went} completions are paid by one of the two alone.")
        if self.outcomes_changed:
            changes = ", ".join(f"{name} ({number})" for name, number in self.outcomes_changed.items())
            lines.append(f"Read otherwise: {changes}.")
        if self.preferred is not None:
            one, two = self.preferred
            lines.append(
                f"The preferred checkpoint is {two} under both."
                if one == two
                else f"The preferred checkpoint flips: {one} before, {two} after."
            )
        return lines

    def term_rows(self) -> list[list[str]]:
        """Label, completions moved through it, and the sum of its changes."""
        return [
            [label, str(one.moved), f"{one.change:+.3f}"]
            for label, one in sorted(self.by_term.items(), key=lambda item: -item[1].moved)
        ]

    def mover_rows(self) -> list[list[str]]:
        """The completions that move most."""
        return [
            [
                num(one.before),
                num(one.after),
                one.outcome,
                ", ".join(f"{label} {change:+.3g}" for label, change in one.terms.items()),
                shortened(one.completion, 34),
            ]
            for one in self.movers
        ]

    def checkpoint_rows(self) -> list[list[str]]:
        """Mean totals by checkpoint."""
        return [[name, f"{a:+.3f}", f"{b:+.3f}"] for name, (a, b) in self.checkpoints.items()]


def compare(
    before: ScoredGroups, after: ScoredGroups, rollouts: Rollouts | None = None, checkpoint: str | None = None
) -> RewardComparison:
    """Compare two recipes' scores of the same rollouts.

    Args:
        before: scores under the one, by group.
        after: scores under the other, of the same completions in the same order.
        rollouts: needed where `checkpoint` is given.
        checkpoint: the column that says which checkpoint (or model) wrote a completion; without one, a column
            called `checkpoint` or `step` is taken where there is one.
    """
    if checkpoint is None and rollouts is not None and rollouts.groups:
        first = rollouts.groups[0][0].fields
        checkpoint = next((name for name in CHECKPOINTS if name in first), None)
    pairs = [
        (a, b)
        for one, two in zip(before.groups, after.groups, strict=True)
        for a, b in zip(one, two, strict=True)
    ]
    moved = [(a, b) for a, b in pairs if not _same(a.total, b.total)]
    changes = [b.total - a.total for a, b in moved if a.total is not None and b.total is not None]
    one, two = matrix(before.groups), matrix(after.groups)
    taus = [tau for a, b in zip(one, two, strict=True) if (tau := tau_b(a, b)) == tau]
    first, second = of_totals(one), of_totals(two)
    return RewardComparison(
        before=before.recipe,
        after=after.recipe,
        completions=len(pairs),
        moved=len(moved),
        mean_change=fsum(changes) / len(changes) if changes else 0.0,
        largest_change=max((abs(change) for change in changes), default=0.0),
        came_and_went=sum(1 for a, b in moved if a.total is None or b.total is None),
        tau=float(np.mean(taus)) if taus else nan,
        tau_groups=len(taus),
        pairs=_pairs(before.groups, after.groups, one, two),
        cosine=_cosine(first, second),
        distance=sqrt(max(0.0, (1 - _correlation(first, second)) / 2)),
        outcomes=dict(Count(str(b.outcome) for _, b in pairs).most_common()),
        outcomes_changed=dict(
            Count(f"{a.outcome} to {b.outcome}" for a, b in pairs if a.outcome != b.outcome).most_common()
        ),
        by_term=_by_term(moved),
        movers=_movers(moved),
        checkpoints=_checkpoints(before, after, rollouts, checkpoint),
    )


def tau_b(a: np.ndarray, b: np.ndarray) -> float:
    """Kendall's tau-b of two rankings, NaN left out; NaN where either is all ties.

    >>> tau_b(np.array([1.0, 2.0, 3.0]), np.array([1.0, 3.0, 2.0]))
    0.3333333333333333
    """
    keep = ~(np.isnan(a) | np.isnan(b))
    x, y = _signs(a[keep]), _signs(b[keep])
    above = np.triu(np.ones_like(x, dtype=bool), 1)
    x, y = x[above], y[above]
    norm = sqrt(float((x != 0).sum()) * float((y != 0).sum()))
    return float((x * y).sum()) / norm if norm else nan


def _signs(values: np.ndarray) -> np.ndarray:
    off = values[:, None] - values[None, :]
    return np.where(np.abs(off) <= EQUAL, 0, np.sign(off))


def _same(a: float | None, b: float | None) -> bool:
    if a is None or b is None:
        return a is b
    return abs(a - b) <= EQUAL * max(1.0, abs(a), abs(b))


def _pairs(
    before: Sequence[Sequence[Score]], after: Sequence[Sequence[Score]], one: np.ndarray, two: np.ndarray
) -> Pairs:
    kept = turned = tied = untied = wrong_before = wrong_after = 0
    for at, (group, later) in enumerate(zip(before, after, strict=True)):
        a, b = one[at, : len(group)], two[at, : len(group)]
        live = ~(np.isnan(a) | np.isnan(b))
        x, y = _signs(a[live]), _signs(b[live])
        above = np.triu(np.ones_like(x, dtype=bool), 1)
        x, y = x[above], y[above]
        turned += int((x * y < 0).sum())
        tied += int(((x != 0) & (y == 0)).sum())
        untied += int(((x == 0) & (y != 0)).sum())
        kept += int((x == y).sum())
        wrong_before += _inversions(group, a)
        wrong_after += _inversions(later, b)
    return Pairs(kept, turned, tied, untied, wrong_before, wrong_after)


def _inversions(group: Sequence[Score], totals: np.ndarray) -> int:
    right = np.array([score.outcome.right for score in group], dtype=bool)
    wrong = np.array(
        [not score.outcome.right and score.outcome != "undecided" for score in group], dtype=bool
    )
    high, low = totals[wrong], totals[right]
    return int((high[:, None] > low[None, :] + EQUAL).sum())


def _cosine(a: np.ndarray, b: np.ndarray) -> float:
    norm = sqrt(float((a * a).sum()) * float((b * b).sum()))
    return float((a * b).sum()) / norm if norm else nan


def _correlation(a: np.ndarray, b: np.ndarray) -> float:
    x, y = a.ravel() - a.mean(), b.ravel() - b.mean()
    norm = sqrt(float((x * x).sum()) * float((y * y).sum()))
    return float((x * y).sum()) / norm if norm else 1.0 if np.allclose(a, b) else 0.0


def _changes(a: Score, b: Score) -> dict[str, float]:
    one, two = a.values, b.values
    found = {
        label: (two.get(label) or 0.0) - (one.get(label) or 0.0) for label in dict.fromkeys([*one, *two])
    }
    return {label: change for label, change in found.items() if abs(change) > EQUAL}


def _by_term(moved: Sequence[tuple[Score, Score]]) -> dict[str, TermMoves]:
    found: dict[str, list[float]] = {}
    for a, b in moved:
        for label, change in _changes(a, b).items():
            found.setdefault(label, []).append(change)
    return {label: TermMoves(len(changes), fsum(changes)) for label, changes in found.items()}


def _movers(moved: Sequence[tuple[Score, Score]]) -> tuple[Mover, ...]:
    """The completions that each term moves most, and those that move most in all."""
    movers = sorted((_mover(a, b) for a, b in moved), key=lambda one: -one.size)
    found: list[Mover] = movers[:MOVERS]
    for label in dict.fromkeys(label for one in movers for label in one.terms):
        own = sorted((one for one in movers if label in one.terms), key=lambda one: -abs(one.terms[label]))
        found += [one for one in own[:MOVERS] if one not in found]
    return tuple(found)


def _mover(a: Score, b: Score) -> Mover:
    outcome = str(a.outcome) if a.outcome == b.outcome else f"{a.outcome} to {b.outcome}"
    return Mover(a.reading.rollout.group, a.total, b.total, outcome, _changes(a, b), a.reading.text)


def _checkpoints(
    before: ScoredGroups, after: ScoredGroups, rollouts: Rollouts | None, column: str | None
) -> dict[str, tuple[float, float]]:
    if column is None or rollouts is None:
        return {}
    sums: dict[str, list[tuple[float, float]]] = {}
    for group, one, two in zip(rollouts.groups, before.groups, after.groups, strict=True):
        for at, (rollout, a, b) in enumerate(zip(group, one, two, strict=True)):
            if column not in rollout.fields:
                raise UsageError(f"--checkpoint {column}: the rows have no such column")
            value = rollout.fields[column]
            if isinstance(value, (list, tuple)):
                if len(value) != len(group):
                    raise UsageError(
                        f"--checkpoint {column}: {len(value)} values for {len(group)} completions"
                    )
                value = value[at]
            if a.total is not None and b.total is not None:
                sums.setdefault(str(value), []).append((a.total, b.total))
    return {
        name: (fsum(a for a, _ in rows) / len(rows), fsum(b for _, b in rows) / len(rows))
        for name, rows in sums.items()
    }
