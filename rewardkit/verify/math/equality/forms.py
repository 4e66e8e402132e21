"""A normal form that proves equality without a computer-algebra system: quotients of polynomials in atoms.

Atoms are symbols, pi, e, roots of primes, logarithms of primes, powers with symbolic exponents, and
functions of a normal form. The rules are exact (i^2 = -1, sqrt(p)^2 = p, cos^2 = 1 - sin^2, ln ab = ln a +
ln b for rationals, sines at multiples of pi/12 known), so equal forms are equal values. Unequal forms say
nothing: refuting is left to numbers.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from fractions import Fraction
from functools import lru_cache
from hashlib import blake2b
from typing import TypeAlias

from ..grammar.tree import Node
from .bounded import exact

Monomial: TypeAlias = tuple[tuple[str, int], ...]
Poly: TypeAlias = dict[Monomial, Fraction]
Form: TypeAlias = tuple[Poly, Poly]

MOST_TERMS = 300
MOST_POWER = 40
MOST_STEPS = 20_000
"""Products of two terms that one proof may take, so that no answer costs more than milliseconds here."""
LARGEST_FACTORED = 10**10


class TooBig(Exception):
    """The form would grow past its caps."""


class _NoForm(Exception):
    """The node has none."""


_UNIT: Monomial = ()
_spent = threading.local()


def _const(value: Fraction | int) -> Form:
    return ({_UNIT: Fraction(value)} if value else {}), {_UNIT: Fraction(1)}


def _atom(name: str, power: int = 1) -> Form:
    return {((name, power),): Fraction(1)}, {_UNIT: Fraction(1)}


def _plus(a: Poly, b: Poly) -> Poly:
    return _added(dict(a), b.items())


def _times(a: Poly, b: Poly) -> Poly:
    if len(a) * len(b) > 4 * MOST_TERMS:
        raise TooBig
    _spent.steps = getattr(_spent, "steps", 0) + len(a) * len(b)
    if _spent.steps > MOST_STEPS:
        raise TooBig
    return _added(
        {},
        (
            (mono, value * x * y)
            for left, x in a.items()
            for right, y in b.items()
            for mono, value in _reduced(left, right).items()
        ),
    )


def _added(found: Poly, monomials: Iterable[tuple[Monomial, Fraction]]) -> Poly:
    """`found` with the monomials added; what cancels goes. Raises TooBig for more than MOST_TERMS."""
    for mono, value in monomials:
        total = found.get(mono, 0) + value
        if total:
            found[mono] = Fraction(total)
        else:
            found.pop(mono, None)
    if len(found) > MOST_TERMS:
        raise TooBig
    return found


def _reduced(left: Monomial, right: Monomial) -> Poly:
    """The product of two monomials with the atoms' own rules applied."""
    powers = dict(left)
    for name, power in right:
        powers[name] = powers.get(name, 0) + power
    factor = Fraction(1)
    rest: list[tuple[str, int]] = []
    squares: list[tuple[str, int]] = []
    for name, power in powers.items():
        if power == 0:
            continue
        if name == "i":
            factor *= -1 if power % 4 in (2, 3) else 1
            power %= 2
        elif name.startswith("root:"):
            _, index, base = name.split(":")
            wholes, power = divmod(power, int(index))
            factor *= Fraction(int(base)) ** wholes
        elif name.startswith("cos:") and power >= 2:
            squares.append((name, power))
            continue
        if power:
            if abs(power) > 4 * MOST_POWER:
                raise TooBig
            rest.append((name, power))
    found: Poly = {tuple(sorted(rest)): factor}
    for name, power in squares:
        sine: Poly = {_UNIT: Fraction(1), (("sin:" + name[4:], 2),): Fraction(-1)}
        for _ in range(power // 2):
            found = _times(found, sine)
        if power % 2:
            found = _times(found, {((name, 1),): Fraction(1)})
    return found


def _mul(a: Form, b: Form) -> Form:
    return _times(a[0], b[0]), _times(a[1], b[1])


def _add(a: Form, b: Form) -> Form:
    if a[1] == b[1]:
        return _plus(a[0], b[0]), a[1]
    return _plus(_times(a[0], b[1]), _times(b[0], a[1])), _times(a[1], b[1])


def _power(a: Form, exponent: int) -> Form:
    if abs(exponent) > MOST_POWER:
        raise TooBig
    if exponent < 0:
        if not a[0]:
            raise _NoForm
        a, exponent = (a[1], a[0]), -exponent
    found = _const(1)
    for _ in range(exponent):
        found = _mul(found, a)
    return found


def _key(form: Form) -> str:
    """A name for a form, scaled so that the denominator's first coefficient is one.

    A digest, because names stand in names: written out, each level of nesting would double the length.
    """
    top, bottom = form
    lead = bottom[min(bottom)]
    try:
        spelt = repr(
            (sorted((m, c / lead) for m, c in top.items()), sorted((m, c / lead) for m, c in bottom.items()))
        )
    except ValueError as fault:  # past the interpreter's limit on decimal digits
        raise TooBig from fault
    return blake2b(spelt.encode(errors="surrogatepass"), digest_size=16).hexdigest()


@lru_cache(maxsize=4096)
def _factors(value: int) -> tuple[tuple[int, int], ...]:
    """Prime factors with multiplicity; raises TooBig past the cap."""
    if value > LARGEST_FACTORED:
        raise TooBig
    found: list[tuple[int, int]] = []
    prime = 2
    while prime * prime <= value:
        count = 0
        while value % prime == 0:
            value //= prime
            count += 1
        if count:
            found.append((prime, count))
        prime += 1 if prime == 2 else 2
    if value > 1:
        found.append((value, 1))
    return tuple(found)


def _root(value: Fraction, index: int) -> Form:
    """The real root of a rational as a product of roots of primes."""
    if index < 2 or index > 12:
        raise TooBig
    if value == 0:
        return _const(0)
    found = _const(1)
    if value < 0:
        if index == 2:
            found = _atom("i")
        elif index % 2:
            found = _const(-1)
        else:
            raise _NoForm
    value = abs(value)
    for part, sign in ((value.numerator, 1), (value.denominator, -1)):
        for prime, count in _factors(part):
            whole, left = divmod(count * sign, index)
            found = _mul(found, _const(Fraction(prime) ** whole))
            if left:
                found = _mul(found, _prime_root(prime, index, left))
    return found


def _prime_root(prime: int, index: int, power: int) -> Form:
    from math import gcd

    common = gcd(index, power)
    return _atom(f"root:{index // common}:{prime}", power // common)


def _log(value: Fraction) -> Form:
    if value <= 0:
        raise _NoForm
    found = _const(0)
    for part, sign in ((value.numerator, 1), (value.denominator, -1)):
        for prime, count in _factors(part):
            found = _add(found, _mul(_const(sign * count), _atom(f"ln:{prime}")))
    return found


def _raised(base: Node, exponent: Node) -> Form:
    """A power: integers multiply out, sums in the exponent split, rational bases become primes."""
    value = exact(exponent)
    if value is not None:
        if value.denominator == 1:
            if base == ("const", "e"):
                return _atom("e", int(value)) if abs(value) <= 10**6 else _fail()
            return _power(form(base), int(value))
        number = exact(base)
        if number is not None:
            return _power(_root(number, value.denominator), value.numerator)
        whole, left = divmod(value.numerator, value.denominator)
        inner = form(base)
        found = _atom(f"root:{value.denominator}:0:{_key(inner)}".replace("root:", "rad:", 1), left)
        return _mul(_power(inner, whole), found)
    if exponent[0] == "+":
        found = _const(1)
        for part in exponent[1:]:
            found = _mul(found, _raised(base, part))
        return found
    number = exact(base)
    factor = Fraction(1)
    rest = exponent
    if exponent[0] == "*" and exponent[1][0] == "num":
        factor = exponent[1][1]
        rest = exponent[2] if len(exponent) == 3 else ("*", *exponent[2:])
    top = factor.numerator
    scaled = (
        form(("*", ("num", Fraction(1, factor.denominator)), rest)) if factor.denominator != 1 else form(rest)
    )
    key = _key(scaled)
    if abs(top) > MOST_POWER:
        raise TooBig
    if number is not None and number > 0:
        found = _const(1)
        for part, sign in ((number.numerator, 1), (number.denominator, -1)):
            for prime, count in _factors(part):
                found = _mul(found, _atom(f"pow:{prime}:{key}", count * sign * top))
        return found
    return _atom(f"pow:{_key(form(base))}:{key}", top)


def _fail() -> Form:
    raise TooBig


_TWELFTHS = {0: (0, 1), 1: (6, 4, -2), 2: (1, 2), 3: (2, 2), 4: (3, 2), 5: (6, 4, 2), 6: (1, 1)}


def _sine(turn: Fraction) -> Form | None:
    """The sine of `turn` times pi where it is a sum of square roots, by twelfths."""
    twelfths = turn * 12
    if twelfths.denominator != 1:
        return None
    step = int(twelfths) % 24
    sign = 1 if step < 12 else -1
    step %= 12
    step = 12 - step if step > 6 else step
    entry = _TWELFTHS[step]
    if len(entry) == 3:
        root = _add(_root(Fraction(6), 2), _mul(_const(1 if entry[2] > 0 else -1), _root(Fraction(2), 2)))
        return _mul(_const(Fraction(sign, 4)), root)
    value = _const(entry[0]) if entry[0] in (0, 1) else _root(Fraction(entry[0]), 2)
    return _mul(_const(Fraction(sign, entry[1])), value)


def _turns(form_: Form) -> Fraction | None:
    """The rational multiple of pi that a form is."""
    top, bottom = form_
    if not top:
        return Fraction(0)
    if set(top) == {(("pi", 1),)} and set(bottom) == {_UNIT}:
        return top[(("pi", 1),)] / bottom[_UNIT]
    return None


def _trig(name: str, inner: Node) -> Form:
    angle = form(inner)
    if name in ("tan", "cot", "sec", "csc"):
        top, bottom = {"tan": ("sin", "cos"), "cot": ("cos", "sin"), "sec": ("", "cos"), "csc": ("", "sin")}[
            name
        ]
        upper = _trig(top, inner) if top else _const(1)
        return _mul(upper, _power(_trig(bottom, inner), -1))
    turn = _turns(angle)
    if turn is not None:
        known = _sine(turn if name == "sin" else turn + Fraction(1, 2))
        if known is not None:
            return known
    sign = 1
    lead = angle[0].get(min(angle[0]), Fraction(1)) / angle[1][min(angle[1])] if angle[0] else Fraction(1)
    if lead < 0:  # sin(-u) = -sin u, cos(-u) = cos u
        angle = ({mono: -value for mono, value in angle[0].items()}, angle[1])
        sign = -1 if name == "sin" else 1
    return _mul(_const(sign), _atom(f"{name}:{_key(angle)}"))


def form(node: Node) -> Form:
    """The normal form of an expression. Raises `TooBig` or `_NoForm` (see `proved`)."""
    head = node[0]
    if head == "num":
        return _const(node[1])
    if head == "sym":
        return _atom("s:" + node[1])
    if head == "const":
        if node[1] == "oo":
            raise _NoForm
        return _atom(node[1])
    if head == "pct":
        return _mul(_const(Fraction(1, 100)), form(node[1]))
    if head == "+":
        total = _const(0)
        for part in node[1:]:
            total = _add(total, form(part))
        return total
    if head == "*":
        total = _const(1)
        for part in node[1:]:
            total = _mul(total, form(part))
        return total
    if head == "^":
        return _raised(node[1], node[2])
    value = exact(node)
    if value is not None:
        return _const(value)
    if head == "fn":
        name = node[1]
        if name == "root":
            index, number = exact(node[2]), exact(node[3])
            if index is None or index.denominator != 1 or index < 2:
                raise _NoForm
            if number is not None:
                return _root(number, int(index))
            return _atom(f"rad:{index}:{_key(form(node[3]))}")
        if name in ("ln", "log"):
            value = exact(node[-1])
            top = _log(value) if value is not None else _ln(node[-1])
            if name == "ln":
                return top
            if len(node) == 3:
                return _mul(top, _atom("unsaid-base", -1))
            base = exact(node[2])
            return _mul(top, _power(_log(base) if base is not None else _ln(node[2]), -1))
        if name in ("sin", "cos", "tan", "cot", "sec", "csc"):
            return _trig(name, node[2])
        return _atom(f"{name}:" + "|".join(_key(form(part)) for part in node[2:]))
    if head == "!":
        return _atom("factorial:" + _key(form(node[1])))
    raise _NoForm


def _ln(node: Node) -> Form:
    if node == ("const", "e"):
        return _const(1)
    if node[0] == "^" and node[1] == ("const", "e") and exact(node[2]) is not None:
        return form(node[2])
    return _atom(f"ln:{_key(form(node))}")


def proved(a: Node, b: Node) -> bool:
    """Whether the normal forms of two expressions are the same value."""
    _spent.steps = 0
    try:
        left, right = form(a), form(b)
        if not left[1] or not right[1]:
            return False
        return _times(left[0], right[1]) == _times(right[0], left[1])
    except (TooBig, _NoForm):
        return False
