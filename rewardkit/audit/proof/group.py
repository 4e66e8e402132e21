"""Within a GRPO group: can a wrong answer be pushed up although a right one stands beside it.

A group of G holds one right answer (paid r), one wrong one (a), and G - 2 others, each right, wrong or without an
answer, in any style, cut or not. GRPO subtracts the group's mean and divides by a positive number, so the sign of the
wrong one's advantage is that of its reward less the mean: it is pushed up iff the others lie below it by more than the
right one lies above, sum(a - m) > r - a. That grows with a and falls with r and every m, so the worst group takes the
most that a wrong answer is paid, the least that a right one is, and for every other the least that any member is, b:
(G-2)(a-b) > r-a. A right one is never the lowest member unless it is paid less than a wrong one, which breaks
`ordering` first. Members without a total leave the baseline, which makes a smaller group. Bounds on r, a and b prove
that it cannot happen; where they do not, a group is written, scored and its advantages are taken.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from math import floor, inf, isfinite
from typing import Any

from ...documents import OMITTED, called, encode, written_as
from ...formatting import listed, num
from ...terms.cells import Cell
from ...types import Outcome, Score
from ..findings import ClaimVerdict, Finding, Severity, spoken, witnessed
from ..rollouts.grpo import of_group
from ..space import NO_RANGES, Space, Spot
from ..witness.search import SLACK, Search
from ..witness.writing import Size
from .ordering import made_of

SIZES = (4, 8, 16)
VISIBLE = 0.01
"""How much further than it must a price is moved, as a share of the way."""
SPOKEN_NUMBERS = {2: "two", 6: "six", 14: "fourteen"}
PUSHED = 1e-6
"""An advantage above this is no rounding."""


@dataclass(frozen=True, slots=True)
class GroupClaim:
    """The claim for problems with an answer, or for those without: no `wrong` is pushed up beside a `right`, whatever
    wrong and `silent` completions fill the group."""

    code: str
    right: Outcome
    wrong: Outcome
    silent: Outcome
    severity: Severity
    one: str
    other: str

    def members(self, space: Space) -> tuple[Outcome, ...]:
        """The outcomes that fill the group, of those that occur."""
        return tuple(outcome for outcome in (self.wrong, self.silent) if outcome in space.outcomes)


SIDES = (
    GroupClaim(
        "group",
        Outcome.CORRECT,
        Outcome.WRONG,
        Outcome.NO_ANSWER,
        Severity.ERROR,
        "a wrong answer",
        "a right one",
    ),
    GroupClaim(
        "group_none",
        Outcome.NONE_CORRECT,
        Outcome.NONE_MISSED,
        Outcome.NONE_NO_ANSWER,
        Severity.WARNING,
        "an answer",
        "a rightful None",
    ),
)


@dataclass(frozen=True, slots=True)
class Push:
    """A scored group in which a wrong answer is pushed up. The right one comes first, it second."""

    size: int = field(metadata=OMITTED)
    scores: tuple[Score, ...] = field(
        metadata=called("rewards") | written_as(lambda scores: [s.total for s in scores])
    )
    advantages: tuple[float, ...] = field(
        metadata=called("advantage") | written_as(lambda advantages: advantages[1])
    )
    axis: str = ""
    least: str = ""

    @property
    def rewards(self) -> str:
        """As `1, -0.1, -0.3 x 6`."""
        one, two, *rest = (num(score.total) for score in self.scores)
        runs = [(text, len(list(run))) for text, run in groupby(rest)]
        shown = [f"{text} x {number}" if number > 1 else text for text, number in runs]
        return ", ".join([one, two, *shown])


def within_group(space: Space, search: Search, sizes: Sequence[int] = SIZES) -> list[Finding]:
    """The claim for problems with an answer and for those without."""
    found = [_claim(space, search, sizes, side) for side in SIDES]
    return [finding for finding in found if finding is not None]


def room(space: Space, side: GroupClaim) -> tuple[float, float] | None:
    """(gap, spread): from the most that a wrong answer can be paid up to the least of a right one, and down to the
    least of any member; None where there is no such group."""
    if side.right not in space.outcomes or side.wrong not in space.outcomes:
        return None
    low = space.bound_within(side.right, True, NO_RANGES)
    top = space.bound_within(side.wrong, False, NO_RANGES)
    ends = [space.bound_within(outcome, True, NO_RANGES) for outcome in side.members(space)]
    if low is None or top is None:
        return None
    return low - top, top - min(end for end in ends if end is not None)


def _claim(space: Space, search: Search, sizes: Sequence[int], side: GroupClaim) -> Finding | None:
    found = room(space, side)
    if found is None:
        return None
    gap, spread = found
    safe = largest_safe(gap, spread)
    facts: dict[str, Any] = {"gap": gap, "spread": spread, "largest_proven": safe}
    unproven = [size for size in sizes if size > safe]
    verdicts = {size: ClaimVerdict.PROVEN for size in sizes if size <= safe}
    pushes: dict[int, list[Push]] = {}
    for size in unproven:
        pushes[size] = find_pushes(space, search, size, side)
        verdicts[size] = ClaimVerdict.REFUTED if pushes[size] else ClaimVerdict.UNKNOWN
    facts["verdicts"] = {str(size): str(verdicts[size]) for size in sizes}
    if not unproven:
        return _proven(side, gap, spread, safe, facts)
    refuted = [size for size in unproven if verdicts[size] == ClaimVerdict.REFUTED]
    if not refuted:
        return Finding(
            code=side.code,
            severity=Severity.WARNING,
            verdict=ClaimVerdict.UNKNOWN,
            sentence=f"Not decided at G = {listed([str(size) for size in unproven])}: the arithmetic permits "
            f"{side.one} to be pushed up beside {side.other}, but {search.why(_extremes(space, side))}.",
            facts=facts,
        )
    size = refuted[0]
    facts["ways"] = {str(size): encode(pushes[size]) for size in refuted}
    first = pushes[size][0]
    return Finding(
        code=side.code,
        severity=side.severity,
        verdict=ClaimVerdict.REFUTED,
        sentence=f"{_told(first)} {_at(verdicts)}",
        witness=witnessed(first.scores, first.advantages, note="the second is pushed up"),
        facts=facts,
    )


def _extremes(space: Space, side: GroupClaim) -> list[Cell]:
    """The cells whose bounds allow the claim to fail: right, pushed and the lowest member."""
    lows = [spot for spot in map(space.lowest, side.members(space)) if spot is not None]
    spots = [
        space.lowest(side.right),
        space.highest(side.wrong),
        min(lows, key=lambda s: s.pays.lo, default=None),
    ]
    return [spot.cell for spot in spots if spot is not None]


def _proven(side: GroupClaim, gap: float, spread: float, safe: float, facts: dict[str, Any]) -> Finding:
    reach = "at every G" if safe == inf else f"up to G = {num(safe)}"
    return Finding(
        code=side.code,
        severity=Severity.INFO,
        verdict=ClaimVerdict.PROVEN,
        sentence=f"Beside {side.other} GRPO never pushes {side.one} up, {reach}: what wrong answers and silence earn "
        f"spreads over {num(spread)}, the right one earns {num(gap)} more.",
        facts=facts,
    )


def _told(push: Push) -> str:
    """The group in a sentence: each sort of member with what it earns, and what GRPO does."""
    right, pushed, other = push.scores[:3]
    many = SPOKEN_NUMBERS.get(push.size - 2, str(push.size - 2))
    same = (
        f"other {spoken(other.outcome, many=True)}"
        if other.outcome == pushed.outcome
        else spoken(other.outcome, many=True)
    )
    return (
        f"In a group of {push.size} one {spoken(right.outcome)} earns {num(right.total)}{made_of(right)}, one {spoken(pushed.outcome)} "
        f"{num(pushed.total)}{made_of(pushed)}, {many} {same} {num(other.total)}{made_of(other)}: "
        f"GRPO pushes the one {spoken(pushed.outcome)} up (advantage {push.advantages[1]:+.3f})."
    )


def _at(verdicts: Mapping[int, ClaimVerdict]) -> str:
    """For which group sizes: `Found at G = 8 and 16; impossible at 4.`"""
    by = {verdict: [str(s) for s in sorted(verdicts) if verdicts[s] == verdict] for verdict in ClaimVerdict}
    parts = [f"found at G = {listed(by[ClaimVerdict.REFUTED])}"] if by[ClaimVerdict.REFUTED] else []
    parts += [f"impossible at {listed(by[ClaimVerdict.PROVEN])}"] if by[ClaimVerdict.PROVEN] else []
    parts += (
        [f"neither shown nor excluded at {listed(by[ClaimVerdict.UNKNOWN])}"]
        if by[ClaimVerdict.UNKNOWN]
        else []
    )
    text = "; ".join(parts)
    return f"{text[0].upper()}{text[1:]}."


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


def find_pushes(space: Space, search: Search, size: int, side: GroupClaim) -> list[Push]:
    """Scored groups that refute the claim: one for each axis that does it alone, one through silence or a cut alone,
    else one that needs several."""
    found: list[Push | None] = []
    for anchor in (space.clean(side.right), space.lowest(side.right)):
        if anchor is None:
            continue
        for axis in space.axes:
            cells = [Cell(side.wrong, False, {**anchor.cell.ranges, axis.name: part}) for part in axis.ranges]
            found.append(_through(space, search, size, anchor, cells, cells, axis.name))
        plain = Cell(side.wrong, False, dict(anchor.cell.ranges))
        for outcome in side.members(space):
            rest = [Cell(outcome, cut, dict(anchor.cell.ranges)) for cut in (False, True)]
            found.append(_through(space, search, size, anchor, [plain], rest, ""))
        pushes = [push for push in found if push is not None]
        if pushes:
            return pushes
    push = _anyhow(space, search, size, side)
    return [push] if push is not None else []


def _through(
    space: Space,
    search: Search,
    size: int,
    anchor: Spot,
    tops: Sequence[Cell],
    rest: Sequence[Cell],
    axis: str,
) -> Push | None:
    """A push of the best of `tops` above as many of one of `rest`, which differ by as little as does it; `axis` is the
    one that they differ on, "" where it is not the style."""
    pushed, others = (
        [spot for cell in cells if not (spot := Spot(cell, space.pays(cell))).pays.never]
        for cells in (tops, rest)
    )
    if not pushed or not others or (axis and len(pushed) < 2):
        return None
    best = _highest_written(search, pushed)
    if best is None:
        return None
    a = space.pays(best).hi
    reach = search.sharpen(anchor, lambda pays: pays.lo <= anchor.pays.lo + SLACK, low=True)
    r = space.pays(reach).lo
    # Every other one must be paid less than this, and by enough for the advantage to show.
    bar = a - (1 + VISIBLE) * (r - a) / (size - 2)
    found: Push | None = None
    for spot in (spot for spot in others if spot.pays.lo < bar - SLACK):
        worst = search.sharpen(spot, lambda pays: pays.lo < bar - SLACK, low=True)
        spoken, least = (
            (space.spoken(axis), _least(axis, worst, spot.cell)) if axis else (_unlike(best, worst), "")
        )
        push = _scored(search, size, (reach, best, worst), spoken, least)
        if push is not None and (found is None or _plainer(push, found)):
            found = push
    return found


def _unlike(best: Cell, worst: Cell) -> str:
    """What sets the others apart from the pushed one where it is not the style."""
    words = [] if worst.outcome == best.outcome else ["no answer"]
    return " and ".join([*words, *(["truncation"] if worst.truncated else [])])


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


def _anyhow(space: Space, search: Search, size: int, side: GroupClaim) -> Push | None:
    lows = [spot for outcome in side.members(space) for spot in search.spots(outcome, low=True)[:4]]
    for a in search.spots(side.right, low=True)[:3]:
        for b in search.spots(side.wrong, low=False)[:4]:
            for c in sorted(lows, key=lambda spot: spot.pays.lo):
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
    return _varied(search, size, side)


def _varied(search: Search, size: int, side: GroupClaim) -> Push | None:
    """A push among many completions: the least paid right one, the most paid wrong one, the least paid members."""
    for own in search.varied:
        rights, wrongs = own.get(side.right), own.get(side.wrong)
        if not rights or not wrongs:
            continue
        lowest = sorted((*wrongs[:-1], *own.get(side.silent, ())), key=lambda score: score.total or 0.0)
        if not lowest:
            continue
        rest = [lowest[min(at, len(lowest) - 1)] if search.chancy else lowest[0] for at in range(size - 2)]
        scores = search.score([score.reading.rollout for score in (rights[0], wrongs[-1], *rest)])
        advantages = of_group([score.total for score in scores])
        if advantages[1] > PUSHED:
            return Push(size, tuple(scores), tuple(advantages))
    for one, *rest in search.sampled(side.right, (side.wrong, side.silent), size):
        rest.sort(key=lambda score: (score.outcome != side.wrong, -(score.total or 0.0)))
        scores = search.score([score.reading.rollout for score in (one, *rest)])
        advantages = of_group([score.total for score in scores])
        if scores[1].outcome == side.wrong and advantages[1] > PUSHED:
            return Push(size, tuple(scores), tuple(advantages))
    return None


def _scored(search: Search, size: int, cells: Sequence[Cell], axis: str, least: str) -> Push | None:
    """Write the three for one problem, score the group, and keep it if the second is pushed up."""
    orders: tuple[tuple[Size | None, ...], ...] = (
        (None, None, None),
        ("long", "short", "long"),
        ("short", "short", "long"),
    )
    for sizes in orders:
        if sizes != (None, None, None) and not search.recipe.reads_groups:
            break
        written = search.together(list(zip(cells, sizes, strict=True)))
        if written is None:
            continue
        one, two, rest = written
        scores = search.score([one, two, *[rest] * (size - 2)])
        if any(score.total is None for score in scores):
            continue
        advantages = of_group([score.total for score in scores])
        if advantages[1] > PUSHED:
            return Push(size, tuple(scores), tuple(advantages), axis, least)
    return None
