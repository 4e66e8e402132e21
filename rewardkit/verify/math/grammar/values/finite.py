r"""Operators over a few values: `\sum_{k=1}^{10} k`, `\max(3, 9)`, `\gcd(12, 18)`, `7 \bmod 3`.

They are worked out where they are small, finite and of numbers; anything else is work that an answer leaves undone.
"""

from __future__ import annotations

import math
from fractions import Fraction

from ..scanner import Scanner, single
from ..tree import Node, NotEvaluated, Unread, add, mul, num, symbols, walk

MOST_TERMS = 50
MOST_NODES = 4_000
"""Nodes of a sum or product once it is written out."""

REPEATED = frozenset((r"\sum", r"\prod"))
AMONG = frozenset((r"\max", r"\min", r"\gcd", r"\lcm"))
"""Also written without a backslash."""


def bounds(scan: Scanner) -> tuple[str, int, int]:
    """The letter and the ends of `_{k=1}^{10}`, consumed. Raises NotEvaluated where they are no small whole numbers."""
    values = [scan.peek(k) for k in range(4)]
    if [values[0].value, values[1].value, values[3].value] != ["_", "{", "="] or values[2].kind != "w":
        raise NotEvaluated("a sum or product without a first and a last term")
    scan.at += 4
    low = _whole(scan)
    if not scan.take("}") or not scan.take("^"):
        raise NotEvaluated("a sum or product without a first and a last term")
    braced = scan.take("{")
    high = _whole(scan)
    if braced:
        scan.expect("}")
    if not 0 <= high - low + 1 <= MOST_TERMS:
        raise NotEvaluated("a sum or product of many terms")
    return values[2].value, low, high


def _whole(scan: Scanner) -> int:
    sign = -1 if scan.take("-") else 1
    token = scan.next()
    if token.kind != "n" or len(token.value) > 6:
        raise NotEvaluated("a sum or product whose ends are no numbers")
    return sign * int(token.value)


def repeated(name: str, letter: str, low: int, high: int, body: Node) -> Node:
    """The sum or product of `body` with the letter running from `low` to `high`."""
    if any(letter in held and held != letter for held in symbols(body)):
        raise NotEvaluated(f"{name} of a sequence")
    if len(walk(body)) * (high - low + 1) > MOST_NODES:
        raise NotEvaluated(f"a long {name}")
    items = [_put(body, letter, num(at)) for at in range(low, high + 1)]
    if name == r"\sum":
        return add(*items) if items else num(0)
    return mul(*items) if items else num(1)


def _put(node: Node, letter: str, value: Node) -> Node:
    if node in (("sym", letter), ("const", letter)):
        return value
    return tuple(
        _put(part, letter, value) if isinstance(part, tuple) and part and isinstance(part[0], str) else part
        for part in node
    )


def among(name: str, held: Node) -> Node:
    """The largest, smallest, common divisor or common multiple of numbers in brackets."""
    items = held[3] if held[0] == "tuple" else held[1] if held[0] == "set" else (held,)
    if any(item[0] != "num" for item in items):
        raise NotEvaluated(f"{name} of what are no numbers")
    values: list[Fraction] = [item[1] for item in items]
    if name in (r"\max", r"\min"):
        return num(max(values) if name == r"\max" else min(values))
    if any(value.denominator != 1 or abs(value) > 10**12 for value in values) or len(values) > MOST_TERMS:
        raise NotEvaluated(f"{name} of what are no small whole numbers")
    whole = [int(value) for value in values]
    return num(math.gcd(*whole) if name == r"\gcd" else math.lcm(*whole))


def remainder(value: Node, by: Node, negated: bool) -> Node:
    r"""`7 \bmod 3`; a sign before it leaves open what is taken the remainder of."""
    if negated or value[0] != "num" or by[0] != "num" or value[1].denominator != 1 or by[1].denominator != 1:
        raise NotEvaluated("a remainder of what are no whole numbers")
    if by[1] <= 0:
        raise NotEvaluated("a remainder by what is not positive")
    return num(value[1] % by[1])


def modulus(scan: Scanner) -> Node | None:
    r"""The modulus of a congruence, consumed: `\pmod{5}`, `(\text{mod } 5)`, `mod 5`; None where none comes."""
    if scan.peek().value in (r"\pmod", r"\mod"):
        scan.at += 1
        return single(scan)
    opened = scan.peek().value == "("
    if scan.peek(int(opened)).value.strip() != "mod" or scan.peek(1 + opened).kind != "n":
        return None
    scan.at += 1 + opened
    found = single(scan)
    if opened and not scan.take(")"):
        raise Unread("a bracket that is not closed")
    return found


def says_mod(scan: Scanner) -> bool:
    """Whether a modulus in brackets comes next."""
    return scan.peek().value == "(" and scan.peek(1).value.strip() == "mod"
