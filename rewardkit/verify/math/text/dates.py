"""Dates: one string for every way of writing a day of the year.

`March 5th`, `5 March` and `the 5th of March` are all `03-05`, and `2020-03-05` if the year is given. What is not
wholly a date is None; a weekday or a time beside it makes it another answer. Dates in figures alone
(`5/3`) are left as they are: which of them is the month is not said.
"""

from __future__ import annotations

import re

_NAMES = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_FULL = [
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
]  # fmt: skip
_MONTHS = {name: at for names in (_NAMES, _FULL) for at, name in enumerate(names, start=1)} | {"sept": 9}
_MONTH = rf"(?P<month>{'|'.join(sorted(_MONTHS, key=len, reverse=True))})\.?"
_DAY = r"(?P<day>\d{1,2})(?:\s?(?:st|nd|rd|th))?"
_YEAR = r"(?:\s*,?\s+(?P<year>\d{4}))?"
_WRITTEN = (
    re.compile(rf"{_MONTH}\s*(?:the\s+)?{_DAY}{_YEAR}"),
    re.compile(rf"(?:the\s+)?{_DAY}\s*(?:of\s+)?{_MONTH}{_YEAR}"),
    re.compile(r"(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})"),
    re.compile(r"(?:(?P<year>\d{4})年)?(?P<month>\d{1,2})月(?P<day>\d{1,2})[日号]"),
)
LONGEST = 40


def date(text: str) -> str | None:
    """The day that a string names, `MM-DD` or `YYYY-MM-DD`; None if it names none.

    >>> date("March 5th"), date("the 5th of March, 2020"), date("2020-03-05"), date("March"), date("May 32")
    ('03-05', '2020-03-05', '2020-03-05', None, None)
    """
    if not 5 <= len(text) <= LONGEST:
        return None
    low = text.lower() if text.isascii() else text.replace(" ", "")
    for pattern in _WRITTEN:
        match = pattern.fullmatch(low)
        if match:
            named, day = match["month"], int(match["day"])
            month = _MONTHS.get(named) or int(named)
            if not (1 <= month <= 12 and 1 <= day <= 31):
                return None
            return (f"{match['year']}-" if match["year"] else "") + f"{month:02}-{day:02}"
    return None
