r"""Finding where a LaTeX box begins and where a brace closes."""

from __future__ import annotations

import re

BOX = re.compile(r"\\(?:boxed|fbox)(?![A-Za-z])\s*")
r"""The head of a box, up to its brace: `\boxed`, but not a longer command that begins with it."""
BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
"""A brace, or an escaped character, which is not a brace."""


def closing(text: str, at: int) -> int:
    """The place of the brace that closes the one before `at`, or -1."""
    depth = 1
    for match in BRACE.finditer(text, at):
        if match.group() == "{":
            depth += 1
        elif match.group() == "}":
            depth -= 1
            if not depth:
                return match.start()
    return -1
