r"""Atoms, brackets, lists and relations: the outer grammar of an answer.

`(a, b)` is a tuple (or an open interval: the comparison decides), `[a, b)` an interval, `\{...\}` a set or
a set-builder, `\begin{pmatrix}` a matrix. A list is what commas, "and" and "or" join at the top. A
relation keeps its whole chain, so that nothing of it can be dropped later.
"""

from __future__ import annotations

from ..text.tokens import FUNCTIONS, Token
from .scanner import Scanner, variable
from .signs import CONNECTIVES, RELATIONS
from .tree import Node, Unread, div
from .values.calls import named_point
from .values.commands import command, few, root
from .values.counting import prescripted
from .values.finite import AMONG, modulus
from .values.numbers import number
from .values.quantities import ratio
from .values.sums import ends_expression, expression, function, function_prefix

MOST_LETTERS = 30
"""Variables that may be written without a space between them; more are no product that anyone wrote."""


def whole(tokens: list[Token]) -> Node:
    """The whole answer; everything must be consumed."""
    scan = Scanner(tokens, atom, group, listing)
    value = listing(scan)
    value = _stacked(scan, value)
    if scan.at < len(scan.tokens):
        raise Unread(f"{scan.peek().value!r} was not expected")
    return value


def listing(scan: Scanner) -> Node:
    """Items joined at this depth; one item is itself."""
    items = [relation(scan)]
    how = ","
    while True:
        joined = joint(scan)
        if joined is None:
            break
        if joined != ",":
            how = joined
        items.append(relation(scan))
    kept = [item for item in items if not _side_condition(item)] or items
    return kept[0] if len(kept) == 1 else ("list", how, tuple(kept))


def joint(scan: Scanner) -> str | None:
    """A separator between items, consumed: `,`, `;`, "and", "or" or a run of them."""
    found = None
    while True:
        token = scan.peek()
        low = token.value.strip().lower() if token.kind in "tw" else ""
        if token.value in (",", ";"):
            found = found or ","
        elif token.value in (r"\land", r"\lor"):
            found = "and" if token.value == r"\land" else "or"
        elif low in CONNECTIVES:
            found = CONNECTIVES[low]
        else:
            return found
        scan.at += 1


def relation(scan: Scanner) -> Node:
    """One item: a relation's chain or a value with its unit."""
    if scan.peek().value == r"\approx":
        return _rounded(scan)
    if scan.peek().value in RELATIONS:
        raise Unread("a relation sign with nothing before it")
    sides = [combination(scan)]
    operators: list[str] = []
    while scan.peek().value in RELATIONS and scan.peek().kind in "pc":
        operator = scan.next().value
        if operator == r"\not":
            operator = {"=": r"\ne", r"\in": r"\notin"}.get(scan.next().value, "")
            if not operator:
                raise Unread("a negated relation that is not understood")
        elif operator in ("<", ">") and scan.peek().value == "=":
            scan.at += 1
            operator = r"\le" if operator == "<" else r"\ge"
        operators.append(operator)
        sides.append(combination(scan))
    if operators in (["="], [r"\equiv"]):
        by = modulus(scan)
        if by is not None:
            return ("congruence", *sides, by)
    return sides[0] if not operators else ("rel", tuple(operators), tuple(sides))


def _rounded(scan: Scanner) -> Node:
    r"""`\approx 7.78`: the decimals that it was rounded to, with their unit; no whole number says that it was."""
    scan.next()
    if not any(scan.peek(k).value == "." for k in range(1, 4)):
        raise Unread("a relation sign with nothing before it")
    return combination(scan)


def combination(scan: Scanner) -> Node:
    """Unions, intersections and differences of what is below."""
    value = ratio(scan)
    while scan.peek().value in (r"\cup", r"\cap", r"\setminus"):
        head = {r"\cup": "cup", r"\cap": "cap", r"\setminus": "minus"}[scan.next().value]
        value = (head, value, ratio(scan))
    return value


def atom(scan: Scanner) -> Node:
    """The smallest thing with a value: number, letter, bracket, command."""
    token = scan.peek()
    if token.kind == "n" or (
        token.value == "." and (scan.peek(1).kind == "n" or scan.peek(1).value == r"\overline")
    ):
        return number(scan)
    if token.kind == "w":
        return word(scan)
    if token.value in ("(", "[", r"\langle"):
        return bracket(scan)
    if token.value == "{":
        return group(scan)
    if token.value == r"\{":
        return braces(scan)
    if token.value in ("|", r"\|"):
        return absolute(scan, token.value)
    if token.kind == "c":
        return command(scan)
    if token.value in ("^", "_"):
        return prescripted(scan)
    if token.kind == "t" and scan.peek(1).value in ("=", "(", "_"):
        scan.at += 1
        if "\\" + token.value in AMONG:
            return few(scan, "\\" + token.value)
        return ("sym", token.value)
    raise Unread(f"{token.value or 'the end'!r} where a value should be")


def word(scan: Scanner) -> Node:
    """A run of letters: a function, a constant, a word (which ends the reading), or variables."""
    token = scan.peek()
    run = token.value
    low = run.lower()
    if "\\" + run in AMONG and scan.peek(1).value == "(":
        scan.at += 1
        return few(scan, "\\" + run)
    if "\\" + run in FUNCTIONS:
        scan.at += 1
        return root(scan) if run == "sqrt" else function(scan, run)
    if low in ("pi", "infinity", "infty") or run == "inf":
        scan.at += 1
        return ("const", "pi" if low == "pi" else "oo")
    if low == "nan":
        raise Unread("not a number")
    prefix = function_prefix(run)
    if prefix:
        scan.tokens[scan.at] = Token("w", run[len(prefix) :], False)
        return root(scan) if prefix == "sqrt" else function(scan, prefix)
    if len(run) > MOST_LETTERS:
        raise Unread(f"a run of {len(run)} letters")
    if len(run) > 1:
        if ends_expression(token, scan.peek(1).value):
            raise Unread(f"the word {run!r}")
        scan.tokens[scan.at : scan.at + 1] = [
            Token("w", letter, token.spaced and not index) for index, letter in enumerate(run)
        ]
        run = run[0]
    scan.at += 1
    if run.isupper() and scan.peek().value == "(":
        point = named_point(scan, run)
        if point is not None:
            return point
    return variable(run)


def bracket(scan: Scanner) -> Node:
    """Round, square or angle brackets: grouping where they hold one value and match."""
    opened = scan.next().value
    scan.brackets += 1
    value = listing(scan)
    closed = scan.next().value
    scan.brackets -= 1
    if closed not in (")", "]", r"\rangle"):
        raise Unread("a bracket that is not closed")
    opened, closed = ("(", ")") if opened == r"\langle" else (opened, closed)
    if value[0] != "list":
        if (opened, closed) in (("(", ")"), ("[", "]")):
            return value
        raise Unread("brackets of two kinds around one value")
    return ("tuple", opened, closed, value[2])


def group(scan: Scanner) -> Node:
    """`{...}`: TeX's grouping, with `\\over` and `\\choose`; with commas, a set written carelessly."""
    scan.expect("{")
    if scan.peek().value == "}" and scan.peek(1).value in ("^", "_"):
        scan.at += 1
        return prescripted(scan)
    bars, scan.bars = scan.bars, 0
    value = listing(scan)
    value = _stacked(scan, value)
    scan.bars = bars
    scan.expect("}")
    return ("set", value[2]) if value[0] == "list" else value


def _stacked(scan: Scanner, top: Node) -> Node:
    r"""What `\over` or `\choose` makes of what stands before and behind it."""
    if scan.take(r"\over"):
        return div(top, listing(scan))
    return ("fn", "binom", top, listing(scan)) if scan.take(r"\choose") else top


def braces(scan: Scanner) -> Node:
    r"""`\{1, 2\}`, `\{x : x > 0\}`, `\{\}`."""
    scan.expect(r"\{")
    if scan.take(r"\}"):
        return ("empty",)
    bars, brackets = scan.bars, scan.brackets
    scan.bars, scan.brackets = 1, brackets + 1
    value = listing(scan)
    if scan.peek().value in ("|", ":"):
        scan.at += 1
        scan.bars = 0
        condition = listing(scan)
        scan.expect(r"\}")
        scan.bars, scan.brackets = bars, brackets
        return ("builder", value, condition)
    scan.bars, scan.brackets = bars, brackets
    scan.expect(r"\}")
    return ("set", value[2] if value[0] == "list" else (value,))


def absolute(scan: Scanner, mark: str) -> Node:
    """An absolute value."""
    scan.at += 1
    scan.bars += 1
    value = expression(scan)
    scan.bars -= 1
    scan.expect(mark)
    return ("fn", "abs", value)


def _side_condition(item: Node) -> bool:
    """`k \\in \\mathbb{Z}` beside a solution says what k runs over, and is no item of its own."""
    return item[0] == "rel" and item[1] == (r"\in",) and item[2][0][0] == "sym" and item[2][1][0] == "reals"
