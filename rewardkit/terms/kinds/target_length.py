"""A target length: the prompt names a number of tokens, and the reward pays for keeping to it.

The number is in a column of the row. LCPO-Exact prices the distance between it and the length; LCPO-Max
falls from 1 to 0 as the length passes the number, and is meant to be multiplied by correctness.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil, inf
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from ...errors import MissingFact
from ...types import Reading
from ..base import Floor, Number, Payment, Term
from ..cells import Axis, Cell, Pays, hull
from ..conditions.facts import NUMBERS, number_axis
from .length import Unit

Slope = Annotated[float, Field(strict=True, gt=0)]
"""What one unit of length costs, above 0."""

WRITTEN = 1000
"""The target length that the audits write into a row."""


class TargetLength(Term):
    """A price on the distance from the row's target length.

    Args:
        column: the column of the row that holds the target length.
        unit: tokens, words or characters.
        mode: `exact` pays -alpha * |target - length|, never below `floor`; `max` pays
            alpha * (target - length) + delta, clipped to 0 and 1.
        alpha: what one unit costs.
        delta: for `max`, the payment at exactly the target length.
        floor: for `exact`, the lowest payment; null (the default) for no bound.

    `max` is a factor: put it into a `product` with `correctness`. Source: LCPO of L1, arXiv 2503.04697,
    equations 1 and 2 (alpha 0.0003, delta 0.5).

    Raises:
        MissingFact: the row has no such column, or the value is not a whole number.
    """

    kind: ClassVar[str] = "target_length"
    looks_at: ClassVar[frozenset[str]] = frozenset({"length"})
    bounded_by: ClassVar[tuple[str, float]] = ("floor", -0.3)

    column: Annotated[str, Field(min_length=1)] = Field(description="the column that holds the target length")
    unit: Unit = Field("tokens", description="what is counted")
    mode: Literal["exact", "max"] = Field(
        "exact", description="exact: price the distance; max: pay less the longer it is"
    )
    alpha: Slope = Field(0.0003, description="what one unit costs")
    delta: Number = Field(0.5, description="for max: paid at exactly the target length")
    floor: Floor | None = Field(None, description="for exact: the lowest payment; null: no bound")

    def target(self, reading: Reading) -> int:
        """The row's target length."""
        rollout = reading.rollout
        value = rollout.fields.get(self.column)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool):
            raise MissingFact(
                f"rollout {rollout.id or '(without id)'} has {value!r} in the column '{self.column}', and this recipe "
                "prices the distance from the length given there; give every row a whole number"
            )
        return value

    def off(self, reading: Reading) -> int:
        """How far the length is from the target."""
        return abs(NUMBERS[self.unit](reading) - self.target(reading))

    def room(self, reading: Reading) -> float:
        """What `max` pays."""
        spare = self.target(reading) - NUMBERS[self.unit](reading)
        return min(max(self.alpha * spare + self.delta, 0.0), 1.0)

    def price_at(self, off: float) -> float:
        """What `exact` pays at a distance."""
        price = -self.alpha * off + 0.0
        return price if self.floor is None else max(self.floor, price)

    def pay(self, reading: Reading) -> Payment:  # noqa: D102
        value = self.room(reading) if self.mode == "max" else self.price_at(self.off(reading))
        count = NUMBERS[self.unit](reading)
        return Payment(value, f"{count} {self.unit}, target {self.target(reading)}")

    def axes(self) -> tuple[Axis, ...]:  # noqa: D102
        if self.mode == "max":
            own = Axis(self._axis(), self.room, cuts=(0.0, 1.0), hi=1.0, integer=False)
        else:
            reached = inf if self.floor is None else max(1, ceil(-self.floor / self.alpha))
            own = Axis(self._axis(), self.off, cuts=(1.0, *([float(reached)] if reached < inf else [])))
        return (own, number_axis(self.unit))

    def pays(self, cell: Cell) -> Pays:  # noqa: D102
        part = cell.ranges[self._axis()]
        if self.mode == "max":
            return Pays(part.lo, part.hi)
        return hull((self.price_at(part.lo), self.price_at(part.hi)))

    def columns(self) -> Mapping[str, Any]:  # noqa: D102
        return {self.column: WRITTEN}

    def _axis(self) -> str:
        if self.mode == "max":
            return f"room({self.unit}, {self.column}, {self.alpha!r}, {self.delta!r})"
        return f"off({self.unit}, {self.column})"
