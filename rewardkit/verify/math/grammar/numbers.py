r"""Numbers as people and models write them.

Digit groups (`10{,}000`, `10 000`), decimals, repeating decimals, exponents and mixed numbers come in as
tokens; one exact number goes out. Sizes are capped before anything is computed.
"""

from __future__ import annotations

from fractions import Fraction

from ..text.rational import MOST_DIGITS, TooLarge, power_of_ten
from .stream import STOPS, Stream, integer
from .tree import MINUS_ONE, Node, Refused, Undefined, Unread, num


class Numerals(Stream):
    """Numbers, with everything that may belong to one."""

    def number(self) -> Node:
        """A number with its groups, decimals, repeating part, exponent or fraction."""
        whole = ""
        if self.peek().kind == "n":
            whole = self.next().value
            whole += self._groups(whole)
        part = ""
        if self.peek().value == "." and self.peek(1).kind == "n" and not self.peek(1).spaced:
            self.at += 1
            part = self.next().value
        elif self.peek().value == "." and whole and self.peek(1).value in STOPS:
            self.at += 1
        if not whole and not part:
            raise Unread("a point without digits")
        value = Fraction(integer(whole + part), 10 ** len(part))
        value += self._repeating(len(part))
        exponent = self._exponent()
        if exponent is not None:
            return num(value * power_or_refuse(exponent))
        if not part:
            fraction = self._fraction_behind()
            if fraction is not None:
                return num(value + fraction)
        return num(value)

    def _groups(self, first: str) -> str:
        """The digit groups behind `first`, consumed."""
        found = ""
        while len(first) <= 3:
            one, two, three, four = (self.peek(k) for k in range(4))
            if (
                one.value == "{"
                and two.value == ","
                and three.value == "}"
                and four.kind == "n"
                and len(four.value) == 3
            ):
                found += four.value
                self.at += 4
            elif (
                one.value == "," and two.kind == "n" and len(two.value) == 3 and not two.spaced and not one.spaced
                and not self.brackets and first != "0"
            ):  # fmt: skip
                found += two.value
                self.at += 2
            elif one.kind == "n" and one.spaced and len(one.value) == 3 and two.value != "/" and first != "0":
                found += one.value
                self.at += 1
            else:
                break
        return found

    def _repeating(self, places: int) -> Fraction:
        if self.peek().value not in (r"\overline", r"\dot", r"\bar") or (
            not places and self.peek(-1).value != "."
        ):
            if not (self.peek().value == "." and self.peek(1).value in (r"\overline", r"\dot", r"\bar")):
                return Fraction(0)
            self.at += 1
        self.at += 1
        braced = self.take("{")
        token = self.next()
        if token.kind != "n" or len(token.value) > MOST_DIGITS:
            raise Unread("a repeating decimal without digits")
        if braced:
            self.expect("}")
        return Fraction(int(token.value), 10**places * (10 ** len(token.value) - 1))

    def _exponent(self) -> int | None:
        token = self.peek()
        if token.value not in ("e", "E") or token.spaced:
            return None
        sign = self.peek(1)
        digits = self.peek(2) if sign.value in ("+", "-") else sign
        if digits.kind != "n" or digits.spaced:
            return None
        self.at += 3 if digits is not sign else 2
        return -int(digits.value[:12]) if sign.value == "-" else int(digits.value[:12])

    def _fraction_behind(self) -> Fraction | None:
        """The fraction of a mixed number: `2\\frac{3}{4}`, `2 3/4`."""
        one, two, three = self.peek(), self.peek(1), self.peek(2)
        if one.value == r"\frac":
            start = self.at
            self.at += 1
            try:
                top, bottom = self.argument(), self.argument()
            except Unread:
                top = bottom = MINUS_ONE
            if (
                top[0] == bottom[0] == "num"
                and top[1] >= 0
                and bottom[1] > 0
                and top[1].denominator == bottom[1].denominator == 1
            ):
                return top[1] / bottom[1]
            self.at = start
            return None
        if one.kind == "n" and one.spaced and two.value == "/" and three.kind == "n":
            if int(three.value[:MOST_DIGITS]) == 0:
                raise Undefined("a division by zero")
            self.at += 3
            return Fraction(integer(one.value), integer(three.value))
        return None


def power_or_refuse(exponent: int) -> Fraction:
    """Ten to an exponent, refused past the cap."""
    try:
        return power_of_ten(str(exponent))
    except TooLarge as fault:
        raise Refused(str(fault)) from fault
