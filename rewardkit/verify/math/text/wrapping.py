r"""What stands around a whole answer and says nothing: dollars, stars, boxes, labels, end marks, a last full stop.

It is removed layer by layer until nothing more comes off, so that the rules for what an answer looks like see the
answer alone.
"""

from __future__ import annotations

import re

from ....braces import BOX, closing

HIDDEN = "\u200b\u200c\u200d\u2060\ufeff\u00ad\u200e\u200f\u202a\u202b\u202c\u202d\u202e"
"""Characters that cannot be seen; at the ends they are dropped."""
_SPACE = HIDDEN + " \t\r\n"
MOST_LAYERS = 8

_PAIRS = (("$$", "$$"), ("$", "$"), (r"\(", r"\)"), (r"\[", r"\]"), ("**", "**"), ("__", "__"))
_LABEL = re.compile(
    r"(?:\\text(?:bf)?\s*\{)?\s*(?:(?:the\s+)?(?:final\s+|correct\s+)?answers?\s*(?:is\b\s*:?|are\b|:|=(?!=))|答案?\s*[:：是为]|故选\s*[:：]?)\s*(\})?\s*",
    re.IGNORECASE,
)
_STYLE = re.compile(r"\\(?:displaystyle|textstyle)(?![A-Za-z])\s*")
_LAST = re.compile(r"(?:(?<![.\\])(?<!\\right)\.|(?<!\\)\\[,;:!> ]|(?<![\\,;])[,;])\Z")
_END_MARK = re.compile(r"\s*(?:<\|[A-Za-z_]{1,30}\|>|</s>|<eos>|<end_of_turn>)\Z")


def unwrapped(raw: str) -> str:
    r"""The answer without what stands around it.

    >>> unwrapped(r"$\boxed{42}$."), unwrapped("The answer is **B**"), unwrapped(r"\textbf{Answer: }5"), unwrapped("{52_8}")
    ('42', 'B', '5', '52_8')
    """
    text = raw.strip(_SPACE)
    for _ in range(MOST_LAYERS):
        bare = _layer(text).strip(_SPACE)
        if bare == text or not bare:
            break
        text = bare
    return text


def _layer(text: str) -> str:
    """The string without its outermost layer of formatting; unchanged if there is none."""
    first = text[:1]
    if first in "$\\*_":
        for opened, closed in _PAIRS:
            if len(text) > len(opened) + len(closed) and text.startswith(opened) and text.endswith(closed):
                inside = text[len(opened) : -len(closed)]
                if opened[0] not in inside if opened in ("$", "$$") else opened not in inside:
                    return inside
    if first in ("\\", "{"):
        head = BOX.match(text)
        left = head.end() + 1 if head and text.startswith("{", head.end()) else int(first == "{")
        if left and text.endswith("}") and closing(text, left) == len(text) - 1:
            inside = text[left:-1]
            if first == "\\" or not ("," in inside or ";" in inside):  # {1, 2} is a set written carelessly
                return inside
        style = _STYLE.match(text)
        if style:
            return text[style.end() :]
    if text.endswith(">"):
        mark = _END_MARK.search(text, max(0, len(text) - 60))
        if mark:
            return text[: mark.start()]
    last = _LAST.search(text, max(0, len(text) - 3))
    if last:
        return text[: last.start()]
    label = _LABEL.match(text)
    if label and label.end() < len(text):
        head = text[: label.end()]
        if head.count("{") == head.count("}"):
            return text[label.end() :]
    return text
