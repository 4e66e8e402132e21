"""A line of the log, and the key that identifies the model, prompt and decoding it belongs to."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rewardkit.types import Finish

from ..backends.base import Completion, Prompt, Sampling


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One completion of the log. `key` says of which model, prompt and decoding; `session` who made it."""

    key: str
    item: str
    arm: str
    sample: int
    text: str
    tokens: int | None
    finish: Finish
    session: int
    token_ids: tuple[int, ...] | None = None
    reasoning: str | None = None

    @classmethod
    def of(cls, made: Completion, *, key: str, item: str, arm: str, session: int, ids: bool) -> Record:
        """A backend's completion as a record; token ids are kept only if asked for."""
        return cls(
            key=key,
            item=item,
            arm=arm,
            sample=made.sample,
            text=made.text,
            tokens=made.tokens,
            finish=made.finish,
            session=session,
            token_ids=made.token_ids if ids else None,
            reasoning=made.reasoning,
        )

    def line(self) -> bytes:
        """The record as a line of JSON, with its line break."""
        row: dict[str, Any] = {
            "key": self.key,
            "item": self.item,
            "arm": self.arm,
            "sample": self.sample,
            "text": self.text,
            "tokens": self.tokens,
            "finish": str(self.finish),
            "session": self.session,
        }
        if self.token_ids is not None:
            row["token_ids"] = list(self.token_ids)
        if self.reasoning is not None:
            row["reasoning"] = self.reasoning
        # escaped to ASCII: lone surrogates and line separators in a text cannot break the line
        return json.dumps(row, separators=(",", ":")).encode("ascii") + b"\n"

    @classmethod
    def parse(cls, line: bytes) -> Record:
        """The record of a line. Raises ValueError or KeyError for anything else."""
        row = json.loads(line)
        ids = row.get("token_ids")
        return cls(
            key=row["key"],
            item=row["item"],
            arm=row["arm"],
            sample=row["sample"],
            text=row["text"],
            tokens=row["tokens"],
            finish=Finish(row["finish"]),
            session=row["session"],
            token_ids=tuple(ids) if ids is not None else None,
            reasoning=row.get("reasoning"),
        )


def completion_key(model: Mapping[str, Any], item: str, prompt: Prompt, sampling: Sampling) -> str:
    """The address of an item's completions under one model and decoding; with a sample index, of one.

    Everything that changes what the model would answer is in it, and nothing else: not the arm's name, n,
    the batch size or the folder. The item's id is in it because two rows with the same text are two
    questions, whose samples must be independent.
    """
    identity = [dict(model), item, prompt, sampling.identity()]
    text = json.dumps(identity, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:24]
