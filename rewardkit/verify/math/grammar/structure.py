r"""Atoms, brackets, lists and relations: the outer grammar of an answer.

`(a, b)` is a tuple (or an open interval: the comparison decides), `[a, b)` an interval, `\{...\}` a set or
a set-builder, `\begin{pmatrix}` a matrix. A list is what commas, "and" and "or" join at the top. A
relation keeps its whole chain, so that nothing of it can be dropped later.
"""

from __future__ import annotations

from ..text.tokens import FUNCTIONS, Token
from .commands import Latex
from .stream import CONNECTIVES, RELATIONS
from .tree import Node, Unread, div, symbols

_CALLED = frozenset("fghFGHP")
MOST_LETTERS = 30
"""Variables that may be written without a space between them; more are no product that anyone wrote."""


class Groups(Latex):
    """The grammar from the top down to atoms."""

    def whole(self) -> Node:
        """The whole answer; everything must be consumed."""
        value = self.list_()
        if self.take(r"\over"):
            value = div(value, self.list_())
        if self.at < len(self.tokens):
            raise Unread(f"{self.peek().value!r} was not expected")
        return value

    # -- lists and relations

    def list_(self) -> Node:
        """Items joined at this depth; one item is itself."""
        items = [self.item()]
        how = ","
        while True:
            joined = self.joint()
            if joined is None:
                break
            if joined != ",":
                how = joined
            items.append(self.item())
        kept = [item for item in items if not _side_condition(item)] or items
        return kept[0] if len(kept) == 1 else ("list", how, tuple(kept))

    def joint(self) -> str | None:
        """A separator between items, consumed: `,`, `;`, "and", "or" or a run of them."""
        found = None
        while True:
            token = self.peek()
            low = token.value.strip().lower() if token.kind in "tw" else ""
            if token.value in (",", ";"):
                found = found or ","
            elif token.value in (r"\land", r"\lor"):
                found = "and" if token.value == r"\land" else "or"
            elif low in CONNECTIVES:
                found = CONNECTIVES[low]
            else:
                return found
            self.at += 1

    def item(self) -> Node:
        """One item: a relation's chain or a value with its unit."""
        if self.peek().value in RELATIONS:
            raise Unread("a relation sign with nothing before it")
        sides = [self.setting()]
        operators: list[str] = []
        while self.peek().value in RELATIONS and self.peek().kind in "pc":
            operator = self.next().value
            if operator == r"\not":
                operator = {"=": r"\ne", r"\in": r"\notin"}.get(self.next().value, "")
                if not operator:
                    raise Unread("a negated relation that is not understood")
            elif operator in ("<", ">") and self.peek().value == "=":
                self.at += 1
                operator = r"\le" if operator == "<" else r"\ge"
            operators.append(operator)
            sides.append(self.setting())
        return sides[0] if not operators else ("rel", tuple(operators), tuple(sides))

    def setting(self) -> Node:
        """Unions, intersections and differences of what is below."""
        value = self.ratio()
        while self.peek().value in (r"\cup", r"\cap", r"\setminus"):
            head = {r"\cup": "cup", r"\cap": "cap", r"\setminus": "minus"}[self.next().value]
            value = (head, value, self.ratio())
        return value

    # -- atoms

    def atom(self) -> Node:
        """The smallest thing with a value: number, letter, bracket, command."""
        token = self.peek()
        if token.kind == "n" or (
            token.value == "." and (self.peek(1).kind == "n" or self.peek(1).value == r"\overline")
        ):
            return self.number()
        if token.kind == "w":
            return self.word()
        if token.value in ("(", "[", r"\langle"):
            return self.bracket()
        if token.value == "{":
            return self.group()
        if token.value == r"\{":
            return self.set_()
        if token.value in ("|", r"\|"):
            return self.bars_(token.value)
        if token.kind == "c":
            return self.command()
        if token.kind == "t" and self.peek(1).value in ("=", "(", "_"):
            self.at += 1
            return ("sym", token.value)
        raise Unread(f"{token.value or 'the end'!r} where a value should be")

    def word(self) -> Node:
        """A run of letters: a function, a constant, a word (which ends the reading), or variables."""
        token = self.peek()
        run = token.value
        low = run.lower()
        if "\\" + run in FUNCTIONS:
            self.at += 1
            return self.root() if run == "sqrt" else self.function(run)
        if low in ("pi", "infinity", "infty") or run == "inf":
            self.at += 1
            return ("const", "pi" if low == "pi" else "oo")
        if low == "nan":
            raise Unread("not a number")
        prefix = self.function_prefix(run)
        if prefix:
            self.tokens[self.at] = Token("w", run[len(prefix) :], False)
            return self.root() if prefix == "sqrt" else self.function(prefix)
        if len(run) > MOST_LETTERS:
            raise Unread(f"a run of {len(run)} letters")
        if len(run) > 1:
            if self.ends_expression(token):
                raise Unread(f"the word {run!r}")
            self.tokens[self.at : self.at + 1] = [
                Token("w", letter, token.spaced and not index) for index, letter in enumerate(run)
            ]
            run = run[0]
        self.at += 1
        if run.isupper() and self.peek().value == "(":
            point = self.point(run)
            if point is not None:
                return point
        if run in _CALLED:
            marks = self.marks()
            if self.peek(len(marks)).value == "(":
                self.at += len(marks)
                return self.call(run + "".join(marks))
        return self.letter(run)

    def point(self, name: str) -> Node | None:
        """`P(4, -6)`: a point with its name, which is `P = (4, -6)`; None where it is anything else."""
        start = self.at
        try:
            value = self.bracket()
        except Unread:
            value = ("none",)
        if value[0] == "tuple" and self.peek().value in ("", ",", ";") and not symbols(value):
            return ("rel", ("=",), (("sym", name), value))
        self.at = start
        return None

    def marks(self) -> list[str]:
        """The primes or the `^{-1}` that stand between a function's name and its bracket; nothing is consumed."""
        if [self.peek(k).value for k in range(5)] == ["^", "{", "-", "1", "}"]:
            return ["^", "{", "-", "1", "}"]
        count = 0
        while self.peek(count).value == "'":
            count += 1
        return ["'"] * count

    def call(self, name: str) -> Node:
        """`f(x)`, `P(A)`: a name with what stands in its brackets."""
        start = self.at
        depth = 0
        while self.at < len(self.tokens):
            depth += {"(": 1, ")": -1}.get(self.next().value, 0)
            if not depth:
                return ("sym", name + "".join(token.value for token in self.tokens[start : self.at]))
        raise Unread("a bracket that is not closed")

    def bracket(self) -> Node:
        """Round, square or angle brackets: grouping where they hold one value and match."""
        opened = self.next().value
        self.brackets += 1
        value = self.list_()
        closed = self.next().value
        self.brackets -= 1
        if closed not in (")", "]", r"\rangle"):
            raise Unread("a bracket that is not closed")
        opened, closed = ("(", ")") if opened == r"\langle" else (opened, closed)
        if value[0] != "list":
            if (opened, closed) in (("(", ")"), ("[", "]")):
                return value
            raise Unread("brackets of two kinds around one value")
        return ("tuple", opened, closed, value[2])

    def group(self) -> Node:
        """`{...}`: TeX's grouping, with `\\over` and `\\choose`; with commas, a set written carelessly."""
        self.expect("{")
        bars, self.bars = self.bars, 0
        value = self.list_()
        if self.take(r"\over"):
            value = div(value, self.list_())
        elif self.take(r"\choose"):
            value = ("fn", "binom", value, self.list_())
        self.bars = bars
        self.expect("}")
        return ("set", value[2]) if value[0] == "list" else value

    def set_(self) -> Node:
        r"""`\{1, 2\}`, `\{x : x > 0\}`, `\{\}`."""
        self.expect(r"\{")
        if self.take(r"\}"):
            return ("empty",)
        bars, brackets = self.bars, self.brackets
        self.bars, self.brackets = 1, brackets + 1
        value = self.list_()
        if self.peek().value in ("|", ":"):
            self.at += 1
            self.bars = 0
            condition = self.list_()
            self.expect(r"\}")
            self.bars, self.brackets = bars, brackets
            return ("builder", value, condition)
        self.bars, self.brackets = bars, brackets
        self.expect(r"\}")
        return ("set", value[2] if value[0] == "list" else (value,))

    def bars_(self, mark: str) -> Node:
        """An absolute value."""
        self.at += 1
        self.bars += 1
        value = self.sum()
        self.bars -= 1
        self.expect(mark)
        return ("fn", "abs", value)


def _side_condition(item: Node) -> bool:
    """`k \\in \\mathbb{Z}` beside a solution says what k runs over, and is no item of its own."""
    return item[0] == "rel" and item[1] == (r"\in",) and item[2][0][0] == "sym" and item[2][1][0] == "reals"
