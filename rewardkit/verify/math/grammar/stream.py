"""The tokens of one answer as they are consumed, and the tables that say what a token may be.

What comes in is the token list; what goes out are tokens, one at a time, and TeX arguments. Everything
that reads an answer stands on this.
"""

from __future__ import annotations

from ..text.rational import MOST_DIGITS
from ..text.tokens import Token
from .tree import Node, Refused, Unread, num

END = Token("end", "", False)
RELATIONS = frozenset(
    [
        r"=",
        r"<",
        r">",
        r"\le",
        r"\ge",
        r"\ne",
        r"\approx",
        r"\equiv",
        r"\in",
        r"\notin",
        r"\ni",
        r"\subset",
        r"\subseteq",
        r"\supset",
        r"\supseteq",
        r"\sim",
        r"\simeq",
        r"\cong",
        r"\to",
        r"\ll",
        r"\gg",
        r"\gtrsim",
        r"\lesssim",
        r"\propto",
        r"\Rightarrow",
        r"\Leftrightarrow",
        r"\iff",
        r"\mapsto",
        r"\leftarrow",
        r"\perp",
        r"\parallel",
        r"\doteq",
        r"\triangleq",
        r"\not",
    ]
)
REFUSED = frozenset(
    [
        r"\sum",
        r"\int",
        r"\prod",
        r"\lim",
        r"\iint",
        r"\iiint",
        r"\oint",
        r"\limsup",
        r"\liminf",
        r"\sup",
        r"\inf",
        r"\det",
        r"\max",
        r"\min",
        r"\gcd",
        r"\lcm",
        r"\mod",
        r"\pmod",
        r"\frown",
        r"\partial",
        r"\nabla",
        r"\bigcup",
        r"\bigcap",
    ]
)
STOPS = frozenset(
    (
        ",",
        ";",
        ")",
        "]",
        "}",
        r"\}",
        "|",
        "&",
        r"\\",
        ":",
        r"\rangle",
        r"\rfloor",
        r"\rceil",
        r"\over",
        r"\choose",
        r"\end",
        "",
        "=",
        "?",
    )
)
CONNECTIVES = {
    "and": "and",
    "or": "or",
    "和": "and",
    "及": "and",
    "与": "and",
    "且": "and",
    "或": "or",
    "或者": "or",
    "以及": "and",
    ",and": "and",
    ",or": "or",
    ", and": "and",
    ", or": "or",
    "and,": "and",
}
ORDINALS = frozenset(("st", "nd", "rd", "th"))


class Stream:
    """A list of tokens with a place in it. `brackets` counts what is open, `bars` absolute values."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.at = 0
        self.brackets = 0
        self.bars = 0

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
        """Consume this sign where it stands next."""
        if self.peek().value == value and self.at < len(self.tokens):
            self.at += 1
            return True
        return False

    def expect(self, value: str) -> None:
        """Consume this sign. Raises Unread where something else stands."""
        if not self.take(value):
            raise Unread(f"{self.peek().value or 'the end'!r} where {value!r} should be")

    def atom(self) -> Node:
        """The smallest thing that has a value; `Groups` knows them all."""
        raise NotImplementedError

    def group(self) -> Node:
        """`{...}`; `Groups` reads it."""
        raise NotImplementedError

    def single(self) -> Node:
        """The exponent without braces: a whole number token, one letter, or a command."""
        token = self.peek()
        if token.kind == "n":
            self.at += 1
            return num(integer(token.value))
        return self.argument()

    def argument(self) -> Node:
        """One TeX argument: a group, one digit, one letter, or a command with its arguments."""
        token = self.peek()
        if token.value == "{":
            return self.group()
        if token.kind in "nw":
            if len(token.value) > 1:
                self.tokens[self.at] = Token(token.kind, token.value[1:], False)
            else:
                self.at += 1
            return num(int(token.value[0])) if token.kind == "n" else self.letter(token.value[0])
        if token.kind == "c":
            return self.atom()
        raise Unread(f"{token.value or 'the end'!r} where an argument should be")

    def letter(self, letter: str) -> Node:
        """A variable, or e and i as constants."""
        return ("const", letter) if letter in ("e", "i") else ("sym", letter)


def integer(digits: str) -> int:
    """Digits as an integer, within the cap."""
    if len(digits) > MOST_DIGITS:
        raise Refused(f"a number of {len(digits)} digits")
    return int(digits or "0")
