"""Relations: equations that one is the other's multiple, inequalities as the sets that they are, names with their values."""

from __future__ import annotations

from typing import Protocol

from ..grammar.tree import Node, is_expression, mul, num, symbols
from .answers import Answer, Leaf, every
from .bounded import approximate, guard
from .left_sides import assignment
from .sets import ORDER, SET_HEADS, as_set, same_pieces, variable
from .shapes import difference, fraction_near, upward


class Comparison(Protocol):
    """What a comparison of trees can do for the relations in them."""

    @property
    def leaf(self) -> Leaf:
        """How expressions are decided."""
        ...

    def same(self, a: Node, b: Node) -> Answer:
        """Whether two answers are the same answer."""
        ...


def relations(by: Comparison, a: Node, b: Node) -> Answer:
    """Whether two answers are the same of which one at least is a relation."""
    if a[0] != b[0]:
        relation, other = (a, b) if a[0] == "rel" else (b, a)
        return _against_a_value(by, relation, other)
    left, right = assignment(by.same, a), assignment(by.same, b)
    if left and right and left[0] == right[0]:
        return by.same(left[1], right[1])
    for one, two in ((left, right), (right, left)):
        if one and not symbols(one[1]) and not two:
            pieces = as_set(a), as_set(b)
            if pieces[0] is not None and pieces[1] is not None:
                return same_pieces(pieces[0], pieces[1], by.same)
            return False  # solved against unsolved
    if set(a[1]) == set(b[1]) == {"="}:
        return _equations(by, a, b)
    if variable(a) == variable(b) is not None:
        pieces = as_set(a), as_set(b)
        if pieces[0] is not None and pieces[1] is not None:
            return same_pieces(pieces[0], pieces[1], by.same)
    return _chains(by, a, b)


def _against_a_value(by: Comparison, relation: Node, other: Node) -> Answer:
    if other[0] in SET_HEADS or other[0] in ("tuple", "list"):
        pieces, shape = as_set(relation), as_set(other)
        if pieces is not None and shape is not None:
            return same_pieces(pieces, shape, by.same)
    named = assignment(by.same, relation)
    if named is not None:
        return by.same(named[1], other)
    if set(relation[1]) == {"="} and not symbols(relation):  # 6 x 7 = 42
        sides = relation[2]
        if all(is_expression(side) for side in sides) and every(by.same(x, sides[-1]) for x in sides[:-1]):
            return by.same(sides[-1], other)
    return False


def _chains(by: Comparison, a: Node, b: Node) -> Answer:
    """The same operators between the same sides, read from either end."""
    a, b = upward(a), upward(b)
    if a[1] != b[1]:
        return False
    direct = every(by.same(x, y) for x, y in zip(a[2], b[2], strict=True))
    if direct is not False or len(a[2]) != 2 or a[1][0] not in ORDER:
        return direct
    if not all(is_expression(side) for side in (*a[2], *b[2])):
        return False
    return _proportional(by, difference(a), difference(b), positive=True)


def _equations(by: Comparison, a: Node, b: Node) -> Answer:
    """Equations are equal when one is the other times a constant."""
    if len(a[2]) != len(b[2]):
        return False
    if len(a[2]) > 2 or not all(is_expression(side) for side in (*a[2], *b[2])):
        return every(by.same(x, y) for x, y in zip(a[2], b[2], strict=True))
    return _proportional(by, difference(a), difference(b), positive=False)


def _proportional(by: Comparison, a: Node, b: Node, positive: bool) -> Answer:
    """Whether a = c b for a constant c other than 0 (above 0 if `positive`), the same at every point."""
    guard(a)
    guard(b)
    if not symbols(a) or symbols(a) != symbols(b):
        return False
    left, right = approximate(a, 0), approximate(b, 0)
    if left is None or right is None:
        return None
    if abs(left[0]) <= 64 * left[1] or abs(right[0]) <= 64 * right[1]:
        return False
    ratio = left[0] / right[0]
    if abs(ratio.imag) > 1e-9 * abs(ratio) or (positive and ratio.real < 0):
        return False
    for trial in (1, 2, 3):
        x, y = approximate(a, trial), approximate(b, trial)
        if x is None or y is None:
            continue
        slack = 64 * (
            x[1] + abs(ratio) * y[1] + abs(y[0]) * (left[1] + abs(ratio) * right[1]) / abs(right[0])
        )
        if abs(x[0] - ratio * y[0]) > slack + 1e-300:
            return False
    found = fraction_near(ratio.real)
    if found is None:
        return None
    return by.leaf(a, mul(num(found), b))
