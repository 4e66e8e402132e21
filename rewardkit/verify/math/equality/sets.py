"""Sets of reals as sorted intervals: how `x > 3`, `(3, \\infty)` and `\\{x : x > 3\\}` become one thing.

A set is a list of pieces (low, low closed, high, high closed); None if the tree is not a set of reals that can be
stated exactly. Ends stay trees, so that `\\sqrt{2}` is compared as what it is;
they are put in order by their exact values, or by floats that are clearly apart.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import TypeAlias

from ..grammar.tree import Node, is_expression, neg, num, symbols
from .bounded import approximate, exact, guard

Piece: TypeAlias = tuple[Node, bool, Node, bool]

HIGH: Node = ("const", "oo")
LOW: Node = neg(HIGH)
ORDER = frozenset(("<", ">", r"\le", r"\ge"))
FLIP = {"<": ">", ">": "<", r"\le": r"\ge", r"\ge": r"\le", r"\ne": r"\ne", "=": "="}
SET_HEADS = frozenset(("cup", "cap", "minus", "builder", "reals", "empty"))


class _NotASet(Exception):
    """The tree is no set of reals in this module's terms."""


def as_set(node: Node) -> list[Piece] | None:
    """Disjoint pieces in order, None where the tree is not read as a set of reals."""
    try:
        return _merged(_set(node))
    except _NotASet:
        return None


def variable(node: Node) -> str | None:
    """The variable that an inequality is about: the symbol that stands alone or is the only one."""
    if node[0] == "list":
        names = {variable(item) for item in node[2]}
        return names.pop() if len(names) == 1 else None
    if node[0] != "rel":
        return None
    alone = [side[1] for side in node[2] if side[0] == "sym"]
    if len(set(alone)) == 1:
        return alone[0]
    names = symbols(node)
    return next(iter(names)) if len(names) == 1 else None


def _value(node: Node) -> Fraction | float:
    if node == HIGH:
        return float("inf")
    if node == LOW:
        return float("-inf")
    if not is_expression(node):
        raise _NotASet
    guard(node)
    found = exact(node)
    if found is not None:
        return found
    near = approximate(node)
    if near is None or abs(near[0].imag) > 1e-12:
        raise _NotASet
    return near[0].real


def _compare(a: Node, b: Node) -> int:
    """-1, 0 or 1; ends that floats cannot tell apart are taken as the same end."""
    x, y = _value(a), _value(b)
    if isinstance(x, Fraction) and isinstance(y, Fraction):
        return (x > y) - (x < y)
    p, q = float(x), float(y)
    if p == q:
        return 0
    if math.isfinite(p) and math.isfinite(q) and abs(p - q) <= 1e-12 * max(1.0, abs(p), abs(q)):
        return 0
    return 1 if p > q else -1


def _set(node: Node) -> list[Piece]:
    head = node[0]
    if head == "reals" and node[1] == "reals":
        return [(LOW, False, HIGH, False)]
    if head == "reals" and node[1] in ("reals^+", "reals_+", "reals_>0"):
        return [(num(0), False, HIGH, False)]
    if head == "reals" and node[1] in ("reals^-", "reals_-", "reals_<0"):
        return [(LOW, False, num(0), False)]
    if head == "empty":
        return []
    if head == "set":
        return [(item, True, item, True) for item in node[1] if _value(item) is not None]
    if head == "tuple" and len(node[3]) == 2:
        low, high = node[3]
        order = _compare(low, high)
        if order > 0 or (order == 0 and (node[1], node[2]) != ("[", "]")):
            raise _NotASet
        if (low == LOW and node[1] == "[") or (high == HIGH and node[2] == "]"):
            raise _NotASet  # no end is there to be closed
        return [(low, node[1] == "[", high, node[2] == "]")]
    if head == "cup":
        return _set(node[1]) + _set(node[2])
    if head == "cap":
        return _meet(_merged(_set(node[1])), _merged(_set(node[2])))
    if head == "minus":
        return _meet(_merged(_set(node[1])), _without(_merged(_set(node[2]))))
    if head == "builder":
        return _builder(node)
    if head == "rel":
        return _relation(node)
    if head == "list" and all(item[0] in ("tuple", "cup") for item in node[2]):
        return [piece for item in node[2] for piece in _set(item)]
    if head == "list" and all(item[0] == "rel" for item in node[2]):
        parts = [_merged(_set(item)) for item in node[2]]
        found = parts[0]
        for part in parts[1:]:
            found = found + part if node[1] == "or" else _meet(found, part)
        if not found and node[1] == ",":  # x < 1, x > 4: nobody lists conditions that no number meets
            return [piece for part in parts for piece in part]
        return found
    raise _NotASet


def _builder(node: Node) -> list[Piece]:
    named = node[1]
    if named[0] == "rel" and named[1] == (r"\in",) and named[2][1] == ("reals", "reals"):
        named = named[2][0]
    if named[0] != "sym":
        raise _NotASet
    condition = node[2]
    if condition[0] == "list":
        kept = tuple(item for item in condition[2] if not _of_reals(item))
        condition = kept[0] if len(kept) == 1 else ("list", condition[1], kept)
    if variable(condition) not in (named[1], None):
        raise _NotASet
    return _set(condition)


def _of_reals(item: Node) -> bool:
    return item[0] == "rel" and item[1] == (r"\in",) and item[2][1] == ("reals", "reals")


def _relation(node: Node) -> list[Piece]:
    """A chain such as `2 \\le x < 5`: every link restricts the variable."""
    operators, sides = node[1], node[2]
    if operators == (r"\in",) and sides[0][0] == "sym":
        return _set(sides[1])
    if operators == (r"\notin",) and sides[0][0] == "sym":
        return _without(_merged(_set(sides[1])))
    name = variable(node)
    if name is None or not (
        operators == ("=",) or all(sign in ORDER or sign == r"\ne" for sign in operators)
    ):
        raise _NotASet
    found: list[Piece] = [(LOW, False, HIGH, False)]
    for left, operator, right in zip(sides, operators, sides[1:], strict=False):
        found = _meet(found, _merged(_link(left, operator, right, name)))
    return found


def _link(left: Node, operator: str, right: Node, name: str) -> list[Piece]:
    if left == ("sym", name) and name not in symbols(right):
        return _half(operator, right)
    if right == ("sym", name) and name not in symbols(left):
        return _half(FLIP[operator], left)
    if right[:2] == ("fn", "abs") and left[:2] != ("fn", "abs"):
        return _link(right, FLIP[operator], left, name)
    inside = left[2] if left[:2] == ("fn", "abs") else None
    if inside is not None and exact(right) is not None and operator in ORDER:
        bound = ("num", exact(right))
        if operator in ("<", r"\le"):
            return _meet(
                _merged(_link(inside, operator, bound, name)),
                _merged(_link(neg(bound), operator, inside, name)),
            )
        return _link(inside, operator, bound, name) + _link(inside, FLIP[operator], neg(bound), name)
    if operator == "=":
        raise _NotASet  # an equation to solve
    slope, start = _linear(("+", left, neg(right)), name)
    return _half(operator if slope > 0 else FLIP[operator], ("num", -start / slope))


def _linear(node: Node, name: str) -> tuple[Fraction, Fraction]:
    """Slope and value at zero of an expression that is written as linear in one symbol, with rational coefficients."""
    slope, start = _line(node, name)
    if slope == 0:
        raise _NotASet
    return slope, start


def _line(node: Node, name: str) -> tuple[Fraction, Fraction]:
    if node == ("sym", name):
        return Fraction(1), Fraction(0)
    if node[0] == "+":
        lines = [_line(part, name) for part in node[1:]]
        return sum((line[0] for line in lines), Fraction(0)), sum((line[1] for line in lines), Fraction(0))
    if node[0] == "*":
        slope, start = Fraction(0), Fraction(1)
        for part in node[1:]:
            tilt, height = _line(part, name)
            if slope and tilt:
                raise _NotASet
            slope, start = slope * height + start * tilt, start * height
        return slope, start
    value = exact(node)
    if value is None:
        raise _NotASet
    return Fraction(0), value


def _half(operator: str, bound: Node) -> list[Piece]:
    _value(bound)
    if operator == "<":
        return [(LOW, False, bound, False)]
    if operator == r"\le":
        return [(LOW, False, bound, True)]
    if operator == ">":
        return [(bound, False, HIGH, False)]
    if operator == r"\ge":
        return [(bound, True, HIGH, False)]
    if operator == "=":
        return [(bound, True, bound, True)]
    if operator == r"\ne":
        return [(LOW, False, bound, False), (bound, False, HIGH, False)]
    raise _NotASet


def _sorted(pieces: list[Piece]) -> list[Piece]:
    keyed = [((float(_value(piece[0])), not piece[1], float(_value(piece[2]))), piece) for piece in pieces]
    return [piece for _, piece in sorted(keyed, key=lambda pair: pair[0])]


def _merged(pieces: list[Piece]) -> list[Piece]:
    """Sorted, with pieces that overlap or touch made one."""
    found: list[Piece] = []
    for piece in _sorted(pieces):
        if found:
            low, low_closed, high, high_closed = found[-1]
            order = _compare(piece[0], high)
            if order < 0 or (order == 0 and (piece[1] or high_closed)):
                ends = _compare(piece[2], high)
                if ends > 0:
                    found[-1] = (low, low_closed, piece[2], piece[3])
                elif ends == 0:
                    found[-1] = (low, low_closed, high, high_closed or piece[3])
                continue
        found.append(piece)
    return found


def _meet(a: list[Piece], b: list[Piece]) -> list[Piece]:
    found: list[Piece] = []
    for one in a:
        for two in b:
            order = _compare(one[0], two[0])
            low, low_closed = (one[0], one[1]) if order > 0 else (two[0], two[1])
            if order == 0:
                low_closed = one[1] and two[1]
            order = _compare(one[2], two[2])
            high, high_closed = (one[2], one[3]) if order < 0 else (two[2], two[3])
            if order == 0:
                high_closed = one[3] and two[3]
            width = _compare(low, high)
            if width < 0 or (width == 0 and low_closed and high_closed):
                found.append((low, low_closed, high, high_closed))
    return found


def _without(pieces: list[Piece]) -> list[Piece]:
    """The complement in the reals."""
    found: list[Piece] = []
    low, closed = LOW, False
    for piece in pieces:
        order = _compare(low, piece[0])
        if order < 0 or (order == 0 and closed and not piece[1]):
            found.append((low, closed, piece[0], not piece[1]))
        low, closed = piece[2], not piece[3]
    if low != HIGH:
        found.append((low, closed, HIGH, False))
    return found


def same_pieces(a: list[Piece], b: list[Piece], same: Callable[[Node, Node], bool | None]) -> bool | None:
    """Whether two merged sets are equal, three-valued as `same` is."""
    if len(a) != len(b):
        return False
    found: bool | None = True
    for one, two in zip(a, b, strict=True):
        if one[1] != two[1] or one[3] != two[3]:
            return False
        for x, y in ((one[0], two[0]), (one[2], two[2])):
            result = True if x == y else (False if HIGH in (x, y) or LOW in (x, y) else same(x, y))
            if result is False:
                return False
            found = None if result is None else found
    return found
