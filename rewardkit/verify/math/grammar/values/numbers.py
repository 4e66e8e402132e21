r"""Numbers as people and models write them.

Digit groups (`10{,}000`, `10 000`), decimals, repeating decimals, exponents and mixed numbers are read as one
exact number. Sizes are capped before anything is computed.
"""

from __future__ import annotations

from fractions import Fraction

from ...text.rational import MOST_DIGITS, TooLarge, power_of_ten
from ..scanner import Scanner, argument, integer
from ..signs import STOPS
from ..tree import MINUS_ONE, Node, NotEvaluated, Undefined, Unread, num


def number(scan: Scanner) -> Node:
    """A number with its groups, decimals, repeating part, exponent or fraction."""
    whole = ""
    if scan.peek().kind == "n":
        whole = scan.next().value
        whole += _groups(scan, whole)
    part = ""
    if scan.peek().value == "." and scan.peek(1).kind == "n" and not scan.peek(1).spaced:
        scan.at += 1
        part = scan.next().value
    elif scan.peek().value == "." and whole and scan.peek(1).value in STOPS:
        scan.at += 1
    if not whole and not part:
        raise Unread("a point without digits")
    value = Fraction(integer(whole + part), 10 ** len(part))
    value += _repeating(scan, len(part))
    exponent = _exponent(scan)
    if exponent is not None:
        return num(value * power_or_refuse(exponent))
    if not part:
        fraction = _fraction_behind(scan)
        if fraction is not None:
            return num(value + fraction)
    return num(value)


def _groups(scan: Scanner, first: str) -> str:
    """The digit groups behind `first`, consumed."""
    found = ""
    while len(first) <= 3:
        one, two, three, four = (scan.peek(k) for k in range(4))
        if (
            one.value == "{"
            and two.value == ","
            and three.value == "}"
            and four.kind == "n"
            and len(four.value) == 3
        ):
            found += four.value
            scan.at += 4
        elif (
            one.value == "," and two.kind == "n" and len(two.value) == 3 and not two.spaced and not one.spaced
            and not scan.brackets and first != "0"
        ):  # fmt: skip
            found += two.value
            scan.at += 2
        elif one.kind == "n" and one.spaced and len(one.value) == 3 and two.value != "/" and first != "0":
            found += one.value
            scan.at += 1
        else:
            break
    return found


def _repeating(scan: Scanner, places: int) -> Fraction:
    if scan.peek().value not in (r"\overline", r"\dot", r"\bar") or (
        not places and scan.peek(-1).value != "."
    ):
        if not (scan.peek().value == "." and scan.peek(1).value in (r"\overline", r"\dot", r"\bar")):
            return Fraction(0)
        scan.at += 1
    scan.at += 1
    braced = scan.take("{")
    token = scan.next()
    if token.kind != "n" or len(token.value) > MOST_DIGITS:
        raise Unread("a repeating decimal without digits")
    if braced:
        scan.expect("}")
    return Fraction(int(token.value), 10**places * (10 ** len(token.value) - 1))


def _exponent(scan: Scanner) -> int | None:
    token = scan.peek()
    if token.value not in ("e", "E") or token.spaced:
        return None
    sign = scan.peek(1)
    digits = scan.peek(2) if sign.value in ("+", "-") else sign
    if digits.kind != "n" or digits.spaced:
        return None
    scan.at += 3 if digits is not sign else 2
    return -int(digits.value[:12]) if sign.value == "-" else int(digits.value[:12])


def _fraction_behind(scan: Scanner) -> Fraction | None:
    """The fraction of a mixed number: `2\\frac{3}{4}`, `2 3/4`."""
    one, two, three = scan.peek(), scan.peek(1), scan.peek(2)
    if one.value == r"\frac":
        start = scan.at
        if start in scan.unmixed:
            return None
        scan.at += 1
        try:
            top, bottom = argument(scan), argument(scan)
        except Unread:
            top = bottom = MINUS_ONE
        if (
            top[0] == bottom[0] == "num"
            and top[1] >= 0
            and bottom[1] > 0
            and top[1].denominator == bottom[1].denominator == 1
        ):
            return top[1] / bottom[1]
        scan.unmixed.add(start)
        scan.at = start
        return None
    if one.kind == "n" and one.spaced and two.value == "/" and three.kind == "n":
        if int(three.value[:MOST_DIGITS]) == 0:
            raise Undefined("a division by zero")
        scan.at += 3
        return Fraction(integer(one.value), integer(three.value))
    return None


def power_or_refuse(exponent: int) -> Fraction:
    """Ten to an exponent, refused past the cap."""
    try:
        return power_of_ten(str(exponent))
    except TooLarge as fault:
        raise NotEvaluated(str(fault)) from fault
