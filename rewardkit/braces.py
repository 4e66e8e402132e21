r"""Where a LaTeX box begins and where a brace closes."""

from __future__ import annotations

import re

BOX = re.compile(r"\\(?:boxed|fbox)(?![A-Za-z])\s*")
r"""The head of a box, up to its brace: `\boxed`, and no longer command that begins so."""
BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
"""A brace, or an escaped character that is none."""


def closing(text: str, at: int) -> int:
    """The place of the brace that closes the one before `at`, -1 where there is none."""
    depth = 1
    for match in BRACE.finditer(text, at):
        if match.group() == "{":
            depth += 1
        elif match.group() == "}":
            depth -= 1
            if not depth:
                return match.start()
    return -1
