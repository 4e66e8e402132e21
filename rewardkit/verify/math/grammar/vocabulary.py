"""Words that answers are made of: units, number words, phrases that mean the same, letters that are a word.

Tables only, and the small functions that look things up in them. Units are read as their canonical name; whether
2 hours may stand for 120 minutes is the recipe's policy (see `unit_scales`), because a gold may say which it wants.
"""

from __future__ import annotations

import re
from fractions import Fraction

from ...memory import remembered
from ...words import plain
from ..text.tokens import WORD_FUNCTIONS
from .compound_units import composed

_UNITS = {
    "cm": "centimeter centimetre centimeters centimetres cms 厘米", "mm": "millimeter millimetre millimeters millimetres 毫米",
    "m": "meter metre meters metres 米", "km": "kilometer kilometre kilometers kilometres kms 千米 公里", "dm": "decimeter decimeters 分米",
    "in": "inch inches 英寸", "ft": "foot feet 英尺", "yd": "yard yards", "mi": "mile miles 英里",
    "g": "gram grams gm 克", "kg": "kilogram kilograms kgs 千克 公斤", "mg": "milligram milligrams 毫克", "t": "ton tons tonne tonnes 吨",
    "lb": "lbs 磅", "pound": "pounds", "oz": "ounce ounces", "l": "liter litre liters litres 升", "ml": "milliliter millilitre milliliters millilitres 毫升",
    "gal": "gallon gallons", "qt": "quart quarts", "pt": "pint pints", "s": "sec secs second seconds 秒 秒钟", "ms": "millisecond milliseconds",
    "min": "minute minutes mins 分钟 分", "h": "hr hrs hour hours 小时 时", "day": "days 天 日", "week": "weeks wk wks 周 星期", "month": "months 个月 月",
    "year": "years yr yrs 年 岁", "$": "dollar dollars usd bucks", "cent": "cents ¢", "₹": "rs rs. inr rupee rupees 卢比", "€": "euro euros eur", "£": "gbp", "元": "块 块钱 圆 yuan rmb cny 人民币 元钱",
    "degree": "degrees deg 度", "radian": "radians rad", "mph": "mi/h", "km/h": "kmh kph kmph 千米/小时 千米/时 千米每小时", "m/s": "mps 米/秒", "n": "newton newtons",
    "j": "joule joules", "w": "watt watts", "v": "volt volts", "a": "ampere amperes amp amps", "pa": "pascal pascals", "hz": "hertz", "k": "kelvin kelvins", "mol": "mole moles",
    "c": "celsius degree-c", "f": "fahrenheit degree-f", "am": "a.m. a.m midnight", "pm": "p.m. p.m noon", "oclock": "o'clock", "kj": "kilojoule kilojoules", "kw": "kilowatt kilowatts", "ev": "electronvolt",
    "μm": "micrometer micrometers micrometre micrometres micron microns um", "nm": "nanometer nanometers nanometre nanometres", "μs": "microsecond microseconds", "ns": "nanosecond nanoseconds",
    "μg": "microgram micrograms", "ohm": "ohms ω", "coulomb": "coulombs", "farad": "farads", "tesla": "teslas", "khz": "kilohertz", "mhz": "megahertz", "ghz": "gigahertz", "kpa": "kilopascal kilopascals",
    "atm": "atmosphere atmospheres", "kcal": "kilocalorie kilocalories", "kwh": "kilowatt-hour kilowatt-hours", "kn": "kilonewton kilonewtons", "mol/l": "molar",
    "acre": "acres", "hectare": "hectares ha 公顷", "unit": "units", "个": "只 件 本 条 张 支 枝 棵 朵 盒 箱 袋 包 块 瓶 杯 辆 台 人 名 位 头 匹 间 次 种 页 组 队 套 把 颗 粒 根 双 排 层 户 艘 架 盆 桶 筐 只鸡",
}  # fmt: skip
UNITS = {alias: name for name, aliases in _UNITS.items() for alias in (name, *aliases.split())}
UNITS |= {
    f"{degrees} {name}": UNITS[name]
    for degrees in ("degree", "degrees")
    for name in ("celsius", "fahrenheit")
}
UNITS |= {"¥": "元"}
"""Alias to canonical name, all lower case."""

BARE_UNITS = frozenset(name for name in UNITS if name.isascii() and name.isalpha() and len(name) > 1) - {
    "in",
    "am",
    "pa",
    "ms",
    "pt",
    "ha",
    "ev",
    "mi",
    "deg",
    "rad",
    "yuan",
    "mol",
    "nm",
    "um",
    "ns",
    "kn",
} | {"percent", "pm", "sq", "cu", "oclock"}
"""Units that are read without `\\text`; single letters and short runs there are variables."""

_MAGNITUDES = {
    "ten": 10, "dozen": 12, "hundred": 100, "thousand": 1000, "lakh": 10**5, "million": 10**6, "crore": 10**7,
    "billion": 10**9, "trillion": 10**12, "quadrillion": 10**15,
}  # fmt: skip
MULTIPLIERS = {
    "百": 100, "千": 1000, "万": 10**4, "十万": 10**5, "百万": 10**6, "千万": 10**7, "亿": 10**8, "万亿": 10**12,
    **_MAGNITUDES, **{f"{name}s": size for name, size in _MAGNITUDES.items()},
}  # fmt: skip
SHARES = {
    "per mille": Fraction(1, 1000), "permille": Fraction(1, 1000), "per mil": Fraction(1, 1000),
    "basis points": Fraction(1, 10_000), "basis point": Fraction(1, 10_000), "bps": Fraction(1, 10_000),
}  # fmt: skip
"""Parts of one that a number in words may count, beside the hundredths of a percentage."""

_PHRASES = {
    "does not exist": ("limit does not exist", "limit dne", "dne", "d.n.e", "doesn't exist", "do not exist", "不存在"),
    "no solution": ("no solutions", "there is no solution", "there are no solutions", "无解", "has no solution", "no real solution", "no real solutions", "no such solution", "方程无解"),
    "undefined": ("not defined", "is undefined", "无意义"),
    "cannot be determined": ("can't be determined", "cannot determine", "can not be determined", "not enough information", "insufficient information",
                             "there is not enough information", "indeterminate", "无法确定", "不能确定"),
    "none": (),
    "true": ("正确", "对"),
    "false": ("错误", "错"),
    "yes": ("是",),
    "no": ("否", "不是"),
}  # fmt: skip
PHRASES = {alias: name for name, aliases in _PHRASES.items() for alias in (name, *aliases)}
MATH_PHRASES = {
    "noon": r"12:00 PM", "midday": r"12:00 PM", "midnight": r"12:00 AM",
    "infinity": r"\infty", "positive infinity": r"\infty", "infinite": r"\infty", "+infinity": r"\infty", "negative infinity": r"-\infty", "minus infinity": r"-\infty", "inf": r"\infty", "无穷大": r"\infty", "无穷": r"\infty", "正无穷": r"\infty", "负无穷": r"-\infty",
    "all real numbers": r"\mathbb{R}", "all reals": r"\mathbb{R}", "the real numbers": r"\mathbb{R}", "real numbers": r"\mathbb{R}", "reals": r"\mathbb{R}", "全体实数": r"\mathbb{R}", "所有实数": r"\mathbb{R}", "一切实数": r"\mathbb{R}", "任意实数": r"\mathbb{R}",
    "all integers": r"\mathbb{Z}", "the integers": r"\mathbb{Z}", "empty set": r"\emptyset", "the empty set": r"\emptyset", "null set": r"\emptyset", "空集": r"\emptyset",
    "一半": r"\frac{1}{2}", "半": r"\frac{1}{2}", "pi": r"\pi", "one half": r"\frac{1}{2}", "one-half": r"\frac{1}{2}", "a half": r"\frac{1}{2}", "half": r"\frac{1}{2}", "one third": r"\frac{1}{3}", "one-third": r"\frac{1}{3}",
    "two thirds": r"\frac{2}{3}", "two-thirds": r"\frac{2}{3}", "one quarter": r"\frac{1}{4}", "one-quarter": r"\frac{1}{4}", "one fourth": r"\frac{1}{4}", "one-fourth": r"\frac{1}{4}", "three quarters": r"\frac{3}{4}", "three-quarters": r"\frac{3}{4}", "three fourths": r"\frac{3}{4}", "three-fourths": r"\frac{3}{4}",
}  # fmt: skip

_SHORT = frozenset(
    [
        "no",
        "or",
        "on",
        "in",
        "at",
        "up",
        "if",
        "is",
        "it",
        "we",
        "he",
        "go",
        "do",
        "so",
        "us",
        "me",
        "my",
        "by",
        "an",
        "as",
        "am",
        "pm",
        "be",
        "to",
        "of",
        "yes",
    ]
)
_VOWEL = re.compile("[aeiouyAEIOUY]")


def is_word(run: str) -> bool:
    """Whether a run of letters is a word rather than a product of letters.

    >>> [is_word(run) for run in ("seat", "Evelyn", "xy", "abc", "xyz", "no", "ba")]
    [True, True, False, False, False, True, False]
    """
    if len(run) < 2:
        return False
    low = run.lower()
    if low in _SHORT:
        return True
    if run in WORD_FUNCTIONS or (run[-1] in "xyz" and run[:-1] in WORD_FUNCTIONS):
        return False  # sin x, lnx
    if len(run) == 2 or set(low) <= set("xyz") or set(low) <= set("abcd") or set(low) <= set("mnpqr"):
        return False
    if run.isupper() and "".join(sorted(set(run))) == run and run <= "I":  # ACD: letters, not a word
        return False
    return len(run) >= 4 or bool(_VOWEL.search(low))


_DIGIT = re.compile(r"\d")
_BRACKET = re.compile(r"[()\[\]]")
_DASH = re.compile(r"(?<!\s)\s*-\s*")
_HYPHEN = re.compile(r"(?<=[^\W\d_]{2})-(?=[^\W\d_]{2})")
"""A hyphen joins words; a dash beside a figure or a lone letter is a minus."""


@remembered(2048)
def words(text: str) -> str:
    """The words of an answer in the form that is compared: case, articles and phrases levelled."""
    bare = plain(text).replace('"', " ")
    if not _DIGIT.search(bare):
        bare = _BRACKET.sub(" ", bare)  # formatting around words, an interval or a product around numbers
    bare = _HYPHEN.sub(" ", _DASH.sub("-", bare))
    bare = re.sub(r"\s+", " ", bare).strip()
    bare = re.sub(r"^(?:the|a|an)\s+(?=\S)", "", bare)
    return PHRASES.get(bare, bare)


_POWER_WORDS = ((r"\bsq(?:uare|\.)?\s+([a-z]+)", r"\1^2"), (r"\bcu(?:bic|\.)?\s+([a-z]+)", r"\1^3"), (r"([a-z]+)\s+(?:squared)\b", r"\1^2"), (r"([a-z]+)\s+cubed\b", r"\1^3"), ("平方([\u4e00-\u9fff]+)", r"\1^2"), ("立方([\u4e00-\u9fff]+)", r"\1^3"))  # fmt: skip


_SIGNS = (
    ("²", "^2"),
    ("³", "^3"),
    (r"\cdot", "·"),
    (r"\times", "·"),
    (r"\,", " "),
    (r"\mu ", "μ"),
    (r"\mu", "μ"),
)


@remembered(2048)
def unit(text: str) -> str:
    """The canonical name of a unit, "" where it is a mere "units".

    >>> unit("square inches"), unit("cm ^2"), unit("miles per hour"), unit("Dollars"), unit("square units")
    ('in^2', 'cm^2', 'mph', '$', '')
    """
    for spelt, sign in _SIGNS:
        text = text.replace(spelt, sign)
    low = plain(text).replace("\\", "")
    low = re.sub(r"\s*(\^|/|·)\s*", r"\1", low)
    low = re.sub(r"[{}()]", "", low)
    low = re.sub(r"\s+per\s+|每", "/", low)
    for pattern, form in _POWER_WORDS:
        low = re.sub(pattern, form, low)
    low = re.sub(r"\s*\^\s*", "^", low)
    whole = UNITS.get(low)
    if whole is None:
        pieces = re.split(r"([/^\s·*]|(?<!\^)-)", low)
        whole = "".join(UNITS.get(piece, _singular(piece)) for piece in pieces)
        whole = composed(whole, KNOWN)
    return "" if re.fullmatch(r"unit(?:\^[23])?|ordinal", whole) else whole


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


KNOWN = frozenset(_UNITS) - {"unit", "个"}
"""Canonical names of measures; anything else after a number is a noun that is counted."""
EITHER = {"'": ("ft", "min"), "''": ("in", "s"), "pound": ("lb", "£")}
"""What one prime or two behind a number, and a pound, may be said to be."""
