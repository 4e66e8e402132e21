r"""Reads an answer as one `Node`, or raises an error that says why it cannot.

Recursive descent over a grammar of answers rather than of LaTeX: lists at the top, then relations,
set operations, ratios, sums, products, powers, atoms. Where a string is ambiguous the reading that a
person would take is taken (`2 3/4` is a mixed number, `10 000` ten thousand, `seat` a word), and where
a person would hesitate (`42 43`) nothing is read. Nothing is evaluated here.
"""

from __future__ import annotations

import re
from fractions import Fraction

from ...memory import remembered
from ..text.dates import date
from ..text.numerals_en import denominator_en, numeral_en
from ..text.numerals_zh import NUMERALS, numeral
from ..text.rational import rational
from ..text.tokens import BAD, LONGEST, Token, canonical, tokens
from .signs import CONNECTIVES
from .structure import whole
from .tree import Node, NotEvaluated, Unread, num
from .values.quantities import NO_UNIT
from .vocabulary import MATH_PHRASES, MULTIPLIERS, UNITS, is_word, unit, words

MOST_TOKENS = 1500
DEEPEST = 60
"""Nesting that is read; deeper answers are equal only to their like."""

_LETTER = re.compile(r"[A-J]")
_LETTERS = re.compile(r"[A-J]+")
_CHOICE_REST = frozenset(("\\frac", "\\sqrt", "\\pi", "\\$", "-", "\\text"))
_SPLIT = re.compile(
    r"(?:[A-J]|\([A-J]\))(?:(?:\s*(?:,|;|、|和|&|/|\band\b)\s*|\s*,\s*and\s+)(?:[A-J]|\([A-J]\)))+"
)
_OPTION = re.compile(r"(?:[Oo]ption|[Cc]hoice|[Aa]nswer) ?\(?([A-J])\)?|(?:故?选|选项)\s*([A-J])")
_BASE = re.compile(
    r"\(?([0-9]+|[0-9A-Fa-f]+)\)?(?:_(?:\{?\(?(\d{1,2})\)?\}?|\\text\{(\w+)\}|\{(?:\\text\{)?(\w+)\}?\})"
    r"|\s?\(?(?:\\text\{)?\(?base ?\}?(\d{1,2})\)?\}?\)?)"
)
_BASE_IN_TEXT = re.compile(r"\\text\{(?:base ?)?([0-9A-Za-z]*)\}")
_CIRCLED = re.compile(
    r"\\textcircled\{\d{1,2}\}(?:(?:[,;]|\\text\{[和与及]\})?\\textcircled\{\d{1,2}\}){0,20}"
)
"""Statements by their numbers, `①③`; alone such a number is one."""
_HAN_COUNT = re.compile(rf"([{NUMERALS}]{{1,12}})([^\d\s]{{1,4}})")
LONGEST_DATE = 10
"""Tokens of a date."""


@remembered(1024)
def read(raw: str) -> Node:
    """The answer as a tree. Raises `Unread` or `NotEvaluated`; both are cached by the caller's verdict."""
    if len(raw) > LONGEST:
        raise NotEvaluated(f"an answer of {len(raw)} characters")
    found = tokens(raw)
    if not found:
        raise Unread("nothing in it")
    if any(BAD in token.value or "\ud800" <= token.value <= "\udfff" for token in found):
        raise Unread("a hidden character inside")
    if len(found) > MOST_TOKENS:
        raise NotEvaluated(f"an answer of {len(found)} tokens")
    text = canonical(raw)
    value = rational(text)
    if value is not None:
        return ("pct", num(value * 100)) if text.endswith("%") else num(value)
    if text.startswith(r"\textcircled") and _CIRCLED.fullmatch(text):
        numbers = tuple(num(int(digits)) for digits in re.findall(r"\d+", text))
        return numbers[0] if len(numbers) == 1 else ("list", "and", numbers)
    base = _base(text)
    if base is not None:
        return base
    day = date(_spelt(found)) if len(found) <= LONGEST_DATE else None
    if day is not None:
        return ("text", day)
    wording = _wording(found)
    if wording is not None:
        return wording
    chosen = _choice(found)
    if chosen is not None:
        return chosen
    if _depth(found) > DEEPEST:
        raise NotEvaluated(f"nested deeper than {DEEPEST}")
    try:
        return whole(list(found))
    except Unread:
        if any(token.kind == "t" or (token.kind == "w" and is_word(token.value)) for token in found):
            return ("text", words(_spelt(found)))
        raise


def _depth(found: tuple[Token, ...]) -> int:
    """How deep groups and functions nest; every prefix that recurses counts."""
    depth = most = 0
    run = 0
    for token in found:
        if token.value in ("{", "(", "[", r"\{"):
            depth += 1
        elif token.value in ("}", ")", "]", r"\}"):
            depth -= 1
        run = run + 1 if token.value in ("^", "_", "-", "+") or token.kind == "c" else 0
        most = max(most, depth, run)
    return most


def _spelt(found: tuple[Token, ...]) -> str:
    """The tokens as running text."""
    parts: list[str] = []
    worded = False
    for token in found:
        if parts and (token.spaced or token.kind == "t" or worded):
            parts.append(" ")
        parts.append(token.value)
        worded = token.kind == "t"
    return "".join(parts)


def _base(text: str) -> Node | None:
    """`52_8`, `2A_{16}`, `1011_{\\text{two}}`: digits with their base."""
    match = _BASE.fullmatch(text)
    if not match and "_" in text:  # \\text{2A}_{16}, 123_{\\text{base }5}
        match = _BASE.fullmatch(_BASE_IN_TEXT.sub(r"\1", text))
    if not match:
        return None
    digits, given, *spelt, said = match.groups()
    given = given or said
    base = int(given) if given else numeral_en((spelt[0] or spelt[1] or "").lower()) or 0
    if not 2 <= base <= 36 or (not digits.isdigit() and base < 11):
        return None
    return ("base", digits.lstrip("0").upper() or "0", base)


def _wording(found: tuple[Token, ...]) -> Node | None:
    """An answer that is words and nothing else."""
    if any(
        token.kind in "nc" or (token.kind == "p" and token.value not in ".,-'!?&/\"();:") for token in found
    ):
        return None
    spelt = _spelt(found)
    low = re.sub(r"\s+", " ", spelt.strip(" .!")).lower()
    if low in MATH_PHRASES:
        return read(MATH_PHRASES[low])
    written = numeral(low)
    if written is None:
        written = numeral_en(low)
    if written is not None:
        return num(written)
    named = _OPTION.fullmatch(re.sub(r"\s+", " ", spelt.strip(" .!")))
    if named:
        return ("sym", named[1] or named[2])
    counted = _counted(low)
    if counted is not None:
        return counted
    stripped = spelt.strip(" .")
    if _SPLIT.fullmatch(stripped):
        letters = sorted(set(re.findall(r"\b[A-J]\b", stripped)))
        return ("list", "and", tuple(("sym", letter) for letter in letters))
    if not any(token.kind == "t" or is_word(token.value) for token in found):
        return None
    if len(found) > 2 and any(token.value in "()=" for token in found if token.kind == "p"):
        chosen = _choice(found)
        return chosen if chosen is not None else ("text", words(spelt))
    chosen = _choice(found)
    if chosen is not None:
        return chosen
    if len(found) == 1 and found[0].kind == "t" and re.match(r"\(?[A-J]\)?[.:)]?\s+\S", found[0].value):
        inner = tokens(found[0].value)
        return _choice(inner) or ("text", words(spelt))
    return ("text", words(spelt))


def _counted(low: str) -> Node | None:
    """A numeral in words with its multiplier, per cent or unit: "five apples", "three million", "两个"."""
    whole, _, fraction = low.rpartition(" and ")
    if whole and fraction.count(" ") == 1:  # two and a half
        parts, _, name = fraction.partition(" ")
        number, over, under = (
            numeral_en(whole),
            numeral_en("one" if parts == "a" else parts),
            denominator_en(name),
        )
        if number is not None and over is not None and under is not None and over < under:
            return num(number + Fraction(over, under))
    head, _, tail = low.rpartition(" ")
    value = numeral_en(head) if head else None
    if value is not None and tail in MULTIPLIERS:
        return num(value * MULTIPLIERS[tail])
    if value is not None and tail.isalpha():
        part = denominator_en(tail)
        if part is not None and (
            value < part or not tail.startswith("quarter")
        ):  # five quarters may be coins
            return num(Fraction(value, part))
        if tail == "percent":
            return ("pct", num(value))
        if NO_UNIT.search(tail) or numeral_en(tail) is not None:
            return None
        return ("qty", num(value), unit(tail))
    split = _HAN_COUNT.fullmatch(low)
    if split and split[2] in UNITS:
        value = numeral(split[1])
        return None if value is None else ("qty", num(value), unit(split[2]))
    return None


def _choice(found: tuple[Token, ...]) -> Node | None:
    """`(C) 7`, `C. 7`, `ACD`: an option's letter with its value, or several letters."""
    if len(found) == 1:
        run = found[0].value
        if (
            found[0].kind in "wt"
            and len(run) > 1
            and _LETTERS.fullmatch(run)
            and list(run) == sorted(set(run))
        ):
            return ("list", "and", tuple(("sym", letter) for letter in run))
        return None
    opened = found[0].value == "("
    at = 1 if opened else 0
    if len(found) < at + 3 and not (len(found) == at + 2 and not opened):
        return None
    if len(found[at].value) != 1 or not _LETTER.fullmatch(found[at].value):
        return None
    after = found[at + 1].value
    if opened and after != ")":
        return None
    if not opened and after not in (".", ")", ":"):
        return None
    rest = found[at + 2 :]
    if not rest:
        return None if opened else ("sym", found[at].value)
    if rest[0].value in (".", ":"):
        rest = rest[1:]
    bracketed = rest[0].value in ("(", "[") and rest[0].spaced if rest else False
    if not rest or not (rest[0].kind in "ntw" or rest[0].value in _CHOICE_REST or bracketed):
        return None
    if opened and not rest[0].spaced and rest[0].kind not in "tn":
        return None
    if _another(rest) or (after == ":" and _LETTER.fullmatch(rest[0].value)):
        return None  # (A) and (C); A: 5, B: 6; A:B = 3:4
    value = _rest(rest)
    several = value[0] == "list" and not all(item[0] == "rel" for item in value[2])  # x < 1 or x > 2 is one
    return None if several else ("choice", found[at].value, value)


def _another(rest: tuple[Token, ...]) -> bool:
    """Whether another option is named behind the first one's letter."""
    if rest[0].value.split()[0].lower() in CONNECTIVES:
        return True
    return any(
        _LETTER.fullmatch(letter.value) and mark.value in (":", ")", ".") and before.kind != "n"
        for before, letter, mark in zip(rest, rest[1:], rest[2:], strict=False)
    )


def _rest(rest: tuple[Token, ...]) -> Node:
    """What stands behind an option's letter."""
    if all(token.kind in "tw" for token in rest) and any(
        token.kind == "t" or is_word(token.value) for token in rest
    ):
        return ("text", words(_spelt(rest)))
    try:
        return whole(list(rest))
    except Unread:
        return ("text", words(_spelt(rest)))
