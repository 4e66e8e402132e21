"""Within a GRPO group: can a wrong answer be pushed up although a right one stands beside it.

A group of G holds one right answer and G - 1 wrong ones. GRPO subtracts the group's mean, so the best
wrong one earns a positive advantage iff the spread of the wrong rewards, W, passes gap / (G - 2), the
gap being from it to the right one: (G-2)(a-b) > r-a. Bounds on r, a and b prove that it cannot happen;
where they do not, a group is written, scored and its advantages are taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, inf, isfinite
from typing import Any

from ...formatting import num
from ...terms.cells import Cell
from ...types import Outcome, Score
from ..findings import ClaimVerdict, Finding, Severity, signed, witnessed
from ..rollouts.grpo import of_group
from ..space import Space, Spot
from ..witness.search import SLACK, Search
from ..witness.writing import Size
from .ordering import style_of

SIZES = (4, 8, 16)
VISIBLE = 0.01
"""How much further than it must a price is moved, as a share of the way."""
PUSHED = 1e-6
"""An advantage above this is no rounding."""


@dataclass(frozen=True, slots=True)
class Push:
    """A scored group in which a wrong answer is pushed up. The right one comes first, it second."""

    size: int
    scores: tuple[Score, ...]
    advantages: tuple[float, ...]
    axis: str = ""
    least: str = ""

    def to_dict(self) -> dict[str, Any]:
        """What moves, to where, the rewards and the advantage of the wrong answer."""
        rewards = [score.total for score in self.scores]
        return {"axis": self.axis, "least": self.least, "rewards": rewards, "advantage": self.advantages[1]}

    @property
    def rewards(self) -> str:
        """As `1, -0.1, -0.3 x 6`."""
        totals = [score.total for score in self.scores]
        return f"{num(totals[0])}, {num(totals[1])}, {num(totals[2])} x {self.size - 2}"


def within_group(space: Space, search: Search, sizes: Sequence[int] = SIZES) -> list[Finding]:
    """The claim for `wrong` beside `correct`, for the unanswerable's side, and what other outcomes add."""
    found: list[Finding] = []
    pairs = (
        ("group", Outcome.CORRECT, Outcome.WRONG, Severity.ERROR, "a wrong answer", "a right one"),
        (
            "group_none",
            Outcome.NONE_CORRECT,
            Outcome.NONE_MISSED,
            Severity.WARNING,
            "an answer",
            "a rightful None",
        ),
    )
    for code, right, wrong, severity, one, other in pairs:
        if right in space.outcomes and wrong in space.outcomes:
            finding = _claim(space, search, sizes, code, right, wrong, severity, one, other)
            if finding is not None:
                found.append(finding)
    return found + _others(space, sizes)


def _claim(
    space: Space,
    search: Search,
    sizes: Sequence[int],
    code: str,
    right: Outcome,
    wrong: Outcome,
    severity: Severity,
    one: str,
    other: str,
) -> Finding | None:
    low, top, bottom = space.lowest(right), space.highest(wrong), space.lowest(wrong)
    if low is None or top is None or bottom is None:
        return None
    gap, spread = low.pays.lo - top.pays.hi, top.pays.hi - bottom.pays.lo
    safe = largest_safe(gap, spread)
    facts: dict[str, Any] = {"gap": gap, "spread": spread, "largest_proven": safe}
    unproven = [size for size in sizes if size > safe]
    verdicts = {size: ClaimVerdict.PROVEN for size in sizes if size <= safe}
    pushes: dict[int, list[Push]] = {}
    for size in unproven:
        pushes[size] = find_pushes(space, search, size, right, wrong)
        verdicts[size] = ClaimVerdict.REFUTED if pushes[size] else ClaimVerdict.UNKNOWN
    facts["verdicts"] = {str(size): str(verdicts[size]) for size in sizes}
    if not unproven:
        return _proven(code, one, other, gap, spread, safe, facts)
    shown = ", ".join(f"G={size} {verdicts[size]}" for size in sizes)
    refuted = [size for size in unproven if verdicts[size] == ClaimVerdict.REFUTED]
    if not refuted:
        return Finding(
            code=code,
            severity=Severity.WARNING,
            verdict=ClaimVerdict.UNKNOWN,
            sentence=f"Within a group ({shown}): the bounds allow a spread of {num(spread)} among wrong rewards against "
            f"a gap of {num(gap)}, but no group was found that shows it.",
            facts=facts,
        )
    size = refuted[0]
    facts["ways"] = {str(size): [push.to_dict() for push in pushes[size]] for size in refuted}
    ways = "; ".join(_way(push) for push in pushes[size])
    first = pushes[size][0]
    return Finding(
        code=code,
        severity=severity,
        verdict=ClaimVerdict.REFUTED,
        sentence=f"In a group of {size} {one} earns a positive advantage beside {other}: {ways}. ({shown})",
        witness=witnessed(
            first.scores,
            first.advantages,
            note=f"the second is wrong and pushed up; the others: {style_of(space.recipe, first.scores[2])}",
        ),
        facts=facts,
    )


def _proven(
    code: str, one: str, other: str, gap: float, spread: float, safe: float, facts: dict[str, Any]
) -> Finding:
    reach = "at every G" if safe == inf else f"up to G = {num(safe)}"
    return Finding(
        code=code,
        severity=Severity.INFO,
        verdict=ClaimVerdict.PROVEN,
        sentence=f"Beside {other} no {one.split(' ', 1)[1]} earns a positive advantage, {reach}: the wrong rewards "
        f"spread over {num(spread)}, the gap is {num(gap)}.",
        facts=facts,
    )


def _way(push: Push) -> str:
    moved = _moved(push)
    one = push.axis or (moved[0] if len(moved) == 1 else "")
    through = f"through {one} alone" if one else "through several prices at once"
    least = f" ({push.least})" if push.least else ""
    return f"{through}{least}, rewards {push.rewards}: {signed(push.advantages[1])}"


def _moved(push: Push) -> list[str]:
    """The terms that pay the pushed wrong answer otherwise than the rest."""
    best, rest = push.scores[1].values, push.scores[2].values
    return [label for label in best if best[label] != rest[label]]


def largest_safe(gap: float, spread: float) -> float:
    """The largest G for which the bounds prove the claim: W <= gap/(G-2); inf for every G, 2 for none.

    >>> largest_safe(0.9, 0.2), largest_safe(0.9, 0.0)
    (6, inf)
    """
    if gap < -SLACK:
        return 2
    if spread <= SLACK:
        return inf
    if not isfinite(spread):
        return 2
    return 2 + floor(gap / spread + SLACK)


def find_pushes(space: Space, search: Search, size: int, right: Outcome, wrong: Outcome) -> list[Push]:
    """Scored groups that refute the claim: one for each axis that does it alone, else one that needs several."""
    found: list[Push] = []
    for anchor in (space.clean(right), space.lowest(right)):
        if anchor is None:
            continue
        for axis in space.axes:
            push = _through(space, search, size, anchor, wrong, axis.name)
            if push is not None:
                found.append(push)
        if found:
            return found
    push = _anyhow(space, search, size, right, wrong)
    return [push] if push is not None else []


def _through(space: Space, search: Search, size: int, anchor: Spot, wrong: Outcome, name: str) -> Push | None:
    """A push that differs among the wrong ones on one axis alone, by as little as does it."""
    base = Cell(wrong, False, dict(anchor.cell.ranges))
    axis = next(axis for axis in space.axes if axis.name == name)
    cells = [Cell(wrong, False, {**base.ranges, name: part}) for part in axis.ranges]
    spots = [Spot(cell, space.pays(cell)) for cell in cells]
    spots = [spot for spot in spots if not spot.pays.never]
    if len(spots) < 2:
        return None
    best = _highest_written(search, spots)
    if best is None:
        return None
    a = space.pays(best).hi
    reach = search.sharpen(anchor, lambda pays: pays.lo <= anchor.pays.lo + SLACK, low=True)
    r = space.pays(reach).lo
    # Every other wrong one must be paid less than this, and by enough for the advantage to show.
    bar = a - (1 + VISIBLE) * (r - a) / (size - 2)
    below = [spot for spot in spots if spot.pays.lo < bar - SLACK]
    found: Push | None = None
    for spot in below:
        worst = search.sharpen(spot, lambda pays: pays.lo < bar - SLACK, low=True)
        push = _scored(search, size, (reach, best, worst), space.spoken(name), _least(name, worst, spot.cell))
        if push is not None and (found is None or _plainer(push, found)):
            found = push
    return found


def _highest_written(search: Search, spots: Sequence[Spot]) -> Cell | None:
    """Of the cells that a completion was found for, the one that can be paid most."""
    for spot in sorted(spots, key=lambda spot: -spot.pays.hi):
        cell = search.sharpen(spot, lambda pays, bar=spot.pays.hi: pays.hi >= bar - SLACK, low=False)
        if search.write(cell) is not None:
            return cell
    return None


def _plainer(push: Push, than: Push) -> bool:
    """Between two that do it, the one that moves the wrong rewards least."""
    return (push.scores[2].total or 0.0) > (than.scores[2].total or 0.0)


def _least(name: str, cell: Cell, whole: Cell) -> str:
    part, was = cell.ranges[name], whole.ranges[name]
    return "" if part.lo != part.hi or was.lo == was.hi else f"{part.lo:g}"


def _anyhow(space: Space, search: Search, size: int, right: Outcome, wrong: Outcome) -> Push | None:
    for a in search.spots(right, low=True)[:3]:
        for b in search.spots(wrong, low=False)[:4]:
            for c in search.spots(wrong, low=True)[:4]:
                if (size - 2) * (b.pays.hi - c.pays.lo) <= a.pays.lo - b.pays.hi + SLACK:
                    continue
                bounded = [
                    search.sharpen(a, lambda p, v=a.pays.lo: p.lo <= v + SLACK, low=True),
                    search.sharpen(b, lambda p, v=b.pays.hi: p.hi >= v - SLACK, low=False),
                    search.sharpen(c, lambda p, v=c.pays.lo: p.lo <= v + SLACK, low=True),
                ]
                for cells in (bounded, (a.cell, b.cell, c.cell)):
                    push = _scored(search, size, cells, "", "")
                    if push is not None:
                        return push
    return _varied(search, size, right, wrong)


def _varied(search: Search, size: int, right: Outcome, wrong: Outcome) -> Push | None:
    """A push among many completions: the least paid right one, the most paid wrong one, the least paid ones."""
    rights, wrongs = search.varied.get(right), search.varied.get(wrong)
    if not rights or not wrongs:
        return None
    three = [rights[0], wrongs[-1], *[wrongs[0]] * (size - 2)]
    scores = search.score([score.reading.rollout for score in three])
    advantages = of_group([score.total for score in scores])
    return Push(size, tuple(scores), tuple(advantages)) if advantages[1] > PUSHED else None


def _scored(search: Search, size: int, cells: Sequence[Cell], axis: str, least: str) -> Push | None:
    """Write the three, score the group, and keep it if the second is pushed up."""
    orders: tuple[tuple[Size | None, ...], ...] = (
        (None, None, None),
        ("long", "short", "long"),
        ("short", "short", "long"),
    )
    for sizes in orders:
        if sizes != (None, None, None) and not search.recipe.reads_groups:
            break
        rollouts = [search.write(cell, length) for cell, length in zip(cells, sizes, strict=True)]
        one, two, rest = rollouts
        if one is None or two is None or rest is None:
            continue
        scores = search.score([one, two, *[rest] * (size - 2)])
        if any(score.total is None for score in scores):
            continue
        advantages = of_group([score.total for score in scores])
        if advantages[1] > PUSHED:
            return Push(size, tuple(scores), tuple(advantages), axis, least)
    return None


def _others(space: Space, sizes: Sequence[int]) -> list[Finding]:
    """What the prices of false_none and no_answer do to a wrong answer beside a right one: information."""
    right, wrong = (space.clean(outcome).pays for outcome in (Outcome.CORRECT, Outcome.WRONG))
    if right.never or wrong.never:
        return []
    found: list[Finding] = []
    for other, name, plural in (
        (Outcome.FALSE_NONE, "False None", "false Nones"),
        (Outcome.NO_ANSWER, "No answer", "completions without an answer"),
    ):
        if other not in space.outcomes:
            continue
        pays = space.clean(other).pays
        if pays.never or wrong.hi - pays.lo <= SLACK or not all(map(isfinite, (right.lo, wrong.hi, pays.lo))):
            continue
        raised = {
            str(size): of_group([right.lo, wrong.hi, *[pays.lo] * (size - 2)])[1]
            for size in sizes
            if size > 2
        }
        shown = ", ".join(f"{signed(value)} at G={size}" for size, value in raised.items())
        found.append(
            Finding(
                code=f"group_{other}",
                severity=Severity.INFO,
                sentence=f"{name} is paid {num(pays.hi)}, less than a wrong answer's {num(wrong.hi)}: a wrong answer "
                f"beside one right one and otherwise {plural} has the advantage {shown}.",
                facts=raised,
            )
        )
    return found
