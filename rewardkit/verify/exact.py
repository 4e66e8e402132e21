"""Plain string equality, for answers that are names, labels or code words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from pydantic import Field

from ..kinds import Question, Verifier
from ..types import Equality, Rollout, Verdict


class Exact(Verifier):
    """The answer is the gold to the letter, once white space at both ends is taken off."""

    kind: ClassVar[str] = "exact"

    case: bool = Field(default=True, description="Whether capital and small letters differ.")

    def _form(self, text: str) -> str:
        stripped = text.strip()
        return stripped if self.case else stripped.casefold()

    def verify(self, questions: Sequence[Question]) -> list[Verdict]:
        """String equality with any of the golds."""
        return [self._one(question) for question in questions]

    def _one(self, question: Question) -> Verdict:
        answer = self._form(question.extraction.text or "")
        golds = [self._form(gold) for gold in question.golds]
        usable = [gold for gold in golds if gold]
        if not usable:
            return Verdict(equality=Equality.UNDECIDED, route="gold", answer=answer)
        equal = answer in usable
        equality = Equality.EQUAL if equal else Equality.DIFFERENT
        return Verdict(equality=equality, route="literal", answer=answer, gold=answer if equal else usable[0])

    def gold_fault(self, gold: str, rollout: Rollout) -> str | None:
        """A blank gold is unusable."""
        return None if gold.strip() else "the gold is blank"
