r"""LaTeX commands that stand for a value: fractions, roots, letters, sets of numbers, matrices.

A command that is not known is unread rather than dropped, and one that asks for work (`\sum`, `\lim`, a
derivative) is refused: an answer is a result, not a task.
"""

from __future__ import annotations

from ...text.tokens import FUNCTIONS
from ..scanner import END, Scanner, argument
from ..signs import REFUSED, table
from ..tree import Node, NotEvaluated, Unread, div, num
from .finite import AMONG, REPEATED, among, bounds, repeated
from .numbers import number
from .sums import expression, function, term

_GREEK = table(
    r"\alpha \beta \gamma \delta \epsilon \zeta \eta \theta \iota \kappa \lambda \mu \nu \xi \rho \sigma \tau "
    r"\upsilon \phi \chi \psi \omega \Gamma \Delta \Theta \Lambda \Xi \Pi \Sigma \Phi \Psi \Omega \ell \hbar"
)
_DECOR = table(
    r"\vec \hat \bar \overline \mathcal \overrightarrow \tilde \mathfrak \widehat \textcircled \overset"
)
_SKIP = frozenset((r"\triangle", r"\displaystyle", r"\underline"))
_NAMING = frozenset((r"\det", r"\dim", r"\deg", r"\ker", r"\Pr", r"\arg"))
_INTRODUCES = frozenset(("if", "when", "for", "where"))
_OTHERWISE = frozenset(("otherwise", "else", "elsewhere", "其他"))
_MATRICES = frozenset(("pmatrix", "bmatrix", "matrix", "Bmatrix", "smallmatrix", "array"))
_SETS = {"R": "reals", "Z": "integers", "N": "naturals", "Q": "rationals", "C": "complexes"}


def command(scan: Scanner) -> Node:
    """The value that a command begins, with its arguments."""
    token = scan.next()
    name = token.value
    if name == r"\frac":
        if [scan.peek(k).value for k in range(4)] in (
            ["{", "d", "}", "{"],
            ["{", r"\partial", "}", "{"],
        ) and (scan.peek(4).value[:1] == "d" or scan.peek(4).value == r"\partial"):
            raise NotEvaluated("a derivative is not evaluated in an answer")
        named = derivative(scan)
        if named is not None:
            return named
        top = argument(scan)
        return div(top, argument(scan))
    if name == r"\sqrt":
        return root(scan)
    if name in FUNCTIONS:
        return function(scan, name[1:])
    if name in (r"\pi", r"\infty"):
        return ("const", "pi" if name == r"\pi" else "oo")
    if name in _GREEK:
        return ("sym", name[1:])
    if name == r"\binom":
        return ("fn", "binom", argument(scan), argument(scan))
    if name in REPEATED:
        letter, low, high = bounds(scan)
        return repeated(name, letter, low, high, term(scan))
    if name in AMONG:
        return few(scan, name)
    if name in _NAMING:
        return operator(scan, name)
    if name == r"\emptyset":
        return ("empty",)
    if name == r"\mathbb":
        inside = argument(scan)
        if inside[0] != "sym" or inside[1] not in _SETS:
            raise Unread("a blackboard letter that names no set")
        return number_set(scan, _SETS[inside[1]])
    if name in (r"\lfloor", r"\lceil"):
        value = expression(scan)
        scan.expect(r"\rfloor" if name == r"\lfloor" else r"\rceil")
        return ("fn", "floor" if name == r"\lfloor" else "ceiling", value)
    if name == r"\ldots":
        return ("dots",)
    if name in _DECOR:
        return decorated(scan, name)
    if name == r"\angle":
        return angle(scan)
    if name in _SKIP:
        return scan.read_atom(scan)
    if name == r"\begin":
        return matrix(scan)
    if name in REFUSED:
        raise NotEvaluated(f"{name} is not evaluated in an answer")
    raise Unread(f"{name} is not known")


def few(scan: Scanner, name: str) -> Node:
    r"""`\max(3, 9)`, `\gcd\{12, 18\}`."""
    if scan.peek().value not in ("(", r"\{"):
        raise NotEvaluated(f"{name} is not evaluated in an answer")
    return among(name, scan.read_atom(scan))


def operator(scan: Scanner, name: str) -> Node:
    r"""`\det A`, `\dim(V)`, `\Pr(X = 1)`: a name for what stands behind the equals sign, never worked out."""
    if scan.peek().kind == "w":
        return ("sym", f"{name} {scan.next().value}")
    if scan.peek().value != "(":
        raise NotEvaluated(f"{name} is not evaluated in an answer")
    return ("sym", name)


def angle(scan: Scanner) -> Node:
    r"""`\angle ABC`, which is `\angle CBA`, as a name; `\angle A` is what A is."""
    token = scan.peek()
    if token.kind == "w" and len(token.value) == 3 and token.value.isupper():
        one, at, other = scan.next().value
        return ("sym", f"\\angle {min(one, other)}{at}{max(one, other)}")
    if token.kind == "n":
        return ("sym", f"\\angle {scan.next().value}")
    return scan.read_atom(scan)


def derivative(scan: Scanner) -> Node | None:
    r"""`\frac{dy}{dx}`, consumed: a name for what stands behind the equals sign; None where it is a fraction."""
    found = [scan.peek(k).value for k in range(6)]
    if found[0::3] != ["{", "{"] or found[2::3] != ["}", "}"]:
        return None
    if any(len(name) != 2 or name[0] != "d" or not name.isalpha() for name in found[1::3]):
        return None
    scan.at += 6
    return ("sym", f"{found[1]}/{found[4]}")


def root(scan: Scanner) -> Node:
    r"""`\sqrt[n]{x}`, `\sqrt 2`, `sqrt(2)`."""
    index: Node = num(2)
    if scan.peek().value == "[":
        scan.at += 1
        index = expression(scan)
        scan.expect("]")
    if scan.peek().value == "(":
        value = scan.read_atom(scan)
    elif scan.peek().kind == "n" and scan.peek(-1).value == "sqrt":
        value = number(scan)
    else:
        value = argument(scan)
    return ("fn", "root", index, value)


def number_set(scan: Scanner, name: str) -> Node:
    r"""`\mathbb{R}`, with `^+`, `^{*}` or `_{>0}` kept in the name."""
    mark = ""
    while scan.peek().value in ("^", "_"):
        mark += scan.next().value
        if scan.take("{"):
            while scan.peek().value not in ("}", ""):
                mark += scan.next().value
            scan.expect("}")
        else:
            mark += scan.next().value
    return ("reals", name + mark)


def decorated(scan: Scanner, command: str) -> Node:
    r"""`\vec{v}`, `\overline{AB}`, `\textcircled{1}`: one name with its decoration."""
    if scan.peek().value != "{":
        token = scan.next()
        return ("sym", f"{command}{token.value}")
    start = scan.at
    depth = 0
    while scan.at < len(scan.tokens):
        depth += {"{": 1, "}": -1}.get(scan.next().value, 0)
        if not depth:
            inside = "".join(token.value for token in scan.tokens[start + 1 : scan.at - 1])
            if not inside:
                raise Unread(f"an empty {command}")
            return ("sym", f"{command}{{{inside}}}")
    raise Unread("a brace that is not closed")


def matrix(scan: Scanner) -> Node:
    r"""The cells of `\begin{pmatrix}...\end{pmatrix}` and its kin."""
    name = _environment(scan)
    if name == "cases":
        return pieces(scan)
    if name not in _MATRICES:
        raise Unread(f"the environment {name!r}")
    if name == "array":
        while scan.next().value not in ("}", ""):
            pass
    rows: list[tuple[Node, ...]] = []
    row: list[Node] = []
    while True:
        row.append(expression(scan))
        token = scan.next()
        if token.value == "&":
            continue
        if token.value == r"\\" and scan.peek().value != r"\end":
            rows.append(tuple(row))
            row = []
            continue
        if token.value == r"\\":
            token = scan.next()
        if token.value != r"\end" or _environment(scan) != name:
            raise Unread("a matrix that does not end")
        rows.append(tuple(row))
        break
    if len({len(cells) for cells in rows}) != 1:
        raise Unread("rows of a matrix differ in length")
    return ("matrix", tuple(rows))


def pieces(scan: Scanner) -> Node:
    r"""The rows of `\begin{cases} x & x \ge 0 \\\\ -x & x < 0 \end{cases}`: a value and where it holds."""
    marks = ("&", r"\\", r"\end")
    scan.tokens[scan.at :] = [
        token
        for token, behind in zip(scan.tokens[scan.at :], [*scan.tokens[scan.at + 1 :], END], strict=False)
        if token.value not in (",", ".", ";") or behind.value not in marks
    ]
    found: list[tuple[Node, Node]] = []
    while True:
        value = expression(scan)
        scan.expect("&")
        found.append((value, _condition(scan)))
        if scan.take(r"\\") and scan.peek().value != r"\end":
            continue
        scan.expect(r"\end")
        if _environment(scan) != "cases":
            raise Unread("cases that do not end")
        return ("cases", tuple(found))


def _condition(scan: Scanner) -> Node:
    while scan.peek().kind in "tw" and scan.peek().value.strip().lower() in _INTRODUCES:
        scan.at += 1
    if scan.peek().kind in "tw" and scan.peek().value.strip(" .").lower() in _OTHERWISE:
        scan.at += 1
        return ("text", "otherwise")
    return scan.read_list(scan)


def _environment(scan: Scanner) -> str:
    scan.expect("{")
    parts = []
    while scan.peek().value not in ("}", ""):
        parts.append(scan.next().value)
    scan.expect("}")
    return "".join(parts)
