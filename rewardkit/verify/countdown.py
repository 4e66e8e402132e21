"""Countdown: an arithmetic expression over given numbers that reaches a target.

The answer is an expression in the tag, or (as in the sample `(79 - 60) + 17 = 36 <answer>36</answer>`) the equation
just before a tag that repeats its value. It is read by a small parser of its own and computed in exact fractions
under caps; nothing is ever evaluated as Python. A bare number is wrong, the target included: the prompt prints it.
Details say `value`, `target`, `used`, `given`, `legal` (only given numbers, each at most as often as given, all of
them under `use_all`, and an expression rather than a bare number) and `error`, the distance from the target; each
is None where it cannot be known.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from typing import Any, ClassVar

from pydantic import Field

from ..errors import DataError
from ..kinds import Problem, Question, Verifier
from ..types import Equality, Rollout, Verdict

LONGEST = 400
"""Characters an expression may have; six numbers and their operators need far fewer."""
LOOK_BACK = 600
"""Characters before the answer in which its equation may stand."""
MOST_DIGITS = 12
DEEPEST = 64

_SIGNS = str.maketrans(
    "×✕∗·⋅÷∕−–—﹣（）［］｛｝＋＊／＝０１２３４５６７８９", "*****//----()[]{}+*/=0123456789"
)
_LATEX = re.compile(r"\\(?:times|cdot|ast)(?![a-z])")
_FRAC = re.compile(r"\\[dt]?frac\{([^{}]*)\}\{([^{}]*)\}")
_DROP = re.compile(r"\\(?:left|right|,|;|:|!|\(|\)|\[|\]|\s)|\$|\*\*(?=\s|$)|^\*\*")
_TOKEN = re.compile(r"\s*(?:(\d+(?:\.\d+)?)|([-+*/()]))")
_IN_EQUATION = re.compile(r"[\d\s+\-*/().×÷·−–\\a-z{}]")
_CLAIM = re.compile(r"\s*(-?\d+(?:\.\d+)?)\s*[.$\\)\]*]*")


class NotArithmetic(ValueError):
    """The string is not an arithmetic expression."""


def _tidy(text: str) -> str:
    for _ in range(4):
        text, changed = _FRAC.subn(r"((\1)/(\2))", text)
        if not changed:
            break
    text = _LATEX.sub("*", text).replace("\\div", "/")
    return _DROP.sub(" ", text).translate(_SIGNS).replace("[", "(").replace("]", ")").strip()


def evaluate(text: str) -> tuple[Fraction, tuple[Fraction, ...], int]:
    """The value of an expression over + - * / and brackets, the numbers it uses, how many operations.

    Raises `NotArithmetic` for anything else, for a division by zero, and past the caps on length and depth.

    >>> value, used, operations = evaluate("(79 - 60) + 17")
    >>> int(value), [int(n) for n in used], operations
    (36, [79, 60, 17], 2)
    """
    if len(text) > LONGEST:
        raise NotArithmetic(f"longer than {LONGEST} characters")
    tokens: list[str] = []
    at = 0
    stripped = text.rstrip()
    while at < len(stripped):
        match = _TOKEN.match(stripped, at)
        if not match:
            raise NotArithmetic(f"{stripped[at:].strip()[:1]!r} is not part of an arithmetic expression")
        number = match.group(1)
        if number and len(number) > MOST_DIGITS:
            raise NotArithmetic(f"a number of more than {MOST_DIGITS} digits")
        tokens.append(number or match.group(2))
        at = match.end()
    reader = _Reader(tokens)
    value = reader.sum(0)
    if reader.at < len(tokens):
        raise NotArithmetic(f"{tokens[reader.at]!r} where an operator should be")
    return value, tuple(reader.used), reader.operations


class _Reader:
    """Recursive descent over tokens; depth is capped, values stay small because inputs are."""

    def __init__(self, tokens: list[str]) -> None:
        self.tokens, self.at = tokens, 0
        self.used: list[Fraction] = []
        self.operations = 0

    def peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def sum(self, depth: int) -> Fraction:
        value = self.product(depth)
        while (sign := self.peek()) in ("+", "-") and sign:
            self.at += 1
            self.operations += 1
            right = self.product(depth)
            value = value + right if sign == "+" else value - right
        return value

    def product(self, depth: int) -> Fraction:
        value = self.factor(depth)
        while (sign := self.peek()) in ("*", "/") and sign:
            self.at += 1
            self.operations += 1
            right = self.factor(depth)
            if sign == "/" and right == 0:
                raise NotArithmetic("a division by zero")
            value = value * right if sign == "*" else value / right
        return value

    def factor(self, depth: int) -> Fraction:
        if depth > DEEPEST:
            raise NotArithmetic(f"nested deeper than {DEEPEST}")
        token = self.peek()
        self.at += 1
        if token in ("+", "-") and token:
            value = self.factor(depth + 1)
            return value if token == "+" else -value
        if token == "(":
            value = self.sum(depth + 1)
            if self.peek() != ")":
                raise NotArithmetic("a bracket is not closed")
            self.at += 1
            return value
        if token and token[0].isdigit():
            number = Fraction(token)
            self.used.append(number)
            return number
        raise NotArithmetic(
            f"{token!r} where a number should be" if token else "it ends where a number should be"
        )


class Countdown(Verifier):
    """An expression that reaches the target (the gold) from the given numbers.

    The numbers stand in a column of the row: a list, or text such as `[79, 17, 60]` or `79, 17, 60`.
    """

    kind: ClassVar[str] = "countdown"
    gold_is_answer: ClassVar[bool] = False

    numbers: str | None = Field(
        default=None, description="Column of the given numbers; by default `nums`, else `numbers`."
    )
    use_all: bool = Field(
        default=False, description="Every given number must be used exactly once, as in TinyZero."
    )

    def problem(self) -> Problem:  # noqa: D102
        given = {name: [50, 25, 1, 4] for name in ("nums", "numbers", self.numbers) if name}
        return Problem(
            "75",
            ("50 + 25",),
            ("50 + 25 + 1", "50 + 25 + 4", "50 * 4", "50 + 26"),
            "Using the numbers [50, 25, 1, 4], make an equation that equals 75.",
            {**given, "target": 75},
        )

    def verify(self, questions: Sequence[Question]) -> list[Verdict]:
        """Whether each expression reaches the target, with the details that graded terms read."""
        return [self._one(question) for question in questions]

    def gold_fault(self, gold: str, rollout: Rollout) -> str | None:
        """A target that is not a number is unusable, and so is a row without given numbers."""
        if _number(gold) is None:
            return f"the target {gold[:40]!r} is not a number"
        try:
            self.given(rollout)
        except DataError as fault:
            return str(fault)
        return None

    def given(self, rollout: Rollout) -> tuple[Fraction, ...]:
        """The given numbers of a row. Raises DataError if the column is missing or unreadable."""
        names = (self.numbers,) if self.numbers else ("nums", "numbers")
        name = next((name for name in names if name in rollout.fields), None)
        if name is None:
            raise DataError(
                f"row {rollout.id or '(without id)'}: countdown needs the given numbers in a column "
                f"{' or '.join(repr(name) for name in names)}; found {', '.join(map(repr, rollout.fields)) or 'no column'}"
            )
        value: Any = rollout.fields[name]
        if isinstance(value, str):
            bare = value.strip()
            try:
                value = json.loads(bare) if bare.startswith("[") else re.split(r"[,\s]+", bare)
            except ValueError:
                value = ()
        try:
            numbers = tuple(Fraction(str(number)) for number in value)
        except (TypeError, ValueError, ZeroDivisionError):
            numbers = ()
        if not numbers:
            raise DataError(
                f"row {rollout.id or '(without id)'}: {name!r} does not hold a list of numbers: {value!r:.60}"
            )
        return numbers

    def _one(self, question: Question) -> Verdict:
        targets = [number for gold in question.golds if (number := _number(gold)) is not None]
        try:
            given = self.given(question.rollout)
        except DataError as fault:
            return Verdict(equality=Equality.UNDECIDED, route="gold", details={"fault": str(fault)})
        if not targets:
            return Verdict(
                equality=Equality.UNDECIDED,
                route="gold",
                details={"fault": self.gold_fault(question.golds[0], question.rollout)},
            )
        answer, problem = _expression(question, targets)
        details: dict[str, Any] = {
            "value": None, "target": _plain(targets[0]), "used": None,
            "given": [_plain(number) for number in given], "legal": False, "error": None, "problem": problem,
        }  # fmt: skip
        gold = question.golds[0].strip()
        if answer is None:
            return Verdict(equality=Equality.DIFFERENT, route="unread", gold=gold, details=details)
        text, value, used, operations = answer
        target = next((target for target in targets if target == value), targets[0])
        spare = Counter(given)
        spare.subtract(Counter(used))
        over = [number for number, left in spare.items() if left < 0]
        unused = [number for number, left in spare.items() if left > 0]
        if operations == 0:
            problem = "a bare number is not an expression"
        elif over:
            problem = "uses numbers that are not given, or more often than given: " + ", ".join(
                map(_shown, over)
            )
        elif self.use_all and unused:
            problem = "leaves numbers unused: " + ", ".join(map(_shown, unused))
        legal = not problem
        details.update(
            value=_plain(value), target=_plain(target), used=[_plain(number) for number in used],
            legal=legal, error=_plain(abs(value - target)), problem=problem,
        )  # fmt: skip
        equal = legal and value == target
        return Verdict(
            equality=Equality.EQUAL if equal else Equality.DIFFERENT,
            route="arithmetic",
            answer=text,
            gold=gold,
            details=details,
        )


def _expression(
    question: Question, targets: list[Fraction]
) -> tuple[tuple[str, Fraction, tuple[Fraction, ...], int] | None, str]:
    """The expression that an answer gives, with its value, numbers and count of operations; or why there is none."""
    raw = question.extraction.text or ""
    text = _tidy(raw) if len(raw) <= LONGEST else raw
    left, equals, right = text.partition("=")
    try:
        value, used, operations = evaluate(left)
    except NotArithmetic as fault:
        return None, str(fault)
    if equals:  # `79-60+17 = 36`: the claim after the sign must be true, else it is neither
        try:
            claimed, _, _ = evaluate(right)
        except NotArithmetic as fault:
            return None, str(fault)
        if claimed != value:
            return None, f"says {_shown(claimed)} where the expression is {_shown(value)}"
    if operations:
        return (left.strip(), value, used, operations), ""
    before = question.text[: question.extraction.span[0]][-LOOK_BACK:]
    tag = before.rfind("<")  # the opening tag of the answer itself
    before = before[:tag] if tag >= 0 else before
    equation = _equation(_line(before))
    if equation:
        body = re.sub(r"^\s*(?:[a-z\\]+\s+)*", "", _tidy(equation[0]))
        try:
            reached, numbers, count = evaluate(body)
        except NotArithmetic:
            return (left.strip(), value, used, operations), ""
        if count and reached == value == Fraction(equation[1]):
            return (body, reached, numbers, count), ""
    return (left.strip(), value, used, operations), ""


def _equation(line: str) -> tuple[str, str] | None:
    """The two sides of the equation that a line ends in; None where it ends in none."""
    left, equals, right = line.rpartition("=")
    claim = _CLAIM.fullmatch(right)
    if not equals or not claim:
        return None
    begin = len(left)
    while begin and _IN_EQUATION.match(left, begin - 1):
        begin -= 1
    body = left[begin:]
    return (body, claim[1]) if re.search(r"\d", body) else None


def _line(text: str) -> str:
    """The last line that is not blank, of bounded length."""
    lines = text.rstrip().rsplit("\n", 1)
    return lines[-1][-LONGEST:].strip()


def _number(text: str) -> Fraction | None:
    bare = text.strip().replace(",", "")
    return Fraction(bare) if re.fullmatch(r"-?\d{1,12}(?:\.\d{1,12})?", bare) else None


def _plain(number: Fraction) -> int | float:
    """As a JSON number."""
    return int(number) if number.denominator == 1 else float(number)


def _shown(number: Fraction) -> str:
    return str(number)
