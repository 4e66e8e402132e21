"""The inline routes: what can be settled in microseconds and without a worker.

`decide` returns a `Decision`, whose equality is None if only the symbolic route can tell. Routes in order: the same
normal string; exact rationals; the typed comparison. Each is final in both directions where both sides can be
read.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from ..memory import remembered
from .equality.bounded import approximate, exact, guard
from .equality.comparison import Policy, TreeComparison
from .equality.shapes import as_gold
from .grammar.reader import read
from .grammar.tree import Node, NotEvaluated, Undefined, Unread, is_expression, num, walk
from .text.rational import TooLarge, rational
from .text.tokens import BAD, canonical

MOST_PILES = 64
"""Answers with which one that is no rational number is compared, to see whether it is another of them."""


class Decision(NamedTuple):
    """`equality` is a value of `types.Equality`, or None for "ask a worker"."""

    equality: str | None
    route: str
    answer: str
    gold: str


@dataclass(frozen=True, slots=True)
class Side:
    """One side as far as it is read: its normal text, its tree, or what is wrong with it."""

    text: str
    tree: Node | None
    fault: str = ""
    refused: bool = False
    undefined: bool = False


_LOG = logging.getLogger(__name__)
_PLAIN = re.compile(r"-?[0-9]{1,18}")
_NUMBER = re.compile(
    r"-?(?:(?:[0-9]{1,15}|[0-9]{1,3}(?:,[0-9]{3}){1,4})(?:\.[0-9]{1,15})?(?:\\?%)?|\\[dt]?frac\{[0-9]{1,15}\}\{[0-9]{1,15}\})"
)
"""Whole numbers, decimals, digit groups, percentages and fractions, as they are mostly written."""


@remembered(8192)
def side(raw: str) -> Side:
    """A side read once; golds come back from here."""
    if _NUMBER.fullmatch(raw):  # most golds and answers: their canonical string is known without tokens
        text = raw.replace("\\dfrac", "\\frac").replace("\\tfrac", "\\frac").replace("\\%", "%")
        value = rational(text)
        if value is not None:
            return Side(text, ("pct", num(value * 100)) if text.endswith("%") else num(value))
    text = canonical(raw)
    try:
        return Side(text, read(raw))
    except (NotEvaluated, TooLarge) as fault:
        return Side(text, None, str(fault), refused=True)
    except (Unread, RecursionError) as fault:
        return Side(text, None, str(fault) or "nested too deeply", undefined=isinstance(fault, Undefined))
    except Exception as fault:  # noqa: BLE001 - no completion may stop a run; a defect of the reader is logged
        _LOG.exception("reading %r failed; please report it", raw[:200])
        return Side(text, None, f"the reader failed: {type(fault).__name__}")


_KIND = {
    "num": "numeric", "pct": "numeric", "text": "text", "choice": "choice", "tuple": "structure", "set": "structure",
    "list": "structure", "rel": "relation", "ratio": "ratio", "base": "base", "matrix": "structure", "qty": "units",
    "cup": "structure", "builder": "structure", "reals": "structure", "empty": "structure",
}  # fmt: skip


@remembered(8192)
def fault_of(gold: str) -> str | None:
    """Why a gold is unusable, None where it is usable: a gold must be readable, at least as itself."""
    bare = gold.strip()
    if not bare:
        return "the gold is blank"
    found = side(gold)
    if not found.text:
        return f"the gold {bare[:40]!r} is empty once formatting is removed"
    if BAD in found.text:
        return f"the gold {bare[:40]!r} contains an invisible character"
    if found.tree is not None or found.refused:
        return None
    if found.undefined:
        return f"the gold {bare[:40]!r} has no value: {found.fault}"
    if any(char.isalnum() for char in found.text):
        return None if _balanced(found.text) else f"the gold {bare[:40]!r} is cut short: {found.fault}"
    return f"the gold {bare[:40]!r} is not readable: {found.fault}"


@remembered(8192)
def doubt_of(gold: str) -> str | None:
    """Why a usable gold is equal to its own text alone, None where it is understood.

    A library that says yes of what we cannot read is not asked: a gold that nobody understands pays nobody.
    """
    if fault_of(gold) is not None:
        return None
    found = side(gold)
    fault = found.fault
    if found.tree is not None:
        fault = "its value is too large to compute" if _is_unbounded(found.tree) else ""
    bare = gold.strip()
    return f"the gold {bare[:40]!r} is only equal to its own text: {fault}" if fault else None


def _is_unbounded(tree: Node) -> bool:
    try:
        for node in walk(tree):
            if is_expression(node):
                guard(node)
    except NotEvaluated:
        return True
    return False


def _balanced(text: str) -> bool:
    depth = 0
    for char in text.replace(r"\{", "").replace(r"\}", ""):
        depth += (char == "{") - (char == "}")
        if depth < 0:
            return False
    return depth == 0


def _as_written(text: str) -> str:
    """The text where it is compared as it stands: `40, 200` is what a gold `40,200` says, whatever that means."""
    return text.replace(", ", ",") if ", " in text else text


def decide(gold: str, answer: str, policy: Policy, decimals: str = "exact") -> Decision:
    """The inline verdict on one pair."""
    if _PLAIN.fullmatch(gold) and _PLAIN.fullmatch(answer):
        equality = "equal" if int(gold) == int(answer) else "different"
        return Decision(equality, "literal" if gold == answer else "numeric", answer, gold)
    left, right = side(gold), side(answer)
    if (
        (left.text == right.text or _as_written(left.text) == _as_written(right.text))
        and left.text
        and BAD not in right.text
    ):
        return Decision("equal", "literal", right.text, left.text)
    if left.tree is None:
        return Decision("undecided", "gold", right.text, left.text)
    if right.tree is None:
        equality = "refused" if right.refused else "different"
        return Decision(equality, "refused" if right.refused else "unread", right.text, left.text)
    try:
        found = TreeComparison(policy).same(as_gold(left.tree), right.tree)
        if found is False and decimals == "gold_precision" and rounds_to(left.text, right.tree):
            return Decision("equal", "rounded", right.text, left.text)
    except NotEvaluated:
        if _is_unbounded(left.tree):
            return Decision("undecided", "gold", right.text, left.text)
        return Decision("refused", "refused", right.text, left.text)
    except RecursionError:
        return Decision("refused", "refused", right.text, left.text)
    except Exception:  # noqa: BLE001 - as above: counted as a crash, logged, and never raised into a trainer
        _LOG.exception("comparing %r with %r failed; please report it", gold[:200], answer[:200])
        return Decision("crash", "crash", right.text, left.text)
    heads = (left.tree[0], right.tree[0])
    route = next((_KIND[head] for head in heads if head in _KIND and head != "num"), None)
    if route is None:
        route = "numeric" if heads == ("num", "num") else "algebra"
    if found is None:
        return Decision(None, route, right.text, left.text)
    return Decision("equal" if found else "different", route, right.text, left.text)


def united(answers: Sequence[str], policy: Policy) -> list[str]:
    """For each answer the first that is equal to it, as far as can be told without a worker.

    Rational values are looked up, so that many numbers cost little. The policy must make equality transitive.
    """
    stands: dict[Fraction | str, str] = {}
    piles: list[tuple[str, bool]] = []
    made: list[str] = []
    for answer in answers:
        value = _value(answer)
        key = answer if value is None else value
        if key not in stands:
            # two different rationals are two values: only what has none is compared with all
            others = (name for name, rational_ in piles[:MOST_PILES] if value is None or not rational_)
            same = next((name for name in others if decide(name, answer, policy).equality == "equal"), None)
            stands[key] = answer if same is None else same
            if same is None:
                piles.append((answer, value is not None))
        made.append(stands[key])
    return made


def _value(answer: str) -> Fraction | None:
    """The rational number that an answer is, None where it is none or not at little cost."""
    tree = side(answer).tree
    if tree is None or not is_expression(tree):
        return None
    try:
        guard(tree)
        return exact(tree)
    except (NotEvaluated, TooLarge, RecursionError, ArithmeticError):
        return None


def rounds_to(gold: str, answer: Node) -> bool:
    """Whether the answer, rounded to the decimals that the gold is given in, is the gold."""
    bare = gold.lstrip("+-")
    whole, point, places = bare.partition(".")
    if not point or not places.isdigit() or not (whole.isdigit() or not whole):
        return False
    target = rational(gold)
    if target is None or not is_expression(answer):
        return False
    guard(answer)
    value = exact(answer)
    if value is None:
        near = approximate(answer)
        if near is None or near[0].imag:
            return False
        value = Fraction(near[0].real)
    return abs(value - target) <= Fraction(1, 2 * 10 ** len(places))
