r"""Families of answers: constants of integration and integers that run, whose names say nothing.

`Ce^x` is `Ae^x`, `c_1e^x + c_2e^{-x}` is `Ae^{-x} + Be^x`, and `\frac{\pi}{4} + k\pi` is `\frac{\pi}{4} + n\pi`. A constant
stands linearly beside something that varies, and on one side at least its name is one that says so (C, c_1, K);
a running integer is what multiplies pi, or turns of a degree. Any other letter is what it says: `n^2 + k` is not `n^2 + C`.
"""

from __future__ import annotations

import re
from itertools import permutations

from ..grammar.tree import Node, symbols
from .answers import Answer, Leaf

_SAID = re.compile(r"C|K|c|[CKck]_\{?\w\}?|const")
_CONSTANT = re.compile(rf"{_SAID.pattern}|[ABD]|[AB]_\{{?\w\}}?")
_VARIES = frozenset("xyztsuvrn") | {"theta", "phi"}
_RUNS = frozenset("knm")
_LONE = frozenset(("num", "const", "sym"))
_DUMMY = "\0n"
MOST_CONSTANTS = 3


def same_family(leaf: Leaf, a: Node, b: Node) -> Answer:
    """Whether two expressions are equal under some names of their constants and running integers."""
    found = leaf(a, b)
    if found is True or a[0] in _LONE or b[0] in _LONE:
        return found
    pairs = _renamings(a, b)
    results = [leaf(one, two) for one, two in pairs]
    if True in results:
        return True
    return None if None in (found, *results) else False


def same_turns(leaf: Leaf, a: Node, b: Node) -> Answer:
    """The same for angles in degrees, whose running integer counts turns: `45 + 180k` is `45 + 180n`."""
    found = leaf(a, b)
    one, two = _runner(a, turns=True), _runner(b, turns=True)
    if found is not False or one is None or two is None or one == two:
        return found
    return leaf(_put(a, {one: _DUMMY}), _put(b, {two: _DUMMY}))


def _renamings(a: Node, b: Node) -> list[tuple[Node, Node]]:
    """Both expressions with their constants named alike, in every way there is."""
    one, two = _runner(a), _runner(b)
    if one is not None and two is not None and one != two:
        return [(_put(a, {one: _DUMMY}), _put(b, {two: _DUMMY}))]
    first, second = _constants(a), _constants(b)
    if not first or len(first) != len(second) or len(first) > MOST_CONSTANTS:
        return []
    if not (_all_said(first) or _all_said(second)) or symbols(a) - set(first) != symbols(b) - set(second):
        return []
    return [
        (a, _put(b, dict(zip(order, first, strict=True))))
        for order in permutations(second)
        if list(order) != first
    ]


def _all_said(names: list[str]) -> bool:
    return all(_SAID.fullmatch(name) for name in names)


def _constants(node: Node) -> list[str]:
    """The constants of an expression in order, none where one of them is not linear or nothing varies beside them."""
    names = symbols(node)
    found = sorted(name for name in names if _CONSTANT.fullmatch(name))
    if not found or not (names - set(found)) & _VARIES:
        return []
    return found if _degree(node, frozenset(found)) == 1 else []


def _degree(node: Node, names: frozenset[str]) -> int:
    """0, 1, or 2 for more: how an expression depends on some symbols together."""
    if node[0] == "sym":
        return int(node[1] in names)
    if node[0] == "+":
        return max(_degree(part, names) for part in node[1:])
    if node[0] == "*":
        return min(2, sum(_degree(part, names) for part in node[1:]))
    return 2 if symbols(node) & names else 0


def _runner(node: Node, turns: bool = False) -> str | None:
    """The integer of a sum that runs over multiples of pi (of whole degrees if `turns`), where there is one."""
    if node[0] != "+":
        return None
    found = [part for part in node[1:] if symbols(part) & _RUNS]
    if len(found) != 1 or found[0][0] != "*":
        return None
    factors = [part for part in found[0][1:] if part[0] != "num"]
    names = [part[1] for part in factors if part[0] == "sym"]
    others = [part for part in factors if part[0] != "sym"]
    if len(names) != 1 or names[0] not in _RUNS or others != ([] if turns else [("const", "pi")]):
        return None
    return names[0]


def _put(node: Node, names: dict[str, str]) -> Node:
    """The expression with these symbols named anew."""
    if node[0] == "sym":
        return ("sym", names.get(node[1], node[1]))
    return tuple(
        _put(part, names) if isinstance(part, tuple) and part and isinstance(part[0], str) else part
        for part in node
    )
