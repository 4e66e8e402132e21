"""What runs in a worker: the comparison with a computer-algebra system behind it.

Numbers at fifty digits refute before anything is simplified, and never accept. Equality is accepted when
sympy proves the difference zero, or when math-verify says so of two expressions that fifty digits could
not tell apart. Answers in forms that our reader does not know never come here.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import mpmath
import sympy
from math_verify import parse as parse_latex
from math_verify import verify as verify_latex

from .equality.answers import Answer
from .equality.bounded import guard, sample
from .equality.comparison import Policy, TreeComparison
from .equality.expressions import numbers
from .equality.shapes import as_gold
from .grammar.reader import read
from .grammar.tree import Node, NotEvaluated, Unread, symbols
from .text.tokens import canonical

DIGITS = 50
MOST_DIGITS = 4_000
"""Digits to which a difference is computed. What more could still tell apart is not said to be equal."""
_SLACK = 8
"""Digits that rounding may eat before a difference is believed."""
_CONSTANTS = {"pi": sympy.pi, "e": sympy.E, "i": sympy.I, "oo": sympy.oo}
_FUNCTIONS: dict[str, Any] = {
    "sin": sympy.sin, "cos": sympy.cos, "tan": sympy.tan, "cot": sympy.cot, "sec": sympy.sec, "csc": sympy.csc,
    "arcsin": sympy.asin, "arccos": sympy.acos, "arctan": sympy.atan, "arccot": sympy.acot, "sinh": sympy.sinh,
    "cosh": sympy.cosh, "tanh": sympy.tanh, "coth": sympy.coth, "abs": sympy.Abs, "floor": sympy.floor,
    "ceiling": sympy.ceiling, "binom": sympy.binomial,
}  # fmt: skip
_BASE = sympy.Symbol("unsaid_base", positive=True)

logging.getLogger("math_verify").setLevel(logging.CRITICAL)


def to_sympy(node: Node, assume: dict[str, bool]) -> Any:
    """The tree as a sympy expression; symbols carry these assumptions and never mean anything else."""
    head = node[0]
    if head == "num":
        return sympy.Rational(node[1].numerator, node[1].denominator)
    if head == "const":
        return _CONSTANTS[node[1]]
    if head == "sym":
        return sympy.Symbol("v_" + node[1].encode("ascii", "backslashreplace").decode(), **assume)
    if head == "pct":
        return to_sympy(node[1], assume) / 100
    if head == "+":
        return sympy.Add(*(to_sympy(part, assume) for part in node[1:]))
    if head == "*":
        return sympy.Mul(*(to_sympy(part, assume) for part in node[1:]))
    if head == "!":
        return sympy.factorial(to_sympy(node[1], assume))
    if head == "^":
        base, exponent = to_sympy(node[1], assume), to_sympy(node[2], assume)
        if exponent.is_Rational and exponent.q % 2 == 1 and base.is_real and base.is_negative:
            return sympy.real_root(base**exponent.p, exponent.q)
        return base**exponent
    if head == "fn":
        parts = [to_sympy(part, assume) for part in node[2:]]
        name = node[1]
        if name == "root":
            index, value = parts
            if index.is_Integer and int(index) % 2 == 1 and value.is_real and value.is_negative:
                return -((-value) ** (1 / index))
            return value ** (1 / index)
        if name == "ln":
            return sympy.log(parts[0])
        if name == "log":
            return sympy.log(parts[-1]) / sympy.log(parts[0] if len(parts) == 2 else _BASE)
        return _FUNCTIONS[name](*parts)
    raise Unread(f"{head} in an expression")


def refuted(a: Node, b: Node) -> bool:
    """Whether the difference stands out at fifty digits, at some sample point."""
    names = symbols(a) | symbols(b)
    digits = DIGITS + int(2 * max(guard(a), guard(b)))  # 10^20 against the root of 10^40 + 1
    if digits > MOST_DIGITS:
        raise NotEvaluated(f"a difference that only {digits} digits could show")
    left, right = to_sympy(a, {"positive": True}), to_sympy(b, {"positive": True})
    if any(side.has(sympy.nan, sympy.zoo) for side in (left, right)):
        raise NotEvaluated("a division by what is always zero")
    with mpmath.workdps(digits + 20):
        for trial in range(4 if names else 1):
            values = {
                sympy.Symbol(
                    "v_" + name.encode("ascii", "backslashreplace").decode(), positive=True
                ): sympy.Rational(*sample(name, trial).as_integer_ratio())
                for name in names
            } | {_BASE: sympy.Rational(17, 5)}
            x = left.evalf(digits, subs=values, maxn=2 * MOST_DIGITS)
            y = right.evalf(digits, subs=values, maxn=2 * MOST_DIGITS)
            if (
                not (x.is_number and y.is_number)
                or x.has(sympy.nan, sympy.zoo, sympy.oo)
                or y.has(sympy.nan, sympy.zoo, sympy.oo)
            ):
                continue
            scale = max(abs(x), abs(y))
            if scale == 0:
                continue
            if abs(x - y) > scale * sympy.Float(10, digits) ** (_SLACK - digits):
                return True
    return False


def _steps() -> list[Callable[[Any], Any]]:
    return [
        sympy.expand,
        lambda e: sympy.expand(sympy.powsimp(sympy.powdenest(e, force=False))),
        sympy.radsimp,
        lambda e: sympy.expand(sympy.expand_log(sympy.expand_complex(e)), trig=True) if e.is_number else e,
        sympy.trigsimp,
        sympy.simplify,
        lambda e: sympy.simplify(e.rewrite(sympy.exp)) if e.has(sympy.sin, sympy.cos, sympy.tan) else e,
    ]


def shown_zero(a: Node, b: Node) -> bool:
    """Whether sympy proves a = b, for real symbols, else for positive ones."""
    for assume in ({"real": True}, {"positive": True}) if symbols(a) | symbols(b) else ({},):
        gap = to_sympy(a, assume) - to_sympy(b, assume)
        if gap == 0:
            return True
        for step in _steps():
            try:
                if step(gap) == 0:
                    return True
            except (ValueError, TypeError, NotImplementedError, AttributeError, ZeroDivisionError):
                continue  # a simplification that does not apply is no finding either way
        if gap.is_number and _algebraic_zero(gap):
            return True
    return False


def _algebraic_zero(gap: Any) -> bool:
    """An exact test for algebraic numbers and the usual inverse functions."""
    try:
        return sympy.minimal_polynomial(gap, sympy.Symbol("t"), polys=False) == sympy.Symbol("t")
    except (
        NotImplementedError,
        sympy.polys.polyerrors.BasePolynomialError,
        ValueError,
        TypeError,
        RecursionError,
    ):
        pass  # not an algebraic number
    turned = sympy.tan(gap)
    if turned.has(sympy.tan):
        turned = sympy.expand_trig(turned)
    near = abs(gap.evalf(30)) < 1
    return bool(near and sympy.simplify(turned) == 0)


class _Leaf:
    """The worker's way of deciding two expressions."""

    def __init__(self) -> None:
        self.route = "symbolic"

    def __call__(self, a: Node, b: Node) -> Answer:
        found = numbers(a, b)
        if found is not None:
            return found
        if refuted(a, b):
            return False
        return True if shown_zero(a, b) else None


def library(gold: str, answer: str) -> bool:
    """math-verify's verdict, asked both ways round so that the order of the two cannot matter."""
    left = parse_latex(f"${gold}$", parsing_timeout=0)  # 0: no alarm; the worker's own deadline bounds both
    right = parse_latex(f"${answer}$", parsing_timeout=0)
    if not left or not right:
        return False
    return bool(
        verify_latex(left, right, timeout_seconds=None, strict=True)
        and verify_latex(right, left, timeout_seconds=None, strict=True)
    )


def judge(job: dict[str, Any]) -> dict[str, str]:
    """The verdict on {gold, answer, policy}: {equality, route}."""
    gold, answer = job["gold"], job["answer"]
    policy = Policy(**job["policy"])
    try:
        left, right = read(gold), read(answer)
    except NotEvaluated:
        return {"equality": "refused", "route": "refused"}
    except Unread:
        return {"equality": "different", "route": "unread"}
    try:
        found = TreeComparison(policy, _Leaf()).same(as_gold(left), right)
    except NotEvaluated:
        return {"equality": "refused", "route": "refused"}
    except (RecursionError, OverflowError):
        return {"equality": "refused", "route": "refused"}
    if found is not None:
        return {"equality": "equal" if found else "different", "route": "symbolic"}
    agreed = library(canonical(gold), canonical(answer))
    return {"equality": "equal" if agreed else "different", "route": "math-verify" if agreed else "unproven"}


if __name__ == "__main__":
    print("a worker's imports work:", judge({"gold": "x+1", "answer": "1+x", "policy": {}}))
