r"""Vectors in their spellings: `\langle 1, 2\rangle`, a column, `(1, 2)^T`, `\mathbf{i} + 2\mathbf{j}`."""

from __future__ import annotations

import re

from ..grammar.tree import Node, add, is_expression, mul, num, symbols
from .shapes import matrix

_UNIT = re.compile(r"(?:\\(?:vec|hat|widehat|bar|overrightarrow)\W*)?([ijk])\W*")


def components(node: Node) -> list[Node] | None:
    """The components of a vector however it is written, None for anything else."""
    if node[0] == "tuple":
        return list(node[3]) if node[1:3] == ("(", ")") else None
    if node[0] == "^" and node[2] == ("sym", "T") and node[1][0] == "tuple":
        return list(node[1][3])
    cells = matrix(node) if node[0] in ("matrix", "^", "*", "+") and not is_expression(node) else None
    if cells is not None:
        return (
            [row[0] for row in cells] if len(cells[0]) == 1 else list(cells[0]) if len(cells) == 1 else None
        )
    return _of_units(node)


def _of_units(node: Node) -> list[Node] | None:
    """The components of a sum of unit vectors i, j, k.

    With i alone, it may as well be a complex number, and one bare j or k a name.
    """
    found: dict[str, list[Node]] = {}
    for part in node[1:] if node[0] == "+" else (node,):
        factors = part[1:] if part[0] == "*" else (part,)
        units = [(at, unit) for at, factor in enumerate(factors) if (unit := _unit(factor))]
        if len(units) != 1:
            return None
        at, unit = units[0]
        rest = mul(num(1), *factors[:at], *factors[at + 1 :])
        if any(_unit(("sym", name)) for name in symbols(rest)):
            return None
        found.setdefault(unit, []).append(rest)
    hatted = any(name[0] == "\\" for name in symbols(node))
    if not {"j", "k"} & set(found) or (len(found) == 1 and not hatted):
        return None
    letters = "ijk" if "k" in found else "ij"
    return [add(*found[letter]) if letter in found else num(0) for letter in letters]


def _unit(node: Node) -> str | None:
    if node == ("const", "i"):
        return "i"
    match = _UNIT.fullmatch(node[1]) if node[0] == "sym" else None
    return match[1] if match else None
