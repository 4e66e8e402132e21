"""A completion laid open for mutation: where its answer and its reasoning stand, and what may replace them.

A reading comes in; a `Base` goes out, from which `rewardkit.audit.redteam.mutants` makes its texts.
"""

from __future__ import annotations

from dataclasses import dataclass

import regex

from ...recipe.recipe import Recipe
from ...types import Reading


@dataclass(frozen=True, slots=True)
class Base:
    """A completion to mutate.

    `text[left:right]` is the answer's content; `open` and `close` are the tags of its reasoning, `marks` what the
    recipe's extractors find an answer by.
    """

    reading: Reading
    left: int
    right: int
    open: str
    close: str
    marks: tuple[tuple[str, str], ...]
    none: str | None
    system_prompt: str

    @property
    def text(self) -> str:
        """The completion."""
        return self.reading.text

    @property
    def said(self) -> str:
        """The answer's content."""
        return self.text[self.left : self.right]

    @property
    def gold(self) -> str:
        """The first accepted gold; "" for null."""
        return self.reading.rollout.golds[0] or ""

    @property
    def wrong(self) -> str:
        """An answer that is not the gold."""
        return other(self.gold)

    def saying(self, answer: str) -> str:
        """The completion with another answer in its place."""
        return f"{self.text[: self.left]}{answer}{self.text[self.right :]}"

    @property
    def form(self) -> tuple[str, str]:
        """What is written before and after an answer in this completion's own way."""
        left, right = self.left, self.right
        if self.text[:left].endswith("\\boxed{"):
            return "\\boxed{", "}"
        opened = regex.search(r"<(\w+)>\s*$", self.text[:left])
        if opened:
            return f"<{opened[1]}>", f"</{opened[1]}>"
        for before, after in self.marks:
            if before and self.text[:left].endswith(before) and self.text[right:].startswith(after):
                return before, after
        line = self.text.rfind("\n", 0, left) + 1
        return self.text[line:left], self.text[right : right + 1] if right < len(self.text) else ""

    @property
    def reasoning(self) -> tuple[int, int] | None:
        """Where the content of the reasoning stands, if there is a closed block of it."""
        end = self.text.rfind(self.close, 0, self.left)
        if end < 0:
            return None
        start = self.text.find(self.open)
        return (start + len(self.open) if 0 <= start < end else 0), end

    @property
    def idle(self) -> bool:
        """Whether it has a block of reasoning with nothing in it: filling that would make it no worse."""
        place = self.reasoning
        return place is not None and not self.text[place[0] : place[1]].strip()

    def thinking(self, content: str) -> str | None:
        """The completion with another reasoning; None where it has no block of it."""
        place = self.reasoning
        return None if place is None else f"{self.text[: place[0]]}{content}{self.text[place[1] :]}"


def base_of(recipe: Recipe, reading: Reading) -> Base | None:
    """A base, or None for a completion without an answer."""
    found = reading.extraction
    if found is None or found.text is None:
        return None
    left, right = found.span
    inner = reading.text.find(found.text, left, right) if found.text else -1
    if inner >= 0:
        left, right = inner, inner + len(found.text)
    tags = recipe.answer.reasoning
    return Base(
        reading=reading,
        left=left,
        right=right,
        open=tags.open if tags else "<think>",
        close=tags.close if tags else "</think>",
        marks=tuple(tier.marks() for tier in recipe.answer.extract),
        none=recipe.answer.none[0] if recipe.answer.none else None,
        system_prompt=recipe.system_prompt or "",
    )


def other(answer: str) -> str:
    """Another answer of the same sort.

    >>> other("42"), other("B"), other("-7/2")
    ('43', 'A', '-7/3')
    """
    if regex.fullmatch(r"[A-Z]", answer.strip()):
        return "A" if answer.strip() != "A" else "B"
    digits = list(regex.finditer(r"\d+", answer))
    if not digits:
        return "987654321"
    last = digits[-1]
    return f"{answer[: last.start()]}{int(last[0]) + 1}{answer[last.end() :]}"
