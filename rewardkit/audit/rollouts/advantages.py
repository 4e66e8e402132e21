"""What GRPO would see of real rollouts: advantages, which term they come from, and what hides in them.

Scores by group come in; per-group advantages in TRL's own arithmetic go out, with the share of each
term in the variance of the total (Cov(t, r) / Var(r) around the group's mean, so that shares sum to 1),
the share of groups without any spread, beside the same for correctness alone (a dense term hides dead
groups), ties that a tiny price amplifies, and wrong answers that are pushed above right ones.
"""

from __future__ import annotations

from collections import Counter as Count
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import fsum, nan

import numpy as np

from ...documents import called, computed
from ...errors import UsageError
from ...formatting import num
from ...types import Score
from .grpo import Aggregation, Array, Scale, advantages, dead, zero_std
from .load import ScoredGroups

CLASSES = ("mixed", "all right", "all wrong", "unanswerable")
CLIP = "(clip)"
"""What a recipe's clip takes from the sum of its terms, as a term of its own."""


NOTABLE = 0.01
"""Advantages below this are not worth a sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupView:
    """One group: totals, outcomes and advantages of its completions, in order."""

    name: str = field(metadata=called("group"))
    sort: str = field(metadata=called("class"))
    outcomes: tuple[str, ...]
    totals: tuple[float | None, ...]
    advantages: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inversion:
    """A wrong completion with a higher advantage than a right one beside it, or a positive one."""

    group: str
    right: float
    wrong: float
    outcome: str
    completion: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AmplifiedTies:
    """Groups of one and the same correctness that have a spread all the same; 0 where there are none."""

    groups: int
    largest_advantage: float
    least_spread: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Advantages:
    """What GRPO would see of the rollouts under one recipe.

    `dead` is the share of groups without any spread, `dead_correctness` the same if right and wrong alone were
    paid; `zero_std` is what TRL logs as `frac_reward_zero_std` if all groups are one batch: 1 or 0 where it divides
    by the spread of the batch. `rounding` is the largest advantage that float32, TRL's precision, gives where all
    completions of a prompt are paid alike. `shares` maps a class of groups (and `all`) to each term's share of the variance; NaN where the
    class has none.
    """

    recipe: str
    digest: str
    scale: str = field(metadata=called("scale_rewards"))
    aggregation: str
    groups: tuple[GroupView, ...]
    dead: float = field(metadata=called("dead_groups"))
    zero_std: float = field(metadata=called("frac_reward_zero_std"))
    rounding: float
    dead_correctness: float = field(metadata=called("frac_reward_zero_std_correctness"))
    amplified: AmplifiedTies = field(metadata=called("amplified_ties"))
    shares: dict[str, dict[str, float]] = field(metadata=called("variance_shares"))
    inversions: tuple[Inversion, ...]
    pushed: int
    unpaid: int

    title = "What GRPO would see"

    @property
    @computed("classes")
    def classes(self) -> dict[str, int]:
        """How many groups of each class there are."""
        found = Count(group.sort for group in self.groups)
        return {sort: found[sort] for sort in CLASSES}

    def sentences(self) -> list[str]:
        """The figures as sentences."""
        number = len(self.groups)
        lines = [
            f"{number} groups, {sum(len(g.totals) for g in self.groups)} completions: "
            + ", ".join(f"{count} {sort}" for sort, count in self.classes.items())
            + ".",
            f"{num(100 * self.dead, 1)} % of the groups have no spread; by correctness alone it would be "
            f"{num(100 * self.dead_correctness, 1)} %. TRL logs frac_reward_zero_std = {num(self.zero_std)}.",
        ]
        if self.rounding > NOTABLE:
            lines.append(
                f"Rounding alone, in TRL's float32, gives advantages of up to about {num(self.rounding)} where all "
                "completions of a prompt are paid alike."
            )
        ties = self.amplified
        if ties.groups:
            lines.append(
                f"{ties.groups} groups are alive through style alone: a spread of as little as "
                f"{num(ties.least_spread, 6)} makes an advantage of up to {num(ties.largest_advantage)}."
            )
        if self.inversions:
            lines.append(
                f"{len(self.inversions)} wrong completions stand above a right one of their own group, and {self.pushed} "
                "earn a positive advantage beside a right one."
            )
        elif self.pushed:
            lines.append(f"{self.pushed} wrong completions earn a positive advantage beside a right one.")
        if self.unpaid:
            lines.append(f"{self.unpaid} completions are paid nothing and leave their group's baseline.")
        return lines

    def share_rows(self) -> tuple[list[str], list[list[str]]]:
        """Header and rows of the table of variance shares."""
        sorts = [sort for sort in ("all", *CLASSES) if sort in self.shares]
        labels = list(next(iter(self.shares.values()), {}))
        rows = [[label, *(_percent(self.shares[sort][label]) for sort in sorts)] for label in labels]
        return ["share of variance", *sorts], rows

    def markdown(self) -> str:
        """As Markdown."""
        from ...formatting import markdown_table

        header, rows = self.share_rows()
        lines = [f"### {self.title}: {self.recipe} `{self.digest}`", ""]
        lines += [f"- {line}" for line in self.sentences()]
        return "\n".join([*lines, "", markdown_table(header, rows), ""])

    _repr_markdown_ = markdown


def grpo_advantages(
    scored: ScoredGroups, scale: Scale = "group", aggregation: Aggregation = "sum_then_normalize"
) -> Advantages:
    """Advantages of scored groups, and what they are made of.

    Args:
        scored: scores by group; groups may differ in size.
        scale: TRL's `scale_rewards`: group, batch (all groups given are one batch) or none.
        aggregation: TRL's `multi_objective_aggregation`; `normalize_then_sum` treats every term of the
            recipe as a reward function of its own.

    Raises:
        UsageError: no group has two completions.
    """
    groups = scored.groups
    if not any(len(group) > 1 for group in groups):
        raise UsageError(
            "advantages need several completions of a prompt: give rows that hold lists of completions, or name the "
            "group column (--column group=NAME)"
        )
    totals = matrix(groups)
    terms = totals[:, :, None] if aggregation == "sum_then_normalize" else _terms(groups, scored.labels)
    found = advantages(terms, scale=scale, aggregation=aggregation)
    rounded = advantages(terms, scale=scale, aggregation=aggregation, precision=np.float32)
    alike = _alike(terms)
    right = np.array([[_right(group, at) for at in range(totals.shape[1])] for group in groups], dtype=float)
    right[np.isnan(totals)] = np.nan
    views = tuple(
        GroupView(
            name=group[0].reading.rollout.group if group else "",
            sort=class_of(group),
            outcomes=tuple(str(score.outcome) for score in group),
            totals=tuple(score.total for score in group),
            advantages=tuple(float(value) for value in found[at, : len(group)]),
        )
        for at, group in enumerate(groups)
    )
    flat = dead(totals)
    same = dead(right)
    ties = same & ~flat & (np.isfinite(totals).sum(axis=1) > 1)
    inversions = _inversions(groups, found)
    return Advantages(
        recipe=scored.recipe,
        digest=scored.digest,
        scale=scale,
        aggregation=aggregation,
        groups=views,
        dead=float(flat.mean()),
        zero_std=zero_std(terms, scale, aggregation),
        rounding=float(np.abs(rounded - found)[alike].max()) if alike.any() else 0.0,
        dead_correctness=float(same.mean()),
        amplified=AmplifiedTies(
            groups=int(ties.sum()),
            largest_advantage=float(np.abs(found[ties]).max()) if ties.any() else 0.0,
            least_spread=float(_spread(totals[ties]).min()) if ties.any() else 0.0,
        ),
        shares=_shares(groups, scored.labels, totals),
        inversions=inversions,
        pushed=_pushed(groups, found),
        unpaid=sum(1 for group in groups for score in group if score.total is None),
    )


def _alike(terms: Array) -> Array:
    """Groups whose completions are all paid the same by every function."""
    filled = np.where(np.isnan(terms), np.inf, terms)
    return (filled == filled[:, :1]).all(axis=(1, 2))


def matrix(groups: Sequence[Sequence[Score]]) -> Array:
    """Totals, groups x the size of the largest; NaN where nothing is paid or no completion is."""
    width = max((len(group) for group in groups), default=0)
    found = np.full((len(groups), width), np.nan)
    for at, group in enumerate(groups):
        for place, score in enumerate(group):
            if score.total is not None:
                found[at, place] = score.total
    return found


def class_of(group: Sequence[Score]) -> str:
    """mixed, all right, all wrong or unanswerable; undecided completions are not counted."""
    decided = [score.outcome for score in group if score.outcome != "undecided"]
    if decided and not any(outcome.answerable for outcome in decided):
        return "unanswerable"
    right = sum(1 for outcome in decided if outcome.right)
    return "all wrong" if not right else "all right" if right == len(decided) else "mixed"


def _right(group: Sequence[Score], at: int) -> float:
    return float(group[at].outcome.right) if at < len(group) else nan


def _terms(groups: Sequence[Sequence[Score]], labels: Sequence[str]) -> Array:
    width = max((len(group) for group in groups), default=0)
    found = np.full((len(groups), width, len(labels)), np.nan)
    for at, group in enumerate(groups):
        for place, score in enumerate(group):
            for column, term in enumerate(score.terms):
                if term.value is not None:
                    found[at, place, column] = term.value
    return found


def _shares(
    groups: Sequence[Sequence[Score]], labels: Sequence[str], totals: Array
) -> dict[str, dict[str, float]]:
    terms = np.nan_to_num(_terms(groups, labels), nan=0.0)
    clip = np.nan_to_num(totals, nan=0.0) - terms.sum(axis=2)
    clip[np.isnan(totals)] = 0.0
    names = [*labels]
    if np.abs(clip).max(initial=0.0) > 1e-9:
        terms, names = np.concatenate([terms, clip[:, :, None]], axis=2), [*labels, CLIP]
    present = ~np.isnan(totals)
    number = np.maximum(present.sum(axis=1), 1)
    filled = np.where(present, totals, 0.0)
    off = np.where(present, totals - (filled.sum(axis=1) / number)[:, None], 0.0)
    kept = np.where(present[:, :, None], terms, 0.0)
    own = np.where(present[:, :, None], terms - (kept.sum(axis=1) / number[:, None])[:, None, :], 0.0)
    sorts = np.array([class_of(group) for group in groups])
    found: dict[str, dict[str, float]] = {}
    for sort in ("all", *CLASSES):
        rows = np.ones(len(groups), bool) if sort == "all" else sorts == sort
        if not rows.any():
            continue
        variance = fsum((off[rows] ** 2).ravel())
        covariance = [fsum((own[rows][:, :, k] * off[rows]).ravel()) for k in range(len(names))]
        found[sort] = {
            name: value / variance if variance > 1e-18 else nan
            for name, value in zip(names, covariance, strict=True)
        }
    return found


def _spread(totals: Array) -> Array:
    return np.nanmax(totals, axis=1) - np.nanmin(totals, axis=1)


def _inversions(groups: Sequence[Sequence[Score]], found: Array) -> tuple[Inversion, ...]:
    out: list[Inversion] = []
    for at, group in enumerate(groups):
        rights = [found[at, i] for i, s in enumerate(group) if s.outcome.right and s.total is not None]
        if not rights:
            continue
        low = min(rights)
        out += [
            Inversion(
                group=score.reading.rollout.group,
                right=float(low),
                wrong=float(found[at, i]),
                outcome=str(score.outcome),
                completion=score.reading.text,
            )
            for i, score in enumerate(group)
            if _wrong(score) and found[at, i] > low + 1e-9
        ]
    return tuple(out)


def _pushed(groups: Sequence[Sequence[Score]], found: Array) -> int:
    return sum(
        1
        for at, group in enumerate(groups)
        if any(score.outcome.right for score in group)
        for i, score in enumerate(group)
        if _wrong(score) and found[at, i] > 1e-9
    )


def _wrong(score: Score) -> bool:
    return score.total is not None and not score.outcome.right and score.outcome != "undecided"


def _percent(value: float) -> str:
    return "" if np.isnan(value) else f"{100 * value:.1f} %"
