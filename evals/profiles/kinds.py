"""What the field's extraction rules need beyond our own kinds.

`last_boxed` finds a box as the Minerva and MATH evaluations do; `string_match` compares strings after
patterns are removed from both, as lm-evaluation-harness's exact_match does. Both keep the originals'
faults on purpose; use `boxed` and `math` for rewards.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import regex
from pydantic import Field, field_validator

from rewardkit.kinds import EXTRACTORS, VERIFIERS, Extractor, Question, Verifier
from rewardkit.types import Equality, Extraction, Rollout, Verdict


@EXTRACTORS.register
class LastBoxed(Extractor):
    r"""The last `\boxed{...}`, braces counted without a look at escapes, as the MATH evaluation has it.

    Its faults are kept: an escaped brace counts, a text with `\boxed ` anywhere is cut at the next `$`, and
    without a box a `\fbox` is looked for, whose content is then not unwrapped.
    """

    kind: ClassVar[str] = "last_boxed"

    def marks(self) -> tuple[str, str]:  # noqa: D102
        return "\\boxed{", "}"

    def find(self, text: str, start: int = 0) -> Extraction | None:
        """The last box at or after `start`; None where there is neither a box nor a frame."""
        part = text[start:]
        spaced = part.rfind("\\boxed ")
        if spaced >= 0:
            left = start + spaced + len("\\boxed ")
            stop = text.find("$", left)
            return self._found(text, left, len(text) if stop < 0 else stop)
        at = part.rfind("\\boxed")
        if at < 0:
            at = part.rfind("\\fbox")
            if at < 0:
                return None
        depth = 0
        for place in range(start + at, len(text)):
            if text[place] == "{":
                depth += 1
            elif text[place] == "}":
                depth -= 1
                if depth == 0:
                    left = start + at + (len("\\boxed{") if part.startswith("\\boxed{", at) else 0)
                    return self._found(text, left, place + (left == start + at))
        return Extraction(
            text=None, span=(start + at, len(text)), extractor=self.kind, problem="the box is not closed"
        )

    def _found(self, text: str, left: int, right: int) -> Extraction:
        content = text[left:right]
        problem = "" if content else "the box is empty"
        return Extraction(text=content or None, span=(left, right), extractor=self.kind, problem=problem)


TIMEOUT_S = 1.0
"""Processor seconds that removing one pattern may cost."""


@VERIFIERS.register
class StringMatch(Verifier):
    """Equality of strings after every match of each pattern in `remove` is removed from both, in order.

    An answer on which a pattern takes over a second is a timeout, which counts as wrong.
    """

    kind: ClassVar[str] = "string_match"

    remove: tuple[str, ...] = Field((), description="Patterns, in the syntax of Python's `re`.")
    ignore_case: bool = Field(False, description="Compare in lower case.")

    @field_validator("remove")
    @classmethod
    def _compile(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        for pattern in patterns:
            try:
                regex.compile(pattern)
            except regex.error as fault:
                raise ValueError(
                    f"not a valid regular expression: {pattern!r}: {fault}; fix the pattern"
                ) from fault
        return patterns

    def _form(self, text: str) -> str:
        for pattern in self.remove:
            text = regex.sub(pattern, "", text, timeout=TIMEOUT_S)
        return text.lower() if self.ignore_case else text

    def verify(self, questions: Sequence[Question]) -> list[Verdict]:
        """Compare each answer with each of its golds."""
        made = []
        for question in questions:
            try:
                answer = self._form((question.extraction.text or "").strip())
            except TimeoutError:
                made.append(Verdict(equality=Equality.TIMEOUT, route="timeout", gold=question.golds[0]))
                continue
            golds = [self._form(gold) for gold in question.golds]
            equal = answer in golds
            made.append(
                Verdict(
                    equality=Equality.EQUAL if equal else Equality.DIFFERENT,
                    route="string",
                    answer=answer,
                    gold=answer if equal else golds[0],
                )
            )
        return made

    def gold_fault(self, gold: str, rollout: Rollout) -> str | None:
        """A gold of which nothing is left cannot be compared."""
        try:
            return None if self._form(gold) else "nothing is left of the gold"
        except TimeoutError:
            return f"a pattern in `remove` takes over {TIMEOUT_S:g} s on the gold {gold[:40]!r}"
