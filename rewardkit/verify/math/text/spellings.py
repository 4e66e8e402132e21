r"""Ways of writing one answer, brought to one while it is still a string: what a token's neighbours alone cannot tell.

The string has its Unicode mapped already. Rewritten into the one spelling that tokens know are digits grouped by
apostrophes, `0.(3)` and `0.333...`, `^3/_4`, currency codes before a number, `+/-`, quotation marks around the
whole, reversed brackets of open intervals. Each rule looks for a shape that has no other meaning, in time linear in
the string.
"""

from __future__ import annotations

import re

_QUOTED = re.compile(r"([\"'])([^\"']{1,200})\1\.?")
_APOSTROPHES = re.compile(r"(?<![\d'.,])(\d{1,3}(?:'\d{3})+)(?![\d'])")
_CLOCK = re.compile(r"(?<=[\d ])o'clock\b", re.IGNORECASE)
_UNDERSCORES = re.compile(r"(?<![\w}.,])(\d{1,3}(?:_\d{3})+)(?!\w)")
_PERIOD = re.compile(r"(?<![\d.])(\d{1,20})\.\((\d{1,20})\)(?![\d(])")
_GOES_ON = re.compile(r"([-+]?\d{1,20})\.(\d{3,60})\s*(?:\.{3,4}|\\(?:ldots|dots|cdots)\.?)")
_SLANTED = re.compile(
    r"(?:\A|(?<=[-\s\d}]))(?:\{\})?\^\s*\{?(\d{1,9})\}?\s*\\?/\s*(?:\{\})?_\s*\{?(\d{1,9})\}?"
)
_SIGNS = re.compile(r"\+\s*/\s*-")
_DRESSED_SIGN = re.compile(r"\\(?:text|mathrm|mbox)\s*\{\s*(\\?[%$])\s*\}")
_HOURS = re.compile(r"(?<![\w.])(\d{1,3})\s?h\s?(\d{1,2})\s?(?:m|min|mins|minutes)\b(?!\s?[/^\d])")
_HYPHENED = re.compile(r"(?<=\d)\s+((?:N|kN|lb|ft|kg|kW|A)-(?:m|s|h|ft|lb|hr|hours?))\b")
_PRIMES = re.compile(r"\^\s*(?:\\prime(?![A-Za-z])\s*|\{\s*((?:\\prime\s*){1,3})\})")
_BEFORE_ANGLE = re.compile(r"(?:\A|(?<=[\s(,]))m\s*(?=\\angle(?![A-Za-z]))")
_CODES = {
    "usd": r"\$", "us$": r"\$", "us": r"\$", "eur": "€", "gbp": "£", "rmb": "¥", "cny": "¥", "rs": "₹", "inr": "₹",
}  # fmt: skip
_CODE = re.compile(
    r"(\s*[-+]?\s*)(?:\\text\s*\{\s*)?(USD|US(?=\s*\\?\$)|EUR|GBP|RMB|CNY|INR|Rs)\.?\s*(?:\}\s*)?(?:\\?\$\s*)?(?:\\[ ,;]\s*)?(?=\.?\d)",
    re.IGNORECASE,
)
_NEGATIVE = re.compile(r"(?:negative|minus)\s+(?=[\d.]|\\d?frac|\\sqrt|\$?\d)", re.IGNORECASE)
_AND_A_FRACTION = re.compile(r"(\d{1,9})\s*又\s*(?=\d|\\[dt]?frac)")
_COUNTED = re.compile(
    r"\s*(?:一共|总共|共计|共)?(?:有|是|为)?\s*(?=\d)|\s*每[一-鿿]{1,3}?(?=\d)|\s*第\s*(?=\d)"
)
_MONEY = re.compile(r"(\d{1,9})\s*元\s*(\d)\s*角(?:\s*(\d)\s*分)?")
_BRACKETS = re.compile(
    r"(?:\\left\s*)?([\[\]])((?:[^\[\](){}]|\{[^\[\](){}]*\}){1,200}?)(?:\\right\s*)?([\[\]])"
)


def respelt(text: str) -> str:
    r"""The text in the spelling that the tokens know.

    >>> respelt("1'234'567"), respelt("0.(3)"), respelt("0.1666..."), respelt("Rs. 24"), respelt("]2, 5]")
    ('1234567', '0.\\overline{3}', '0.1\\overline{6}', '₹24', '(2, 5]')
    """
    text = _ends(text)
    if "'" in text:
        text = _CLOCK.sub("oclock", text)
        text = _APOSTROPHES.sub(lambda match: match[1].replace("'", ""), text)
    if "_" in text:
        text = _UNDERSCORES.sub(lambda match: match[1].replace("_", ""), text)
        text = _SLANTED.sub(r"\\frac{\1}{\2}", text)
    if "." in text:
        text = _PERIOD.sub(r"\1.\\overline{\2}", text)
        text = _repeating(text)
    if "/" in text:
        text = _SIGNS.sub(r"\\pm ", text)
    if "{" in text:
        text = _DRESSED_SIGN.sub(r"\1", text)
    if r"\prime" in text:
        text = _PRIMES.sub(lambda match: "'" * (match[1] or "x").count("\\prime") or "'", text)
    if "h" in text and "m" in text:
        text = _HOURS.sub(r"\1\\text{h}\2\\text{min}", text)
    if "-" in text and " " in text:
        text = _HYPHENED.sub(r"\\text{\1}", text)
    if r"\angle" in text:
        text = _BEFORE_ANGLE.sub("", text)
    if text.count("[") + text.count("]") > 1:
        text = _intervals(text)
    code = _CODE.match(text)
    if code:
        text = code[1] + _CODES[code[2].lower()] + text[code.end() :]
    if text[:4] in ("the ", "The ") and text[4:5].isdigit():
        text = text[4:]
    negative = _NEGATIVE.match(text)
    if negative:
        text = "-" + text[negative.end() :]
    return text if text.isascii() else _chinese(text)


def _ends(text: str) -> str:
    """Without quotation marks around the whole, and without a backslash whose space was cut off."""
    if text[:1] in ("'", '"'):
        quoted = _QUOTED.fullmatch(text)
        text = quoted[2] if quoted else text
    if text.endswith("\\") and not text.endswith("\\\\"):
        text = text[:-1]
    return text


def _repeating(text: str) -> str:
    """`0.333...` is a third: the digits before the dots repeat, one digit three times or a whole period twice."""
    found = _GOES_ON.fullmatch(text)
    if not found:
        return text
    whole, digits = found.groups()
    for size in range(1, len(digits) // 2 + 1):
        period = digits[-size:]
        times = 3 if size == 1 else 2
        if not digits.endswith(period * times):
            continue
        if size > 2 and len(digits) % size:
            continue  # 2.718281828...: what looks like a period in the middle is none
        head = digits
        while head.endswith(period):
            head = head[:-size]
        return rf"{whole}.{head}\overline{{{period}}}"
    return text


def _intervals(text: str) -> str:
    """`]2, 5]` is `(2, 5]`, where the brackets do not pair off as they stand."""
    depth = 0
    for char in text:
        depth += {"[": 1, "(": 1, "]": -1, ")": -1}.get(char, 0)
        if depth < 0:
            break
    if depth == 0:
        return text

    def turned(match: re.Match[str]) -> str:
        opened, inside, closed = match.groups()
        if (opened, closed) == ("[", "]") or inside.count(",") + inside.count(";") != 1:
            return match.group()
        inside = inside.replace(";", ",")
        return ("[" if opened == "[" else "(") + inside + ("]" if closed == "]" else ")")

    return _BRACKETS.sub(turned, text)


def _chinese(text: str) -> str:
    """What Chinese puts before a number or into it: `共有15个`, `第3天`, `2又1/3`, `3元5角`."""
    text = _AND_A_FRACTION.sub(r"\1 ", text)
    text = _MONEY.sub(lambda m: f"{m[1]}.{m[2]}{m[3] or ''}元", text)
    counted = _COUNTED.match(text)
    return text[counted.end() :] if counted else text
