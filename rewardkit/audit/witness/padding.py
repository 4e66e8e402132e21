"""What is written where the reasoning stands, so that a completion has the length and the signs that are wanted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count, product


@dataclass(slots=True)
class Padding:
    """What is put where the reasoning stands."""

    words: int = 0
    letters: int = 0
    fillers: dict[str, int] = field(default_factory=dict)
    steps: int = 0
    tokens: int | None = None
    bare: bool = False

    def least(self) -> int:
        """Characters that the text has at the least; known without writing it."""
        filled = sum(len(filler) * number for filler, number in self.fillers.items())
        return 3 * self.words + self.letters + filled + 9 * self.steps

    def text(self) -> str:
        """The padding as it stands in a completion."""
        if self.bare:
            return ""
        phrases = [filler * number for filler, number in self.fillers.items() if len(filler) > 1]
        parts = phrases or ["I add it up."]
        parts += [" ".join(_unique(self.words))] if self.words else []
        parts += ["x" * self.letters] if self.letters else []
        parts += [filler * number for filler, number in self.fillers.items() if len(filler) == 1]
        return " ".join(parts) + "".join(f"\n- item {name}" for name in _unique(self.steps))


def _unique(number: int) -> Iterator[str]:
    """Words that never repeat and hold no digit."""
    for at, letters in zip(range(number), _spelled(), strict=False):
        del at
        yield letters


def _spelled() -> Iterator[str]:
    for length in count(2):
        for letters in product("bcdfghjklmnpqrstvwxz", repeat=length):
            yield "".join(letters)
