"""A regular expression from the recipe, with a time limit."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import regex
from pydantic import Field, field_validator, model_validator

from ..kinds import Extractor
from ..types import Extraction


class Pattern(Extractor):
    """What a regular expression finds, unchanged: no strip, no unwrapping.

    The syntax is that of the `regex` package, which is Python's with additions. If matching takes longer
    than `timeout_s`, there is no answer.
    """

    kind: ClassVar[str] = "pattern"

    regex: str = Field(description="The pattern, in the syntax of Python's `re`.")
    occurrence: Literal["first", "last"] = Field(default="last", description="Which match counts.")
    ignore_case: bool = Field(default=False, description="Ignore case.")
    dotall: bool = Field(default=False, description="Let `.` match a line break.")
    multiline: bool = Field(default=False, description="Let `^` and `$` match at line breaks.")
    group: int | str = Field(
        default=1, description="The group with the answer: a number (0: the whole match) or a name."
    )
    timeout_s: float = Field(default=1.0, gt=0, le=60, description="Seconds a search may take.")

    @field_validator("regex")
    @classmethod
    def _compiles(cls, value: str) -> str:
        try:
            regex.compile(value)
        except regex.error as fault:
            raise ValueError(f"not a regular expression: {fault}; fix the pattern") from fault
        return value

    @model_validator(mode="after")
    def _has_group(self) -> Pattern:
        compiled = self._compiled()
        valid = (
            self.group in compiled.groupindex
            if isinstance(self.group, str)
            else 0 <= self.group <= compiled.groups
        )
        if not valid:
            raise ValueError(
                f"the pattern has no group {self.group!r}; it has {compiled.groups} groups, and group: 0 is the whole match"
            )
        return self

    def _compiled(self) -> Any:
        flags = (
            (regex.IGNORECASE if self.ignore_case else 0)
            | (regex.DOTALL if self.dotall else 0)
            | (regex.MULTILINE if self.multiline else 0)
        )
        return regex.compile(self.regex, flags)  # cached by the package

    def find(self, text: str, start: int = 0) -> Extraction | None:
        """Search `text[start:]`; anchors see that part as the whole text."""
        part = text[start:] if start else text
        match = None
        try:
            for found in self._compiled().finditer(part, timeout=self.timeout_s):
                match = found
                if self.occurrence == "first":
                    break
        except TimeoutError:
            problem = f"the pattern took over {self.timeout_s:g} s"
            return Extraction(text=None, span=(start, len(text)), extractor=self.kind, problem=problem)
        if match is None:
            return None
        held = match.group(self.group)
        left, right = match.span(self.group if held is not None else 0)
        problem = "" if held else "the group is empty"
        return Extraction(
            text=held or None, span=(start + left, start + right), extractor=self.kind, problem=problem
        )
