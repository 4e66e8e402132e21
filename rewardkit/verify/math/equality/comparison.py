"""The comparison: two trees and a policy in; True, False, or None for "numbers alone cannot say".

Structure is compared with structure of the same kind (tuples, sets, intervals, relations, ratios, words),
down to expressions, which a `leaf` function decides. The same code runs inline with exact arithmetic as
its leaf and in the workers with a computer-algebra system behind that. Everything here is symmetric.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, NamedTuple

from ..grammar.tree import Node, is_expression, mul, num, ordered, symbols
from ..grammar.unit_scales import joined, on_one_scale
from ..grammar.vocabulary import EITHER, KNOWN
from .answers import Answer, Leaf, every
from .bounded import exact, guard
from .clock import same_time
from .expressions import numbers
from .families import same_family, same_turns
from .left_sides import assignment, solution_of
from .relations import relations
from .sets import SET_HEADS, as_set, same_pieces
from .shapes import (
    in_radians,
    items,
    matrix,
    mixed,
    parts,
    restricts,
    unit_of,
    unrounded,
)
from .vectors import components

MOST_ITEMS = 32
"""Longer lists are equal only item by item in order."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What counts as equal where mathematics leaves it open; see `Math` for the meaning of each."""

    percent: Literal["unit", "fraction", "strict"] = "unit"
    units: Literal["one_side", "strict", "ignore", "convert"] = "one_side"
    ordered: bool = False


class Named(NamedTuple):
    """A list of values under one name (None: none is said), with their indices where each has its own."""

    name: Node | None
    indices: tuple[str, ...]
    values: list[Node]


@dataclass(frozen=True, slots=True)
class TreeComparison:
    """One policy and one way of deciding expressions."""

    policy: Policy
    leaf: Leaf = numbers

    def same(self, a: Node, b: Node) -> Answer:
        """Whether two answers are the same answer."""
        if a == b:
            return True
        if a[0] == b[0] == "num" and guard(a) and guard(b):
            return False
        heads = {a[0], b[0]}
        if "choice" in heads:
            return self.choices(a, b)
        if "text" in heads:
            return self.texts(a, b)
        if "rel" in heads:
            told, other = unrounded(a), unrounded(b)
            return relations(self, a, b) if (told, other) == (a, b) else self.same(told, other)
        if heads & SET_HEADS or restricts(a) or restricts(b):
            return self.sets(a, b)
        if self.policy.units == "convert" and "list" in heads:
            one, two = joined(a), joined(b)
            if one[0] == two[0] == "qty":
                return self.quantities(one, two)
        first, second = items(a), items(b)
        if first is not None or second is not None:
            return self.lists(a, b, first, second)
        if heads & {"qty", "ratio"}:
            told = same_time(a, b, self.policy.units != "strict")
            if told is not None:
                return told
        if heads & {"qty", "pct", "base"}:
            return self.quantities(a, b)
        if "congruence" in heads:
            return self.congruences(a, b)
        if "cases" in heads:
            return self.pieces(a, b)
        if a[0] != b[0] and heads & {"tuple", "matrix"}:
            one, two = components(a), components(b)
            if one is not None and two is not None:
                return self.vectors(one, two)
        if "tuple" in heads and "matrix" not in heads:
            if a[0] != b[0] or a[1:3] != b[1:3] or len(a[3]) != len(b[3]):
                return False
            return every(self.same(x, y) for x, y in zip(a[3], b[3], strict=True))
        if "ratio" in heads:
            if a[0] != b[0] or len(a[1]) != len(b[1]):
                return False
            return every(self.same(x, y) for x, y in zip(a[1], b[1], strict=True))
        if "dots" in heads:
            return False
        left, right = matrix(a), matrix(b)
        if left is not None or right is not None:
            if left is None or right is None or len(left) != len(right) or len(left[0]) != len(right[0]):
                return False
            return every(
                self.same(x, y) for r, s in zip(left, right, strict=True) for x, y in zip(r, s, strict=True)
            )
        if is_expression(a) and is_expression(b):
            if a[0] == b[0] == "+" and _is_decorated(a) != _is_decorated(b):
                one, two = components(a), components(b)
                return one is not None and two is not None and self.vectors(one, two)
            return same_family(self.leaf, a, b)
        return False

    # -- vectors, congruences, functions by parts

    def vectors(self, one: list[Node], two: list[Node]) -> Answer:
        """Component by component."""
        return len(one) == len(two) and every(self.same(x, y) for x, y in zip(one, two, strict=True))

    def congruences(self, a: Node, b: Node) -> Answer:
        """The same unknown and modulus, and residues that differ by a multiple of it."""
        if a[0] != b[0]:
            return False
        residues = [exact(side[2]) if is_expression(side[2]) else None for side in (a, b)]
        by = a[3][1] if a[3][0] == "num" else None
        if by and residues[0] is not None and residues[1] is not None:
            if (residues[0] - residues[1]) % by:
                return False
            return every((self.same(a[1], b[1]), self.same(a[3], b[3])))
        return every(self.same(x, y) for x, y in zip(a[1:], b[1:], strict=True))

    def pieces(self, a: Node, b: Node) -> Answer:
        """The same values under the same conditions, in any order."""
        if a[0] != b[0] or len(a[1]) != len(b[1]) or len(a[1]) > MOST_ITEMS:
            return False
        rest = list(b[1])
        found: Answer = True
        for value, condition in a[1]:
            at = next((at for at, other in enumerate(rest) if self.same(condition, other[1])), None)
            if at is None:
                return False
            told = self.same(value, rest.pop(at)[0])
            if told is False:
                return False
            found = None if told is None else found
        return found

    def choices(self, a: Node, b: Node) -> Answer:
        """An option with its value equals its letter, its value, or the same option."""
        if a[0] == b[0]:
            if a[1] != b[1]:
                return False
            return self.same(a[2], b[2]) if a[2] is not None and b[2] is not None else True
        option, other = (a, b) if a[0] == "choice" else (b, a)
        if other[0] == "sym" and len(other[1]) == 1 and other[1].isupper():
            return other[1] == option[1]
        return self.same(option[2], other)

    @staticmethod
    def texts(a: Node, b: Node) -> Answer:
        """Words equal the same words; "no solution" is also an empty set of solutions."""
        if a[0] == b[0]:
            return a[1] == b[1]
        text, other = (a, b) if a[0] == "text" else (b, a)
        return text[1] == "no solution" and other[0] == "empty"

    # -- lists and sets

    def lists(self, a: Node, b: Node, first: list[Node] | None, second: list[Node] | None) -> Answer:
        """Items in any order (unless the policy orders lists), each matched once."""
        if first is None or second is None:
            found, other = (first, b) if first is not None else (second, a)
            assert found is not None
            if other[0] == "tuple" and other[1:3] == ("(", ")"):
                return self.named_tuple(found, other)
            node = a if first is not None else b
            if len(found) == 1 and node[0] == "set" and found[0][0] != "set":
                return self.same(found[0], other)
            if mixed(node) is not None:
                return self.same(mixed(node) or node, other)
            if other[0] == "tuple" and other[1:3] == ("[", "]") and len(other[3]) > 2:
                return self.same(node, ("list", ",", other[3]))  # a list as programs print it
            return False
        is_set = a[0] == "set" or b[0] == "set"
        one, two = self.named(first), self.named(second)
        if one is None or two is None:
            return self.by_name(first, second)
        if one.name is not None and two.name is not None and one.name != two.name:
            return False  # x = 1 or x = 2 against y = 1 or y = 2
        if one.indices and two.indices and one.indices != two.indices:
            return False
        left, right = one.values, two.values
        if is_set:
            left, right = self.distinct(left), self.distinct(right)
        if len(left) != len(right):
            return False
        dots = any(item == ("dots",) for item in left + right)
        if dots or (self.policy.ordered and not is_set):
            return every(self.same(x, y) for x, y in zip(left, right, strict=True))
        return self.matched(left, right)

    def matched(self, left: list[Node], right: list[Node]) -> Answer:
        """Whether the items pair off. Equality is transitive, so taking the first match is enough."""
        plain = [[item[1] for item in side if item[0] == "num"] for side in (left, right)]
        if len(plain[0]) == len(left) and len(plain[1]) == len(right):
            return sorted(plain[0]) == sorted(plain[1])
        if len(left) > MOST_ITEMS:
            return every(self.same(x, y) for x, y in zip(left, right, strict=True))
        rest = list(right)
        left_over: list[Node] = []
        for item in left:
            index = next((at for at, other in enumerate(rest) if self.items(item, other)), None)
            if index is None:
                left_over.append(item)
            else:
                del rest[index]
        if not left_over and not rest:
            return True
        open_ = [[self.items(item, other) is None for other in rest] for item in left_over]
        paired = (
            len(left_over) == len(rest) and all(map(any, open_)) and all(map(any, zip(*open_, strict=True)))
        )
        return None if paired else False

    def items(self, a: Node, b: Node) -> Answer:
        """Two items of lists: here a set is a set, where alone `\\{1\\}` may stand for 1."""
        return False if (a[0] == "set") != (b[0] == "set") else self.same(a, b)

    def distinct(self, found: list[Node]) -> list[Node]:
        """A set's elements, each once."""
        kept: list[Node] = []
        for item in found:
            if len(found) > MOST_ITEMS:
                return list(dict.fromkeys(found))
            if not any(self.same(item, other) for other in kept):
                kept.append(item)
        return kept

    def named(self, found: list[Node]) -> Named | None:
        """The one name of `x = 1, x = 2` or `x_1 = 1, x_2 = 2`; None where the names differ and so matter."""
        pairs = [assignment(self.same, item) for item in found]
        solved = [solution_of(pair[0]) for pair in pairs if pair]
        names = {name for name, _ in solved}
        indices = sorted(index for _, index in solved if index)
        if len(names) > 1 or (indices and (len(set(indices)) < len(pairs) or len(pairs) == 1)):
            one = {pair[0] for pair in pairs if pair}
            if len(one) > 1 or len(names) > 1:
                return None
            names = one
        values = [pair[1] if pair else item for pair, item in zip(pairs, found, strict=True)]
        return Named(names.pop() if names else None, tuple(indices), values)

    def by_name(self, first: list[Node], second: list[Node]) -> Answer:
        """`x = 1, y = 2` against `y = 2, x = 1`; against `1, 2` in the order of the alphabet."""
        left, right = self.table(first), self.table(second)
        if left is None or right is None:
            table, other = (left, second) if left is not None else (right, first)
            if len(first) != len(second):
                return False
            if table is None or any(item[0] == "rel" for item in other):
                return self.matched(first, second)
            return every(
                self.same(table[name], x) for name, x in zip(sorted(table, key=repr), other, strict=True)
            )
        if left.keys() != right.keys():
            return False
        return every(self.same(left[name], right[name]) for name in left)

    def table(self, found: list[Node]) -> dict[Node, Node] | None:
        """Name to value, None where an item has no name or two share one."""
        pairs = [assignment(self.same, item) for item in found]
        table = {pair[0]: pair[1] for pair in pairs if pair}
        return table if len(table) == len(found) else None

    def named_tuple(self, found: list[Node], other: Node) -> Answer:
        """`x = 3, y = 4` against `(3, 4)`, names in the order of the alphabet."""
        table = self.table(found)
        if table is None or len(table) != len(other[3]) or len(table) < 2:
            return False
        values = [table[name] for name in sorted(table, key=repr)]
        return every(self.same(x, y) for x, y in zip(values, other[3], strict=True))

    def sets(self, a: Node, b: Node) -> Answer:
        """Sets of reals by their intervals, where both can be told."""
        if ordered(a) == ordered(b):
            return True
        if is_expression(a) or is_expression(b):
            return False
        left, right = as_set(a), as_set(b)
        if left is None or right is None:
            if a[0] == b[0] == "builder":
                return every((self.same(a[1], b[1]), self.same(a[2], b[2])))
            if a[0] == b[0] and a[0] in ("cup", "cap"):
                return self.matched(parts(a, a[0]), parts(b, a[0]))
            return False
        return same_pieces(left, right, self.same)

    # -- quantities

    def quantities(self, a: Node, b: Node) -> Answer:
        """Units by policy, then values."""
        if "base" in (a[0], b[0]):
            based, other = (a, b) if a[0] == "base" else (b, a)
            if other[0] == "base" or self.policy.units == "strict" or other[0] != "num":
                return False  # equal ones were equal trees
            return len(based[1]) < 4000 and based[1].isdigit() and other[1] == int(based[1])
        (x, one), (y, two) = in_radians(*unit_of(a, b), *unit_of(b, a))
        if self.policy.units == "convert":
            scaled = on_one_scale(x, one, y, two)
            if scaled is not None:
                return self.same(*scaled)
        if not self.units(one, two):
            return False
        if "pct" in (x[0], y[0]):
            if x[0] != y[0] and (one or two):
                return False  # 35% is no 35 degrees
            return self.percents(x, y)
        if one == two == "degree" and is_expression(x) and is_expression(y):
            return same_turns(self.leaf, x, y)
        return self.same(x, y)

    def units(self, one: str, two: str) -> bool:
        """Whether two units ("" for none) may stand for each other."""
        if one == two or self.policy.units == "ignore":
            return True
        for mark, other in ((one, two), (two, one)):
            if mark in EITHER and (other or mark != "pound"):
                return other in EITHER[mark]
        if not one or not two:
            return self.policy.units != "strict"
        if one in KNOWN or two in KNOWN:
            return False
        first, second = set(one.split()), set(two.split())
        return first <= second or second <= first

    def percents(self, x: Node, y: Node) -> Answer:
        """A percentage is its hundredth; under `unit` also the bare number from one upward."""
        if x[0] == y[0]:
            return self.same(x[1], y[1])
        percent, other = (x[1], y) if x[0] == "pct" else (y[1], x)
        if self.policy.percent == "strict":
            return False
        found = self.same(mul(num(Fraction(1, 100)), percent), other)
        if found is not False or self.policy.percent == "fraction":
            return found
        value = exact(percent) if is_expression(percent) else None
        if value is None or abs(value) < 1:
            return False
        return self.same(percent, other)


def _is_decorated(node: Node) -> bool:
    """Whether a name wears a hat or an arrow."""
    return any(name[0] == "\\" for name in symbols(node))
