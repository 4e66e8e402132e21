r"""LaTeX commands that stand for a value: fractions, roots, letters, sets of numbers, matrices.

A command that is not known is unread rather than dropped, and one that asks for work (`\sum`, `\lim`, a
derivative) is refused: an answer is a result and no task.
"""

from __future__ import annotations

from ..text.tokens import FUNCTIONS
from .quantities import Quantities
from .stream import REFUSED
from .tree import Node, Refused, Unread, div, num

_GREEK = frozenset(
    "\\" + name
    for name in [
        "alpha",
        "beta",
        "gamma",
        "delta",
        "epsilon",
        "zeta",
        "eta",
        "theta",
        "iota",
        "kappa",
        "lambda",
        "mu",
        "nu",
        "xi",
        "rho",
        "sigma",
        "tau",
        "upsilon",
        "phi",
        "chi",
        "psi",
        "omega",
        "Gamma",
        "Delta",
        "Theta",
        "Lambda",
        "Xi",
        "Pi",
        "Sigma",
        "Phi",
        "Psi",
        "Omega",
        "ell",
        "hbar",
    ]
)
_DECOR = frozenset(
    (
        r"\vec",
        r"\hat",
        r"\bar",
        r"\overline",
        r"\mathcal",
        r"\overrightarrow",
        r"\tilde",
        r"\mathfrak",
        r"\widehat",
        r"\textcircled",
        r"\overset",
    )
)
_SKIP = frozenset((r"\angle", r"\triangle", r"\displaystyle", r"\underline"))
_MATRICES = frozenset(("pmatrix", "bmatrix", "matrix", "Bmatrix", "smallmatrix", "array"))
_SETS = {"R": "reals", "Z": "integers", "N": "naturals", "Q": "rationals", "C": "complexes"}


class Latex(Quantities):
    """Values that a command begins."""

    def command(self) -> Node:
        """The value that a command begins, with its arguments."""
        token = self.next()
        name = token.value
        if name == r"\frac":
            if [self.peek(k).value for k in range(4)] in (
                ["{", "d", "}", "{"],
                ["{", r"\partial", "}", "{"],
            ) and (self.peek(4).value[:1] == "d" or self.peek(4).value == r"\partial"):
                raise Refused("a derivative is not evaluated in an answer")
            named = self.derivative()
            if named is not None:
                return named
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

    def derivative(self) -> Node | None:
        r"""`\frac{dy}{dx}`, consumed: a name for what stands behind the equals sign; None where it is a fraction."""
        found = [self.peek(k).value for k in range(6)]
        if found[0::3] != ["{", "{"] or found[2::3] != ["}", "}"]:
            return None
        if any(len(name) != 2 or name[0] != "d" or not name.isalpha() for name in found[1::3]):
            return None
        self.at += 6
        return ("sym", f"{found[1]}/{found[4]}")

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
