r"""`\boxed{...}`: the last box, with balanced braces.

Several different boxes with only separators between them (`$x = \boxed{2}$ or $x =
\boxed{-3}$`) are returned as one list, with its pieces in `Extraction.parts`; the verifier, which knows
the gold, decides whether a list may be the answer. A hedge (`\boxed{4} | \boxed{5}`, "or else", "vs.") joins boxes
as a comma does: whoever hedges has not answered with the last one. Identical boxes count once. Anything else between
two boxes makes the later one a correction of the earlier.
"""

from __future__ import annotations

import re
from typing import ClassVar

from ..braces import BOX, BRACE
from ..kinds import Extractor
from ..types import Extraction

_ONLY = re.compile(r"\\boxed\s*\{([^{}\\]*)\}")
_SIMPLE = re.compile(r"\{([^{}\\]*)\}")
_BARE = re.compile(r"-?[0-9A-Za-z.]+")
_SEPARATOR = re.compile(
    r"(?:[\s,;、，；$&*|/]|\\[()\[\],;:! ]|\\q?quad|\\\\|\\\||\b(?i:and|or|else|otherwise|alternatively|either|maybe|perhaps|possibly)\b"
    r"|\b(?i:vs\.?|versus)(?![a-z])|和|或者?|及|与|还是|\\(?:mid|vert)(?![A-Za-z])"
    r"|\\(?:text|mbox|mathrm)\s*\{\s*,?\s*(?:and|or)\s*\}|\\(?:land|lor|wedge|vee)\b"
    r"|(?:[A-Za-z](?:_\{?\w\}?)?|\\(?:theta|alpha|beta|lambda))\s*=)*"
)
MOST_PARTS = 32
"""A list of more boxes than this is read as a repetition, of which the last counts."""
LONGEST_SEPARATOR = 64


class Boxed(Extractor):
    r"""The last `\boxed{...}` or `\fbox{...}`; an empty or unterminated one counts as no answer."""

    kind: ClassVar[str] = "boxed"

    def marks(self) -> tuple[str, str]:  # noqa: D102
        return "\\boxed{", "}"

    def find(self, text: str, start: int = 0) -> Extraction | None:
        """The last box, or the list that the last boxes form."""
        if text.find("box", start) < 0:  # \boxed and \fbox alike; most strings without a box stop here
            return None
        last = text.rfind("\\boxed", start)
        if last >= 0 and text.find("\\boxed", start) == last and text.find("\\fbox", start) < 0:
            only = _ONLY.match(text, last)  # one box, and no brace in it: most completions
            content = only[1].strip() if only else ""
            if only and content:
                return Extraction(text=content, span=only.span(1), extractor="boxed")
        boxes = _boxes(text, start)
        if not boxes:
            return None
        _, left, right, _ = boxes[-1]
        if right is None:
            return Extraction(
                text=None, span=(left, len(text)), extractor="boxed", problem="unterminated box"
            )
        content = text[left:right].strip()
        if not content:
            return Extraction(text=None, span=(left, right), extractor="boxed", problem="empty box")
        parts = _joined(text, boxes) if len(boxes) > 1 else ()
        if len(parts) > 1:
            return Extraction(text=", ".join(parts), span=(left, right), extractor="boxed", parts=parts)
        return Extraction(text=content, span=(left, right), extractor="boxed")


def _boxes(text: str, start: int) -> list[tuple[int, int, int | None, int]]:
    """Outermost boxes in order: (begin, left of content, right of content or None, after). Linear."""
    heads: list[tuple[int, int]] = []
    simple: list[tuple[int, int, int | None, int]] = []
    for match in BOX.finditer(text, start):
        closed = _SIMPLE.match(text, match.end())
        if closed:
            simple.append((match.start(), closed.start(1), closed.end(1), closed.end()))
        elif text.startswith("{", match.end()):
            heads.append((match.start(), match.end()))
        else:  # TeX's `\boxed 5`; a mere mention of \boxed in prose is not a box
            bare = _BARE.match(text, match.end())
            if bare and any(c.isdigit() for c in bare.group()):
                end = bare.end() - bare.group().endswith(".")
                simple.append((match.start(), bare.start(), end, end))
    if not heads:
        return simple
    closes = _closing(text, heads[0][1], {left for _, left in heads})
    found = [(begin, left + 1, closes.get(left), closes.get(left, len(text)) + 1) for begin, left in heads]
    ordered = sorted(found + simple)
    # A box inside a closed one is part of its content; one after an unterminated box is a box of its own.
    outer: list[tuple[int, int, int | None, int]] = []
    for box in ordered:
        if outer and outer[-1][2] is not None and box[0] < outer[-1][3]:
            continue
        outer.append(box)
    return outer


def _closing(text: str, start: int, wanted: set[int]) -> dict[int, int]:
    """For each wanted opening brace the place of its closing one, in a single pass."""
    stack: list[int] = []
    closes: dict[int, int] = {}
    for match in BRACE.finditer(text, start):
        char = match.group()
        if char == "{":
            stack.append(match.start())
        elif char == "}" and stack:
            opened = stack.pop()
            if opened in wanted:
                closes[opened] = match.start()
                if len(closes) == len(wanted):
                    break
    return closes


def _joined(text: str, boxes: list[tuple[int, int, int | None, int]]) -> tuple[str, ...]:
    """The distinct contents of the run of boxes that ends with the last one."""
    parts: list[str] = []
    for index in range(len(boxes) - 1, -1, -1):
        begin, left, right, _ = boxes[index]
        if right is None or not text[left:right].strip():
            break
        content = text[left:right].strip()
        if content not in parts:
            parts.append(content)
        if len(parts) > MOST_PARTS:
            return (parts[0],)
        previous = boxes[index - 1] if index else None
        if previous is None or begin - previous[3] > LONGEST_SEPARATOR:
            break
        if not _SEPARATOR.fullmatch(text, previous[3], begin):
            break
    return tuple(reversed(parts))
