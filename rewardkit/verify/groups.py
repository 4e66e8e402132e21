r"""Atoms, brackets, lists and relations: the outer grammar of an answer.

`(a, b)` is a tuple (or an open interval: the comparison decides), `[a, b)` an interval, `\{...\}` a set or
a set-builder, `\begin{pmatrix}` a matrix. A list is what commas, "and" and "or" join at the top. A
relation keeps its whole chain, so that nothing of it can be dropped later.
"""

from __future__ import annotations

from .normal import FUNCTIONS, Token
from .sums import CONNECTIVES, REFUSED, RELATIONS, STOPS, Sums
from .tree import Node, Refused, Unread, div, num

_GREEK = frozenset(
    "\\" + name
    for name in (
        "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi rho sigma tau upsilon phi chi psi omega "
        "Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega ell hbar"
    ).split()
)
_DECOR = frozenset((r"\vec", r"\hat", r"\bar", r"\overline", r"\mathcal", r"\overrightarrow", r"\tilde", r"\mathfrak", r"\widehat", r"\textcircled", r"\overset"))
_SKIP = frozenset((r"\angle", r"\triangle", r"\displaystyle", r"\underline", r"\hphantom"))
_CURRENCY = frozenset((r"\$", "€", "£"))
_MATRICES = frozenset(("pmatrix", "bmatrix", "matrix", "Bmatrix", "smallmatrix", "array"))
_CALLED = frozenset("fghFGHP")
_SETS = {"R": "reals", "Z": "integers", "N": "naturals", "Q": "rationals", "C": "complexes"}


class Groups(Sums):
    """The grammar from the top down to atoms."""

    def whole(self) -> Node:
        """The whole answer; everything must be consumed."""
        value = self.list_()
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

    def ratio(self) -> Node:
        """`3:4`, `3 to 4`, a time; a single value is itself."""
        items = [self.value()]
        while (self.peek().value == ":" and self.bars == 0) or self.peek().value.strip().lower() in ("to", "比"):
            self.at += 1
            items.append(self.value())
        if len(items) == 1:
            return items[0]
        unit = ""
        if items[-1][0] == "qty":  # 3:30 PM
            unit = items[-1][2]
            items[-1] = items[-1][1]
        found: Node = ("ratio", tuple(items))
        return ("qty", found, unit) if unit else found

    def value(self) -> Node:
        """A sum with a currency before it or a unit behind it."""
        token = self.peek()
        sign = self.take("-") if token.value == "-" and self.peek(1).value in _CURRENCY else False
        if self.peek().value in _CURRENCY:
            mark = self.next().value.strip("\\")
            inner = self.sum()
            value: Node = ("qty", inner, mark)
            if sign:
                from .tree import neg

                value = ("qty", neg(inner), mark)
        else:
            value = self.sum()
            if self.peek().value == r"\$":
                self.at += 1
                value = ("qty", value, "$")
            if value[0] == "qty" and value[2] == "degree" and self.peek().value in ("C", "F"):
                value = ("qty", value[1], self.next().value.lower())
        value = _lift(value)
        return self.quantity(value)

    # -- atoms

    def atom(self) -> Node:
        token = self.peek()
        if token.kind == "n" or (token.value == "." and (self.peek(1).kind == "n" or self.peek(1).value == r"\overline")):
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
        if len(run) > 1:
            if self.ends_expression(token):
                raise Unread(f"the word {run!r}")
            self.tokens[self.at : self.at + 1] = [
                Token("w", letter, token.spaced and not index) for index, letter in enumerate(run)
            ]
            run = run[0]
        self.at += 1
        if run in _CALLED and self.peek().value == "(":
            return self.call(run)
        return self.letter(run)

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

    def command(self) -> Node:
        token = self.next()
        name = token.value
        if name == r"\frac":
            if [self.peek(k).value for k in range(3)] in (["{", "d", "}"], ["{", r"\partial", "}"]):
                raise Refused("a derivative is not evaluated in an answer")
            top = self.argument()
            return div(top, self.argument())
        if name == r"\sqrt":
            return self.root()
        if name in FUNCTIONS:
            return self.function(name[1:])
        if name in (r"\pi", r"\infty"):
            return ("const", "pi" if name == r"\pi" else "oo")
        if name in _GREEK:
            return ("sym", name[1:])
        if name == r"\binom":
            return ("fn", "binom", self.argument(), self.argument())
        if name == r"\emptyset":
            return ("empty",)
        if name == r"\mathbb":
            inside = self.argument()
            if inside[0] != "sym" or inside[1] not in _SETS:
                raise Unread("a blackboard letter that names no set")
            return self.reals(_SETS[inside[1]])
        if name in (r"\lfloor", r"\lceil"):
            value = self.sum()
            self.expect(r"\rfloor" if name == r"\lfloor" else r"\rceil")
            return ("fn", "floor" if name == r"\lfloor" else "ceiling", value)
        if name == r"\ldots":
            return ("dots",)
        if name in _DECOR:
            return self.decorated(name)
        if name in _SKIP:
            return self.atom()
        if name == r"\begin":
            return self.matrix()
        if name in REFUSED:
            raise Refused(f"{name} is not evaluated in an answer")
        raise Unread(f"{name} is not known")

    def root(self) -> Node:
        r"""`\sqrt[n]{x}`, `\sqrt 2`, `sqrt(2)`."""
        index: Node = num(2)
        if self.peek().value == "[":
            self.at += 1
            index = self.sum()
            self.expect("]")
        if self.peek().value == "(":
            value = self.atom()
        elif self.peek().kind == "n" and self.peek(-1).value == "sqrt":
            value = self.number()
        else:
            value = self.argument()
        return ("fn", "root", index, value)

    def reals(self, name: str) -> Node:
        r"""`\mathbb{R}`, with `^+`, `^{*}` or `_{>0}` kept in the name."""
        mark = ""
        while self.peek().value in ("^", "_"):
            mark += self.next().value
            if self.take("{"):
                while self.peek().value not in ("}", ""):
                    mark += self.next().value
                self.expect("}")
            else:
                mark += self.next().value
        return ("reals", name + mark)

    def decorated(self, command: str) -> Node:
        r"""`\vec{v}`, `\overline{AB}`, `\textcircled{1}`: one name with its decoration."""
        if self.peek().value != "{":
            token = self.next()
            return ("sym", f"{command}{token.value}")
        start = self.at
        depth = 0
        while self.at < len(self.tokens):
            depth += {"{": 1, "}": -1}.get(self.next().value, 0)
            if not depth:
                inside = "".join(token.value for token in self.tokens[start + 1 : self.at - 1])
                if not inside:
                    raise Unread(f"an empty {command}")
                return ("sym", f"{command}{{{inside}}}")
        raise Unread("a brace that is not closed")

    def matrix(self) -> Node:
        r"""The cells of `\begin{pmatrix}...\end{pmatrix}` and its kin."""
        name = self._name()
        if name not in _MATRICES:
            raise Unread(f"the environment {name!r}")
        if name == "array":
            while self.next().value not in ("}", ""):
                pass
        rows: list[tuple[Node, ...]] = []
        row: list[Node] = []
        while True:
            row.append(self.sum())
            token = self.next()
            if token.value == "&":
                continue
            if token.value == r"\\" and self.peek().value != r"\end":
                rows.append(tuple(row))
                row = []
                continue
            if token.value == r"\\":
                token = self.next()
            if token.value != r"\end" or self._name() != name:
                raise Unread("a matrix that does not end")
            rows.append(tuple(row))
            break
        if len({len(cells) for cells in rows}) != 1:
            raise Unread("rows of a matrix differ in length")
        return ("matrix", tuple(rows))

    def _name(self) -> str:
        self.expect("{")
        parts = []
        while self.peek().value not in ("}", ""):
            parts.append(self.next().value)
        self.expect("}")
        return "".join(parts)


def _side_condition(item: Node) -> bool:
    """`k \\in \\mathbb{Z}` beside a solution says what k runs over, and is no item of its own."""
    return item[0] == "rel" and item[1] == (r"\in",) and item[2][0][0] == "sym" and item[2][1][0] == "reals"


def _lift(value: Node) -> Node:
    """A degree inside a product or a sum belongs to the whole: `2\\cdot 45^\\circ` is an angle."""
    if value[0] == "*" and any(part[0] == "qty" for part in value[1:]):
        quantities = [part for part in value[1:] if part[0] == "qty"]
        if len(quantities) != 1:
            raise Unread("a product of quantities")
        from .tree import mul

        rest = [part for part in value[1:] if part[0] != "qty"]
        return ("qty", mul(*rest, quantities[0][1]), quantities[0][2])
    if value[0] == "+" and any(part[0] == "qty" for part in value[1:]):
        if {part[2] if part[0] == "qty" else None for part in value[1:]} == {"degree"}:
            from .tree import add

            return ("qty", add(*(part[1] for part in value[1:])), "degree")
        raise Unread("a sum of quantities and numbers")
    return value


__all__ = ["STOPS", "Groups"]
