"""Where the reasoning ends and the answer begins.

Text inside the reasoning tags is never an answer, and after reasoning that is not closed there is no answer.
"""

from __future__ import annotations


def answer_start(text: str, open: str, close: str, prefilled: bool = False) -> tuple[int | None, bool]:
    """Where the answer part begins, and whether a non-empty closed reasoning comes before it.

    The answer part begins after the last `close`; a `close` without an `open` counts (the prompt or
    the chat template may have opened it). None if a reasoning is still open at the end of the text:
    opened after the last `close`, or opened by the prompt (`prefilled`) and never closed.
    Empty tags mean that no reasoning is marked: (0, False).
    """
    if not open or not close:
        return 0, False
    closed = text.rfind(close)
    if closed < 0:
        unclosed = prefilled or open in text
        return (None if unclosed else 0), False
    start = closed + len(close)
    if text.find(open, start) >= 0:
        return None, False
    opened = text.find(open, 0, closed)
    begin = 0 if prefilled or opened < 0 else opened + len(open)
    inside = text[begin:closed].replace(open, "").replace(close, "")
    return start, bool(inside.strip())
