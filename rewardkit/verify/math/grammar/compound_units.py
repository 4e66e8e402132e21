"""Units made of others: `m s^-2`, `m/s^2` and `m / s / s` are one, and so are `N m`, `N-m` and `N·m`."""

from __future__ import annotations

import re

_PIECE = r"([^\W\d_]+)(?:\^(-?\d{1,2}))?"
_WHOLE = re.compile(rf"{_PIECE}(?:[\s·*/-]{_PIECE})+|[^\W\d_]+\^-?\d{{1,2}}")
_NEXT = re.compile(rf"([\s·*/-]?){_PIECE}")
_NAMED = {"mi/h": "mph"}


def composed(unit: str, known: frozenset[str]) -> str:
    """One spelling of a unit that is made of known ones; any other is itself.

    Everything behind the first slash divides, as in `J/kg K`.

    >>> [composed(unit, frozenset("nms")) for unit in ("m s^-2", "m/s^2", "n-m", "m n", "apples/m")]
    ['m/s^2', 'm/s^2', 'm·n', 'm·n', 'apples/m']
    """
    if not _WHOLE.fullmatch(unit):
        return unit
    powers: dict[str, int] = {}
    sign = 1
    for separator, name, power in _NEXT.findall(unit):
        if name not in known:
            return unit
        sign = -1 if separator == "/" else sign
        powers[name] = powers.get(name, 0) + sign * int(power or 1)
    if 0 in powers.values():
        return unit
    above = [_power(name, power) for name, power in sorted(powers.items()) if power > 0]
    below = sorted((name, -power) for name, power in powers.items() if power < 0)
    if not above:
        return "·".join(_power(name, -power) for name, power in below)
    found = "/".join(["·".join(above), *(_power(name, power) for name, power in below)])
    return _NAMED.get(found, found)


def _power(name: str, power: int) -> str:
    return name if power == 1 else f"{name}^{power}"
