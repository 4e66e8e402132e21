"""Answers that stand in a line of plain text: `#### 18`, "The answer is 42.", the last number.

The line tiers read prose, so they refuse what prose says by halves: a negation ("the answer is not
42"), a bound ("at most 7") or a choice ("5 or 6") is an answer of nothing. `last_number` refuses
nothing and is therefore never a default.
"""

from __future__ import annotations

import re
from typing import ClassVar

from ..kinds import Extractor
from ..types import Extraction
from .boxed import Boxed

_BOXED = Boxed()

_HASH = re.compile(r"(?<!#)####(?!#)[^\S\n]*")
_MARKER = re.compile(
    r"(?:\b(?:final\s+)?answers?(?:\s*\*{1,2})?\s*(?:\bis\b(?!\s*(?:that|what)\b)|\bare\b|\bequals\b|[:：=])"
    r"|^[^\S\n]*(?:[>#*_-]+\s*)*A(?:\*{1,2})?\s*[:：]"
    r"|^[^\S\n]*(?:[#*_✅>-]+\s*)*(?:final\s+)?answer\s*\**[^\S\n]*$"
    r"|(?:最终|最后|正确)?(?:的)?答案(?:应)?(?:\*{1,2})?\s*(?:是|为|[:：])"
    r"|(?:^|(?<=[。；\n\s]))答\s*[:：]"
    r"|(?:故|所以|因此)(?:本题|此题)?(?:应)?选(?:择)?\s*[:：]?)"
    r"(?:[^\S\n]*(?:\*{1,2}|[:：]))*",
    re.IGNORECASE | re.MULTILINE,
)
_MATH = re.compile(
    r"\s*(?:\*\*|__)?\s*(?:\\\((?P<paren>.*?)\\\)|\\\[(?P<square>.*?)\\\]|\$\$(?P<display>.*?)\$\$"
    r"|\$(?P<inline>[^$\n]*?[^$\s\\])\$(?!\d))",
    re.DOTALL,
)
_BOLD = re.compile(r"\s*(?:\*\*|__)(?P<bold>[^*\n]+?)(?:\*\*|__)")
_END = re.compile(
    r"[.!?](?=\s|$|\*|\")|[。；！？\n]|;(?=\s|$)|(?<!\d),(?!\d)(?=\s+[a-z])|(?<=\d),(?=\s+[a-z])|，(?=[因由所故])"
    r"|\s+(?:because|since|as\s+(?:we|the|required)|which|where|when|if|so|for)\b|\s+—\s+"
)
_HEDGE = re.compile(
    r"(?<![\w\\])(?:not|isn't|aren't|never|neither|nor|or|either|maybe|perhaps|possibly|probably|between|"
    r"at\s+(?:least|most)|more\s+than|less\s+than|greater\s+than|fewer\s+than|up\s+to|about|around|"
    r"approximately|roughly|nearly|almost|close\s+to|unknown\s+but|wrong|incorrect)(?!\w)|n't\b"
    r"|\\text\s*\{\s*or\s*\}|不是|并非|或|大约|约为|左右|至少|至多|大于|小于|不超过",
    re.IGNORECASE,
)
_AFTER = re.compile(r"\s*,?\s*(?:or|and|to|或|和)\s*(?:\$|\\\(|-?\d)|\s*(?:is|was)\s+(?:not|wrong|incorrect)", re.IGNORECASE)
_HEDGED_WORDS = re.compile(
    r"(?:\W|\\text|the\s)*(?:cannot be determined|can not be determined|can't be determined|does not exist|"
    r"doesn't exist|not enough information|not possible|not defined|not determined)\W*",
    re.IGNORECASE,
)
_NUMBER = re.compile(
    r"(?P<frac>(?<![\w.])-?\s?\\[dt]?frac\{\d{1,40}\}\{\d{1,40}\})"
    # ASCII on purpose: in Chinese a number follows its word without a space (`等于42`).
    r"|(?<![A-Za-z0-9_.,^])(?P<sign>-?)\$?(?P<body>(?:\d{1,3}(?:,\d{3})+(?!\d)|\d{1,5000})(?:\.\d{1,5000})?(?:/\d{1,40}(?!\d|\.\d))?"
    r"|\.\d{1,5000})(?P<percent>\\?%)?"
)
LONGEST_LINE = 2000
"""Characters that an answer in prose may have; more is no answer."""


class Hash(Extractor):
    """What follows the last `####` on its line, as in GSM8K."""

    kind: ClassVar[str] = "hash"

    def find(self, text: str, start: int = 0) -> Extraction | None:
        at = text.rfind("####", start)
        if at < 0:
            return None
        match = None
        for match in _HASH.finditer(text, start):
            pass
        if match is None:
            return None
        left = match.end()
        right = text.find("\n", left)
        right = len(text) if right < 0 else right
        content = text[left:right].strip()
        if not content or len(content) > LONGEST_LINE:
            problem = "no text after ####" if not content else "more than an answer after ####"
            return Extraction(text=None, span=(left, right), extractor=self.kind, problem=problem)
        return Extraction(text=content, span=(left, right), extractor=self.kind)


class AnswerLine(Extractor):
    """What the last "the answer is", `Answer:`, line `A:`, `答案` or `故选` gives."""

    kind: ClassVar[str] = "answer_line"

    def find(self, text: str, start: int = 0) -> Extraction | None:
        match = None
        for match in _MARKER.finditer(text, start):
            pass
        if match is None:
            return None
        left = match.end()
        while left < len(text) and text[left].isspace():
            left += 1
        window = text[left : left + LONGEST_LINE]
        found, problem = _sentence(window)
        if found is None:
            return Extraction(text=None, span=(left, left + len(window)), extractor=self.kind, problem=problem)
        at = left + max(window.find(found), 0)
        return Extraction(text=found, span=(at, at + len(found)), extractor=self.kind)


class LastNumber(Extractor):
    """The last number in the text, whatever it is said of."""

    kind: ClassVar[str] = "last_number"

    def find(self, text: str, start: int = 0) -> Extraction | None:
        match = None
        for match in _NUMBER.finditer(text, start):
            pass
        if match is None:
            return None
        found = match.group()
        sign = match.group("sign")
        if sign and match.start() > start and text[match.start() - 1] in ")]}%$":
            found = found[1:]  # "$200-$130": a difference, not a negative number
        return Extraction(text=found, span=(match.end() - len(found), match.end()), extractor=self.kind)


def _sentence(window: str) -> tuple[str | None, str]:
    """The answer at the head of a text, or None and why."""
    math = _MATH.match(window)
    if math:
        content = next(group for group in math.groups() if group is not None).strip()
        rest = window[math.end() :]
        end = _END.search(rest)
        tail = rest[: end.start()] if end else rest
        if "\\boxed" in content:
            inner = _BOXED.find(content)
            content = (inner.text or "") if inner else content
        unit = re.fullmatch(r"\s*(?:\\?%|°|[A-Za-z/^\d ]{1,30})?\s*", tail)
    else:
        bold = _BOLD.match(window)
        if bold:
            content, tail = bold.group("bold").strip(), window[bold.end() :].partition("\n")[0]
            content = content.rstrip(".")
        else:
            end = _END.search(window)
            content = (window[: end.start()] if end else window).strip().strip("*").strip()
            tail = window[end.start() :] if end else ""
        unit = None
    if not content:
        return None, "nothing after the marker"
    if _HEDGED_WORDS.fullmatch(content):
        return content, ""
    if _HEDGE.search(content) or _AFTER.match(tail) or (math and _HEDGE.search(tail)):
        return None, "the statement is negated, a bound or a choice"
    if math and unit and tail.strip():
        return f"{content} {tail.strip()}", ""
    return content, ""
