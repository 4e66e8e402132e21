"""The whole text as the answer, for prompts that ask for the answer alone."""

from __future__ import annotations

from typing import ClassVar

from ..kinds import Extractor
from ..types import Extraction


class Whole(Extractor):
    """Everything after the reasoning; absent if that is blank."""

    kind: ClassVar[str] = "whole"

    def find(self, text: str, start: int = 0) -> Extraction | None:
        """`text[start:]` without the space at its ends."""
        content = text[start:]
        stripped = content.strip()
        if not stripped:
            return None
        left = start + content.index(stripped[0])
        return Extraction(text=stripped, span=(left, left + len(stripped)), extractor=self.kind)
