"""A list of tokens with a position in it, and the smallest pieces of TeX: an argument, an exponent, a letter.

The constructs of the grammar are functions of a scanner. Those below a bracket need what a bracket holds, which is
a whole answer, so the scanner carries the functions that read it and no module imports one above itself.
"""

from __future__ import annotations

from collections.abc import Callable

from ..text.rational import MOST_DIGITS
from ..text.tokens import Token
from .tree import Node, NotEvaluated, Unread, num

END = Token("end", "", False)


class Scanner:
    """The tokens of one answer, how far they are read, and what is open there.

    `brackets` counts open brackets, `bars` open absolute values. `read_atom` reads the smallest thing that has a
    value, `read_group` reads `{...}`, `read_list` what commas join.
    """

    def __init__(
        self,
        tokens: list[Token],
        read_atom: Callable[[Scanner], Node],
        read_group: Callable[[Scanner], Node],
        read_list: Callable[[Scanner], Node],
    ) -> None:
        self.tokens = tokens
        self.read_atom = read_atom
        self.read_group = read_group
        self.read_list = read_list
        self.at = 0
        self.brackets = 0
        self.bars = 0
        self.unmixed: set[int] = set()
        """Where a number was seen not to be mixed: trying again at every level would double the time each time."""

    def peek(self, ahead: int = 0) -> Token:
        """The next token, or one further ahead; `END` past the last."""
        at = self.at + ahead
        return self.tokens[at] if at < len(self.tokens) else END

    def next(self) -> Token:
        """Consume the next token."""
        token = self.peek()
        self.at += 1
        return token

    def take(self, value: str) -> bool:
        """Consume this sign if it comes next."""
        if self.peek().value == value and self.at < len(self.tokens):
            self.at += 1
            return True
        return False

    def expect(self, value: str) -> None:
        """Consume this sign. Raises Unread if something else comes next."""
        if not self.take(value):
            raise Unread(f"{self.peek().value or 'the end'!r} where {value!r} should be")


def single(scan: Scanner) -> Node:
    """The exponent without braces: a whole number token, one letter, or a command."""
    token = scan.peek()
    if token.kind == "n":
        scan.at += 1
        return num(integer(token.value))
    return argument(scan)


def argument(scan: Scanner) -> Node:
    """One TeX argument: a group, one digit, one letter, or a command with its arguments."""
    token = scan.peek()
    if token.value == "{":
        return scan.read_group(scan)
    if token.kind in "nw":
        if len(token.value) > 1:
            scan.tokens[scan.at] = Token(token.kind, token.value[1:], False)
        else:
            scan.at += 1
        return num(int(token.value[0])) if token.kind == "n" else variable(token.value[0])
    if token.kind == "c":
        return scan.read_atom(scan)
    raise Unread(f"{token.value or 'the end'!r} where an argument should be")


def variable(letter: str) -> Node:
    """A variable, or e and i as constants."""
    return ("const", letter) if letter in ("e", "i") else ("sym", letter)


def integer(digits: str) -> int:
    """Digits as an integer. Raises NotEvaluated past the cap."""
    if len(digits) > MOST_DIGITS:
        raise NotEvaluated(f"a number of {len(digits)} digits")
    return int(digits or "0")
