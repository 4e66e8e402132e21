"""Answers in a line of plain text: `#### 18`, "The answer is 42.", the last number.

The line tiers read prose, so they refuse statements that are not definite: a negation ("the answer is not
42"), a bound ("at most 7") or a choice ("5 or 6") is not an answer. `last_number` refuses nothing and
is therefore never a default.
"""

from __future__ import annotations

import re
from re import Match
from typing import ClassVar

from ..kinds import Extractor
from ..types import Extraction
from .boxed import Boxed

_BOXED = Boxed()

_HASH = re.compile(r"(?<!#)####(?!#)[^\S\n]*")
_CORES = ("nswer", "NSWER", "A:", "A：", "A**:", "答", "选")
"""A part of every marker. It is found from the end with `str.rfind`; only then are its surroundings checked."""
_STRESS = r"(?:[^\S\n]*[*:：])*"
_ADVERBS = r"(?:\s+(?:therefore|thus|hence|then|clearly|simply|just|exactly|indeed|definitely|certainly|obviously|equal\s+to|given\s+by)\b,?)*"
_SAYS = re.compile(
    rf"s?(?:\s*\*{{1,2}})?\s*(?:is\b(?!\s*(?:that|what)\b)|are\b|equals\b|[:：=]){_ADVERBS}{_STRESS}",
    re.IGNORECASE,
)
_TITLE = re.compile(r"s?[^\S\n]*(?:\*+[^\S\n]*)?(?=\n|\Z)", re.IGNORECASE)
_TITLED = re.compile(r"[\s#*_✅>-]*(?:the\s+)?(?:final\s+)?a", re.IGNORECASE)
_A = re.compile(rf"A(?:\*\*)?[:：]{_STRESS}")
_CHINESE = re.compile(rf"答案(?:应)?(?:\*{{1,2}})?\s*(?:是|为|[:：]){_STRESS}|答\s*[:：]{_STRESS}")
_PICK = re.compile(rf"选(?:择)?\s*[:：]?{_STRESS}")
_PICKED = re.compile(r"(?:故|所以|因此)(?:本题|此题)?(?:应)?\Z")
_MATH = re.compile(
    r"\s*(?:\*\*|__)?\s*(?:\\\((?P<paren>.*?)\\\)|\\\[(?P<square>.*?)\\\]|\$\$(?P<display>.*?)\$\$"
    r"|\$(?P<inline>[^$\n]*?[^$\s\\])\$(?!\d))",
    re.DOTALL,
)
_BOLD = re.compile(r"\s*(?:\*\*|__)(?P<bold>[^*\n]+?)(?:\*\*|__)")
_END = re.compile(
    r"(?<!\\)[.!?](?=\s|$|\*|\")|[。；！？\n]|;(?=\s|$)|(?<!\d),(?!\d)(?=\s+[a-z])|(?<=\d),(?=\s+[a-z])|，(?=[因由所故])"
    # A run of spaces is tried only from its first: from each of them it would take quadratic time.
    r"|(?<!\s)\s+(?:because|since|as\s+(?:we|the|required)|which|where|when|if|so|for)\b|(?<!\s)\s+—\s|(?<!\s)\s+\((?=[a-z]{2})"
)
_HEDGE = re.compile(
    r"(?<![\w\\])(?:not|isn't|aren't|never|neither|nor|or|either|maybe|perhaps|possibly|probably|between|"
    r"at\s+(?:least|most)|more\s+than|less\s+than|greater\s+than|fewer\s+than|up\s+to|about|around|"
    r"approximately|roughly|nearly|almost|close\s+to|unknown\s+but|wrong|incorrect)(?!\w)|n't\b"
    r"|\\text\s*\{\s*or\s*\}|不是|并非|或|大约|约为|左右|至少|至多|大于|小于|不超过",
    re.IGNORECASE,
)
_AFTER = re.compile(
    r"\s*(?:[,;(]\s*)?(?:or|and|to|或|和)\s*(?:\$|\\\(|-?\d)|\s*(?:is|was)\s+(?:not|wrong|incorrect)"
    r"|\s*\(\s*(?:wrong|incorrect|maybe|perhaps|approx)|\s*[?？]\s*(?:no|nope|not|wait|actually|or)\b",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"(?:[^.!?。\n]|\.(?=\d)){0,300}")
_ELSE = re.compile(
    r"\botherwise\b|\b(?:and|or|but)\s+(?:it\s+is\s+|is\s+)?[\\$(]*-?\d[^\s]{0,20}(?:\s[a-z]{1,12})?\s+(?:if|when|for)\b",
    re.IGNORECASE,
)
"""Another value under another condition: what comes before it is not an answer by itself."""
_DENIED = re.compile(
    r"[.!]?[\s*]*(?:this|that|it|they|which)\b(?:'s|'re|\s+(?:is|was|are|were))\s+(?:(?:all\s+)?wrong|incorrect|false|"
    r"not\s+(?:right|correct|true))\b",
    re.IGNORECASE,
)
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
_UNIT = re.compile(r"(?:\\?%|°|[A-Za-z/^\d ]{1,30})?")
_PLAIN = re.compile(r"\s{0,4}(-?\d{1,12})\.?\s*\Z")
_BULLET = re.compile(r"[-*•][^\S\n]+(?=\S)")
"""An answer in a list below its title: the dash is not a minus."""
_MORE = re.compile(r"\n[^\S\n]*[-*•][^\S\n]+\S")
LONGEST_LINE = 2000
"""Most characters of an answer in prose."""


class Hash(Extractor):
    """What follows the last `####` on its line, as in GSM8K."""

    kind: ClassVar[str] = "hash"

    def marks(self) -> tuple[str, str]:  # noqa: D102
        return "#### ", ""

    def find(self, text: str, start: int = 0) -> Extraction | None:
        """The rest of the line after the last marker."""
        at = text.rfind("####", start)
        if at < 0:
            return None
        match = max(_HASH.finditer(text, start), key=Match.start, default=None)
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
    """What follows the last "the answer is", `Answer:`, line `A:`, `答案` or `故选`."""

    kind: ClassVar[str] = "answer_line"

    def marks(self) -> tuple[str, str]:  # noqa: D102
        return "The answer is ", "."

    def find(self, text: str, start: int = 0) -> Extraction | None:
        """The statement after the last marker, refused if it is not definite."""
        left = _marker_end(text, start)
        if left is None:
            return None
        plain = _PLAIN.match(text, left)
        if plain:  # only a number until the end, as most answers: there is nothing to refuse
            return Extraction(text=plain[1], span=plain.span(1), extractor=self.kind)
        start = left
        while left < len(text) and text[left].isspace():
            left += 1
        if "\n" in text[start:left]:
            bullet = _BULLET.match(text, left)
            if bullet:
                left = bullet.end()
                if _MORE.search(text, left, left + LONGEST_LINE):
                    return Extraction(
                        text=None, span=(left, left), extractor=self.kind, problem="several answers in a list"
                    )
        window = text[left : left + LONGEST_LINE]
        found, problem = _sentence(window)
        if found is None:
            return Extraction(
                text=None, span=(left, left + len(window)), extractor=self.kind, problem=problem
            )
        at = left + max(window.find(found), 0)
        return Extraction(text=found, span=(at, at + len(found)), extractor=self.kind)


class LastNumber(Extractor):
    """The last number in the text, whatever it refers to."""

    kind: ClassVar[str] = "last_number"

    def find(self, text: str, start: int = 0) -> Extraction | None:
        """The last run of digits with its sign, groups, decimals, fraction or percent."""
        match = max(_NUMBER.finditer(text, start), key=Match.start, default=None)
        if match is None:
            return None
        found = match.group()
        sign = match.group("sign")
        if sign and match.start() > start and text[match.start() - 1] in ")]}%$":
            found = found[1:]  # "$200-$130": a difference, not a negative number
        return Extraction(text=found, span=(match.end() - len(found), match.end()), extractor=self.kind)


def _marker_end(text: str, start: int) -> int | None:
    """Where the last marker of an answer ends, or None."""
    places = [(at, core) for core in _CORES if (at := text.rfind(core, start)) >= 0]
    while places:
        at, core = latest = max(places)
        end = _qualified(text, start, core, at)
        if end is not None:
            return end
        places.remove(latest)
        at = text.rfind(core, start, at + len(core) - 1)
        if at >= 0:
            places.append((at, core))
    return None


def _qualified(text: str, start: int, core: str, at: int) -> int | None:
    """The end of the marker at this place, if its surroundings make it one."""
    before = text[max(start, at - 40) : at]
    line = before.rpartition("\n")[2]
    if core in ("nswer", "NSWER"):
        if before[-1:] not in ("a", "A") or before[-2:-1].isalpha():
            return None
        match = _SAYS.match(text, at + 5)
        if match is None and _TITLED.fullmatch(line):
            match = _TITLE.match(text, at + 5)
    elif core == "答":
        match = _CHINESE.match(text, at)
        if match and text[at + 1] != "案" and before and before[-1] not in " \n。；;":
            return None
    elif core == "选":
        match = _PICK.match(text, at) if _PICKED.search(before) else None
    else:
        match = _A.match(text, at) if not line.strip(" \t>#*_-") else None
    return match.end() if match else None


def _sentence(window: str) -> tuple[str | None, str]:
    """The answer at the start of a string, or None and why."""
    math = _MATH.match(window)
    if math:
        content = next(group for group in math.groups() if group is not None).strip()
        after = window[math.end() :]
        end = _END.search(after)
        tail = after[: end.start()] if end else after
        if "\\boxed" in content:
            inner = _BOXED.find(content)
            content = (inner.text or "") if inner else content
        unit = _UNIT.fullmatch(tail.strip())
    else:
        bold = _BOLD.match(window)
        if bold:
            after = window[bold.end() :]
            content, tail = bold.group("bold").strip().rstrip("."), after.partition("\n")[0]
        else:
            end = _END.search(window)
            content = (window[: end.start()] if end else window).strip().strip("*").strip()
            after = tail = window[end.start() :] if end else ""
        unit = None
    if not content:
        return None, "nothing after the marker"
    if _HEDGED_WORDS.fullmatch(content):
        return content, ""
    if (
        _HEDGE.search(content)
        or (not math and content[0] in "~≈?")
        or _AFTER.match(tail)
        or (math and _HEDGE.search(tail))
        or _ELSE.search(_SENTENCE.match(after)[0])  # type: ignore[index] - it matches anything
        or _DENIED.match(after)
    ):
        return None, "the statement is negated, a bound or a choice"
    if math and unit and tail.strip():
        return f"{content} {tail.strip()}", ""
    return content, ""
