"""Units that are multiples of one another: two quantities of one dimension in, their common scale out.

Only exact factors are listed, and only where both sides name a unit does anything convert. Temperatures have an
offset and months no fixed length, so neither is here; money converts within one currency.
"""

from __future__ import annotations

from fractions import Fraction

from ...memory import remembered
from .tree import Node, add, mul, num

_INCH = Fraction(254, 10_000)
_POUND = Fraction(45_359_237, 100_000)
_TABLES: dict[str, dict[str, Fraction | int]] = {
    "length": {
        "m": 1, "mm": Fraction(1, 1000), "cm": Fraction(1, 100), "dm": Fraction(1, 10), "km": 1000,
        "in": _INCH, "ft": 12 * _INCH, "yd": 36 * _INCH, "mi": 63_360 * _INCH,
    },
    "mass": {
        "g": 1, "mg": Fraction(1, 1000), "kg": 1000, "lb": _POUND, "oz": _POUND / 16,
    },
    "time": {"s": 1, "ms": Fraction(1, 1000), "min": 60, "h": 3600, "day": 86_400, "week": 604_800},
    "volume": {"l": 1, "ml": Fraction(1, 1000)},
    "capacity": {"gal": 8, "qt": 2, "pt": 1},
    "dollars": {"$": 100, "cent": 1},
    "energy": {"j": 1, "kj": 1000},
    "power": {"w": 1, "kw": 1000},
}  # fmt: skip
_SPEEDS = {"mph": "mi/h", "km/h": "km/h", "m/s": "m/s"}


@remembered(1024)
def scale(unit: str) -> tuple[str, Fraction] | None:
    """The dimension of a canonical unit and its size there; None for a unit that does not convert.

    >>> scale("min"), scale("cm^2"), scale("km/h"), scale("apple")
    (('time', Fraction(60, 1)), ('length^2', Fraction(1, 10000)), ('length/time', Fraction(5, 18)), None)
    """
    top, per, bottom = _SPEEDS.get(unit, unit).partition("/")
    upper = _power(top)
    if upper is None or not per:
        return upper
    lower = _power(bottom)
    return None if lower is None else (f"{upper[0]}/{lower[0]}", upper[1] / lower[1])


def _power(unit: str) -> tuple[str, Fraction] | None:
    name, raised, exponent = unit.partition("^")
    for dimension, table in _TABLES.items():
        if name in table:
            if not raised:
                return dimension, Fraction(table[name])
            if exponent in ("2", "3"):
                return f"{dimension}^{exponent}", Fraction(table[name]) ** int(exponent)
    return None


def on_one_scale(x: Node, one: str, y: Node, two: str) -> tuple[Node, Node] | None:
    """Two values with different units on the scale of their dimension, None where they have none in common."""
    first, second = scale(one), scale(two)
    if one == two or first is None or second is None or first[0] != second[0]:
        return None
    return mul(num(first[1]), x), mul(num(second[1]), y)


def joined(node: Node) -> Node:
    """`1 hour and 30 minutes` as one quantity in its smallest unit; any other node is itself.

    Each part is a quantity of the same dimension, from the largest unit to the smallest, each unit once.
    """
    if node[:2] != ("list", "and") or any(part[0] != "qty" for part in node[2]):
        return node
    scales = [scale(part[2]) for part in node[2]]
    found = [entry for entry in scales if entry is not None]
    sizes = [entry[1] for entry in found]
    if len(found) != len(scales) or len({entry[0] for entry in found}) != 1:
        return node
    if sizes != sorted(set(sizes), reverse=True):
        return node
    values = [mul(num(size / sizes[-1]), part[1]) for size, part in zip(sizes, node[2], strict=True)]
    return ("qty", add(*values), node[2][-1][2])
