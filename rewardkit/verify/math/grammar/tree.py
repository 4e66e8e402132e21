"""What an answer is once it is read: nested tuples whose first item names the node.

    ("num", Fraction)  ("sym", name)  ("const", "pi" | "e" | "i" | "oo")
    ("+", a, b, ...)  ("*", a, b, ...)  ("^", a, b)  ("fn", name, a, ...)  ("!", a)  ("pm", a)  ("mp", a)
    ("pct", a)  ("qty", a, unit)  ("text", words)  ("choice", letter, rest or None)
    ("tuple", open, close, items)  ("set", items)  ("list", how, items)  ("dots",)
    ("rel", operators, sides)  ("ratio", items)  ("base", digits, base)  ("matrix", rows)
    ("cases", ((value, condition), ...))  ("congruence", a, residue, modulus)
    ("cup", a, b)  ("cap", a, b)  ("minus", a, b)  ("builder", variable, condition)  ("reals", name)  ("empty",)

Subtraction is a sum with a product by -1, division a product with a power of -1, a root a power of a
fraction or `("fn", "root", index, a)`. Tuples hash, compare and print, and cost nothing to make.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any, TypeAlias

Node: TypeAlias = tuple[Any, ...]

MINUS_ONE: Node = ("num", Fraction(-1))
LEAVES = frozenset(("num", "sym", "const"))
EXPRESSIONS = frozenset(("num", "sym", "const", "+", "*", "^", "fn", "!", "pm", "mp", "pct"))


class Unread(ValueError):
    """The answer is not in a form that is understood."""


class Undefined(Unread):
    """The answer is understood and has no value, as 0/0."""


class NotEvaluated(ValueError):
    """The answer is understood, and is not evaluated, because the cost could be unbounded."""


def num(value: int | Fraction) -> Node:
    """A number."""
    return ("num", Fraction(value))


def add(*items: Node) -> Node:
    """A sum, flattened; numbers are folded by whoever evaluates it."""
    flat: list[Node] = []
    for item in items:
        flat.extend(item[1:] if item[0] == "+" else (item,))
    return flat[0] if len(flat) == 1 else ("+", *flat)


def mul(*items: Node) -> Node:
    """A product, flattened; a number times a number is a number."""
    factor = Fraction(1)
    flat: list[Node] = []
    for item in items:
        for part in item[1:] if item[0] == "*" else (item,):
            if part[0] == "num":
                factor *= part[1]
            else:
                flat.append(part)
    if factor != 1 or not flat:
        flat.insert(0, ("num", factor))
    return flat[0] if len(flat) == 1 else ("*", *flat)


def neg(item: Node) -> Node:
    """The negative."""
    return mul(MINUS_ONE, item)


def div(top: Node, bottom: Node) -> Node:
    """A quotient; of two numbers, a number."""
    if bottom[0] == "num":
        if bottom[1] == 0:
            raise Undefined("a division by zero")
        return mul(top, ("num", 1 / bottom[1]))
    return mul(top, ("^", bottom, MINUS_ONE))


def walk(node: Node) -> list[Node]:
    """The node and all below it; iterative, so that depth costs nothing."""
    found: list[Node] = []
    stack: list[Any] = [node]
    while stack:
        item = stack.pop()
        if isinstance(item, tuple):
            if item and isinstance(item[0], str):
                found.append(item)
            stack.extend(part for part in item if isinstance(part, tuple))
    return found


def symbols(node: Node) -> frozenset[str]:
    """Names of the free symbols."""
    if node[0] in LEAVES:
        return frozenset((node[1],)) if node[0] == "sym" else frozenset()
    return frozenset(item[1] for item in walk(node) if item[0] == "sym")


def is_expression(node: Node) -> bool:
    """Whether the node is a plain expression, with no set, relation or text in it."""
    return node[0] in LEAVES or (
        node[0] in EXPRESSIONS and all(item[0] in EXPRESSIONS for item in walk(node))
    )


def ordered(node: Node) -> Node:
    """Sums and products in a fixed order, so that commuted trees are one."""
    head = node[0]
    if head in ("num", "sym", "const", "text"):
        return node
    parts = tuple(
        ordered(part) if isinstance(part, tuple) and part and isinstance(part[0], str) else _inner(part)
        for part in node[1:]
    )
    if head in ("+", "*", "cup", "cap"):
        parts = tuple(sorted(parts, key=_rank))
    elif head == "set":
        parts = (tuple(sorted(set(parts[0]), key=_rank)),)
    return (head, *parts)


def _rank(part: Any) -> str:
    """A string to sort by; numbers past the interpreter's limit on decimal digits are written in hexadecimal."""
    try:
        return repr(part)
    except ValueError:
        if isinstance(part, tuple):
            return "(" + ", ".join(map(_rank, part)) + ")"
        return f"{part.numerator:x}/{part.denominator:x}"


def _inner(part: Any) -> Any:
    if isinstance(part, tuple):
        return tuple(
            ordered(item) if isinstance(item, tuple) and item and isinstance(item[0], str) else _inner(item)
            for item in part
        )
    return part
