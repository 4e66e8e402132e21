r"""What stands on the left of an equals sign: a name, whose value is the answer, or one side of an equation to solve.

`x`, `f(2)`, `\det A`, `AB`, `\sin A`, `m+n`, `\frac{AB}{CD}` are names; `2x`, `x^2+y^2`, `\sin x` are not. Two names are one
only where they are written of the same letters: a length is the same with bars or a bar over it, and a vector from
A to B is not one from B to A. A name is stripped where the other answer has none; two different names are never equal.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from ..grammar.tree import Node, is_expression, ordered, symbols, walk
from .answers import Answer, every

_PLANE = frozenset("xyz")
_ANGLES = frozenset(("alpha", "beta", "gamma", "delta", "theta", "phi", "psi", "omega"))
_CIRCULAR = frozenset(("sin", "cos", "tan", "cot", "sec", "csc"))
_SEGMENT = re.compile(r"\\overline\{([A-Z]{2})\}")
_SLOPE = re.compile(r"d(\w)/d\w")
_SOLUTION = re.compile(r"(x|y|z|t|u|w|lambda)_([\d,]+)")


def name_of(node: Node) -> Node | None:
    """The name that a side is, in the one form that names are compared in; None where it is none."""
    if node[0] == "sym":
        segment, slope = _SEGMENT.fullmatch(node[1]), _SLOPE.fullmatch(node[1])
        if segment:
            return ("sym", "".join(sorted(segment[1])))
        return ("sym", f"{slope[1]}'") if slope else node
    if node[0] == "tuple":
        return node if node[1:3] == ("(", ")") and all(item[0] == "sym" for item in node[3]) else None
    if node[0] == "ratio":
        names = [name_of(part) for part in node[1]]
        return ("ratio", tuple(names)) if all(names) else None
    if node[0] == "*" and _are_corners(node[1:]):
        return ("sym", "".join(sorted(part[1] for part in node[1:])))
    if node[:2] == ("fn", "abs"):
        inner = name_of(node[2])
        return node if inner == node[2] else inner  # |AB| is AB, |x| is another thing than x
    return ordered(node) if _is_ratio_of_a_triangle(node) else None


def _are_corners(parts: tuple[Node, ...]) -> bool:
    """Whether factors are the corners of a segment or triangle."""
    return 2 <= len(parts) <= 4 and all(p[0] == "sym" and len(p[1]) == 1 and p[1].isupper() for p in parts)


def _is_ratio_of_a_triangle(node: Node) -> bool:
    r"""`\sin A`, `\cos^2\theta`, `\tan(A+B)`: of angles with names, not of an unknown x."""
    if node[0] == "^" and node[2][0] == "num":
        node = node[1]
    if node[0] != "fn" or node[1] not in _CIRCULAR:
        return False
    names = symbols(node)
    return bool(names) and all(name in _ANGLES or (len(name) == 1 and name.isupper()) for name in names)


def _is_quantity(node: Node) -> bool:
    """Whether an expression is what a question asked for (`m+n`), rather than an equation to solve (`2x`, `x+3`)."""
    if not is_expression(node) or node[0] not in ("+", "*", "^", "fn"):
        return False
    names = symbols(node)
    return (
        len(names) >= 2
        and not {name[0] for name in names} & _PLANE
        and not any(p[0] == "const" for p in walk(node))
    )


def assignment(same: Callable[[Node, Node], Answer], node: Node) -> tuple[Node, Node] | None:
    r"""(name, value) of `x = 5`, `5 = x`, `x = 2 + 3 = 5`, `x \in S`, `x \approx 7.78`; None for any other relation."""
    if node[0] != "rel":
        return None
    operators, sides = node[1], node[2]
    first = name_of(sides[0])
    if operators == (r"\in",) and first is not None:
        return first, sides[1]
    if operators == (r"\approx",) and first is not None and is_rounded(sides[1]):
        return first, sides[1]
    if set(operators) != {"="}:
        return None
    if len(sides) == 2 and first is None and name_of(sides[1]) is not None:
        sides = sides[::-1]
        first = name_of(sides[0])
    name = first
    if name is None and _is_quantity(sides[0]) and (len(sides) > 2 or is_expression(sides[1])):
        name = ordered(sides[0])
    if name is None or symbols(sides[0]) & symbols(sides[-1]):
        return None
    if symbols(sides[-1]) and not _may_vary(name):
        return None
    if len(sides) > 2 and every(same(side, sides[-1]) for side in sides[1:-1]) is not True:
        return None
    return name, sides[-1]


def _may_vary(name: Node) -> bool:
    """Whether a name may have a value with letters in it."""
    return name[0] in ("sym", "tuple", "ratio") or (name[:2] == ("fn", "abs") and _may_vary(name[2]))


def is_rounded(node: Node) -> bool:
    """Whether a value has decimals, and so says how far it was rounded."""
    value = node[1] if node[0] == "qty" else node
    if value[0] != "num" or value[1].denominator == 1:
        return False
    rest = value[1].denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    return rest == 1


def solution_of(name: Node) -> tuple[Node, str]:
    """The unknown that `x_1` is a solution for, with its index; any other name as it is, without one."""
    found = _SOLUTION.fullmatch(name[1]) if name[0] == "sym" else None
    return (("sym", found[1]), found[2]) if found else (name, "")
