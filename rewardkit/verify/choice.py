r"""Multiple choice: the letter or letters that an answer names.

`B`, `(B)`, `\text{B}`, `B. 12`, `Option B`, `故选B` and `**B**` all name B; `A, C` and `AC` name A and C. A
gold and an answer are equal when they name the same letters.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import ClassVar

from pydantic import Field

from ..kinds import Problem, Question, Verifier
from ..types import Equality, Rollout, Verdict
from .words import plain

_LEAD = re.compile(
    r"(?:the\s+)?(?:correct\s+|final\s+|best\s+|right\s+)?(?:answers?|options?|choices?)\s*(?:is|are|:)?\s*"
    r"(?:options?\s+|choices?\s+)?|故?选(?:择|项)?\s*[:：]?\s*|答案\s*(?:是|为|[:：])?\s*"
)
_ONE = re.compile(r"[(\[（]?\s*([a-z])\s*[)\]）]?(?:\s*[.:：、)]\s*.*|\s*[)\]）]\s+.*)?", re.DOTALL)
_MANY = re.compile(
    # One way to read each text, so that time is linear: `and` needs no place among the separators, for its letters
    # are read as options here and left out when the names are taken.
    r"[(\[（]?\s*[a-z](?:\s*[)\]）])?(?:\s*(?:[,;、，/&和]+\s*)?[(\[（]?[a-z][)\]）]?)+"
)


@lru_cache(maxsize=8192)
def letters(text: str, last: str = "Z") -> frozenset[str]:
    r"""The option letters that a string names, empty if it names none.

    >>> sorted(letters(r"\text{(B)} 12.")), sorted(letters("A, C and D")), sorted(letters("Both"))
    (['B'], ['A', 'C', 'D'], [])
    """
    if len(text) > 2000:
        return frozenset()
    bare = plain(text)
    lead = _LEAD.match(bare)
    if lead:
        bare = bare[lead.end() :].strip()
    one = _ONE.fullmatch(bare)
    if one:
        found = frozenset(one.group(1).upper())
    elif _MANY.fullmatch(bare):
        glued = bare.isalpha()
        names = [c.upper() for c in re.sub(r"\band\b", " ", bare) if "a" <= c <= "z"]
        # "both" is a word: glued letters are options only in capitals and in order, each once
        if len(set(names)) != len(names) or (glued and (not _upper(text) or names != sorted(names))):
            return frozenset()
        found = frozenset(names)
    else:
        return frozenset()
    return found if all(letter <= last for letter in found) else frozenset()


def _upper(text: str) -> bool:
    """Whether the last run of letters in the text is in capitals."""
    runs = re.findall(r"(?<!\\)\b[A-Za-z]+\b", text)
    return bool(runs) and runs[-1].isupper()


class Choice(Verifier):
    """The answer names the letters that the gold names, and no other."""

    kind: ClassVar[str] = "choice"

    last: str = Field(default="J", pattern="^[A-Z]$", description="The last letter that may be an option.")

    def problem(self) -> Problem:  # noqa: D102
        return Problem("B", ("B",), ("A",), "Which is a prime number? A) 9 B) 7 C) 8 D) 6")

    def verify(self, questions: Sequence[Question]) -> list[Verdict]:
        """Whether the letters named are those of any gold."""
        return [self._one(question) for question in questions]

    def _one(self, question: Question) -> Verdict:
        named = letters(question.extraction.text or "", self.last)
        answer = ", ".join(sorted(named))
        golds = [found for gold in question.golds if (found := letters(gold, self.last))]
        if not golds:
            return Verdict(equality=Equality.UNDECIDED, route="gold", answer=answer)
        equal = bool(named) and named in golds
        gold = answer if equal else ", ".join(sorted(golds[0]))
        equality = Equality.EQUAL if equal else Equality.DIFFERENT
        return Verdict(equality=equality, route="choice" if named else "unread", answer=answer, gold=gold)

    def gold_fault(self, gold: str, rollout: Rollout) -> str | None:
        """A gold that names no letter is unusable."""
        if letters(gold, self.last):
            return None
        return f"the gold {gold[:40]!r} names no option from A to {self.last}"
