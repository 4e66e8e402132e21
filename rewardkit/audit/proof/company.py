"""What a spread of false Nones, or of completions without an answer, does to a wrong answer beside a right one.

Information beside the `group` claim: every figure is of a group that was written for one problem and scored. Where
the bounds allow a spread that no written group shows, the finding says that it may be, and is `unknown`.
"""

from __future__ import annotations

from collections.abc import Sequence

from ...terms.cells import Cell
from ...types import Outcome, Score
from ..findings import ClaimVerdict, Finding, Severity, witnessed
from ..rollouts.grpo import of_group
from ..space import SLACK, Space
from ..witness.search import Search
from .group import SIDES
from .ordering import apart

OTHERS = (
    (Outcome.FALSE_NONE, "False None", "false Nones"),
    (Outcome.NO_ANSWER, "No answer", "completions without an answer"),
)


def company(space: Space, search: Search, sizes: Sequence[int]) -> list[Finding]:
    """`group_false_none` and `group_no_answer`, where a wrong answer is paid more than they are."""
    found = [_of(space, search, [size for size in sizes if size > 2], *other) for other in OTHERS]
    return [finding for finding in found if finding is not None]


def _of(
    space: Space, search: Search, sizes: Sequence[int], other: Outcome, name: str, plural: str
) -> Finding | None:
    wanted = (Outcome.CORRECT, Outcome.WRONG, other)
    if not sizes or any(outcome not in space.outcomes for outcome in wanted):
        return None
    right, wrong, rest = (space.clean(outcome) for outcome in wanted)
    if not wrong.pays.never and not rest.pays.never and rest.pays.hi < wrong.pays.lo - SLACK:
        cells = [right.cell, wrong.cell, rest.cell]
    elif other == Outcome.FALSE_NONE and (found := _beyond(space)):
        cells = found  # what silence does in other styles is a part of the `group` claim
    else:
        return None
    tops = [cells[1], *(spot.cell for spot in search.spots(Outcome.WRONG, low=False))]
    found = (_groups(search, (cells[0], top, cells[2]), sizes) for top in tops)
    groups = next((one for one in found if one is not None), None)
    if groups is None:
        return _maybe(space, search, other, plural, cells)
    raised = {str(size): of_group([score.total for score in scores])[1] for size, scores in groups.items()}
    shown = ", ".join(f"{value:+.3f} at G={size}" for size, value in raised.items())
    scores = groups[sizes[0]]
    x, y = apart(scores[2].total, scores[1].total)
    return Finding(
        code=f"group_{other}",
        severity=Severity.INFO,
        sentence=f"{name} earns {x}, a wrong answer {y}: beside one right answer and otherwise {plural}, GRPO pushes the "
        f"wrong one up ({shown}).",
        witness=witnessed(scores, of_group([score.total for score in scores])),
        facts=raised,
    )


def _beyond(space: Space) -> list[Cell]:
    """The cells of a group in which a false None may be paid less than any member of the `group` claim; empty where
    it cannot be."""
    side = SIDES[0]
    low, lows = space.lowest(Outcome.FALSE_NONE), [space.lowest(o) for o in side.members(space)]
    right, wrong = space.lowest(side.right), space.highest(side.wrong)
    if low is None or right is None or wrong is None:
        return []
    if low.pays.lo >= min(spot.pays.lo for spot in lows if spot is not None) - SLACK:
        return []
    return [right.cell, wrong.cell, low.cell]


def _groups(search: Search, cells: Sequence[Cell], sizes: Sequence[int]) -> dict[int, list[Score]] | None:
    """The scored group of every size; None where one cannot be written or shows no spread."""
    three = search.together([(cell, None) for cell in cells])
    if three is None:
        return None
    one, two, rest = three
    groups = {size: search.score([one, two, *[rest] * (size - 2)]) for size in sizes}
    return groups if all(map(_spread, groups.values())) else None


def _spread(scores: Sequence[Score]) -> bool:
    """Whether everything has a total, and every other one is paid less than the wrong answer."""
    totals = [score.total for score in scores]
    paid = [total for total in totals if total is not None]
    return len(paid) == len(totals) and max(paid[2:]) < paid[1] - SLACK


def _maybe(
    space: Space, search: Search, other: Outcome, plural: str, cells: Sequence[Cell]
) -> Finding | None:
    """That it may be paid less by the bounds of its cells, and why no group shows it."""
    low, high = space.pays(cells[2]).lo, space.pays(cells[1]).hi
    x, y = apart(low, high)
    return Finding(
        code=f"group_{other}",
        severity=Severity.INFO,
        verdict=ClaimVerdict.UNKNOWN,
        sentence=f"Not decided: the arithmetic permits {plural} to earn {x} and a wrong answer {y}, but "
        f"{search.why(cells)}.",
        facts={"least": low, "most_wrong": high},
    )
