"""What single terms do: dead ones, unbounded ones, prices that turn back, terms that say the same.

Each finding is decided by a term's own bounds: over its cells, over a walk along a number axis, or, for
two terms, over the cells they share. Nothing here needs a completion.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from math import inf, isfinite, prod
from typing import Any

from ...formatting import num
from ...kinds import Doubt
from ...terms.base import Term
from ...terms.cells import Axis, Cell, Pays, Range, merge
from ...terms.combinators import Combinator
from ...terms.conditions.facts import NUMBERS
from ...types import Outcome
from ..findings import Finding, Severity, spoken
from ..space import MOST_CELLS, SLACK, Space, limited

Hull = tuple[float, float, bool]


def term_findings(space: Space, limit: int | None = None) -> list[Finding]:
    """Findings about every term of the recipe.

    Args:
        space: the recipe's space, without limits.
        limit: the longest completion in tokens, where it is known.
    """
    found: list[Finding] = []
    limits: dict[str, float] = {} if limit is None else {"tokens": float(limit)}
    for path, term in space.recipe.walk():
        if isinstance(term, Combinator):
            continue
        doubts = term.doubts(limit)
        found += _dead(space, path, term, limits, doubts) or _unbounded(space, path, term)
        found += _turning(space, path, term)
        found += doubted(f"reward.{path}", [doubt for doubt in doubts if doubt.code != "dead"])
    found += _same(space)
    return found


# --- dead ------------------------------------------------------------------------------------------


def doubted(label: str, doubts: Sequence[Doubt]) -> list[Finding]:
    """What a kind finds odd about its own settings; `label` is its place in the recipe, as in `reward.too_long`."""
    name = label.removeprefix("reward.")
    return [
        _finding(
            doubt.code,
            label,
            f"'{name}' {doubt.says}",
            fix=tuple(f"{label}.{setting(*cured)}" for cured in doubt.settings.items()),
            advice=doubt.advice,
        )
        for doubt in doubts
    ]


def _dead(
    space: Space, path: str, term: Term, limits: dict[str, float], doubts: Sequence[Doubt]
) -> list[Finding]:
    label = f"reward.{path}"
    if term.weight == 0:
        return [
            _finding("dead", label, f"'{path}' has a weight of 0: it never pays.", advice=f"remove {label}")
        ]
    free = _hull(space, term, {})
    if free.never:
        unasked = bool(term.priced) and not set(term.priced) & set(space.outcomes)
        why = " (the recipe has no None words)" if unasked else ""
        return [_finding("dead", label, f"'{path}' never applies{why}.", advice=f"remove {label}")]
    inside = "." in path  # a combinator's child: a plain 0 or a constant has its purpose there
    if free.lo == free.hi == 0 and not inside:
        return [_finding("dead", label, f"'{path}' always pays 0.", advice=f"remove {label}")]
    if free.lo == free.hi and not free.absent and not inside:
        text = f"'{path}' pays {num(free.lo)} whatever is said: a constant cancels in the group's baseline."
        return [_finding("constant", label, text, advice=f"remove {label}, or give it a condition")]
    if told := doubted(label, [doubt for doubt in doubts if doubt.code == "dead"]):
        return told
    held = _hull(space, term, limits)
    if limits and held != free and held.lo == held.hi:
        limit = int(limits["tokens"])
        text = f"'{path}' never pays anything but {num(held.lo)} up to {limit} tokens, where completions end."
        return [_finding("dead", label, text, advice=f"price lengths below {limit} tokens")]
    return []


def _finding(
    code: str,
    term: str,
    sentence: str,
    severity: Severity = Severity.WARNING,
    fix: tuple[str, ...] = (),
    advice: str = "",
) -> Finding:
    return Finding(
        code=code,
        severity=severity,
        sentence=f"{sentence[0].upper()}{sentence[1:]}",
        term=term,
        fix=fix,
        advice=advice,
    )


def _cells(space: Space, axes: tuple[Axis, ...]) -> Iterator[Cell]:
    names = [axis.name for axis in axes]
    for outcome in space.outcomes:
        for truncated in space.truncations():
            for ranges in product(*(axis.ranges for axis in axes)):
                yield Cell(outcome, truncated, dict(zip(names, ranges, strict=True)))


def _hull(space: Space, term: Term, limits: dict[str, float]) -> Pays:
    """All that a term can pay in any cell; everything where it has too many cells to look."""
    axes = limited(term.all_axes(), limits)
    if prod(len(axis.ranges) for axis in axes) > MOST_CELLS:
        return Pays(-inf, inf, True)
    found = Pays(inf, -inf)
    for cell in _cells(space, axes):
        found = found.or_else(term.bounds(cell))
    return found


# --- unbounded -------------------------------------------------------------------------------------


def setting(name: str, value: Any) -> str:
    """A parameter as `--set` assigns it.

    >>> setting("clamped", True), setting("floor", -0.3)
    ('clamped=true', 'floor=-0.3')
    """
    bare = isinstance(value, str) and value.isidentifier()
    return f"{name}={value if bare else json.dumps(value)}"


def _unbounded(space: Space, path: str, term: Term) -> list[Finding]:
    hull = _hull(space, term, {})
    if hull.never or (isfinite(hull.lo) and isfinite(hull.hi)):
        return []
    if prod(len(axis.ranges) for axis in merge(term.all_axes())) > MOST_CELLS:
        return []
    label = f"reward.{path}"
    if term.bounded_by is not None:
        fix = (f"{label}.{setting(*term.bounded_by)}",)
    else:
        fix = (f"{label}.clip=[-0.3, {num(max(hull.hi, 0.0)) if isfinite(hull.hi) else '0.3'}]",)
    side = "below" if not isfinite(hull.lo) else "above"
    return [
        _finding(
            "unbounded",
            label,
            f"nothing bounds '{path}' from {side}: one long completion can outweigh every other term.",
            fix=fix,
        )
    ]


# --- prices that turn back -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Valley:
    """A price along a count that falls and then rises again."""

    axis: str
    outcome: Outcome
    points: tuple[tuple[int, float], ...]


def valley(space: Space, term: Term) -> Valley | None:
    """The first number axis and outcome along which a term pays less and then more again, or None."""
    axes = merge(term.all_axes())
    for axis in axes:
        if axis.name not in NUMBERS:
            continue
        others = {other.name: other.ranges[0] for other in axes if other.name != axis.name}
        for outcome in space.outcomes:
            points = _valley(term, axis, outcome, others)
            if points is not None:
                return Valley(axis.name, outcome, points)
    return None


def _valley(
    term: Term, axis: Axis, outcome: Outcome, others: dict[str, Range]
) -> tuple[tuple[int, float], ...] | None:
    grid = _grid(axis)
    prices: list[float] = []
    for at in grid:
        pays = term.bounds(Cell(outcome, False, {**others, axis.name: Range(at, at)}))
        if pays.never or pays.lo != pays.hi:
            return None
        prices.append(pays.lo)
    before, after = _running_max(prices), _running_max(prices[::-1])[::-1]
    depth = [min(a, b) - price for a, b, price in zip(before, after, prices, strict=True)]
    deepest = max(range(len(grid)), key=lambda at: depth[at])
    if depth[deepest] <= 1e-9:
        return None
    left = prices.index(before[deepest])
    right = next(at for at in range(deepest, len(grid)) if prices[at] >= after[deepest] - 1e-12)
    return tuple((grid[at], prices[at]) for at in (left, deepest, right))


def _grid(axis: Axis) -> list[int]:
    cuts = [int(cut) for cut in axis.cuts if isfinite(cut)]
    top = int(min(4 * max(cuts, default=100), axis.hi))
    near = {cut + step for cut in cuts for step in (-1, 0, 1)}
    even = {round(top * at / 200) for at in range(201)}
    return sorted(at for at in near | even | {0} if 0 <= at <= top)


def _running_max(values: list[float]) -> list[float]:
    found, most = [], -inf
    for value in values:
        most = max(most, value)
        found.append(most)
    return found


def _turning(space: Space, path: str, term: Term) -> list[Finding]:
    found = valley(space, term)
    if found is None:
        return []
    (a, x), (b, y), (c, z) = found.points
    label = f"reward.{path}"
    fix: tuple[str, ...] = ()
    if term.bounded_by is not None:
        bounded = term.model_copy(update=dict([term.bounded_by]))
        fix = () if valley(space, bounded) else (f"{label}.{setting(*term.bounded_by)}",)
    return [
        Finding(
            code="shape",
            severity=Severity.WARNING,
            sentence=f"'{path}' is not monotonic: a {spoken(found.outcome)} is paid {num(x)} at {a} {found.axis}, {num(y)} at {b} "
            f"and {num(z)} again at {c}.",
            term=label,
            fix=fix,
            facts={"axis": found.axis, "outcome": str(found.outcome), "points": found.points},
        )
    ]


# --- two terms that say the same ---------------------------------------------------------------------


def _same(space: Space) -> list[Finding]:
    """Two terms that pay where the other does and nowhere else, and two whose sum is always 0."""
    found: list[Finding] = []
    for (one, a), (two, b) in combinations(space.recipe.reward.items(), 2):
        axes = merge((*a.all_axes(), *b.all_axes()))
        if prod(len(axis.ranges) for axis in axes) * 14 > MOST_CELLS:
            continue
        relation = _relation(a, b, _cells(space, axes))
        if relation == "cancel":
            found.append(
                _finding(
                    "cancel",
                    f"reward.{two}",
                    f"'{one}' and '{two}' always cancel: whatever the one pays, the other takes away.",
                    advice=f"remove reward.{one} and reward.{two}",
                )
            )
        elif relation == "duplicate":
            found.append(
                _finding(
                    "duplicate",
                    f"reward.{two}",
                    f"'{one}' and '{two}' price the same thing: where one pays anything, so does the other, and nowhere "
                    "else.",
                    advice=f"remove one of reward.{one} and reward.{two}, and give the other the price of both",
                )
            )
    return found


def _relation(a: Term, b: Term, cells: Iterator[Cell]) -> str:
    """ "cancel" where they add up to 0 everywhere, "duplicate" where both pay something in the very same cells, which
    are some and not all; "" for neither."""
    opposite = same = True
    both = apart = False
    for cell in cells:
        x, y = a.bounds(cell), b.bounds(cell)
        one, two = _live(x), _live(y)
        opposite, same = opposite and _opposite(x, y), same and one is not None and one == two
        if not opposite and not same:
            return ""
        both, apart = both or bool(one and two), apart or not (one and two)
    return "cancel" if both and opposite else "duplicate" if both and apart and same else ""


def _opposite(x: Pays, y: Pays) -> bool:
    """Whether two payments are known exactly and add up to 0."""
    known = (x.never and y.never) or (x.lo == x.hi and y.lo == y.hi and not x.absent and not y.absent)
    return known and (x.never or abs(x.lo + y.lo) <= SLACK)


def _live(pays: Pays) -> bool | None:
    """Whether something is paid in a cell, other than 0; None where it may or may not be."""
    if pays.never or pays.lo == pays.hi == 0:
        return False
    return True if not pays.absent and (pays.lo > 0 or pays.hi < 0) else None
