r"""Values with what stands around them: currency, units, "percent", "million", ratios and times.

A unit is stored under its canonical name. Words that say something about the answer ("is wrong", "or 43") are not
a unit, and the answer is then read as words.
"""

from __future__ import annotations

import re

from ...text.tokens import Token
from ..scanner import Scanner, single
from ..signs import CONNECTIVES, ORDINALS
from ..tree import Node, Unread, add, mul, neg, num
from ..unit_scales import scale
from ..vocabulary import MULTIPLIERS, SHARES, UNITS, unit
from .sums import expression

_CURRENCY = frozenset((r"\$", "€", "£", "¥", "₹", "¢"))
NO_UNIT = re.compile(
    r"\b(?:is|are|was|were|be|not|no|none|nor|wrong|incorrect|false|or|and|but|if|maybe|about|than|more|less|to|from|"
    r"least|most|except|without|impossible|undefined|then|else|because|since|ish|give|or so|"
    r"approx(?:imately)?|roughly|probably|perhaps|possibly|likely|nearly|almost|otherwise|plus|minus|divided|"
    r"multiplied|modulo|mod|factorial|doubled|tripled|halved|below|over|fewer|either|neither|when|unless|"
    r"hal(?:f|ves)|thirds?|fourths?|fifths?|sixths?|sevenths?|eighths?|ninths?|tenths?|hundredths?|thousandths?|"
    r"millionths?|score|gross|nothing)\b|none|\d|=|\A(?:squared|cubed)\b|左右|大约|以上|以下|以内|不到|不是|或|几|\A[约多余百]|[多余百]\Z|"
    r"千(?![克米瓦焦卡])",
    re.IGNORECASE,
)
"""What is no unit behind a number; "none" also where it is glued to something, as in "7NoneNone"."""


def ratio(scan: Scanner) -> Node:
    """`3:4`, `3 to 4`, a time; a single value is itself."""
    leading = scan.peek().value  # 08:00 is the morning's, where 8:00 may be either
    items = [amount(scan)]
    while (scan.peek().value == ":" and scan.bars == 0) or scan.peek().value.strip().lower() in (
        "to",
        "比",
    ):
        scan.at += 1
        items.append(amount(scan))
    if len(items) == 1:
        return items[0]
    unit = ""
    if items[-1][0] == "qty":  # 3:30 PM
        unit = items[-1][2]
        items[-1] = items[-1][1]
    elif len(leading) == 2 and leading[0] == "0" and leading.isdigit():
        unit = "24h"
    found: Node = ("ratio", tuple(items))
    return ("qty", found, unit) if unit else found


def amount(scan: Scanner) -> Node:
    """A sum with a currency before it or a unit behind it."""
    token = scan.peek()
    sign = scan.take("-") if token.value == "-" and scan.peek(1).value in _CURRENCY else False
    if scan.peek().value in _CURRENCY:
        mark = scan.next().value.strip("\\")
        mark = UNITS.get(mark, mark)
        inner = expression(scan)
        value: Node = ("qty", inner, mark)
        if sign:
            value = ("qty", neg(inner), mark)
    else:
        value = expression(scan)
        if scan.peek().value in _CURRENCY and value[0] != "qty":
            mark = scan.next().value.strip("\\")
            value = ("qty", value, UNITS.get(mark, mark))
        if value[0] == "qty" and value[2] == "degree" and scan.peek().value in ("C", "F"):
            value = ("qty", value[1], scan.next().value.lower())
    value = quantity(scan, _lift(value))
    parts = [value]
    while parts[-1][0] == "qty" and scan.peek().kind == "n" and scale(parts[-1][2]) is not None:
        parts.append(quantity(scan, expression(scan)))  # 1 hour 30 minutes
        if parts[-1][0] != "qty":
            raise Unread("a number behind a quantity")
    return value if len(parts) == 1 else ("list", "and", tuple(parts))


def quantity(scan: Scanner, value: Node) -> Node:
    """The value with the unit, multiplier or percent word that follows it."""
    while scan.peek().kind in "tw":
        low = scan.peek().value.strip().lower()
        if low in UNITS and not low.isascii():  # 千克 is no thousand
            break
        found = next(
            (name for name in sorted(MULTIPLIERS, key=len, reverse=True) if _begins(low, name)), None
        )
        if found is None:
            break
        times = num(MULTIPLIERS[found])
        value = ("qty", mul(value[1], times), value[2]) if value[0] == "qty" else mul(value, times)
        rest = low[len(found) :].strip()
        scan.tokens[scan.at] = Token("t", rest, True)
        if not rest:
            scan.at += 1
    token = scan.peek()
    if token.kind not in "tw" or token.value.strip().lower() in CONNECTIVES:
        return value
    if token.value.strip().lower() in ("to", "比", "mod"):
        return value
    pieces: list[str] = []
    while scan.at < len(scan.tokens):
        token = scan.peek()
        if token.kind in "tw" and token.value.strip().lower() not in CONNECTIVES:
            pieces.append((" " if token.spaced else "") + token.value)
            scan.at += 1
        elif token.value == "^" and (scan.peek(1).kind == "n" or scan.peek(1).value == "{"):
            scan.at += 1
            exponent = scan.read_group(scan) if scan.peek().value == "{" else single(scan)
            if exponent[0] != "num":
                raise Unread("a unit to an unread power")
            pieces.append(f"^{exponent[1]}")
        elif token.value == "/" and scan.peek(1).kind in "tw":
            scan.at += 1
            pieces.append("/")
        elif token.value in (r"\cdot", "*") and pieces and scan.peek(1).value.lower() in UNITS:
            scan.at += 1
            pieces.append("·")
        elif token.value == "." and pieces:
            scan.at += 1
        else:
            break
    phrase = "".join(pieces).strip()
    low = phrase.lower()
    if low in ("percent", "per cent", "percentage", "个百分点"):
        return ("pct", value)
    if low in SHARES:
        return mul(value, num(SHARES[low]))
    if low in ORDINALS:
        return value
    bare = re.sub(r"\^\{?-?\d\}?", "", phrase)
    if NO_UNIT.search(bare) or len(phrase) > 60 or len(phrase.split()) > 6:
        raise Unread(f"{phrase[:30]!r} is not a unit")
    if value[0] == "qty":
        if value[2] in ("$", "degree") or unit(phrase) in ("am", "pm"):
            return ("qty", value[1], f"{value[2]} {unit(phrase)}" if value[2] != "$" else "$")
        raise Unread("two units")
    return ("qty", value, unit(phrase))


def _begins(low: str, name: str) -> bool:
    """Whether a word begins with a multiplier: Latin ones as whole words, Chinese as prefixes."""
    if not low.startswith(name):
        return False
    return not name.isascii() or len(low) == len(name) or low[len(name)] == " "


def _lift(value: Node) -> Node:
    """A degree inside a product or a sum belongs to the whole: `2\\cdot 45^\\circ` is an angle."""
    if value[0] == "*" and any(part[0] == "qty" for part in value[1:]):
        quantities = [part for part in value[1:] if part[0] == "qty"]
        if len(quantities) != 1:
            raise Unread("a product of quantities")
        rest = [part for part in value[1:] if part[0] != "qty"]
        return ("qty", mul(*rest, quantities[0][1]), quantities[0][2])
    if value[0] == "+":
        value = ("+", *(_lift(part) if part[0] == "*" else part for part in value[1:]))
    if value[0] == "+" and any(part[0] == "qty" for part in value[1:]):
        if {part[2] if part[0] == "qty" else None for part in value[1:]} == {"degree"}:
            return ("qty", add(*(part[1] for part in value[1:])), "degree")
        raise Unread("a sum of quantities and numbers")
    return value
