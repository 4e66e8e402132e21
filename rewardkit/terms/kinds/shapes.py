"""Format checks: does a string have this layout, and if not, why not?

Each returns the reason why a string fails, or "" if it passes. `tagged` is rewardkit's own, one
linear pass over the tags. The others are the field's patterns, reproduced exactly but written as plain
searches: each of their lazy groups matches if and only if it matches at the first place where what follows
it can, so a string built to make a regular expression backtrack costs no more than any other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Literal

import regex

Filler = Literal["nothing", "whitespace", "text"]
"""What may occur outside the blocks."""


@lru_cache(maxsize=64)
def _tags_of(names: tuple[str, ...]) -> regex.Pattern[str]:
    return regex.compile("<(/?)(" + "|".join(regex.escape(name) for name in names) + ")>")


def _stray(text: str, allowed: Filler) -> bool:
    return (
        bool(text) if allowed == "nothing" else allowed == "whitespace" and not text.isspace() and text != ""
    )


def tagged(
    text: str,
    names: tuple[str, ...],
    *,
    before: Filler = "whitespace",
    between: Filler = "whitespace",
    after: Filler = "whitespace",
    empty: bool = False,
    repeated: bool = False,
    nested: bool = False,
) -> str:
    """Whether a string is the blocks `<name>content</name>`, one for each name, in order.

    Args:
        text: the string, checked to its last character.
        names: the tags, without their brackets.
        before: what may come before the first block.
        between: what may come between blocks.
        after: what may come after the last block.
        empty: whether a block may be empty or white space only.
        repeated: whether the whole sequence may be repeated.
        nested: whether these tags may occur inside a block.

    >>> tagged("<think>2+2</think> <answer>4</answer>", ("think", "answer"))
    ''
    >>> tagged("<think>2+2</think> <answer>4</answer> so 4", ("think", "answer"))
    'text after </answer>'
    """
    at, block, opened, depth = 0, 0, -1, 0  # `opened`: where the current block's content begins
    for tag in _tags_of(names).finditer(text):
        closes, name = bool(tag[1]), tag[2]
        if opened < 0:  # between blocks
            if block == len(names) and repeated:
                block = 0
            if block == len(names):
                return f"{tag[0]} after the last block"
            if closes or name != names[block]:
                return f"{tag[0]} where <{names[block]}> is expected"
            gap = before if at == 0 else between
            if _stray(text[at : tag.start()], gap):
                return f"text before {tag[0]}"
            opened, depth = tag.end(), 0
        elif name == names[block] and closes and depth == 0:
            if not empty and not text[opened : tag.start()].strip():
                return f"<{name}> is empty"
            at, block, opened = tag.end(), block + 1, -1
        elif not nested:
            return f"{tag[0]} inside <{names[block]}>"
        elif name == names[block]:
            depth += -1 if closes else 1
    if opened >= 0:
        return f"<{names[block]}> is not closed"
    if block < len(names):
        return f"no <{names[block]}>"
    return f"text after </{names[-1]}>" if _stray(text[at:], after) else ""


def open_r1(text: str) -> str:
    r"""`^<think>\n.*?\n</think>\n<answer>\n.*?\n</answer>$`, DOTALL and MULTILINE, at the start."""
    start, middle, end = "<think>\n", "\n</think>\n<answer>\n", "\n</answer>"
    if not text.startswith(start):
        return "does not start with <think> and a new line"
    turn = text.find(middle, len(start))
    if turn < 0:
        return "no </think> and <answer> on lines of their own"
    rest = turn + len(middle)
    closed = text.find(end + "\n", rest) >= 0 or (text.endswith(end) and len(text) - len(end) >= rest)
    return "" if closed else "no </answer> at the end of a line"


def trl(text: str) -> str:
    """`^<think>(?!.*<think>)(.*?)</think>.*$`, DOTALL and MULTILINE, at the start."""
    if not text.startswith("<think>"):
        return "does not start with <think>"
    if text.find("<think>", 7) >= 0:
        return "a second <think>"
    return "" if text.find("</think>", 7) >= 0 else "<think> is not closed"


_TURN = regex.compile(r"</think>\s*<answer>")


def ms_swift(text: str) -> str:
    r"""`^<think>.*?</think>\s*<answer>.*?</answer>(?![\s\S])`, DOTALL, at the start."""
    if not text.startswith("<think>"):
        return "does not start with <think>"
    turn = _TURN.search(text, 7)
    if turn is None:
        return "no </think> followed by <answer>"
    closed = text.endswith("</answer>") and len(text) - len("</answer>") >= turn.end()
    return "" if closed else "does not end with </answer>"


PARITY: dict[str, Callable[[str], str]] = {"open-r1": open_r1, "trl": trl, "ms-swift": ms_swift}
"""The field's patterns, by project."""


def once(text: str, expected: Sequence[str]) -> int:
    """How many of the expected pieces occur exactly once (without overlap)."""
    return sum(text.count(piece) == 1 for piece in expected)
