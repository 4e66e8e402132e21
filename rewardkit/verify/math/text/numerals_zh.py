"""Chinese numerals: their characters in, the integer they write out.

`十五` is fifteen, `一百二十三万` one million two hundred and thirty thousand. What is no well-formed numeral is
None, never a part of itself; so is `一百五`, which speech takes for 150 and the letter for 105.
"""

from __future__ import annotations

import re

_DIGITS = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0}
NUMERALS = "".join(_DIGITS) + "十百千万亿"
"""Every character that a numeral may hold."""
LONGEST = 24

_D = "[一二三四五六七八九两]"
_BELOW = re.compile(
    rf"(?:(?P<k>{_D})千)?(?:零?(?P<c>{_D})百)?(?:零?(?P<x>{_D})?(?P<ten>十)(?P<i>{_D})?|(?P<o>零)?(?P<j>{_D}))?"
)


def numeral(text: str) -> int | None:
    """The integer that a numeral writes, None where it is none.

    >>> numeral("十五"), numeral("一百零三"), numeral("两千万"), numeral("三五"), numeral("一百五")
    (15, 103, 20000000, None, None)
    """
    if not text or len(text) > LONGEST:
        return None
    if text in ("零", "〇"):
        return 0
    total = 0
    rest = text
    for char, size in (("亿", 10**8), ("万", 10**4)):
        head, mark, tail = rest.partition(char)
        if mark:
            part = _below(head, alone=True)
            if part is None:
                return None
            total += part * size
            rest = tail
    if not rest:
        return total
    part = _below(rest, alone=not total)
    return None if part is None else total + part


def _below(text: str, alone: bool) -> int | None:
    """A numeral below ten thousand; behind larger places (not `alone`) a lone digit needs its 零."""
    match = _BELOW.fullmatch(text)
    if not match or not text:
        return None
    if match["j"] and not match["o"] and not (alone and not match["k"] and not match["c"]):
        return None
    digit = {name: _DIGITS[found] for name, found in match.groupdict().items() if found in _DIGITS}
    tens = digit.get("x", 1) if match["ten"] else 0
    ones = digit.get("i", 0) + digit.get("j", 0)
    return digit.get("k", 0) * 1000 + digit.get("c", 0) * 100 + tens * 10 + ones
