r"""A name before a bracket: is `y(0)` the value of y at 0, or y times 0? Decided here and nowhere else.

A bare number or another lone name in the bracket is what a function is given: `y(0)`, `Q(t)`, `k^{-1}(x)`. So is
what no product holds: a comma, a relation, an intersection. A sum is a factor (`x(x+1)`, `P(1+r)^t`), a name in
its own bracket too (`x(x)`), and a number that is raised behind the bracket (`N_0(0.8)^t`). The names f and g are always
functions. Beside them stand points with their names.
"""

from __future__ import annotations

from ..scanner import Scanner
from ..signs import RELATIONS
from ..tree import Node, Unread, symbols

_ALWAYS = frozenset("fg")
_NO_PRODUCT = RELATIONS | {",", ";", r"\cap", r"\cup"}
_CHANCE = "P"
"""The letter whose bracket may hold a bar, as `P(A|B)`."""


def called(scan: Scanner, value: Node) -> Node | None:
    """`f(x)` as one name, consumed from its marks to its bracket; None where the bracket is a factor or none comes."""
    if value[0] == "^" and value[1][0] == "sym":
        name, marks = value[1][1], 0  # f^{(4)}(0): the power is a mark too
        if scan.peek().value != "(" or (name not in _ALWAYS and not _bare_number(scan, 0)):
            return None
        name = f"{name}^{value[2]}"
    elif value[0] == "sym":
        name, marks = value[1], _marks(scan)
        if scan.peek(marks).value != "(" or not _is_call(scan, name, marks):
            return None
    else:
        return None
    found = [name, *(scan.next().value for _ in range(marks))]
    depth = 0
    while scan.at < len(scan.tokens):
        token = scan.next()
        depth += {"(": 1, ")": -1}.get(token.value, 0)
        found.append(token.value)
        if not depth:
            return ("sym", "".join(found))
    raise Unread("a bracket that is not closed")


def _marks(scan: Scanner) -> int:
    """How many tokens the primes or the `^{-1}` take that stand between a name and its bracket."""
    if [scan.peek(k).value for k in range(5)] == ["^", "{", "-", "1", "}"]:
        return 5
    count = 0
    while scan.peek(count).value == "'":
        count += 1
    return count


def _is_call(scan: Scanner, name: str, marks: int) -> bool:
    if name.partition("_")[0].rstrip("'") in _ALWAYS:
        return True
    inside = _inside(scan, marks)
    if _bare_number(scan, marks):
        behind = scan.peek(marks + len(inside) + 2).value
        return behind != "^" or inside in (["0"], ["1"])
    bare = [value for value in inside if value not in ("{", "}")]
    if len(bare) == 1:
        return bare[0] != name
    return bool(_NO_PRODUCT & set(inside)) or (name[0] == _CHANCE and "|" in inside)


def _inside(scan: Scanner, marks: int) -> list[str]:
    """The tokens within the bracket."""
    depth = 0
    found: list[str] = []
    for at in range(scan.at + marks, len(scan.tokens)):
        value = scan.tokens[at].value
        depth += {"(": 1, ")": -1}.get(value, 0)
        if not depth:
            break
        found.append(value)
    return found[1:]


def _bare_number(scan: Scanner, marks: int) -> bool:
    r"""Whether the bracket holds a number and nothing else: `3`, `-1`, `0.5`, `\frac{1}{2}`, `\pi`."""
    bare = [value for value in _inside(scan, marks) if value not in ("{", "}", "-", "+", ".", r"\frac", "/")]
    return bool(bare) and all(value.isdigit() or value == r"\pi" for value in bare)


def named_point(scan: Scanner, name: str) -> Node | None:
    """`P(4, -6)`: a point with its name, which is `P = (4, -6)`; None where it is anything else."""
    inside = _inside(scan, 0)
    behind = scan.peek(len(inside) + 2).value
    if "," not in inside or behind not in ("", ",", ";") or "(" in inside:
        return None
    start = scan.at
    try:
        value = scan.read_atom(scan)
    except Unread:
        value = ("none",)
    if value[0] == "tuple" and not symbols(value):
        return ("rel", ("=",), (("sym", name), value))
    scan.at = start
    return None
