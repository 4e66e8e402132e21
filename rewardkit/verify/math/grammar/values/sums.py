r"""Arithmetic: sums, products, powers and functions.

A number beside a number is refused, because whether `42 43` is a product, a list or a slip cannot be known.
Nothing is evaluated but what numbers alone decide.
"""

from __future__ import annotations

from fractions import Fraction

from ...text.tokens import FUNCTIONS, WORD_FUNCTIONS, Token
from ..scanner import Scanner, integer, single
from ..signs import ORDINALS, REFUSED, RELATIONS, STOPS
from ..tree import MINUS_ONE, Node, NotEvaluated, Unread, add, div, mul, neg, num, symbols
from ..vocabulary import BARE_UNITS, is_word
from .calls import called
from .counting import is_counter, scripted
from .finite import remainder, says_mod


def expression(scan: Scanner) -> Node:
    """Terms joined by plus, minus or a double sign."""
    items = [term(scan)]
    while True:
        token = scan.peek()
        if token.value == "+":
            scan.at += 1
            items.append(term(scan, signed=False))
        elif token.value == "-":
            scan.at += 1
            items.append(neg(term(scan, signed=False)))
        elif token.value in (r"\pm", r"\mp") and token.kind == "c":
            scan.at += 1
            items.append((token.value[1:], term(scan, signed=False)))
        else:
            return add(*items)


def term(scan: Scanner, signed: bool = True) -> Node:
    """A product with the signs before it."""
    token = scan.peek()
    if token.value in ("-", "+") and token.kind == "p":
        scan.at += 1
        inner = term(scan)
        return neg(inner) if token.value == "-" else inner
    if token.value in (r"\pm", r"\mp") and signed:
        scan.at += 1
        return (token.value[1:], term(scan))
    return product(scan)


_ENDS = frozenset(("", "+", "-", ",", ")", "}", "=", "]"))
"""Signs that end most products, looked for first."""


def product(scan: Scanner) -> Node:
    """Factors joined by a sign or by standing side by side."""
    start = scan.at
    value = last = factor(scan)
    while True:
        token = scan.peek()
        if token.value in _ENDS:
            return value
        if token.value == r"\mod":
            scan.at += 1
            value = last = remainder(
                value, signed_factor(scan), start > 0 and scan.tokens[start - 1].value == "-"
            )
        elif token.value in ("*", r"\times", r"\cdot"):
            scan.at += 1
            last = signed_factor(scan)
            value = mul(value, last)
        elif token.value in ("/", r"\div"):
            scan.at += 1
            last = signed_factor(scan)
            value = div(value, last)
        elif token.value in REFUSED and token.kind == "c":
            raise NotEvaluated(f"{token.value} is not evaluated in an answer")
        elif (token.kind == "n" and _number_behind(scan, last)) or starts_factor(scan, token):
            last = factor(scan)
            value = mul(value, last)
        else:
            return value


def _number_behind(scan: Scanner, last: Node) -> bool:
    """Whether the number that comes next multiplies: `n2^{n-1}`, `2^n3^m`, `3!7!`, `\\sqrt3 2`.

    `42 43` is none, nor `x2`, which may be meant for an index; nor is `x2^3` for the same reason.
    """
    before, behind = scan.peek(-1), scan.peek(1).value
    if last[:2] == ("fn", "root") or last[0] == "!":
        return True
    if last[0] == "^" and (before.value == "}" or symbols(last[2])):
        return True
    if behind == "!":
        return before.value in (")", "]", "}")
    letter = next((scan.peek(k) for k in (2, 3) if scan.peek(k).value != "{"), scan.peek(2))
    raised = behind == "^" and (
        before.value in (")", "]", "}") or (before.kind == "w" and letter.kind == "w")
    )
    return raised and last[0] != "num"


def signed_factor(scan: Scanner) -> Node:
    """A factor behind an operator may carry a sign: `2\\cdot -3`."""
    if scan.take("-"):
        return neg(factor(scan))
    scan.take("+")
    return factor(scan)


def starts_factor(scan: Scanner, token: Token) -> bool:
    """Whether this token begins a factor that multiplies by standing beside the last."""
    if token.kind == "n" or (token.value == "." and scan.peek(1).kind == "n"):
        raise Unread("two numbers side by side")
    if token.kind == "w":
        return not ends_expression(token, scan.peek(1).value)
    if token.kind == "c":
        return token.value not in RELATIONS and token.value not in STOPS and token.value not in (
            r"\cup", r"\cap", r"\setminus", r"\pm", r"\mp", r"\circ", r"\land", r"\lor", r"\ldots", r"\%", r"\ ", r"\$", r"\text", r"\pmod", r"\mod",
        )  # fmt: skip
    return (token.value in ("(", "[", "{") and not says_mod(scan)) or (
        token.value == "|" and not scan.bars and _bar_opens(scan)
    )


def _bar_opens(scan: Scanner) -> bool:
    return any(token.value == "|" for token in scan.tokens[scan.at + 1 :])


def ends_expression(token: Token, behind: str) -> bool:
    """Whether a run of letters is a word or a unit behind the expression; `Be^x` is a constant times e."""
    run = token.value
    if behind == "^" and len(run) == 2 and run[0].isupper() and run[1] == "e":
        return False
    if run in WORD_FUNCTIONS or run in ("pi", "i", "e") or function_prefix(run):
        return False
    return len(run) > 1 and (is_word(run) or run.lower() in BARE_UNITS or run in ORDINALS)


def function_prefix(run: str) -> str:
    """`ln` in `lnx`, `sin` in `sinx`."""
    for name in WORD_FUNCTIONS:
        if run.startswith(name) and 0 < len(run) - len(name) <= 2 and not is_unit(run):
            return name
    return ""


def factor(scan: Scanner) -> Node:
    """An atom with what is behind it."""
    return postfix(scan, scan.read_atom(scan))


_BEHIND = frozenset("^_('!%*")


def postfix(scan: Scanner, value: Node) -> Node:
    """Powers, factorials, percent signs and subscripts behind an atom."""
    while True:
        token = scan.peek()
        if token.value not in _BEHIND:
            return value
        if token.value in ("^", "_") and is_counter(value):
            counted = scripted(scan, value[1])
            if counted is not None:
                value = counted
                continue
        if token.value in ("(", "'", "^"):
            call = called(scan, value)
            if call is not None:
                value = call
                continue
        if token.value == "^":
            scan.at += 1
            value = power(scan, value)
        elif token.value == "!" and scan.peek(1).value != "!":
            scan.at += 1
            value = ("!", value)
        elif token.value == "%":
            if value[0] == "pct":
                raise Unread("a percentage of a percentage")
            scan.at += 1
            value = ("pct", value)
        elif token.value == "_":
            value = subscript(scan, value)
        elif token.value == "'" and value[0] == "sym":
            scan.at += 1
            value = ("sym", value[1] + "'")
        elif token.value == "'" and value[0] == "num":
            value = ("qty", value, primes(scan))
        elif token.value == "*" and scan.peek(1).value == "*" and not scan.peek(1).spaced:
            scan.at += 2  # Python's power
            sign = scan.take("-")
            exponent = factor(scan)
            return ("^", value, neg(exponent) if sign else exponent)
        else:
            return value


def subscript(scan: Scanner, value: Node) -> Node:
    """A subscript belongs to the name before it."""
    if value[0] != "sym" and not (value[0] == "const" and value[1] in ("e", "i")):
        raise Unread("a subscript on something that is not a name")
    name = value[1]
    scan.at += 1
    start = scan.at
    if scan.take("{"):
        depth = 1
        while depth and scan.at < len(scan.tokens):
            token = scan.next()
            depth += {"{": 1, "}": -1}.get(token.value, 0)
        inside = scan.tokens[start + 1 : scan.at - 1]
    else:
        inside = [scan.next()]
    spelt = "".join(token.value for token in inside)
    if not spelt:
        raise Unread("an empty subscript")
    return ("sym", f"{name}_{spelt}")


def power(scan: Scanner, value: Node) -> Node:
    """What follows `^`: an exponent, a degree sign, an ordinal's ending, a prime."""
    start = scan.at
    braced = scan.take("{")
    token = scan.peek()
    if token.value == r"\circ":
        scan.at += 1
        if braced:
            scan.expect("}")
        nxt = scan.peek()
        if nxt.value in ("C", "F") and not scan.peek(1).value:
            scan.at += 1
            return ("qty", value, nxt.value.lower())
        return sexagesimal(scan, value)
    if value[0] == "num" and token.value == "o" and (not braced or scan.peek(1).value == "}"):
        scan.at += 1 + braced  # a degree sign as typed
        return sexagesimal(scan, value)
    if braced and token.kind in "tw" and token.value in ORDINALS and scan.peek(1).value == "}":
        scan.at += 2
        return value
    if not braced and token.kind == "t" and token.value in ORDINALS:
        scan.at += 1
        return value
    if braced and token.value in ("'", "*") and scan.peek(1).value == "}" and value[0] == "sym":
        scan.at += 2
        return ("sym", value[1] + token.value)
    scan.at = start
    if braced:
        exponent = scan.read_group(scan)
    elif scan.take("-"):
        exponent = neg(scan.read_atom(scan))
    elif scan.take("("):
        scan.at -= 1
        exponent = scan.read_atom(scan)
    else:
        exponent = single(scan)
    if value[0] == "qty":
        raise Unread("a power of a quantity with a unit")
    return ("^", value, exponent)


def primes(scan: Scanner) -> str:
    """The primes behind a number, consumed: minutes or feet are one, seconds or inches two."""
    found = ""
    while scan.peek().value == "'":
        scan.at += 1
        found += "'"
    if len(found) > 2:
        raise Unread("more than two primes")
    return found


def sexagesimal(scan: Scanner, value: Node) -> Node:
    """Degrees, with the minutes and seconds that follow them: `22^\\circ 30'`."""
    parts = [value]
    while value[0] == "num" and scan.peek().kind == "n" and scan.peek(1).value == "'":
        part = num(integer(scan.next().value))
        if len(primes(scan)) != len(parts):
            raise Unread("minutes and seconds out of order")
        parts.append(mul(part, num(Fraction(1, 60 ** len(parts)))))
    total = num(sum(part[1] for part in parts)) if len(parts) > 1 else value
    return ("qty", total, "degree")


def function(scan: Scanner, name: str) -> Node:
    """A function's name is consumed; its base, power and argument follow."""
    base: Node | None = None
    exponent: Node | None = None
    while scan.peek().value in ("_", "^"):
        if scan.next().value == "_":
            base = single(scan) if scan.peek().value != "{" else scan.read_group(scan)
        elif scan.peek().value == "{":
            exponent = scan.read_group(scan)
        else:
            exponent = neg(scan.read_atom(scan)) if scan.take("-") else single(scan)
    if scan.peek().value in ("(", "["):
        value = scan.read_atom(scan)
        if value[0] == "tuple":
            raise Unread("a function of several values")
    else:
        value = _bare_argument(scan)
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


def _bare_argument(scan: Scanner) -> Node:
    """`\\sin 2x\\cos x`: factors up to the next function, sign or bracket."""
    if scan.peek().value == "-":
        scan.at += 1
        return neg(_bare_argument(scan))
    value = factor(scan)
    while True:
        token = scan.peek()
        if (
            token.value in ("(", "[")
            or token.value in FUNCTIONS
            or token.value in WORD_FUNCTIONS
            or token.kind == "n"
        ):
            return value
        if token.value in ("/",) and value[0] in ("num", "const"):
            scan.at += 1
            value = div(value, factor(scan))
            continue
        if not starts_factor(scan, token):
            return value
        value = mul(value, factor(scan))


def is_unit(run: str) -> bool:
    """Whether a run of letters is a unit that needs no `\\text`."""
    return run.lower() in BARE_UNITS


def radians(value: Node) -> Node:
    """An angle: degrees become a multiple of pi."""
    if value[2] != "degree":
        raise Unread("a function of a quantity with a unit")
    return div(mul(value[1], ("const", "pi")), num(180))
