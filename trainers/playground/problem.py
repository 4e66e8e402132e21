"""A word problem of the playground."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

Level = Literal["easy", "medium", "hard"]


LEVELS: tuple[Level, ...] = ("easy", "medium", "hard")


LARGEST = 9
"""The largest running total of a chain; the least is zero."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WordProblem:
    """One word problem.

    `gold` is a decimal integer or the word None. `numbers` are the operands in order, the later ones of a
    chain signed, with None for the missing one. `level` is that of the problem before a number was removed.
    """

    id: str
    question: str
    gold: str
    level: Level
    answerable: bool
    distractor: bool
    numbers: tuple[int | None, ...]

    @property
    def key(self) -> str:
        """What two splits may not share besides the question: the numbers, if there are enough of them."""
        if self.level == "easy" or not self.answerable:
            return self.question
        numbers = sorted(n or 0 for n in self.numbers) if self.level == "hard" else self.numbers
        return f"{self.level} {list(numbers)}"

    def row(self) -> dict:
        """The data columns: `prompt` is a list of one user message."""
        row = asdict(self)
        row["numbers"] = list(self.numbers)
        row["prompt"] = [{"role": "user", "content": self.question}]
        return row
