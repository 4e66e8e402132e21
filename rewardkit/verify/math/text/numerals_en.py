"""English numerals: the words of a number in, the integer they write out.

`one hundred and five` is 105, `twenty-first` and `third` the 21 and the 3 that they count. What is no well-formed
numeral is None, never a part of itself: `twenty hundred`, `one two`, `five and`.
"""

from __future__ import annotations

import re

_SMALL = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen",
    "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
]  # fmt: skip
_ONES = {word: value for value, word in enumerate(_SMALL)}
_TENS = {
    word: 10 * value
    for value, word in enumerate(
        ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], start=2
    )
}
_SCALES = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_IRREGULAR = {
    "first": "one", "second": "two", "third": "three", "fifth": "five", "eighth": "eight", "ninth": "nine",
    "twelfth": "twelve",
}  # fmt: skip
LONGEST = 120
_SPLIT = re.compile(r"[\s\-]+")


def numeral_en(text: str) -> int | None:
    """The integer that a lower-case numeral writes, cardinal or ordinal; None where it is none.

    >>> [numeral_en(text) for text in ("twenty one", "one hundred and five", "third", "a dozen", "one two", "and five")]
    [21, 105, 3, 12, None, None]
    """
    if len(text) > LONGEST:
        return None
    words = _SPLIT.split(text.strip())
    if words and words[0] == "the" and len(words) > 1:
        words = words[1:]
    if words[-1:] == ["dozen"] and len(words) == 2:
        times = 1 if words[0] == "a" else _ONES.get(words[0])
        return None if times is None else 12 * times
    if words[0] == "a" and len(words) > 1 and words[1] in ("hundred", *_SCALES):
        words[0] = "one"
    words[-1] = _cardinal(words[-1])
    if words[0] in ("negative", "minus") and len(words) > 1:
        found = _number(words[1:])
        return None if found is None else -found
    return _number(words)


def denominator_en(word: str) -> int | None:
    """The denominator that a word of parts names: `eighths` 8, `half` 2; None where it names none.

    >>> [denominator_en(word) for word in ("eighths", "half", "third", "seconds", "apples")]
    [8, 2, 3, None, None]
    """
    if word in ("half", "halves"):
        return 2
    if word in ("quarter", "quarters"):
        return 4
    single = word.removesuffix("s")
    cardinal = _cardinal(single)
    if single == cardinal or single in ("first", "second"):
        return None
    return _ONES.get(
        cardinal, _TENS.get(cardinal, _SCALES.get(cardinal, 100 if cardinal == "hundred" else None))
    )


def _cardinal(word: str) -> str:
    """The cardinal that an ordinal counts: `fourth` is four, `twentieth` twenty; any other word is itself."""
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    stem = word[:-4] + "y" if word.endswith("ieth") else word[:-2] if word.endswith("th") else word
    return stem if stem in _ONES or stem in _TENS or stem in _SCALES or stem == "hundred" else word


def _number(words: list[str]) -> int | None:
    """Groups below a thousand, each with a smaller scale than the last."""
    total, last = 0, 10**15
    group: list[str] = []
    for word in words:
        scale = _SCALES.get(word)
        if scale is None:
            group.append(word)
            continue
        value = _group(group)
        if not value or scale >= last:
            return None
        total, last, group = total + value * scale, scale, []
    if not group:
        return total or None
    if group[0] == "and" and total:
        group = group[1:]
    value = _group(group)
    if value is None or (total and not value):
        return None
    return total + value


def _group(words: list[str]) -> int | None:
    """A number below a thousand: `three hundred [and] forty two`."""
    hundreds = 0
    if len(words) > 1 and words[1] == "hundred":
        hundreds = 100 * _ONES.get(words[0], 0) if _ONES.get(words[0], 10) < 10 else 0
        if not hundreds:
            return None
        words = words[2:]
        if not words:
            return hundreds
        if words[0] == "and":
            words = words[1:]
    if len(words) == 1:
        found = _ONES.get(words[0], _TENS.get(words[0]))
        return None if found is None or (hundreds and not found) else hundreds + found
    if len(words) == 2 and words[0] in _TENS and 0 < _ONES.get(words[1], 0) < 10:
        return hundreds + _TENS[words[0]] + _ONES[words[1]]
    return None
