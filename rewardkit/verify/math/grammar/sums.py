r"""Arithmetic: sums, products, powers and functions.

A number beside a number is refused, because whether `42 43` is a product, a list or a slip cannot be known.
Trees come out with nothing evaluated but what numbers alone decide.
"""

from __future__ import annotations

from fractions import Fraction

from ..text.tokens import FUNCTIONS, Token
from .numbers import Numerals
from .stream import ORDINALS, REFUSED, RELATIONS, STOPS, integer
from .tree import MINUS_ONE, Node, Refused, Unread, add, div, mul, neg, num
from .vocabulary import BARE_UNITS, WORD_FUNCTIONS, is_word


class Sums(Numerals):
    """Sums, and products, powers and functions below them."""

    def sum(self) -> Node:
        """Terms joined by plus, minus or a double sign."""
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
        """A product with the signs before it."""
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
        """Factors joined by a sign or by standing side by side."""
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
        if token.kind == "n" or (token.value == "." and self.peek(1).kind == "n"):
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
        if run in WORD_FUNCTIONS or run in ("pi", "i", "e") or self.function_prefix(run):
            return False
        return len(run) > 1 and (is_word(run) or run.lower() in BARE_UNITS or run in ORDINALS)

    @staticmethod
    def function_prefix(run: str) -> str:
        """`ln` in `lnx`, `sin` in `sinx`."""
        for name in WORD_FUNCTIONS:
            if run.startswith(name) and 0 < len(run) - len(name) <= 2 and not is_unit(run):
                return name
        return ""

    def factor(self) -> Node:
        """An atom with what is behind it."""
        return self.postfix(self.atom())

    def postfix(self, value: Node) -> Node:
        """Powers, factorials, percent signs and subscripts behind an atom."""
        while True:
            token = self.peek()
            if token.value == "^":
                self.at += 1
                value = self.power(value)
            elif token.value == "!" and self.peek(1).value != "!":
                self.at += 1
                value = ("!", value)
            elif token.value == "%":
                if value[0] == "pct":
                    raise Unread("a percentage of a percentage")
                self.at += 1
                value = ("pct", value)
            elif token.value == "_":
                value = self.subscript(value)
            elif token.value == "'" and value[0] == "sym":
                self.at += 1
                value = ("sym", value[1] + "'")
            elif token.value == "'" and value[0] == "num":
                value = ("qty", value, self.primes())
            elif token.value == "*" and self.peek(1).value == "*" and not self.peek(1).spaced:
                self.at += 2  # Python's power
                sign = self.take("-")
                exponent = self.factor()
                return ("^", value, neg(exponent) if sign else exponent)
            else:
                return value

    def subscript(self, value: Node) -> Node:
        """A subscript belongs to the name before it."""
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
            return self.sexagesimal(value)
        if value[0] == "num" and token.value == "o" and (not braced or self.peek(1).value == "}"):
            self.at += 1 + braced  # a degree sign as typed
            return self.sexagesimal(value)
        if braced and token.kind in "tw" and token.value in ORDINALS and self.peek(1).value == "}":
            self.at += 2
            return value
        if not braced and token.kind == "t" and token.value in ORDINALS:
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

    def primes(self) -> str:
        """The primes behind a number, consumed: minutes or feet are one, seconds or inches two."""
        found = ""
        while self.peek().value == "'":
            self.at += 1
            found += "'"
        if len(found) > 2:
            raise Unread("more than two primes")
        return found

    def sexagesimal(self, value: Node) -> Node:
        """Degrees, with the minutes and seconds that follow them: `22^\\circ 30'`."""
        parts = [value]
        while value[0] == "num" and self.peek().kind == "n" and self.peek(1).value == "'":
            part = num(integer(self.next().value))
            if len(self.primes()) != len(parts):
                raise Unread("minutes and seconds out of order")
            parts.append(mul(part, num(Fraction(1, 60 ** len(parts)))))
        total = num(sum(part[1] for part in parts)) if len(parts) > 1 else value
        return ("qty", total, "degree")

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
        if name == "cis":
            result: Node = add(("fn", "cos", value), mul(("const", "i"), ("fn", "sin", value)))
        elif name == "exp":
            result = ("^", ("const", "e"), value)
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
            if (
                token.value in ("(", "[")
                or token.value in FUNCTIONS
                or token.value in WORD_FUNCTIONS
                or token.kind == "n"
            ):
                return value
            if token.value in ("/",) and value[0] in ("num", "const"):
                self.at += 1
                value = div(value, self.factor())
                continue
            if not self.starts_factor(token):
                return value
            value = mul(value, self.factor())


def is_unit(run: str) -> bool:
    """Whether a run of letters is a unit that needs no `\\text`."""
    return run.lower() in BARE_UNITS


def radians(value: Node) -> Node:
    """An angle: degrees become a multiple of pi."""
    if value[2] != "degree":
        raise Unread("a function of a quantity with a unit")
    return div(mul(value[1], ("const", "pi")), num(180))
