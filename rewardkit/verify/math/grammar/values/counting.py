r"""Letters that count: `C_n^k`, `C^k_n`, `^5C_2` and `_5P_2` choose or arrange k of n things; `A` is another P.

A letter with two scripts is a count where the numbers can be counted with, and a name to a power elsewhere.
"""

from __future__ import annotations

from ..scanner import Scanner, single
from ..tree import Node, Unread, add, div, neg, symbols

_LETTERS = frozenset("CAP")
_FEWEST = 3
"""Things from which `C_{10}^k` is a count for a letter k; `C_1^k` is a constant to a power."""


def is_counter(node: Node) -> bool:
    """Whether a name may count where it has two scripts."""
    return node[0] == "sym" and node[1] in _LETTERS


def scripted(scan: Scanner, name: str) -> Node | None:
    """What `_n^k` or `^k_n` behind a letter makes of it, consumed; None where they are not both there to be read."""
    start = scan.at
    try:
        found = _scripts(scan, name)
    except Unread:
        found = None
    if found is None:
        scan.at = start
    return found


def _scripts(scan: Scanner, name: str) -> Node | None:
    if scan.peek().value == "^":
        width = 4 if scan.peek(1).value == "{" else 2
        if scan.peek(width).value != "_" or (width == 4 and scan.peek(3).value != "}"):
            return None
        scan.at += 1
        few = single(scan)
        scan.at += 1
        return _count(name, single(scan), few)
    start = scan.at = scan.at + 1
    many = single(scan)
    spelt = "".join(t.value for t in scan.tokens[start : scan.at] if t.value not in ("{", "}"))
    if not scan.take("^"):
        return ("sym", f"{name}_{spelt}") if many[0] in ("num", "sym") else None
    few = neg(single(scan)) if scan.take("-") else single(scan)
    return _count(name, many, few) or ("^", ("sym", f"{name}_{spelt}"), few)


def prescripted(scan: Scanner) -> Node:
    """`^5C_2`, `_5P_2`: the script before the letter counts the things."""
    scan.at += 1
    many = single(scan)
    letter = scan.next()
    if letter.value not in _LETTERS or not scan.take("_"):
        raise Unread("a script before anything it could belong to")
    found = _count(letter.value, many, single(scan))
    if found is None:
        raise Unread("scripts that count nothing")
    return found


def _count(letter: str, many: Node, few: Node) -> Node | None:
    """The count of combinations or arrangements; None where the scripts are none that count."""
    if many[0] == few[0] == "num":
        if many[1].denominator != 1 or few[1].denominator != 1 or not 0 <= few[1] <= many[1]:
            return None
    elif not symbols(many) and not (many[0] == "num" and many[1] >= _FEWEST):
        return None
    if letter == "C":
        return ("fn", "binom", many, few)
    return div(("!", many), ("!", add(many, neg(few))))
