"""A short string that matches a regular expression, written from the expression's parse tree.

The standard library's parser reads the expression; what it cannot read (the `regex` package has more) has no example.
Of every choice the first is taken and of every repeat the least, so that the string is as plain as can be; look-arounds
are not followed, so a caller must match what comes back. A repeat that takes almost anything is a hole, where other text
may stand.
"""

from __future__ import annotations

import re
import re._parser as parser  # pyright: ignore[reportMissingImports, reportAttributeAccessIssue]
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

HOLE = "\0"
"""Stands for a hole in what `template` returns."""
ROOMY = 20
"""A repeat of anything that may be as long as this is a hole."""
TRIED = "a1 A_.-,:;!?\n" + "".join(map(chr, range(33, 127)))
"""Characters that are tried where a class leaves the choice."""
CATEGORIES = {
    "CATEGORY_DIGIT": "1",
    "CATEGORY_SPACE": " ",
    "CATEGORY_WORD": "a",
    "CATEGORY_NOT_DIGIT": "a",
    "CATEGORY_NOT_SPACE": "a",
    "CATEGORY_NOT_WORD": " ",
}


@lru_cache(maxsize=256)
def template(pattern: str, flags: int = 0) -> str | None:
    """A string that the expression should match, with `HOLE` where almost anything may stand; None where it has none.

    >>> template(r"(wait|hold on), \\d{2}"), template("<think>.*?</think>")
    ('wait, 11', '<think>\\x00</think>')
    """
    try:
        parts: Any = parser.parse(pattern, flags)
        return _all(parts, {})
    except (re.error, _NoExample, RecursionError, OverflowError):
        return None


class _NoExample(Exception):
    """The expression has a part of which no example is known."""


def _all(parts: Iterable[Any], groups: dict[int, str]) -> str:
    return "".join(_one(str(code), value, groups) for code, value in parts)


def _one(code: str, value: Any, groups: dict[int, str]) -> str:
    if code == "LITERAL":
        return chr(value)
    if code == "NOT_LITERAL":
        return next(sign for sign in TRIED if ord(sign) != value)
    if code == "ANY":
        return "a"
    if code == "IN":
        return _in(value)
    if code == "BRANCH":
        return _all(value[1][0], groups)
    if code in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
        least, most, body = value
        return _repeat(least, most, body, groups)
    if code == "SUBPATTERN":
        text = _all(value[-1], groups)
        if value[0] is not None:
            groups[value[0]] = text
        return text
    if code == "ATOMIC_GROUP":
        return _all(value, groups)
    if code == "GROUPREF":
        return groups.get(value, "")
    if code in ("AT", "ASSERT", "ASSERT_NOT"):
        return ""
    raise _NoExample(code)


def _repeat(least: int, most: int, body: Any, groups: dict[int, str]) -> str:
    [first, *rest] = body
    if not rest and most - least >= ROOMY and least <= 1 and _wide(*first):
        return HOLE
    return _all(body, groups) * least


def _wide(code: Any, value: Any) -> bool:
    """Whether a single part takes almost any character."""
    if str(code) == "IN":
        negated = str(value[0][0]) == "NEGATE"
        names = {str(item) for kind, item in value if str(kind) == "CATEGORY"}
        return negated or {"CATEGORY_SPACE", "CATEGORY_NOT_SPACE"} <= names
    return str(code) in ("ANY", "NOT_LITERAL")


def _in(items: Any) -> str:
    """A character of a class."""
    if str(items[0][0]) == "NEGATE":
        return next((sign for sign in TRIED if not any(_holds(item, sign) for item in items[1:])), "a")
    code, value = items[0]
    if str(code) == "LITERAL":
        return chr(value)
    if str(code) == "RANGE":
        return chr(value[0])
    if str(code) == "CATEGORY" and str(value) in CATEGORIES:
        return CATEGORIES[str(value)]
    raise _NoExample(str(code))


def _holds(item: Any, sign: str) -> bool:
    code, value = str(item[0]), item[1]
    if code == "LITERAL":
        return ord(sign) == value
    if code == "RANGE":
        return value[0] <= ord(sign) <= value[1]
    tests = {
        "DIGIT": sign.isdigit(),
        "SPACE": sign.isspace(),
        "WORD": sign.isalnum() or sign == "_",
    }
    name = str(value).removeprefix("CATEGORY_")
    return not tests.get(name[4:], False) if name.startswith("NOT_") else tests.get(name, False)
