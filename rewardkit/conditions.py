"""Conditions: the small language of `when`.

    condition = or ;  or = and { "or" and } ;  and = not { "and" not } ;  not = [ "not" ] atom
    atom = "(" condition ")" | fact | number-fact ("<"|"<="|">"|">="|"=="|"!=") number
         | has_tag("name") | field("name") == literal

A text comes in and is parsed against a fixed vocabulary (never evaluated as Python); a frozen tree
goes out, which answers for a reading, answers for a cell of the audits, names the axes it needs to
do so, and prints in one canonical way, so that two spellings have one digest.
"""

from __future__ import annotations

import json
import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any

import regex
from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from .cells import Axis, Cell
from .errors import nearest
from .facts import NUMBERS, REASONED, field_axis, has_tag, number_axis, tag_axis
from .types import Outcome, Reading

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
"""Facts that the outcome decides. `correct` is of answerable golds; `no_answer` of both."""


class ConditionError(ValueError):
    """A condition cannot be read; `offset` counts characters from its start."""

    def __init__(self, fault: str, offset: int) -> None:
        super().__init__(fault)
        self.offset = offset


class Condition:
    """A parsed condition. Equal when it prints the same."""

    precedence = 3

    def holds(self, reading: Reading) -> bool:
        """Whether it holds for a reading."""
        raise NotImplementedError

    def holds_in(self, cell: Cell) -> bool:
        """Whether it holds in a cell of a table that was built with `axes()`."""
        raise NotImplementedError

    def axes(self) -> tuple[Axis, ...]:
        """The axes that make it decidable in every cell."""
        return ()

    def needs(self) -> frozenset[str]:
        """Facts that a rollout must carry: `tokens`."""
        return frozenset(axis.name for axis in self.axes() if axis.name == "tokens")

    def _inside(self, child: Condition) -> str:
        return f"({child})" if child.precedence < self.precedence else str(child)


@dataclass(frozen=True)
class Fact(Condition):
    """A named yes or no."""

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


@dataclass(frozen=True)
class Compare(Condition):
    """A number fact against a number."""

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
        return f"{self.name} {self.op} {self.number:g}"


@dataclass(frozen=True)
class HasTag(Condition):
    """An opened and closed pair of a tag stands in the text."""

    name: str

    def holds(self, reading: Reading) -> bool:  # noqa: D102
        return has_tag(reading, self.name)

    def holds_in(self, cell: Cell) -> bool:  # noqa: D102
        return cell.holds(self.axes()[0].name)

    def axes(self) -> tuple[Axis, ...]:  # noqa: D102
        return (tag_axis(self.name),)

    def __str__(self) -> str:
        return f"has_tag({_quoted(self.name)})"


@dataclass(frozen=True)
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

    def __str__(self) -> str:
        literal = _quoted(self.literal) if isinstance(self.literal, str) else json.dumps(self.literal)
        return f"field({_quoted(self.name)}) == {literal}"


@dataclass(frozen=True)
class Not(Condition):
    """The contrary."""

    child: Condition
    precedence = 2

    def holds(self, reading: Reading) -> bool:  # noqa: D102
        return not self.child.holds(reading)

    def holds_in(self, cell: Cell) -> bool:  # noqa: D102
        return not self.child.holds_in(cell)

    def axes(self) -> tuple[Axis, ...]:  # noqa: D102
        return self.child.axes()

    def __str__(self) -> str:
        inner = f"({self.child})" if self.child.precedence <= 2 else str(self.child)
        return f"not {inner}"


@dataclass(frozen=True)
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

    def __str__(self) -> str:
        return f"{self._inside(self.left)} and {self._inside(self.right)}"


@dataclass(frozen=True)
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

    def __str__(self) -> str:
        return f"{self._inside(self.left)} or {self._inside(self.right)}"


TOKEN = regex.compile(
    r"""\s*(?:(?P<name>[A-Za-z_]\w*)|(?P<number>[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
    |(?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?P<op><=|>=|==|!=|<|>)|(?P<punct>[()]))""",
    regex.VERBOSE,
)
WORDS = {"and", "or", "not"}
LITERALS: dict[str, bool | None] = {"true": True, "false": False, "null": None}
LONGEST, DEEPEST = 500, 50
"""Words in a condition, and parentheses in one another: past them its tree is too deep to walk."""
VOCABULARY = (*FACTS, "truncated", "reasoned", *NUMBERS, "has_tag", "field", *sorted(WORDS))


@dataclass(frozen=True)
class _Token:
    sort: str
    text: str
    offset: int


def _tokens(text: str) -> Iterator[_Token]:
    at = 0
    while text[at:].strip():
        match = TOKEN.match(text, at)
        if not match:
            offset = at + len(text[at:]) - len(text[at:].lstrip())
            raise ConditionError(f"'{text[offset]}' has no meaning in a condition", offset)
        sort = match.lastgroup or ""
        yield _Token(sort, match[sort], match.start(sort))
        at = match.end()
    yield _Token("end", "the end", len(text))


class _Parser:
    def __init__(self, text: str) -> None:
        self.tokens = list(_tokens(text))
        self.at = 0
        self.depth = 0
        if len(self.tokens) > LONGEST:
            fault = f"a condition of more than {LONGEST} words; split it into the terms of a `first`"
            raise ConditionError(fault, self.tokens[LONGEST].offset)

    @property
    def now(self) -> _Token:
        return self.tokens[self.at]

    def take(self) -> _Token:
        token = self.now
        self.at += 1
        return token

    def expect(self, text: str) -> _Token:
        if self.now.text != text:
            raise ConditionError(f"expected '{text}', found '{self.now.text}'", self.now.offset)
        return self.take()

    def word(self, text: str) -> bool:
        if self.now.sort == "name" and self.now.text == text:
            self.take()
            return True
        return False

    def whole(self) -> Condition:
        found = self.condition()
        if self.now.sort != "end":
            raise ConditionError(f"expected 'and', 'or' or the end, found '{self.now.text}'", self.now.offset)
        return found

    def condition(self) -> Condition:
        left = self.both()
        while self.word("or"):
            left = Either(left, self.both())
        return left

    def both(self) -> Condition:
        left = self.negation()
        while self.word("and"):
            left = Both(left, self.negation())
        return left

    def negation(self) -> Condition:
        if self.word("not"):
            return Not(self.atom())
        return self.atom()

    def atom(self) -> Condition:
        token = self.take()
        if token.text == "(" and token.sort == "punct":
            self.depth += 1
            if self.depth > DEEPEST:
                fault = f"more than {DEEPEST} parentheses in one another; drop those that change nothing"
                raise ConditionError(fault, token.offset)
            inner = self.condition()
            self.expect(")")
            self.depth -= 1
            return inner
        if token.sort != "name" or token.text in WORDS:
            raise ConditionError(f"expected a fact, found '{token.text}'", token.offset)
        name = token.text
        if name in FACTS or name in ("truncated", "reasoned"):
            return Fact(name)
        if name in NUMBERS:
            return self.comparison(name)
        if name == "has_tag":
            return HasTag(self.argument())
        if name == "field":
            column = self.argument()
            self.expect("==")
            return Field(column, self.literal())
        raise ConditionError(f"unknown fact '{name}'; {nearest(name, VOCABULARY)}", token.offset)

    def comparison(self, name: str) -> Condition:
        if self.now.sort != "op":
            fault = f"'{name}' is a number; compare it, as in '{name} > 100', found '{self.now.text}'"
            raise ConditionError(fault, self.now.offset)
        op = self.take().text
        if self.now.sort != "number":
            raise ConditionError(f"expected a number after '{op}', found '{self.now.text}'", self.now.offset)
        return Compare(name, op, float(self.take().text))

    def argument(self) -> str:
        self.expect("(")
        if self.now.sort != "string":
            raise ConditionError(f"expected a name in quotes, found '{self.now.text}'", self.now.offset)
        text = _unquoted(self.take().text)
        self.expect(")")
        return text

    def literal(self) -> str | float | bool | None:
        token = self.take()
        if token.sort == "string":
            return _unquoted(token.text)
        if token.sort == "number":
            return float(token.text)
        if token.sort == "name" and token.text in LITERALS:
            return LITERALS[token.text]
        fault = f"expected a text in quotes, a number, true, false or null, found '{token.text}'"
        raise ConditionError(fault, token.offset)


def _quoted(text: str) -> str:
    """The contrary of `_unquoted`: any text stands as it is, but for the quote and the backslash."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _unquoted(text: str) -> str:
    return regex.sub(r"\\(.)", r"\1", text[1:-1], flags=regex.DOTALL)


def parse(text: Any) -> Condition:
    """Read a condition. Raises `ConditionError` with the offset of the fault.

    >>> str(parse("correct  and not (tokens>768 or truncated)"))
    'correct and not (tokens > 768 or truncated)'
    """
    if isinstance(text, Condition):
        return text
    if not isinstance(text, str):
        raise ConditionError(f"a condition is a text such as 'correct and not truncated', found {text!r}", 0)
    return _Parser(text).whole()


When = Annotated[
    Condition,
    BeforeValidator(parse),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": "string", "examples": ["correct and not truncated"]}),
]
"""A pydantic field that holds a condition and reads it from text."""
