"""Conditions: the small language of `when`.

    condition = or ;  or = and { "or" and } ;  and = not { "and" not } ;  not = [ "not" ] atom
    atom = "(" condition ")" | fact | number-fact ("<"|"<="|">"|">="|"=="|"!=") number
         | has_tag("name") | field("name") == literal

A condition is parsed with a fixed vocabulary, never evaluated as Python, into a tree of
`rewardkit.terms.conditions.tree`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite
from typing import Annotated, Any

import regex
from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from ...errors import ConditionError, nearest
from .facts import NUMBERS
from .tree import FACTS, Both, Compare, Condition, Either, Fact, Field, HasTag, Not

TOKEN = regex.compile(
    r"""\s*(?:(?P<name>[A-Za-z_]\w*)|(?P<number>[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
    |(?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?P<op><=|>=|==|!=|<|>)|(?P<punct>[()]))""",
    regex.VERBOSE,
)
WORDS = {"and", "or", "not"}
LITERALS: dict[str, bool | None] = {"true": True, "false": False, "null": None}
LONGEST, DEEPEST = 500, 50
"""The most words and the deepest nesting of a condition: beyond them its tree is too deep to walk."""
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
            raise ConditionError(f"'{text[offset]}' cannot be used in a condition", offset)
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
            fault = f"a condition has at most {LONGEST} words; split it into the terms of a `first`"
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
                fault = f"parentheses nested more than {DEEPEST} deep; drop those that change nothing"
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
        return Compare(name, op, _finite(self.take()))

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
            return _finite(token)
        if token.sort == "name" and token.text in LITERALS:
            return LITERALS[token.text]
        fault = f"expected a string in quotes, a number, true, false or null, found '{token.text}'"
        raise ConditionError(fault, token.offset)


def _finite(token: _Token) -> float:
    number = float(token.text)
    if not isfinite(number):
        raise ConditionError(f"'{token.text}' is too large for a number", token.offset)
    return number


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
        raise ConditionError(
            f"a condition must be a string such as 'correct and not truncated'; found {text!r}", 0
        )
    return _Parser(text).whole()


When = Annotated[
    Condition,
    BeforeValidator(parse),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": "string", "examples": ["correct and not truncated"]}),
]
"""A pydantic field that holds a condition and parses it from a string."""
