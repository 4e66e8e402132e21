"""The trees that conditions are parsed into.

A frozen tree can be evaluated for a reading and for a cell of the audits, names the axes that it needs for that,
and prints in one canonical form, so that two spellings have the same digest. `rewardkit.terms.conditions.parse` makes it.
"""

from __future__ import annotations

import json
import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from ...types import Outcome, Reading
from ..cells import Axis, Cell
from .facts import NUMBERS, REASONED, field_axis, has_tag, number_axis, tag_axis

OPERATORS: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}

O = Outcome
FACTS: dict[str, frozenset[Outcome]] = {
    "answerable": frozenset({O.CORRECT, O.WRONG, O.FALSE_NONE, O.NO_ANSWER}),
    "answered": frozenset({O.CORRECT, O.WRONG, O.NONE_MISSED}),
    "abstained": frozenset({O.FALSE_NONE, O.NONE_CORRECT}),
    "correct": frozenset({O.CORRECT}),
    "wrong": frozenset({O.WRONG}),
    "no_answer": frozenset({O.NO_ANSWER, O.NONE_NO_ANSWER}),
    "false_none": frozenset({O.FALSE_NONE}),
    "none_correct": frozenset({O.NONE_CORRECT}),
    "none_missed": frozenset({O.NONE_MISSED}),
}
"""Facts that the outcome decides. `correct` is for answerable golds alone; `no_answer` for all."""


class Condition:
    """A parsed condition. Two are equal if they print the same."""

    precedence = 3

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Condition) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash(str(self))

    def holds(self, reading: Reading) -> bool:
        """Whether it holds for a reading."""
        raise NotImplementedError

    def holds_in(self, cell: Cell) -> bool:
        """Whether it holds in a cell of a table built with `axes()`."""
        raise NotImplementedError

    def axes(self) -> tuple[Axis, ...]:
        """The axes that make it decidable in every cell."""
        return ()

    def needs(self) -> frozenset[str]:
        """Facts that a rollout must have: `tokens`."""
        return frozenset(axis.name for axis in self.axes() if axis.name == "tokens")

    def fields(self) -> frozenset[tuple[str, bool]]:
        """Columns that it reads, and whether each is compared with null."""
        return frozenset()

    def walk(self) -> Iterator[Condition]:
        """The condition and all its parts."""
        yield self
        for part in self._parts().values():
            yield from part.walk()

    def facts(self) -> frozenset[str]:
        """The names of the yes-or-no facts in it."""
        return frozenset(part.name for part in self.walk() if isinstance(part, Fact))

    def renamed(self, names: Mapping[str, str]) -> Condition:
        """The condition with some facts replaced by others."""
        if isinstance(self, Fact):
            return Fact(names.get(self.name, self.name))
        changed: Any = {name: part.renamed(names) for name, part in self._parts().items()}
        return replace(self, **changed) if changed else self  # type: ignore[type-var]

    def _parts(self) -> dict[str, Condition]:
        held = {part.name: getattr(self, part.name) for part in fields(self)}  # type: ignore[arg-type]
        return {name: part for name, part in held.items() if isinstance(part, Condition)}

    def _inside(self, child: Condition) -> str:
        return f"({child})" if child.precedence < self.precedence else str(child)


@dataclass(frozen=True, eq=False)
class Fact(Condition):
    """A named yes/no fact."""

    name: str

    def holds(self, reading: Reading) -> bool:  # noqa: D102
        if self.name == "truncated":
            return reading.truncated
        if self.name == "reasoned":
            return reading.reasoned
        return reading.outcome in FACTS[self.name]

    def holds_in(self, cell: Cell) -> bool:  # noqa: D102
        if self.name == "truncated":
            return cell.truncated
        if self.name == "reasoned":
            return cell.holds(REASONED.name)
        return cell.outcome in FACTS[self.name]

    def axes(self) -> tuple[Axis, ...]:  # noqa: D102
        return (REASONED,) if self.name == "reasoned" else ()

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, eq=False)
class Compare(Condition):
    """A fact that is a number, compared with a number."""

    name: str
    op: str
    number: float

    def holds(self, reading: Reading) -> bool:  # noqa: D102
        return OPERATORS[self.op](NUMBERS[self.name](reading), self.number)

    def holds_in(self, cell: Cell) -> bool:  # noqa: D102
        return OPERATORS[self.op](cell.ranges[self.name].lo, self.number)

    def axes(self) -> tuple[Axis, ...]:  # noqa: D102
        # The counts are integers: every comparison changes at ceil(n), or just after floor(n).
        floor = int(self.number // 1)
        return (number_axis(self.name, (float(floor), float(floor + 1))),)

    def __str__(self) -> str:
        return f"{self.name} {self.op} {_number(self.number)}"


@dataclass(frozen=True, eq=False)
class HasTag(Condition):
    """The text has a pair of a tag, opened and closed."""

    name: str

    def holds(self, reading: Reading) -> bool:  # noqa: D102
        return has_tag(reading, self.name)

    def holds_in(self, cell: Cell) -> bool:  # noqa: D102
        return cell.holds(self.axes()[0].name)

    def axes(self) -> tuple[Axis, ...]:  # noqa: D102
        return (tag_axis(self.name),)

    def __str__(self) -> str:
        return f"has_tag({_quoted(self.name)})"


@dataclass(frozen=True, eq=False)
class Field(Condition):
    """A column of the row equals a literal; a missing column equals nothing."""

    name: str
    literal: str | float | bool | None

    def holds(self, reading: Reading) -> bool:  # noqa: D102
        return bool(self.axes()[0].measure(reading))

    def holds_in(self, cell: Cell) -> bool:  # noqa: D102
        return cell.holds(self.axes()[0].name)

    def axes(self) -> tuple[Axis, ...]:  # noqa: D102
        return (field_axis(self.name, self.literal),)

    def fields(self) -> frozenset[tuple[str, bool]]:  # noqa: D102
        return frozenset({(self.name, self.literal is None)})

    def __str__(self) -> str:
        literal = _quoted(self.literal) if isinstance(self.literal, str) else json.dumps(self.literal)
        return f"field({_quoted(self.name)}) == {literal}"


@dataclass(frozen=True, eq=False)
class Not(Condition):
    """The negation."""

    child: Condition
    precedence = 2

    def holds(self, reading: Reading) -> bool:  # noqa: D102
        return not self.child.holds(reading)

    def holds_in(self, cell: Cell) -> bool:  # noqa: D102
        return not self.child.holds_in(cell)

    def axes(self) -> tuple[Axis, ...]:  # noqa: D102
        return self.child.axes()

    def fields(self) -> frozenset[tuple[str, bool]]:  # noqa: D102
        return self.child.fields()

    def __str__(self) -> str:
        inner = f"({self.child})" if self.child.precedence <= 2 else str(self.child)
        return f"not {inner}"


@dataclass(frozen=True, eq=False)
class Both(Condition):
    """and"""

    left: Condition
    right: Condition
    precedence = 1

    def holds(self, reading: Reading) -> bool:  # noqa: D102
        return self.left.holds(reading) and self.right.holds(reading)

    def holds_in(self, cell: Cell) -> bool:  # noqa: D102
        return self.left.holds_in(cell) and self.right.holds_in(cell)

    def axes(self) -> tuple[Axis, ...]:  # noqa: D102
        return self.left.axes() + self.right.axes()

    def fields(self) -> frozenset[tuple[str, bool]]:  # noqa: D102
        return self.left.fields() | self.right.fields()

    def __str__(self) -> str:
        return f"{self._inside(self.left)} and {self._inside(self.right)}"


@dataclass(frozen=True, eq=False)
class Either(Condition):
    """or"""

    left: Condition
    right: Condition
    precedence = 0

    def holds(self, reading: Reading) -> bool:  # noqa: D102
        return self.left.holds(reading) or self.right.holds(reading)

    def holds_in(self, cell: Cell) -> bool:  # noqa: D102
        return self.left.holds_in(cell) or self.right.holds_in(cell)

    def axes(self) -> tuple[Axis, ...]:  # noqa: D102
        return self.left.axes() + self.right.axes()

    def fields(self) -> frozenset[tuple[str, bool]]:  # noqa: D102
        return self.left.fields() | self.right.fields()

    def __str__(self) -> str:
        return f"{self._inside(self.left)} or {self._inside(self.right)}"


def _number(number: float) -> str:
    """The shortest string that reads back as this number.

    >>> _number(768.0), _number(1234567.0), _number(0.5)
    ('768', '1234567', '0.5')
    """
    short = f"{number:g}"
    if float(short) == number:
        return short
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)


def _quoted(text: str) -> str:
    """The inverse of `_unquoted`: only the quote and the backslash are escaped."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
