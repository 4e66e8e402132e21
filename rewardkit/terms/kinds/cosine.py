"""The cosine length reward: length changes what a right and a wrong answer are paid, each in its own direction.

The price follows half a cosine from the one for the shortest to the one for the longest completion.
Unclamped, as in some projects, the wave rises again past `max_length` and pays very long completions
like very short ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import cos, floor, inf, pi
from typing import ClassVar, Literal, Self

from pydantic import Field

from ...formatting import num
from ...kinds import Doubt
from ...types import Reading
from ..base import Number, Payment
from ..cells import Axis, Cell, Pays, Range, hull
from ..conditions.facts import NUMBERS, number_axis
from ..presets import WithPresets
from .length import Positive, Unit


class CosineLength(WithPresets):
    """Prices by outcome and length: r = long + (short - long) / 2 * (1 + cos(pi * length / max_length)).

    A right answer (a value that equals the gold, or None if the gold is None) is paid between
    `correct_short` and `correct_long`, everything else between `wrong_short` and `wrong_long`.

    Args:
        max_length: the length at which the long price is reached, in `unit`.
        unit: tokens, words or characters.
        correct_short: price of a right answer of length 0.
        correct_long: price of a right answer of `max_length`.
        wrong_short: price of a wrong answer of length 0.
        wrong_long: price of a wrong answer of `max_length`.
        clamped: whether the price stays at the long one past `max_length`.
        preset: `trl` (tokens, clamped; the defaults); `open-r1`, its function's own defaults (1000
            characters, unclamped); `open-r1-cli`, its command line's (the same, but a longer wrong answer
            loses more: 0 to -0.5); `ms-swift` (tokens, unclamped; wrong -0.5 to 0, max_length
            1000).

    Source: Demystifying Long Chain-of-Thought Reasoning, arXiv 2502.03373, appendix C.1.
    """

    kind: ClassVar[str] = "cosine_length"
    looks_at: ClassVar[frozenset[str]] = frozenset({"outcome", "length"})
    bounded_by: ClassVar[tuple[str, bool]] = ("clamped", True)
    PRESETS: ClassVar = {
        "trl": {"unit": "tokens", "clamped": True},
        "open-r1": {"unit": "characters", "max_length": 1000, "clamped": False},
        "open-r1-cli": {
            "unit": "characters",
            "max_length": 1000,
            "clamped": False,
            "wrong_short": 0.0,
            "wrong_long": -0.5,
        },
        "ms-swift": {
            "unit": "tokens",
            "max_length": 1000,
            "clamped": False,
            "wrong_short": -0.5,
            "wrong_long": 0.0,
        },
    }

    preset: Literal["trl", "open-r1", "open-r1-cli", "ms-swift"] | None = Field(
        None, description="a project's version; explicit parameters win"
    )
    max_length: Positive = Field(description="the length at which the long price is reached, in `unit`")
    unit: Unit = Field("tokens", description="what is counted")
    correct_short: Number = Field(1.0, description="price of a right answer of length 0")
    correct_long: Number = Field(0.5, description="price of a right answer of max_length")
    wrong_short: Number = Field(-1.0, description="price of a wrong answer of length 0")
    wrong_long: Number = Field(-0.5, description="price of a wrong answer of max_length")
    clamped: bool = Field(True, description="whether the price stays at the long one past max_length")

    def flipped(self) -> Self:  # noqa: D102
        return self.model_copy(
            update={
                "correct_short": self.wrong_short,
                "correct_long": self.wrong_long,
                "wrong_short": self.correct_short,
                "wrong_long": self.correct_long,
            }
        )

    def doubts(self, longest: int | None) -> Sequence[Doubt]:  # noqa: D102
        found = []
        if self.wrong_short > self.wrong_long:
            says = (
                f"pays a wrong answer {num(self.wrong_short)} when short and {num(self.wrong_long)} when long; in its "
                "source the long one is paid more, so that a model without an answer keeps thinking."
            )
            swapped = {"wrong_short": self.wrong_long, "wrong_long": self.wrong_short}
            found.append(Doubt("inverted", says, swapped))
        if self.correct_short < self.correct_long:
            says = (
                f"pays a right answer {num(self.correct_short)} when short and {num(self.correct_long)} when long: "
                "length itself is rewarded."
            )
            swapped = {"correct_short": self.correct_long, "correct_long": self.correct_short}
            found.append(Doubt("inverted", says, swapped))
        return found

    def price_at(self, count: float, right: bool) -> float:
        """The payment for a length of `count` units (finite, or any if clamped)."""
        short, long = self._ends(right)
        progress = count / self.max_length
        if self.clamped and progress >= 1.0:
            return long
        return long + 0.5 * (short - long) * (1.0 + cos(progress * pi))

    def pay(self, reading: Reading) -> Payment:  # noqa: D102
        count = NUMBERS[self.unit](reading)
        right = reading.outcome.right
        note = f"{'right' if right else 'not right'}, {count} of {self.max_length} {self.unit}"
        return Payment(self.price_at(count, right), note)

    def axes(self) -> tuple[Axis, ...]:  # noqa: D102
        # Exactly max_length and, if unclamped, exactly twice that are ranges of their own, since the wave
        # turns there.
        turns = (1,) if self.clamped else (1, 2)
        cuts = tuple(float(turn * self.max_length + after) for turn in turns for after in (0, 1))
        return (number_axis(self.unit, cuts[:1] if self.clamped else cuts),)

    def pays(self, cell: Cell) -> Pays:  # noqa: D102
        part = cell.ranges[self.unit]
        right = cell.outcome.right
        short, long = self._ends(right)
        ends = [self.price_at(count, right) for count in (part.lo, part.hi) if count != inf or self.clamped]
        return hull([*ends, *(short if turn % 2 == 0 else long for turn in self._turns(part))])

    def _ends(self, right: bool) -> tuple[float, float]:
        return (self.correct_short, self.correct_long) if right else (self.wrong_short, self.wrong_long)

    def _turns(self, part: Range) -> tuple[int, ...]:
        """The multiples of max_length inside a range, where an unclamped wave turns; two represent them all."""
        if self.clamped:
            return ()
        first = -floor(-part.lo / self.max_length)
        last = first + 1 if part.hi == inf else floor(part.hi / self.max_length)
        return tuple(range(first, min(last, first + 1) + 1))
