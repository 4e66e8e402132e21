"""Bounded arithmetic on trees: how large a value may get, exact rationals, and floats with an error bound.

`guard` comes first: it estimates magnitudes without computing them and refuses what could be unbounded
(towers, factorials, huge exponents). `exact` gives the rational value of a tree that has one. `approximate`
gives a float and a bound on its error, enough to say that two trees differ and never that they are equal.
"""

from __future__ import annotations

import cmath
import math
import zlib
from fractions import Fraction
from functools import lru_cache
from typing import Any

from ..grammar.tree import Node, NotEvaluated

MOST_DIGITS = 20_000
"""Decimal digits of a value that is worth computing."""
MOST_FACTORIAL = 2_000
MOST_FLOORED = 300
"""Decimal digits of a value that is no plain number and whose whole part is still computed."""
_EPS = 2.3e-16
_ZERO: Node = ("num", Fraction(0))
_LOG = {"pi": 0.5, "e": 0.4343, "i": 0.0, "oo": 0.0}


def guard(node: Node) -> float:
    """A bound on the decimal logarithm of the value's size, symbols counted as small. Raises `NotEvaluated`."""
    found = _size(node)
    if found > MOST_DIGITS:
        raise NotEvaluated(f"a value of about {found:.3g} digits")
    return found


def _cap(found: float) -> float:
    if found > MOST_DIGITS:
        raise NotEvaluated(f"a value of about {found:.3g} digits")
    return found


@lru_cache(maxsize=1024)
def _size(node: Node) -> float:
    head = node[0]
    if head == "num":
        return max(abs(node[1].numerator).bit_length(), node[1].denominator.bit_length()) * 0.3011
    if head == "const":
        return _LOG[node[1]]
    if head == "sym":
        return 0.4
    if head == "+":
        return max(_size(part) for part in node[1:]) + math.log10(len(node))
    if head == "*":
        return _cap(sum(_size(part) for part in node[1:]))
    if head == "^":
        if node[1] == _ZERO and node[2][0] == "num" and node[2][1] <= 0:
            raise NotEvaluated("zero to a power that is not positive has no value")
        exponent = 10.0 ** min(_size(node[2]), 12.0)
        if node[2][0] == "num":
            exponent = abs(float(node[2][1])) if _size(node[2]) < 12 else 1e12
        return _cap(max(_size(node[1]), 0.05) * exponent)
    if head == "!":
        value = 10.0 ** min(_size(node[1]), 12.0)
        if value > MOST_FACTORIAL * 3:
            raise NotEvaluated("a large factorial")
        return value * math.log10(value + 2)
    if head in ("pm", "mp", "pct"):
        return _size(node[1])
    if head == "fn":
        sizes = [_size(part) for part in node[2:]]
        _has_value(node)
        if node[1] in ("floor", "ceiling") and sizes[0] > MOST_FLOORED and node[2][0] != "num":
            raise NotEvaluated("the whole part of a huge value")
        if node[1] == "binom":
            if sizes[0] > 3.3:
                raise NotEvaluated("a large binomial")
            return 10 ** sizes[0] * 0.31
        if node[1] in ("sinh", "cosh", "tanh", "coth"):
            return _cap(10.0 ** min(sizes[0], 12.0) * 0.4343)
        if node[1] in ("sin", "cos", "tan", "cot", "sec", "csc") and sizes[0] > 300:
            raise NotEvaluated("a circular function of a huge angle")
        return max(sizes)
    return max((_size(part) for part in _children(node)), default=0.0)


def _has_value(node: Node) -> None:
    """Refuse functions at a number where they have none, which libraries continue as they please."""
    name, first, last = node[1], node[2], node[-1]
    if name == "root" and first[0] == "num" and first[1] == 0:
        raise NotEvaluated("a root of index zero")
    if name in ("ln", "log") and last == _ZERO:
        raise NotEvaluated("the logarithm of zero")
    if name == "log" and len(node) == 4 and first[0] == "num" and first[1] in (0, 1):
        raise NotEvaluated(f"a logarithm to the base {first[1]}")


def _children(node: Node) -> list[Node]:
    found: list[Node] = []
    for part in node[1:]:
        if isinstance(part, tuple):
            if part and isinstance(part[0], str) and not isinstance(part[0], tuple):
                found.append(part)
            else:
                found.extend(
                    item for item in part if isinstance(item, tuple) and item and isinstance(item[0], str)
                )
    return found


@lru_cache(maxsize=1024)
def exact(node: Node) -> Fraction | None:
    """The rational value, None where there is none to be had cheaply. Call `guard` first."""
    head = node[0]
    if head == "num":
        return node[1]
    if head == "pct":
        inner = exact(node[1])
        return None if inner is None else inner / 100
    if head in ("+", "*"):
        total = Fraction(head == "*")
        for part in node[1:]:
            value = exact(part)
            if value is None:
                return None
            total = total + value if head == "+" else total * value
        return total
    if head == "^":
        base, exponent = exact(node[1]), exact(node[2])
        return None if base is None or exponent is None else _power(base, exponent)
    if head == "!":
        value = exact(node[1])
        if value is None or value.denominator != 1 or not 0 <= value <= MOST_FACTORIAL:
            return None
        return Fraction(math.factorial(int(value)))
    if head == "fn":
        values = [exact(part) for part in node[2:]]
        if any(value is None for value in values):
            return None
        return _function(node[1], [value for value in values if value is not None])
    return None


def _power(base: Fraction, exponent: Fraction) -> Fraction | None:
    if exponent.denominator == 1:
        if base == 0 and exponent <= 0:
            return None
        bits = max(abs(base.numerator).bit_length(), base.denominator.bit_length())
        if abs(exponent) * bits > MOST_DIGITS * 3.4:
            raise NotEvaluated("a large power")
        return base ** int(exponent)
    return _root(base, exponent.denominator, exponent.numerator) if exponent.denominator <= 64 else None


def _root(value: Fraction, index: int, power: int = 1) -> Fraction | None:
    """The real root where it is rational."""
    if value < 0:
        if index % 2 == 0:
            return None
        found = _root(-value, index)
        return None if found is None else (-found) ** power
    top, bottom = _whole_root(value.numerator, index), _whole_root(value.denominator, index)
    if top is None or bottom is None or (top == 0 and power < 0):
        return None
    return _power(Fraction(top, bottom), Fraction(power))


def _whole_root(value: int, index: int) -> int | None:
    if value.bit_length() > 8000:
        return None
    if index == 2:
        found = math.isqrt(value)
        return found if found * found == value else None
    low, high = 0, 1 << (value.bit_length() // index + 1)
    while low < high:
        middle = (low + high) // 2
        if middle**index < value:
            low = middle + 1
        else:
            high = middle
    return low if low**index == value else None


def _function(name: str, values: list[Fraction]) -> Fraction | None:
    if name == "root":
        index = values[0]
        return _root(values[1], int(index)) if index.denominator == 1 and 1 < index <= 64 else None
    if name == "abs":
        return abs(values[0])
    if name == "floor":
        return Fraction(math.floor(values[0]))
    if name == "ceiling":
        return Fraction(math.ceil(values[0]))
    if name == "binom":
        n, k = values
        if n.denominator == k.denominator == 1 and 0 <= k <= n <= MOST_FACTORIAL:
            return Fraction(math.comb(int(n), int(k)))
    return None


NEGATIVE = -1
"""The trial at which symbols are negative; roots and logarithms of negatives then have no value."""


def sample(name: str, trial: int) -> Fraction:
    """A value for a symbol, the same in every process: positive, near one, unlike other symbols'."""
    if trial == NEGATIVE:
        return -sample(name, 0)
    seed = zlib.crc32(f"{name}/{trial}".encode(errors="surrogatepass"))
    return Fraction(3, 10) + Fraction(seed % 100_003, 52_700)


def approximate(node: Node, trial: int = 0) -> tuple[complex, float] | None:
    """(value, bound on its absolute error) with symbols at their sample values; None where floats do not reach."""
    try:
        value, error = _approximate(node, trial)
    except (OverflowError, ZeroDivisionError, ValueError, ArithmeticError, TypeError, _NoFloat):
        return None
    if not (cmath.isfinite(value) and math.isfinite(error)):
        return None
    return value, error


class _NoFloat(Exception):
    """The node has no float value."""


def _approximate(node: Node, trial: int) -> tuple[complex, float]:
    head = node[0]
    if head == "num":
        value = complex(float(node[1]))
        return value, abs(value) * _EPS
    if head == "sym":
        return complex(float(sample(node[1], trial))), _EPS * 3
    if head == "const":
        if node[1] == "oo":
            raise _NoFloat
        value = {"pi": complex(math.pi), "e": complex(math.e), "i": 1j}[node[1]]
        return value, _EPS * 4
    if head == "pct":
        value, error = _approximate(node[1], trial)
        return value / 100, error / 100 + abs(value) * _EPS
    if head == "+":
        total, bound = 0j, 0.0
        for part in node[1:]:
            value, error = _approximate(part, trial)
            total += value
            bound += error + _EPS * (abs(value) + abs(total))
        return total, bound
    if head == "*":
        total, bound = 1 + 0j, 0.0
        for part in node[1:]:
            value, error = _approximate(part, trial)
            bound = abs(total) * error + abs(value) * bound + bound * error
            total *= value
            bound += abs(total) * _EPS * 3
        return total, bound
    if head == "^":
        return _float_power(_approximate(node[1], trial), _approximate(node[2], trial), node[2], trial)
    if head == "!":
        value, error = _approximate(node[1], trial)
        if value.imag or value.real < 0 or value.real > 150:
            raise _NoFloat
        found = math.gamma(value.real + 1)
        return complex(found), found * (1e-13 + 10 * error)
    if head == "fn":
        return _float_function(node[1], [_approximate(part, trial) for part in node[2:]], trial)
    raise _NoFloat


def _float_power(
    base: tuple[complex, float], exponent: tuple[complex, float], node: Node, trial: int
) -> tuple[complex, float]:
    (value, error), (power, slack) = base, exponent
    if value == 0:
        if power.real > 0 and not error:
            return 0j, 0.0
        raise _NoFloat
    if error >= abs(value) / 2:
        raise _NoFloat
    if value.imag == 0 and value.real < 0 and node[0] == "num" and node[1].denominator % 2 == 1:
        sign = -1 if node[1].numerator % 2 else 1
        found = complex(sign * (-value.real) ** power.real)
    elif power.imag == 0 and power.real == int(power.real) and abs(power.real) < 200:
        found = value ** int(power.real)
    elif trial == NEGATIVE and (value.real < 0 or value.imag):
        raise _NoFloat
    else:
        found = value**power
    log = abs(cmath.log(value))
    return found, abs(found) * (
        abs(power) * error / abs(value) * 2 + log * slack * 2 + _EPS * (8 + abs(power) * (1 + log))
    )


def _float_function(name: str, parts: list[tuple[complex, float]], trial: int) -> tuple[complex, float]:
    value, error = parts[-1]
    if name == "root":
        index = parts[0][0]
        if abs(index) < 1 or index.imag:
            raise _NoFloat
        odd = index.real == int(index.real) and int(index.real) % 2 == 1
        if value == 0:
            if error:
                raise _NoFloat
            return 0j, 0.0
        if error >= abs(value) / 2:
            raise _NoFloat
        if value.imag == 0 and value.real < 0 and odd:
            found = complex(-((-value.real) ** (1 / index.real)))
        elif trial == NEGATIVE and (value.real < 0 or value.imag):
            raise _NoFloat
        else:
            found = cmath.sqrt(value) if index == 2 else value ** (1 / index)
        return found, abs(found) * (error / abs(value) * 2 + 16 * _EPS)
    if name in ("ln", "log"):
        if error >= abs(value) / 2 or value == 0 or (trial == NEGATIVE and (value.real < 0 or value.imag)):
            raise _NoFloat
        top = cmath.log(value)
        bound = 2 * error / abs(value) + _EPS * (2 + abs(top))
        if name == "ln":
            return top, bound
        if len(parts) == 1:  # a logarithm whose base is not said
            base = float(sample("\0base", 0)) + 1
            return top / math.log(base), bound / math.log(base) + _EPS * 4
        low, slack = parts[0]
        bottom = cmath.log(low)
        if bottom == 0 or slack >= abs(low) / 2:
            raise _NoFloat
        found = top / bottom
        return found, (bound + abs(found) * (2 * slack / abs(low) + 4 * _EPS)) / abs(bottom) + abs(
            found
        ) * 4 * _EPS
    if name == "abs":
        return complex(abs(value)), error
    if name in ("floor", "ceiling"):
        near = round(value.real)
        if value.imag or abs(value.real - near) <= error * 10 + 1e-9:
            raise _NoFloat
        return complex(math.floor(value.real) if name == "floor" else math.ceil(value.real)), 0.0
    if name == "binom":
        raise _NoFloat
    function = _FLOAT.get(name)
    if function is None:
        raise _NoFloat
    found = function(value)
    step = max(1e-6 * max(1.0, abs(value)), error)
    slope = abs(function(value + step) - found) / step
    return found, 4 * slope * (error + _EPS * abs(value)) + 8 * _EPS * abs(found) + 1e-15


def _real_or_complex(real: Any, general: Any) -> Any:
    def function(value: complex) -> complex:
        if value.imag == 0:
            try:
                return complex(real(value.real))
            except ValueError:
                return general(value)
        return general(value)

    return function


_FLOAT: dict[str, Any] = {
    name: _real_or_complex(getattr(math, short), getattr(cmath, short))
    for name, short in {
        "sin": "sin", "cos": "cos", "tan": "tan", "sinh": "sinh", "cosh": "cosh", "tanh": "tanh",
        "arcsin": "asin", "arccos": "acos", "arctan": "atan",
    }.items()
}  # fmt: skip
_FLOAT |= {
    "cot": lambda value: 1 / cmath.tan(value),
    "sec": lambda value: 1 / cmath.cos(value),
    "csc": lambda value: 1 / cmath.sin(value),
    "coth": lambda value: 1 / cmath.tanh(value),
    "arccot": lambda value: math.pi / 2 - cmath.atan(value),
}
