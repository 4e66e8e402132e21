r"""Arithmetic: sums, products, powers, numbers and functions, as people and models write them.

Numbers know digit groups (`10{,}000`, `10 000`), decimals, repeating decimals, exponents and mixed
numbers. A number beside a number is refused, because whether `42 43` is a product, a list or a slip
cannot be known.
"""

from __future__ import annotations

import re
from fractions import Fraction

from .normal import FUNCTIONS, Token
from .rational import MOST_DIGITS, TooLarge, power_of_ten
from .tree import MINUS_ONE, Node, Refused, Undefined, Unread, add, div, mul, neg, num
from .vocabulary import BARE_UNITS, MULTIPLIERS, UNITS, is_word, unit

END = Token("end", "", False)
RELATIONS = frozenset(
    r"= < > \le \ge \ne \approx \equiv \in \notin \ni \subset \subseteq \supset \supseteq \sim \simeq \cong \to \ll \gg \gtrsim \lesssim \propto "
    r"\Rightarrow \Leftrightarrow \iff \mapsto \leftarrow \perp \parallel \doteq \triangleq \not".split()
)
REFUSED = frozenset(
    r"\sum \int \prod \lim \iint \iiint \oint \limsup \liminf \sup \inf \det \max \min \gcd \lcm \mod \pmod \frown \partial \nabla \bigcup \bigcap".split()
)
STOPS = frozenset((",", ";", ")", "]", "}", r"\}", "|", "&", r"\\", ":", r"\rangle", r"\rfloor", r"\rceil", r"\over", r"\choose", r"\end", "", "=", "?"))
_WORD_FUNCTIONS = ("arcsin", "arccos", "arctan", "sqrt", "sin", "cos", "tan", "cot", "sec", "csc", "log", "exp", "ln")
CONNECTIVES = {"and": "and", "or": "or", "和": "and", "及": "and", "与": "and", "且": "and", "或": "or", "或者": "or", "以及": "and", ",and": "and", ",or": "or", ", and": "and", ", or": "or", "and,": "and"}
_ORDINALS = frozenset(("st", "nd", "rd", "th"))
_NO_UNIT = re.compile(
    r"\b(?:is|are|was|were|be|not|no|none|nor|wrong|incorrect|false|or|and|but|if|maybe|about|than|more|less|to|from|"
    r"least|most|except|without|impossible|undefined|then|else|because|since)\b|\d|=",
    re.IGNORECASE,
)
_ROOT_WORDS = frozenset(("sqrt",))


class Sums:
    """Sums and what is below them. `tokens` is consumed from `at`."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.at = 0
        self.brackets = 0
        self.bars = 0

    # -- the token stream

    def peek(self, ahead: int = 0) -> Token:
        at = self.at + ahead
        return self.tokens[at] if at < len(self.tokens) else END

    def next(self) -> Token:
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
        if not self.take(value):
            raise Unread(f"{self.peek().value or 'the end'!r} where {value!r} should be")

    # -- sums and products

    def sum(self) -> Node:
        items = [self.term()]
        while True:
            token = self.peek()
            if token.value == "+":
                self.at += 1
                items.append(self.term(signed=False))
            elif token.value == "-":
                self.at += 1
                items.append(neg(self.term(signed=False)))
            elif token.value in (r"\pm", r"\mp") and token.kind == "c":
                self.at += 1
                items.append((token.value[1:], self.term(signed=False)))
            else:
                return add(*items)

    def term(self, signed: bool = True) -> Node:
        token = self.peek()
        if token.value in ("-", "+") and token.kind == "p":
            self.at += 1
            inner = self.term()
            return neg(inner) if token.value == "-" else inner
        if token.value in (r"\pm", r"\mp") and signed:
            self.at += 1
            return (token.value[1:], self.term())
        return self.product()

    def product(self) -> Node:
        value = self.factor()
        while True:
            token = self.peek()
            if token.value in ("*", r"\times", r"\cdot"):
                self.at += 1
                value = mul(value, self.signed_factor())
            elif token.value in ("/", r"\div"):
                self.at += 1
                value = div(value, self.signed_factor())
            elif token.value in REFUSED and token.kind == "c":
                raise Refused(f"{token.value} is not evaluated in an answer")
            elif self.starts_factor(token):
                value = mul(value, self.factor())
            else:
                return value

    def signed_factor(self) -> Node:
        """A factor behind an operator may carry a sign: `2\\cdot -3`."""
        if self.take("-"):
            return neg(self.factor())
        self.take("+")
        return self.factor()

    def starts_factor(self, token: Token) -> bool:
        """Whether this token begins a factor that multiplies by standing beside the last."""
        if token.kind == "n" or token.value == "." and self.peek(1).kind == "n":
            raise Unread("two numbers side by side")
        if token.kind == "w":
            return not self.ends_expression(token)
        if token.kind == "c":
            return token.value not in RELATIONS and token.value not in STOPS and token.value not in (
                r"\cup", r"\cap", r"\setminus", r"\pm", r"\mp", r"\circ", r"\land", r"\lor", r"\ldots", r"\%", r"\ ", r"\$", r"\text", r"\pmod", r"\mod",
            )  # fmt: skip
        return token.value in ("(", "[", "{") or (token.value == "|" and not self.bars and self._bar_opens())

    def _bar_opens(self) -> bool:
        return any(token.value == "|" for token in self.tokens[self.at + 1 :])

    def ends_expression(self, token: Token) -> bool:
        """Whether a run of letters is a word or a unit behind the expression."""
        run = token.value
        if run in _WORD_FUNCTIONS or run in ("pi", "i", "e") or self.function_prefix(run):
            return False
        return len(run) > 1 and (is_word(run) or run.lower() in BARE_UNITS or run in _ORDINALS)

    @staticmethod
    def function_prefix(run: str) -> str:
        """`ln` in `lnx`, `sin` in `sinx`."""
        for name in _WORD_FUNCTIONS:
            if run.startswith(name) and 0 < len(run) - len(name) <= 2 and not is_unit(run):
                return name
        return ""

    def factor(self) -> Node:
        return self.postfix(self.atom())

    def atom(self) -> Node:
        raise NotImplementedError

    def group(self) -> Node:
        raise NotImplementedError

    def postfix(self, value: Node) -> Node:
        while True:
            token = self.peek()
            if token.value == "^":
                self.at += 1
                value = self.power(value)
            elif token.value == "!" and self.peek(1).value != "!":
                self.at += 1
                value = ("!", value)
            elif token.value == "%":
                self.at += 1
                value = ("pct", value)
            elif token.value == "_":
                value = self.subscript(value)
            elif token.value == "'" and value[0] == "sym":
                self.at += 1
                value = ("sym", value[1] + "'")
            else:
                return value

    def subscript(self, value: Node) -> Node:
        if value[0] != "sym" and not (value[0] == "const" and value[1] in ("e", "i")):
            raise Unread("a subscript on something that is not a name")
        name = value[1]
        self.at += 1
        start = self.at
        if self.take("{"):
            depth = 1
            while depth and self.at < len(self.tokens):
                token = self.next()
                depth += {"{": 1, "}": -1}.get(token.value, 0)
            inside = self.tokens[start + 1 : self.at - 1]
        else:
            inside = [self.next()]
        spelt = "".join(token.value for token in inside)
        if not spelt:
            raise Unread("an empty subscript")
        return ("sym", f"{name}_{spelt}")

    def power(self, value: Node) -> Node:
        """What follows `^`: an exponent, a degree sign, an ordinal's ending, a prime."""
        start = self.at
        braced = self.take("{")
        token = self.peek()
        if token.value == r"\circ":
            self.at += 1
            if braced:
                self.expect("}")
            nxt = self.peek()
            if nxt.value in ("C", "F") and not self.peek(1).value:
                self.at += 1
                return ("qty", value, nxt.value.lower())
            return ("qty", value, "degree")
        if braced and token.kind in "tw" and token.value in _ORDINALS and self.peek(1).value == "}":
            self.at += 2
            return value
        if not braced and token.kind == "t" and token.value in _ORDINALS:
            self.at += 1
            return value
        if braced and token.value in ("'", "*") and self.peek(1).value == "}" and value[0] == "sym":
            self.at += 2
            return ("sym", value[1] + token.value)
        self.at = start
        if braced:
            exponent = self.group()
        elif self.take("-"):
            exponent = neg(self.atom())
        elif self.take("("):
            self.at -= 1
            exponent = self.atom()
        else:
            exponent = self.single()
        if value[0] == "qty":
            raise Unread("a power of a quantity with a unit")
        return ("^", value, exponent)

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
        return ("const", letter) if letter in ("e", "i") else ("sym", letter)

    # -- numbers

    def number(self) -> Node:
        """A number with everything that may belong to it."""
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
            if one.value == "{" and two.value == "," and three.value == "}" and four.kind == "n" and len(four.value) == 3:
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
        if self.peek().value not in (r"\overline", r"\dot", r"\bar") or not places and self.peek(-1).value != ".":
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
            if top[0] == bottom[0] == "num" and top[1] >= 0 and bottom[1] > 0 and top[1].denominator == bottom[1].denominator == 1:
                return top[1] / bottom[1]
            self.at = start
            return None
        if one.kind == "n" and one.spaced and two.value == "/" and three.kind == "n":
            if int(three.value[:MOST_DIGITS]) == 0:
                raise Undefined("a division by zero")
            self.at += 3
            return Fraction(integer(one.value), integer(three.value))
        return None

    # -- functions

    def function(self, name: str) -> Node:
        """A function's name is consumed; its base, power and argument follow."""
        base: Node | None = None
        exponent: Node | None = None
        while self.peek().value in ("_", "^"):
            if self.next().value == "_":
                base = self.single() if self.peek().value != "{" else self.group()
            elif self.peek().value == "{":
                exponent = self.group()
            else:
                exponent = neg(self.atom()) if self.take("-") else self.single()
        if self.peek().value in ("(", "["):
            value = self.atom()
            if value[0] == "tuple":
                raise Unread("a function of several values")
        else:
            value = self._bare_argument()
        if value[0] == "qty":
            value = radians(value)
        if base is not None and name != "log":
            raise Unread(f"a subscript on {name}")
        if name == "exp":
            result: Node = ("^", ("const", "e"), value)
        elif name == "lg":
            result = ("fn", "log", num(10), value)
        elif name == "log" and base is not None:
            result = ("fn", "log", base, value)
        elif exponent == MINUS_ONE and name in ("sin", "cos", "tan", "cot"):
            return ("fn", "arc" + name, value)
        else:
            result = ("fn", name, value)
        return ("^", result, exponent) if exponent is not None else result

    def _bare_argument(self) -> Node:
        """`\\sin 2x\\cos x`: factors up to the next function, sign or bracket."""
        if self.peek().value == "-":
            self.at += 1
            return neg(self._bare_argument())
        value = self.factor()
        while True:
            token = self.peek()
            if token.value in ("(", "[") or token.value in FUNCTIONS or token.value in _WORD_FUNCTIONS or token.kind == "n":
                return value
            if token.value in ("/",) and value[0] in ("num", "const"):
                self.at += 1
                value = div(value, self.factor())
                continue
            if not self.starts_factor(token):
                return value
            value = mul(value, self.factor())

    # -- units

    def quantity(self, value: Node) -> Node:
        """The value with the unit, multiplier or percent word that follows it."""
        while self.peek().kind in "tw":
            low = self.peek().value.strip().lower()
            if low in UNITS and not low.isascii():  # 千克 is no thousand
                break
            found = next((name for name in sorted(MULTIPLIERS, key=len, reverse=True) if _begins(low, name)), None)
            if found is None:
                break
            value = mul(value, num(MULTIPLIERS[found]))
            rest = low[len(found) :].strip()
            self.tokens[self.at] = Token("t", rest, True)
            if not rest:
                self.at += 1
        token = self.peek()
        if token.kind not in "tw" or token.value.strip().lower() in CONNECTIVES:
            return value
        if token.value.strip().lower() in ("to", "比"):
            return value
        pieces: list[str] = []
        while self.at < len(self.tokens):
            token = self.peek()
            if token.kind in "tw" and token.value.strip().lower() not in CONNECTIVES:
                pieces.append((" " if token.spaced else "") + token.value)
                self.at += 1
            elif token.value == "^" and (self.peek(1).kind == "n" or self.peek(1).value == "{"):
                self.at += 1
                exponent = self.group() if self.peek().value == "{" else self.single()
                if exponent[0] != "num":
                    raise Unread("a unit to an unread power")
                pieces.append(f"^{exponent[1]}")
            elif token.value == "/" and self.peek(1).kind in "tw":
                self.at += 1
                pieces.append("/")
            elif token.value == "." and pieces:
                self.at += 1
            else:
                break
        phrase = "".join(pieces).strip()
        low = phrase.lower()
        if low in ("percent", "per cent", "percentage", "个百分点"):
            return ("pct", value)
        if low in _ORDINALS:
            return value
        bare = re.sub(r"\^\d", "", phrase)
        if _NO_UNIT.search(bare) or len(phrase) > 60 or len(phrase.split()) > 6:
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


def is_unit(run: str) -> bool:
    """Whether a run of letters is a unit that needs no `\\text`."""
    return run.lower() in BARE_UNITS


def radians(value: Node) -> Node:
    """An angle: degrees become a multiple of pi."""
    if value[2] != "degree":
        raise Unread("a function of a quantity with a unit")
    return div(mul(value[1], ("const", "pi")), num(180))


def integer(digits: str) -> int:
    """Digits as an integer, within the cap."""
    if len(digits) > MOST_DIGITS:
        raise Refused(f"a number of {len(digits)} digits")
    return int(digits or "0")


def power_or_refuse(exponent: int) -> Fraction:
    """Ten to an exponent, refused past the cap."""
    try:
        return power_of_ten(str(exponent))
    except TooLarge as fault:
        raise Refused(str(fault)) from fault
