"""`<answer>...</answer>`: the last tag, and the box inside it if there is one."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from ..kinds import Extractor
from ..types import Extraction
from .boxed import Boxed

_BOXED = Boxed()


class AnswerTag(Extractor):
    """The content of the last `<answer>...</answer>`; an empty or unclosed one counts as no answer."""

    kind: ClassVar[str] = "answer_tag"

    tag: str = Field(default="answer", pattern=r"^[A-Za-z][\w-]*$", description="Name of the tag.")

    def marks(self) -> tuple[str, str]:  # noqa: D102
        return f"<{self.tag}>", f"</{self.tag}>"

    def find(self, text: str, start: int = 0) -> Extraction | None:
        """The last opening tag decides."""
        opener, closer = f"<{self.tag}>", f"</{self.tag}>"
        opened = text.rfind(opener, start)
        if opened < 0:
            return None
        left = opened + len(opener)
        right = text.find(closer, left)
        if right < 0:
            return Extraction(text=None, span=(left, len(text)), extractor=self.kind, problem="unclosed tag")
        content = text[left:right].strip()
        if not content:
            return Extraction(text=None, span=(left, right), extractor=self.kind, problem="empty tag")
        if "box" in content:
            inner = _BOXED.find(text[:right], left)
            if inner is not None:
                return Extraction(
                    text=inner.text,
                    span=inner.span,
                    extractor=self.kind,
                    parts=inner.parts,
                    problem=inner.problem,
                )
        return Extraction(text=content, span=(left, right), extractor=self.kind)
