"""Terms that price length alone: a window, and DAPO's soft overlong penalty.

Payments are never above 0. Both terms are piecewise monotone in the count of tokens, words or characters,
so their bounds are tight: over a range of counts the extremes are at its ends and at the corners inside.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Annotated, ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from ...kinds import Doubt
from ...types import Reading
from ..base import Count, Number, Payment, Term
from ..cells import Axis, Cell, Pays, Range, hull
from ..conditions.facts import NUMBERS, number_axis
from ..presets import WithPresets

Unit = Literal["tokens", "words", "characters"]
"""What a length is counted in. Tokens leave out the end-of-sequence token; words are separated by
white space; characters are Unicode code points."""

Positive = Annotated[int, Field(strict=True, ge=1)]
"""A whole number from 1."""


def penalty_not_above_zero(penalty: float) -> float:
    """A penalty is added to the total as written, so a positive one would be a bonus."""
    if penalty > 0:
        raise ValueError(f"a penalty is added to the total, so it is at most 0; write {-penalty:g}")
    return penalty


class Length(Term):
    """A price on completions outside a window of lengths; 0 inside.

    Args:
        above: the longest count that pays 0.
        below: the shortest count that pays 0. Either side may be left out.
        unit: tokens, words or characters.
        penalty: what a completion outside pays, at most 0.
        shape: `flat` pays the whole penalty one unit outside; `linear` grows from 0 at the edge to
            the whole penalty `ramp` units outside, and stays there.
        ramp: for `linear`, the units outside the window at which the whole penalty is reached.

    Source: the length prices of the None-discrimination report on Qwen3-0.6B (flat, 30 to 768
    tokens) and of the 7B reproduction of DeepSeek-R1 on GSM8K (soft, 500 to 800 tokens).
    """

    kind: ClassVar[str] = "length"
    looks_at: ClassVar[frozenset[str]] = frozenset({"length"})

    above: Count | None = Field(None, description="the longest count that pays 0")
    below: Count | None = Field(None, description="the shortest count that pays 0")
    unit: Unit = Field("tokens", description="what is counted")
    penalty: Number = Field(description="paid outside the window, at most 0")
    shape: Literal["flat", "linear"] = Field("flat", description="all at once, or growing over `ramp` units")
    ramp: Positive | None = Field(None, description="units outside at which the whole penalty is reached")

    @field_validator("penalty")
    @classmethod
    def _sign(cls, penalty: float) -> float:
        return penalty_not_above_zero(penalty)

    @model_validator(mode="after")
    def _window(self) -> Length:
        if self.above is None and self.below is None:
            raise ValueError("a length needs `above`, `below` or both")
        if self.above is not None and self.below is not None and self.below > self.above:
            raise ValueError(
                f"the window runs from `below` to `above`, but {self.below} is past {self.above}: swap them"
            )
        if self.shape == "linear" and self.ramp is None:
            raise ValueError(
                "shape linear needs `ramp`, the units outside at which the whole penalty is reached"
            )
        if self.shape == "flat" and self.ramp is not None:
            raise ValueError("`ramp` belongs to shape linear; add `shape: linear` or drop `ramp`")
        return self

    def price_at(self, count: float) -> float:
        """The payment for a length of `count` units."""
        if self.above is not None and count > self.above:
            outside = count - self.above
        elif self.below is not None and count < self.below:
            outside = self.below - count
        else:
            return 0.0
        return self.penalty if self.ramp is None else self.penalty * min(1.0, outside / self.ramp)

    def pay(self, reading: Reading) -> Payment:  # noqa: D102
        count = NUMBERS[self.unit](reading)
        if self.above is not None and count > self.above:
            note = f"{count} {self.unit}, {count - self.above} above {self.above}"
        elif self.below is not None and count < self.below:
            note = f"{count} {self.unit}, {self.below - count} below {self.below}"
        else:
            note = f"{count} {self.unit}"
        return Payment(self.price_at(count), note)

    def amounts(self, readings: Sequence[Reading]) -> list[float | None]:  # noqa: D102
        count = NUMBERS[self.unit]
        return [self.price_at(count(reading)) for reading in readings]

    def axes(self) -> tuple[Axis, ...]:  # noqa: D102
        cuts = [] if self.below is None else [self.below]
        if self.above is not None:
            cuts.append(self.above + 1)
        if self.ramp is not None:
            cuts += self._whole()
        return (number_axis(self.unit, tuple(float(cut) for cut in cuts)),)

    def pays(self, cell: Cell) -> Pays:  # noqa: D102
        return over(self.price_at, cell.ranges[self.unit], [self.below, self.above])

    def doubts(self, longest: int | None) -> Sequence[Doubt]:  # noqa: D102
        if longest is None or self.unit != "tokens" or self.above is None or self.above < longest:
            return ()
        cured = {"above": max(self.below or 1, longest * 3 // 4)}
        if self.below is None:
            says = f"never pays anything but 0: it begins past {self.above} tokens and completions end at {longest}."
        else:
            says = f"never pays for its upper side ({self.above} tokens): completions end at {longest}."
        return (Doubt("dead", says, cured),)

    def _whole(self) -> list[int]:
        """The counts at which a linear penalty reaches its whole, or falls below it."""
        ramp = self.ramp or 0
        long = [] if self.above is None else [self.above + ramp]
        return long if self.below is None else [*long, max(0, self.below - ramp + 1)]


class SoftOverlong(WithPresets):
    """DAPO's soft punishment of overlong completions.

    Pays 0 up to `max_length - cache`, falls linearly to `penalty` at `max_length`, and stays there.
    Source: DAPO, arXiv 2503.14476, equation 13.

    Args:
        max_length: the longest length expected, in `unit`.
        cache: units before `max_length` over which the penalty grows; 0 for a step at `max_length`.
        unit: tokens, words or characters.
        penalty: the payment at `max_length`, at most 0.
        clamped: whether it stays at `penalty` past `max_length`; if false, it falls without bound.
        preset: `trl` and `open-r1` clamp; `verl`, `ms-swift` and `nemo-rl` do not.
    """

    kind: ClassVar[str] = "soft_overlong"
    looks_at: ClassVar[frozenset[str]] = frozenset({"length"})
    bounded_by: ClassVar[tuple[str, bool]] = ("clamped", True)
    PRESETS: ClassVar = {
        "trl": {"unit": "tokens", "clamped": True},
        "open-r1": {"unit": "tokens", "clamped": True},
        "verl": {"unit": "tokens", "clamped": False},
        "ms-swift": {"unit": "tokens", "clamped": False},
        "nemo-rl": {"unit": "tokens", "clamped": False},
    }

    preset: Literal["trl", "open-r1", "verl", "ms-swift", "nemo-rl"] | None = Field(
        None, description="a project's version; explicit parameters win"
    )
    max_length: Positive = Field(description="the longest length expected, in `unit`")
    cache: Count = Field(description="units before max_length over which the penalty grows")
    unit: Unit = Field("tokens", description="what is counted")
    penalty: Number = Field(-1.0, description="paid at max_length, at most 0")
    clamped: bool = Field(True, description="whether it stays at the penalty past max_length")

    @field_validator("penalty")
    @classmethod
    def _sign(cls, penalty: float) -> float:
        return penalty_not_above_zero(penalty)

    @model_validator(mode="after")
    def _cache_fits(self) -> SoftOverlong:
        if self.cache > self.max_length:
            raise ValueError(
                f"the cache is the last part of max_length, but {self.cache} is more than {self.max_length}"
            )
        if self.cache == 0 and not self.clamped:
            raise ValueError("an unclamped penalty grows by 1/cache per unit; give a cache of 1 or more")
        return self

    def price_at(self, count: float) -> float:
        """The payment for a length of `count` units."""
        over_by = count - (self.max_length - self.cache)
        if over_by <= 0:
            return 0.0
        if self.clamped and count >= self.max_length:
            return self.penalty
        return self.penalty * (over_by / self.cache) if self.penalty else 0.0

    def pay(self, reading: Reading) -> Payment:  # noqa: D102
        count = NUMBERS[self.unit](reading)
        edge = self.max_length - self.cache
        note = f"{count} {self.unit}" + (f", {count - edge} above {edge}" if count > edge else "")
        return Payment(self.price_at(count), note)

    def amounts(self, readings: Sequence[Reading]) -> list[float | None]:  # noqa: D102
        count = NUMBERS[self.unit]
        return [self.price_at(count(reading)) for reading in readings]

    def axes(self) -> tuple[Axis, ...]:  # noqa: D102
        edge = self.max_length - self.cache
        whole = self.max_length if self.cache else self.max_length + 1
        return (number_axis(self.unit, (float(edge + 1), float(whole))),)

    def pays(self, cell: Cell) -> Pays:  # noqa: D102
        return over(self.price_at, cell.ranges[self.unit], [self.max_length - self.cache, self.max_length])


def over(price_at: Callable[[float], float], part: Range, corners: Iterable[float | None]) -> Pays:
    """What a price that is monotone between its corners can be over a range of counts."""
    inside = [corner for corner in corners if corner is not None and corner in part]
    return hull(price_at(count) for count in (part.lo, part.hi, *inside))
