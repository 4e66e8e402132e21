"""What a tree is at a glance: a name, a list of items, a matrix, a quantity asked for; and small rearrangements.

Nothing here compares.
"""

from __future__ import annotations

from fractions import Fraction

from ..grammar.tree import LEAVES, Node, add, is_expression, mul, neg, num, symbols, walk
from ..grammar.vocabulary import unit
from .bounded import approximate, guard
from .left_sides import name_of
from .sets import ORDER


def restricts(node: Node) -> bool:
    """Whether a list says which numbers there are: `x > 1 and x < 3`, `x = -2 or 1 < x < 3`."""
    if node[0] != "list" or any(item[0] != "rel" for item in node[2]):
        return False
    signs = [set(item[1]) for item in node[2]]
    allowed = ORDER | {r"\ne", "="} if node[1] in ("or", "and") else ORDER | {r"\ne"}
    return all(held <= allowed for held in signs) and any(held != {"="} for held in signs)


def mixed(node: Node) -> Node | None:
    """ "2 and 1/3" as the mixed number that it may be: a whole number and a proper fraction behind it; else None."""
    if node[:2] != ("list", "and") or len(node[2]) != 2 or any(item[0] != "num" for item in node[2]):
        return None
    whole, part = node[2][0][1], node[2][1][1]
    return num(whole + part) if whole.denominator == 1 and whole > 0 and 0 < part < 1 else None


def as_gold(node: Node) -> Node:
    """A gold as the one thing that it is: "2 and 1/3" is a mixed number there, never a list as well."""
    return (mixed(node) if node[0] == "list" else None) or node


def in_radians(x: Node, one: str, y: Node, two: str) -> tuple[tuple[Node, str], tuple[Node, str]]:
    """Two values with their units; degrees become radians where the other side is in radians.

    It is where it says so, or where it has no unit and is a multiple of pi. A bare 45 stays what a question about
    degrees asked for.
    """
    if "degree" in (one, two) and one != two:
        value, unit = (x, one) if two == "degree" else (y, two)
        if unit == "radian" or (not unit and ("const", "pi") in walk(value)):
            turn = mul(num(Fraction(1, 180)), ("const", "pi"))
            pair = tuple(
                (mul(turn, node), "") if name == "degree" else (node, "")
                for node, name in ((x, one), (y, two))
            )
            return pair[0], pair[1]
    return (x, one), (y, two)


_LETTER_UNITS = {letter: letter.lower() for letter in ("m", "g", "s", "h", "l", "L", "N", "J", "W", "V", "A", "K")} | {
    "Omega": "ohm", "mu": "μ",
}  # fmt: skip


def unit_of(node: Node, other: Node) -> tuple[Node, str]:
    r"""The value and the unit, "" for none; beside a quantity with a unit, `5 L` and `10 m/s^2` are no products of letters."""
    if node[0] == "qty":
        value = node[1]
        if value[0] == "*" and value[-1] == ("sym", "mu"):  # 50 \mu\text{m}
            return mul(*value[1:-1]), "μ" + node[2]
        return value, node[2]
    if node[0] == "*" and other[0] == "qty":
        at = next((at for at, part in enumerate(node[1:], start=1) if symbols(part)), 0)
        letters = [_letter(part) for part in node[at:]] if at > 1 else [None]
        if None not in letters:
            spelt = "·".join(filter(None, letters)).replace("μ·", "μ")
            return mul(*node[1:at]), unit(spelt)
    return node, ""


def _letter(node: Node) -> str | None:
    """The unit that a letter to a whole power is, as `s^-2`."""
    power = 1
    while node[0] == "^" and node[2][0] == "num" and node[2][1].denominator == 1:
        node, power = node[1], power * int(node[2][1])
    name = _LETTER_UNITS.get(node[1]) if node[0] == "sym" else None
    return name if name is None or power == 1 else f"{name}^{power}"


def items(node: Node) -> list[Node] | None:
    """The items of a list, a set, or a double-signed value; None for anything else.

    A set inside is one item: `\\{\\{1, 2\\}\\}` holds one thing and `\\{1, 2\\}` two.
    """
    if node[0] in LEAVES or node[0] == "text":
        return None
    if node[0] in ("list", "set"):
        held = node[2] if node[0] == "list" else node[1]
        return [part for item in held for part in ((item[0] != "set" and items(item)) or [item])]
    if (
        node[0] == "tuple"
    ):  # (\pm 3, 0) is two points; where several signs stand, who turns with whom is not said
        signs = sum(part[0] in ("pm", "mp") for part in walk(node))
        return [_signed(node, 1), _signed(node, -1)] if signs == 1 else None
    if node[0] == "rel" and node[1] == ("=",) and name_of(node[2][0]) is not None:
        values = items(node[2][1]) if node[2][1][0] != "tuple" else None
        return [("rel", node[1], (node[2][0], value)) for value in values] if values else None
    if node[0] == "qty":
        values = items(node[1])
        return [("qty", value, node[2]) for value in values] if values else None
    if is_expression(node) and any(part[0] in ("pm", "mp") for part in walk(node)):
        return [_signed(node, 1), _signed(node, -1)]
    return None


def _signed(node: Node, sign: int) -> Node:
    """One of the two values of a double-signed expression; all signs turn together."""
    if node[0] in ("pm", "mp"):
        inner = _signed(node[1], sign)
        return inner if (sign > 0) == (node[0] == "pm") else neg(inner)
    if node[0] in ("num", "sym", "const"):
        return node
    if node[0] == "tuple":
        return (*node[:3], tuple(_signed(part, sign) for part in node[3]))
    rest = tuple(_signed(part, sign) if isinstance(part, tuple) else part for part in node[1:])
    if node[0] == "+":
        return add(*rest)
    if node[0] == "*":
        return mul(*rest)
    return (node[0], *rest)


def parts(node: Node, head: str) -> list[Node]:
    """The flattened operands of a union or intersection."""
    if node[0] != head:
        return [node]
    return parts(node[1], head) + parts(node[2], head)


def matrix(node: Node) -> tuple[tuple[Node, ...], ...] | None:
    """The cells of a matrix, with a scalar in front or a transposition worked in."""
    if node[0] == "matrix":
        return node[1]
    if node[0] == "tuple" and node[1:3] == ("[", "]"):  # [[1, 2], [3, 4]], as programs print it
        rows = [part[3] for part in node[3] if part[0] == "tuple" and part[1:3] == ("[", "]")]
        square = len(rows) == len(node[3]) and len({len(row) for row in rows}) == 1
        return tuple(rows) if square else None
    if node[0] == "*":
        found = [matrix(part) for part in node[1:]]
        held = [cells for cells in found if cells is not None]
        if len(held) != 1:
            return None
        scalar = mul(*(part for part, cells in zip(node[1:], found, strict=True) if cells is None))
        return tuple(tuple(mul(scalar, cell) for cell in row) for row in held[0])
    if node[0] == "^" and node[2] == ("sym", "T"):
        inner = matrix(node[1])
        return None if inner is None else tuple(zip(*inner, strict=True))
    if node[0] == "+":
        found = [matrix(part) for part in node[1:]]
        shapes = {None if cells is None else (len(cells), len(cells[0])) for cells in found}
        if len(shapes) == 1 and None not in shapes:
            held = [cells for cells in found if cells is not None]
            return tuple(
                tuple(add(*(cells[i][j] for cells in held)) for j in range(len(held[0][0])))
                for i in range(len(held[0]))
            )
    return None


def unrounded(node: Node) -> Node:
    r"""`\sqrt{10} \approx 3.16` without the decimal that rounds its value: what stands before it was answered."""
    if node[0] != "rel" or node[1][-1] != r"\approx" or not set(node[1][:-1]) <= {"="}:
        return node
    exact_, rounded = node[2][-2:]
    named = rounded[2] if rounded[0] == "qty" else ""
    if exact_[0] == "qty":
        if named not in ("", exact_[2]):
            return node
        named, exact_ = exact_[2], exact_[1]
    rounded = rounded[1] if rounded[0] == "qty" else rounded
    if not is_expression(exact_) or symbols(exact_) or rounded[0] != "num":
        return node
    guard(exact_)
    near = approximate(exact_)
    if near is None or abs(near[0] - rounded[1]) > 0.01 * abs(near[0]):
        return node
    exact_ = ("qty", exact_, named) if named else exact_
    return ("rel", node[1][:-1], (*node[2][:-2], exact_)) if len(node[2]) > 2 else exact_


def upward(node: Node) -> Node:
    """A chain of inequalities written from small to large."""
    flip = {">": "<", r"\ge": r"\le"}
    if node[1] and all(operator in flip for operator in node[1]):
        return ("rel", tuple(flip[operator] for operator in reversed(node[1])), tuple(reversed(node[2])))
    return node


def difference(node: Node) -> Node:
    """Left minus right."""
    return add(node[2][0], neg(node[2][1]))


def fraction_near(value: float) -> Fraction | None:
    """The simple fraction that a float must be, None where there is none."""
    found = Fraction(value).limit_denominator(10_000)
    return found if found and abs(float(found) - value) <= 1e-9 * abs(value) else None
