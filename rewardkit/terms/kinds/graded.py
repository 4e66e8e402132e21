"""Terms that pay for being close: a number near the gold, an expression near the target.

The price falls linearly with the distance. Only the normal forms in the verdict are parsed.
"""

from __future__ import annotations

from math import inf, isfinite
from typing import Annotated, ClassVar

import regex
from pydantic import Field, model_validator

from ...types import Outcome, Reading
from ..base import Number, Payment, Term
from ..cells import Axis, Cell, Pays, exactly, hull

Distance = Annotated[float, Field(strict=True, gt=0)]
"""A distance above 0."""

PLAIN_NUMBER = regex.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,3})?", regex.ASCII)
LONGEST_NUMBER = 400


def plain_number(text: str) -> float | None:
    """A decimal number, or a fraction of two, as a float; None for anything else.

    >>> plain_number("-3/4"), plain_number("1e3"), plain_number("x")
    (-0.75, 1000.0, None)
    """
    if len(text) > LONGEST_NUMBER:
        return None
    over, slash, under = (part.strip() for part in text.partition("/"))
    if not PLAIN_NUMBER.fullmatch(over) or (slash and not PLAIN_NUMBER.fullmatch(under)):
        return None
    divisor = float(under) if slash else 1.0
    value = float(over) / divisor if divisor else inf
    return value if isfinite(value) else None


class _Near(Term):
    """What the two have in common: a linear price from `near` at distance 0 to `far` at `within`."""

    looks_at: ClassVar[frozenset[str]] = frozenset({"outcome", "answer"})

    correct: Number = Field(1.0, description="price of a right answer")
    near: Number = Field(0.8, description="price of a wrong answer at distance 0")
    far: Number = Field(0.3, description="price of a wrong answer at distance `within`")
    within: Distance = Field(description="the distance up to which a wrong answer is near")

    @model_validator(mode="after")
    def _falls(self) -> _Near:
        if self.near < self.far:
            raise ValueError(
                f"the price falls with the distance, but near {self.near:g} is below far {self.far:g}: swap them"
            )
        return self

    def distance(self, reading: Reading) -> float:
        """How far the answer is from right; infinite if it cannot be measured."""
        raise NotImplementedError

    def beyond(self, outcome: Outcome) -> float | None:
        """The price of an outcome that is neither correct nor near."""
        raise NotImplementedError

    def axis(self) -> str:
        """The name of the axis that `distance` measures."""
        raise NotImplementedError

    def problem(self, reading: Reading) -> str:
        """Why an answer is not near, in short."""
        return str(reading.outcome).replace("_", " ")

    def pay(self, reading: Reading) -> Payment:
        if reading.outcome == Outcome.CORRECT:
            return Payment(self.correct, "correct")
        distance = self.distance(reading) if reading.outcome == Outcome.WRONG else inf
        if distance <= self.within:
            return Payment(self._line(distance), f"off by {distance:g}")
        price = self.beyond(reading.outcome)
        if price is None:
            return Payment(None, "does not apply")
        return Payment(price, f"off by {distance:g}" if distance < inf else self.problem(reading))

    def axes(self) -> tuple[Axis, ...]:
        return (Axis(self.axis(), self.distance, cuts=(0.0, self.within), integer=False),)

    def pays(self, cell: Cell) -> Pays:
        if cell.outcome == Outcome.CORRECT:
            return exactly(self.correct)
        beyond = exactly(self.beyond(cell.outcome))
        part = cell.ranges[self.axis()]
        if (
            cell.outcome != Outcome.WRONG
            or part.lo > self.within
            or (part.lo == self.within and part.lo_open)
        ):
            return beyond
        line = hull((self._line(part.lo), self._line(min(part.hi, self.within))))
        return line if part.hi <= self.within else line.or_else(beyond)

    def _line(self, distance: float) -> float:
        return self.near + (self.far - self.near) * distance / self.within


class NumericCloseness(_Near):
    """Pays a wrong number by how close it is to the gold.

    Args:
        within: the distance up to which a wrong answer is near.
        relative: whether the distance is divided by the size of the gold (0.05: five per cent off).
        correct: price of a right answer.
        near: price of a wrong answer at distance 0, which falls linearly to `far`.
        far: the price at distance `within`.
        wrong: price of any other answer to an answerable problem, or if the answer or the gold is not a plain number.

    Pays nothing if the gold is None. The numbers are the normal forms that the verifier compared.
    Closeness says nothing about the reasoning, and a guess of the right size earns it: keep it well below
    `correct`.
    """

    kind: ClassVar[str] = "numeric_closeness"

    relative: bool = Field(False, description="whether the distance is divided by the size of the gold")
    wrong: Number = Field(0.0, description="price of any other answer to an answerable problem")

    def distance(self, reading: Reading) -> float:  # noqa: D102
        verdict = reading.verdict
        if verdict is None:
            return inf
        answer, gold = plain_number(verdict.answer), plain_number(verdict.gold)
        if answer is None or gold is None:
            return inf
        off = abs(answer - gold)
        if self.relative:
            return off / abs(gold) if gold else (0.0 if off == 0 else inf)
        return off

    def beyond(self, outcome: Outcome) -> float | None:  # noqa: D102
        return self.wrong if outcome.answerable else None

    def axis(self) -> str:  # noqa: D102
        return "distance(relative)" if self.relative else "distance"


class Countdown(_Near):
    """Grades a Countdown answer by the value of its expression.

    Args:
        correct: the expression uses given numbers and reaches the target.
        near: it uses given numbers and misses the target; the price at distance 0, which falls linearly
            to `far`.
        far: the price at distance `within`.
        within: the distance up to which it is near.
        wrong: anything else in the answer tag: further off, numbers that were not given, no expression.
        no_answer: no answer tag, or an empty one.

    Reads the details of the `countdown` verifier: `legal` (given numbers only) and `error`. Source: the
    Countdown report on Qwen3-1.7B: 1.0; 0.8 to 0.3 near; 0.1; 0.0. It leaves the band open: 10 is ours.
    """

    kind: ClassVar[str] = "countdown"

    within: Distance = Field(10.0, description="the distance from the target up to which it is near")
    wrong: Number = Field(0.1, description="price of anything else in the answer tag")
    no_answer: Number = Field(0.0, description="price of no answer tag, or an empty one")

    def distance(self, reading: Reading) -> float:  # noqa: D102
        details = reading.verdict.details if reading.verdict is not None else {}
        error = details.get("error")
        return float(abs(error)) if details.get("legal") and error is not None else inf

    def beyond(self, outcome: Outcome) -> float | None:  # noqa: D102
        if not outcome.answerable:
            return None
        return self.wrong if outcome == Outcome.WRONG else self.no_answer

    def problem(self, reading: Reading) -> str:  # noqa: D102
        details = reading.verdict.details if reading.verdict is not None else {}
        return str(details.get("problem") or "") or super().problem(reading)

    def axis(self) -> str:  # noqa: D102
        return "countdown_error"
