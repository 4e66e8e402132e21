r"""Turns a raw answer into tokens and a canonical string: formatting, spacing and Unicode variants go, meaning stays.

The map of characters is targeted; Unicode's compatibility forms are not used, because they read `4²` as 42 and `2½`
as 21/2. Characters that cannot be seen are dropped at the ends and make the answer unreadable inside.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from ....braces import closing
from ...memory import remembered
from .numerals_zh import NUMERALS, numeral
from .spellings import respelt
from .wrapping import HIDDEN, unwrapped

BAD = "\x00"
"""Stands for any character that hides or splits; the parser refuses it."""


def _table() -> dict[int, str]:
    table: dict[str, str] = {
        "−": "-", "–": "-", "—": "-", "‒": "-", "‐": "-", "‑": "-", "﹣": "-", "➖": "-",
        "×": r"\times ", "✕": r"\times ", "✖": r"\times ", "⋅": r"\cdot ", "·": r"\cdot ", "∙": r"\cdot ", "•": r"\cdot ",
        "∗": "*", "÷": r"\div ", "∕": "/", "⁄": "/", "±": r"\pm ", "∓": r"\mp ",
        "π": r"\pi ", "∞": r"\infty ", "°": r"^{\circ}", "º": r"^{\circ}", "℃": r"^{\circ}\text{C}", "℉": r"^{\circ}\text{F}",
        "≤": r"\le ", "≥": r"\ge ", "⩽": r"\le ", "⩾": r"\ge ", "≦": r"\le ", "≧": r"\ge ", "≠": r"\ne ", "≈": r"\approx ", "≡": r"\equiv ",
        "∼": r"\sim ", "→": r"\to ", "⇒": r"\Rightarrow ", "∈": r"\in ", "∉": r"\notin ",
        "∪": r"\cup ", "∩": r"\cap ", "∖": r"\setminus ", "⊂": r"\subset ", "⊆": r"\subseteq ",
        "∅": r"\emptyset ", "⌀": r"\emptyset ", "Ø": r"\emptyset ", "ℝ": r"\mathbb{R}", "ℤ": r"\mathbb{Z}", "ℕ": r"\mathbb{N}", "ℚ": r"\mathbb{Q}", "ℂ": r"\mathbb{C}",
        "′": "'", "″": "''", "’": "'", "‘": "'", "“": '"', "”": '"', "…": r"\ldots ", "⋯": r"\ldots ",
        "，": ",", "、": ",", "；": ";", "：": ":", "。": ".", "．": ".", "！": "!", "？": "?", "（": "(", "）": ")",
        "［": "[", "］": "]", "【": "[", "】": "]", "｛": r"\{", "｝": r"\}", "＜": "<", "＞": ">", "＝": "=", "＋": "+", "－": "-", "＊": "*",
        "／": "/", "％": "%", "＾": "^", "＿": "_", "｜": "|", "＄": r"\$", "￥": "¥", "∶": ":", "∣": "|", "〈": r"\langle ", "〉": r"\rangle ", "⟨": r"\langle ", "⟩": r"\rangle ",
        "∠": r"\angle ", "△": "", "∴": "", "≅": r"\cong ", "∫": r"\int ", "∑": r"\sum ", "∏": r"\prod ", "∂": r"\partial ",
        "½": r"\frac{1}{2}", "⅓": r"\frac{1}{3}", "⅔": r"\frac{2}{3}", "¼": r"\frac{1}{4}", "¾": r"\frac{3}{4}",
        "⅕": r"\frac{1}{5}", "⅖": r"\frac{2}{5}", "⅗": r"\frac{3}{5}", "⅘": r"\frac{4}{5}", "⅙": r"\frac{1}{6}",
        "⅚": r"\frac{5}{6}", "⅛": r"\frac{1}{8}", "⅜": r"\frac{3}{8}", "⅝": r"\frac{5}{8}", "⅞": r"\frac{7}{8}", "⅐": r"\frac{1}{7}", "⅑": r"\frac{1}{9}", "⅒": r"\frac{1}{10}",
        "㎝": r"\text{cm}", "㎡": r"\text{m}^2", "㎞": r"\text{km}", "㎏": r"\text{kg}", "㎜": r"\text{mm}",
        "‰": r"\text{per mille}", "‱": r"\text{basis points}", "ℯ": "e", "ⅇ": "e", "ⅈ": "i", "⌊": r"\lfloor ", "⌋": r"\rfloor ", "⌈": r"\lceil ", "⌉": r"\rceil ", "∧": r"\land ", "∨": r"\lor ",
    }  # fmt: skip
    for space in "\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000":
        table[space] = " "
    for offset in range(10):
        table[chr(0xFF10 + offset)] = str(offset)
    for offset in range(26):
        table[chr(0xFF21 + offset)] = chr(65 + offset)
        table[chr(0xFF41 + offset)] = chr(97 + offset)
    for number in range(1, 21):
        table[chr(0x2460 + number - 1)] = rf"\textcircled{{{number}}}"
    greek = "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho _ sigma tau upsilon phi chi psi omega"
    for offset, name in enumerate(greek.split()):
        if name not in ("_", "pi", "omicron"):
            table.setdefault(chr(0x3B1 + offset), rf"\{name} ")
    for char, name in zip(
        "ΓΔΘΛΞΠΣΦΨΩ",
        ["Gamma", "Delta", "Theta", "Lambda", "Xi", "Pi", "Sigma", "Phi", "Psi", "Omega"],
        strict=True,
    ):
        table[char] = rf"\{name} "
    for char in (*HIDDEN, *map(chr, range(0x300, 0x370)), *map(chr, range(0x20D0, 0x2100))):
        table[char] = BAD  # combining marks that do not compose strike out or adorn what is before them
    return {ord(char): value for char, value in table.items()}


_TABLE = _table()
_SUPER = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ⁿⁱ", "0123456789+-()ni", strict=True))
_SUB = dict(zip("₀₁₂₃₄₅₆₇₈₉₊₋₍₎ₙₓ", "0123456789+-()nx", strict=True))
_SUPERS = re.compile("[" + "".join(map(re.escape, _SUPER)) + "]+")
_SUBS = re.compile("[" + "".join(map(re.escape, _SUB)) + "]+")
_ROOT = re.compile(r"([√∛∜])\s*(?:(\d+(?:\.\d+)?|[A-Za-z])|\(([^()]*)\)|(?=[{\\]))")
_ROOTS = {"√": r"\sqrt", "∛": r"\sqrt[3]", "∜": r"\sqrt[4]"}
_PARTS = re.compile(
    # The look-behind keeps a long run of digits from being tried at each of them.
    rf"(?<![{NUMERALS}\d])([{NUMERALS}]{{1,24}}|\d{{1,24}})分之([{NUMERALS}]{{1,24}}|\d{{1,24}}(?:\.\d{{1,24}})?)"
)
_STYLED = re.compile("[\U0001d400-\U0001d7ff]")
"""Letters and digits in mathematical styles; their compatibility forms are the plain ones."""
_TIMES = re.compile(r"(?<=\d)\s*[xX]\s*(?=10\s*\^)")
_NOON = re.compile(r"(?<=[\d ])\b([ap])\.\s?m\b\.?", re.IGNORECASE)


def _part(match: re.Match[str]) -> str:
    """三分之一 is a third, 百分之五十 fifty per cent."""
    whole, part = (text if text[0].isascii() else numeral(text) for text in match.groups())
    if match[1] == "百":
        whole = 100
    if whole is None or part is None:
        return match.group()
    return f"{part}%" if whole == 100 else rf"\frac{{{part}}}{{{whole}}}"


def _root(match: re.Match[str]) -> str:
    body = match.group(2) or match.group(3)
    return _ROOTS[match.group(1)] + (f"{{{body}}}" if body else " ")


def ascii_math(text: str) -> str:
    r"""Unicode mathematics as LaTeX; what has no LaTeX (letters, CJK) stays.

    >>> ascii_math("2½"), ascii_math("4²"), ascii_math("3√2")
    ('2\\frac{1}{2}', '4^{2}', '3\\sqrt{2}')
    """
    if text.isascii():
        return text.replace("\x00", BAD)
    text = unicodedata.normalize("NFC", text.strip(HIDDEN + " \t\r\n"))  # composes accents, maps nothing else
    text = _SUPERS.sub(lambda m: "^{" + "".join(_SUPER[c] for c in m.group()) + "}", text)
    text = _SUBS.sub(lambda m: "_{" + "".join(_SUB[c] for c in m.group()) + "}", text)
    text = _PARTS.sub(_part, _ROOT.sub(_root, text))
    text = _STYLED.sub(lambda m: unicodedata.normalize("NFKC", m.group()), text)
    return text.translate(_TABLE)


class Token(NamedTuple):
    """One piece of an answer. `kind`: n number, w word of letters, t text, c command, p sign."""

    kind: str
    value: str
    spaced: bool
    """whether space stood before it"""


_TOKEN = re.compile(
    r"(?P<space>(?:\s|~|\\[,;:> ]|\\q?quad(?![A-Za-z])|\\hspace\*?\{[^{}]*\}|\\(?:hfill|enspace|thinspace)(?![A-Za-z]))+)"
    r"|(?P<drop>\\!|\\(?:left|right|middle|[bB]igg?[lrm]?|displaystyle|textstyle|limits|nolimits|mathstrut|strut|rm|bf|it|tiny|small|normalsize|[lL]arge|LARGE|[hH]uge|therefore|mathop|mathbf|boldsymbol|bold|pmb|bm|num)(?![A-Za-z])\.?|\\(?:text)?color\s*\{[^{}]*\}"
    r"|\\[()]|\\\[|\\\]|\$|(?<![\w)\]}])\*\*(?=\S)|(?<=\S)\*\*(?=\s|$|[.,;:!?)\]}。，、](?!\d))|`)"
    r"|(?P<text>\\(?:text(?:bf|it|rm|sf|tt|normal|up|sl|sc)?|mbox|hbox|mathrm|mathit|mathsf|mathtt|mathnormal|operatorname\*?|emph)\s*\{)"
    r"|(?P<command>\\(?:[A-Za-z]+|.))"
    r"|(?P<number>\d+)"
    r"|(?P<word>[A-Za-z]+)"
    r"|(?P<cjk>[\u4e00-\u9fff]+)"
    r"|(?P<other>.)",
    re.DOTALL,
)
_SAME = {
    r"\dfrac": r"\frac", r"\nicefrac": r"\frac", r"\sfrac": r"\frac", r"\flatfrac": r"\frac", r"\surd": r"\sqrt", r"\tfrac": r"\frac", r"\cfrac": r"\frac", r"\geq": r"\ge", r"\leq": r"\le", r"\neq": r"\ne",
    r"\geqslant": r"\ge", r"\leqslant": r"\le", r"\lt": "<", r"\gt": ">", r"\ast": "*", r"\dbinom": r"\binom", r"\tbinom": r"\binom",
    r"\varnothing": r"\emptyset", r"\dots": r"\ldots", r"\cdots": r"\ldots", r"\lbrace": r"\{", r"\rbrace": r"\}", r"\lbrack": "[", r"\rbrack": "]",
    r"\vert": "|", r"\lvert": "|", r"\rvert": "|", r"\mid": "|", r"\colon": ":", r"\rightarrow": r"\to", r"\degree": r"^{\circ}",
    r"\arcsec": r"\arcsec", r"\tg": r"\tan", r"\ctg": r"\cot", r"\varepsilon": r"\epsilon", r"\vartheta": r"\theta", r"\varphi": r"\phi",
    r"\exponentialE": "e", r"\imaginaryI": "i", r"\Reals": r"\mathbb{R}", r"\R": r"\mathbb{R}", r"\implies": r"\Rightarrow", r"\lor": r"\lor",
    r"\vee": r"\lor", r"\wedge": r"\land", r"\bmod": r"\mod", r"\backslash": r"\setminus", r"\prime": "'", r"\%": "%", r"\#": "#", r"\&": "&", r"\_": "_",
    r"\euro": "€", r"\yen": "¥", r"\pounds": "£", r"\cr": r"\\",
}  # fmt: skip


LONGEST = 20_000
"""Characters of an answer that are read at all; longer ones are equal only to their like."""
_GROUP = re.compile(r"(?:,\s*\\!|\\!\s*,)\s*(?=\d{3})")
_DIGITS = re.compile(r"-?\d{1,18}")


_ALIGNED = re.compile(r"(?:\\left)?\s*(?:\\\{)?\s*\\begin\s*\{(aligned|align\*?|gathered|split|cases)\}")
_SYSTEM = re.compile(r"(?:\\left)?\s*\\\{\s*\\begin\s*\{array\}\s*\{[lcr|@ ]*\}")
"""A brace before an array makes a system of its rows, as `cases` does."""
_ROW = re.compile(r"\\\\(?:\s*\[[^\[\]]{0,12}\])?")
_CONTINUES = re.compile(r"\s*&?\s*(?:=|\\approx(?![A-Za-z]))")
_WORDED = re.compile(r"\\(?:text|textbf|mbox)\s*\{([^{}]*\d[^{}]*)\}")


def _rows(text: str) -> str:
    r"""The lines of `\begin{aligned}...\end{aligned}` as the list they are; a line that opens with `=` continues the last.

    `cases` that give a value for each condition are a function by parts and stay what they are.
    """
    system = _SYSTEM.match(text)
    if system:
        text = r"\begin{cases}" + text[system.end() :].replace(r"\end{array}", r"\end{cases}")
    head = _ALIGNED.match(text)
    if not head:
        return text
    body, mark, rest = text[head.end() :].partition(rf"\end{{{head[1]}}}")
    if not mark or rest.strip() not in ("", ".", r"\right.") or r"\begin" in body:
        return text
    found: list[str] = []
    for row in _ROW.split(body):
        bare = row.replace("&", " ").strip().rstrip(",;").strip()
        if head[1] == "cases" and row.count("&") > len(re.findall(r"&\s*=", row)):
            return text
        if bare and found and _CONTINUES.match(row):
            found[-1] += " " + bare
        elif bare:
            found.append(bare)
    return ", ".join(found) or text


@remembered(256)
def tokens(raw: str) -> tuple[Token, ...]:
    """The tokens of an answer, without formatting."""
    text = _rows(unwrapped(raw))
    worded = _WORDED.fullmatch(text)
    if worded:
        text = unwrapped(worded[1])
    text = _ROW.sub(r"\\\\", text)
    text = _NOON.sub(r"\\text{\1m}", _TIMES.sub(r"\\times ", _GROUP.sub(",", respelt(ascii_math(text)))))
    found: list[Token] = []
    _scan(text, found)
    while (
        found
        and found[-1].value in (".", ",", ";", r"\\", r"\checkmark", r"\blacksquare")
        and found[-1].kind in "pc"
    ):
        found.pop()
    return tuple(found)


def _scan(text: str, found: list[Token], spaced: bool = False) -> None:
    """Append the tokens of a string. Text commands whose content is mathematics are read through."""
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        assert match is not None  # the last alternative takes any character
        kind, value = match.lastgroup or "", match.group()
        at = match.end()
        if kind == "space":
            spaced = True
            continue
        if kind == "drop":
            spaced = spaced or value == "$"
            continue
        if kind == "text":
            end = closing(text, at)
            inside = text[at:end] if end >= 0 else text[at:]
            at = end + 1 if end >= 0 else len(text)
            spaced = _text(inside, value, spaced, found)
            continue
        elif kind == "command":
            same = _SAME.get(value, value)
            if same == r"^{\circ}" or same == r"\mathbb{R}":
                inner: list[Token] = []
                _scan(same, inner) if same != value else inner.append(Token("c", value, spaced))
                found.extend(inner)
            elif same[0] == "\\":
                found.append(Token("c", same, spaced))
            else:
                found.append(Token("w" if same.isalpha() else "p", same, spaced))
        elif kind == "cjk":
            found.append(Token("t", value, spaced))
        else:
            found.append(Token({"number": "n", "word": "w", "other": "p"}[kind], value, spaced))
        spaced = False


_MATH_TEXT = re.compile(r"(?:[-+\d.,:/()\[\] ]|\\?%)*\d(?:[-+\d.,:/()\[\] ]|\\?%)*|[,;]")


def _text(inside: str, command: str, spaced: bool, found: list[Token]) -> bool:
    r"""`\text{13}` and `\mathrm{e}` are mathematics, formatted; `\text{cm}` is a word. Returns whether space follows."""
    content = " ".join(inside.replace("$", " ").replace("~", " ").split())
    if not content:
        return True
    after = inside[-1:].isspace()
    letter = content.strip("(). ")
    if command.startswith(r"\mathrm") and content in ("i", "e"):
        _scan(content, found, spaced)  # upright constants: 4\mathrm{i}
        return after
    if _MATH_TEXT.fullmatch(content) or (len(letter) == 1 and letter.isalpha() and not _after_number(found)):
        _scan(content, found, spaced or inside[:1].isspace())
        return after
    if (
        command.startswith((r"\operatorname", r"\mathrm", r"\text{"))
        and content.isalpha()
        and "\\" + content in FUNCTIONS
        and content != "sec"  # of a unit's names the only one that is a function's too
    ):
        found.append(Token("c", "\\" + content, spaced))
        return after
    found.append(Token("t", content, spaced or inside[:1].isspace()))
    return after


def _after_number(found: list[Token]) -> bool:
    return bool(found) and (found[-1].kind in "nt" or found[-1].value in ("}", ")", r"\circ"))


WORD_FUNCTIONS = (
    "arcsin",
    "arccos",
    "arctan",
    "sqrt",
    "sin",
    "cos",
    "tan",
    "cot",
    "sec",
    "csc",
    "log",
    "exp",
    "ln",
)
"""Functions that are read without a backslash."""
FUNCTIONS = frozenset(
    "\\" + name for name in (*WORD_FUNCTIONS, "arccot", "sinh", "cosh", "tanh", "coth", "lg", "cis")
)


@remembered(8192)
def canonical(raw: str) -> str:
    r"""The canonical string of an answer: its tokens without needless space.

    The space of `40, 200` is needed: without it, it would be the digit groups of one number.

    >>> canonical(r"$\dfrac{3}{4}$."), canonical("10\u202f000"), canonical(r"x \leq 3")
    ('\\frac{3}{4}', '10 000', 'x\\le3')
    """
    bare = raw.strip()
    if _DIGITS.fullmatch(bare):
        return bare
    if len(bare) > LONGEST:
        return bare
    parts: list[str] = []
    previous = ""
    found = tokens(bare)
    lone = {
        at for at in range(2, len(found) - 1)
        if found[at - 1].value == "{" and found[at + 1].value == "}" and found[at - 2].value in "^_" and len(found[at].value) == 1
    }  # fmt: skip
    for at, (kind, value, spaced) in enumerate(found):
        if at + 1 in lone or at - 1 in lone:
            continue  # x^{n} is x^n
        text = rf"\text{{{value}}}" if kind == "t" else value
        if previous and (
            (spaced and kind in "nw" and previous in "nw")
            or (spaced and kind == "n" and len(value) == 3 and parts[-1] == "," and found[at - 2].kind == "n")
            or (previous == "c" and kind == "w" and parts[-1][-1].isalpha())
        ):
            parts.append(" ")
        parts.append(text)
        previous = kind
    return "".join(parts)
