r"""Exact rationals by a full-match grammar: the cheapest route that is final in both directions.

A canonical string (see `tokens`) is read as a `Fraction`, or as None if it is not a plain number. Digit groups,
decimals, exponents, fractions, mixed numbers, percent and repeating decimals are read; sizes are capped before
anything is computed, so no input costs more than it is long.
"""

from __future__ import annotations

import re
from fractions import Fraction

MOST_DIGITS = 4000
"""Digits of one number that are turned into an integer."""
MOST_EXPONENT = 5000
"""Powers of ten that are computed exactly."""

_INT = r"(?:\d{1,3}(?:\{?,\}?\d{3})+|\d{1,3}(?: \d{3})+|\d+)"
_DEC = rf"(?:{_INT}(?:\.\d*)?|\.\d+)"
_POWER = r"(?:\\times|\\cdot|\*|x)\s?10\^(?:\{([-+]?\d{1,9})\}|(\d))"
_DECIMAL = re.compile(
    rf"({_DEC})(?:\\overline\{{(\d+)\}}|\\dot\{{(\d)\}}|\\dot(\d))?(?:{_POWER}|[eE]([-+]?\d{{1,9}}))?"
)
_TEN = re.compile(r"10\^(?:\{([-+]?\d{1,9})\}|(\d))")
_FRACTION = re.compile(
    rf"(?P<whole>{_INT}(?=\\frac| \d))?\s?"
    rf"(?:\\frac(?:\{{(?P<s1>[-+]?)(?P<n1>{_DEC})\}}|(?P<n2>\d))\s?(?:\{{(?P<s2>[-+]?)(?P<d1>{_DEC})\}}|(?P<d2>\d))"
    rf"|(?P<n3>{_DEC})(?:/|\\div)(?P<s3>-?)(?P<d3>{_DEC}))"
)


class TooLarge(ValueError):
    """The number is well-formed and too large to compute with."""


def decimal(text: str) -> Fraction:
    """An unsigned integer or decimal with digit groups."""
    bare = text.replace(",", "").replace(" ", "").replace("{", "").replace("}", "")
    if len(bare) > MOST_DIGITS:
        raise TooLarge(f"a number of {len(bare)} digits")
    whole, _, part = bare.partition(".")
    if not part:
        return Fraction(int(whole or 0))
    return Fraction(int((whole or "0") + part), 10 ** len(part))


def power_of_ten(exponent: str) -> Fraction:
    """Ten to an exponent within the cap."""
    value = int(exponent)
    if abs(value) > MOST_EXPONENT:
        raise TooLarge(f"ten to the power of {value}")
    return Fraction(10) ** value


def rational(text: str) -> Fraction | None:
    r"""The value of a canonical string that is a plain number; raises `TooLarge` past the caps.

    >>> rational("1,234.50"), rational(r"2\frac{3}{4}"), rational("50%"), rational(r"0.1\overline{6}")
    (Fraction(2469, 2), Fraction(11, 4), Fraction(1, 2), Fraction(1, 6))
    """
    sign = 1
    while text[:1] in ("-", "+") and text:
        sign = -sign if text[0] == "-" else sign
        text = text[1:]
    hundred = 1
    if text.endswith("%"):
        text, hundred = text[:-1], 100
    if text.isdigit() and text.isascii() and len(text) <= MOST_DIGITS:
        return Fraction(sign * int(text), hundred)
    match = _DECIMAL.fullmatch(text)
    if match:
        value = decimal(match[1])
        repeat = match[2] or match[3] or match[4]
        if repeat:
            if "." not in match[1] or len(repeat) > MOST_DIGITS:
                return None
            places = len(match[1].partition(".")[2])
            value += Fraction(int(repeat), 10**places * (10 ** len(repeat) - 1))
        exponent = match[5] or match[6] or match[7]
        if exponent:
            value *= power_of_ten(exponent)
        return sign * value / hundred
    match = _TEN.fullmatch(text)
    if match:
        return sign * power_of_ten(match[1] or match[2]) / hundred
    match = _FRACTION.fullmatch(text)
    if match is None:
        return None
    top = decimal(match["n1"] or match["n2"] or match["n3"])
    bottom = decimal(match["d1"] or match["d2"] or match["d3"])
    if bottom == 0:
        return None
    for name in ("s1", "s2", "s3"):
        if match[name] == "-":
            top = -top
    value = top / bottom
    if match["whole"]:
        if top < 0 or bottom < 0 or "." in (match["n3"] or ""):
            return None  # 2\frac{-1}{3}: neither a mixed number nor a plain product
        value += decimal(match["whole"])
    return sign * value / hundred
