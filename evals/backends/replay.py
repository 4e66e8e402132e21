"""Completions from a file: what another program generated, evaluated as if it had been generated here.

Rows are JSON lines, in one of two shapes: a row a completion
(`{"id": "7", "arm": "sampled", "sample": 3, "completion": "...", "tokens": 41, "finish": "stop"}`), or a row
an item with a list of completions. A row is matched to an item by the column named in `match`. A sample
that the file lacks is not generated and stays missing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from rewardkit.errors import DataError, SetupError
from rewardkit.types import Finish

from .base import Backend, Completion, Prompt, Refusal, Request, Sampling


@dataclass(frozen=True, kw_only=True)
class Options:
    """Options of the replay backend.

    `match` is the column shared by the file and the suite's data ('id' is the item's id); `completion` the
    text's column (a text or a list of texts). A row without an arm belongs to the arm named `arm`.
    """

    match: str = "id"
    completion: str = "completion"
    arm: str = "sampled"
    model: str = ""


class ReplayBackend(Backend):
    """A file of completions."""

    replays: ClassVar[bool] = True

    def __init__(self, model: str, options: Options | None = None) -> None:
        self.options = options or Options()
        self.path = Path(model)
        if not self.path.is_file():
            raise SetupError(f"no file of completions at {self.path}")
        with self.path.open("rb") as file:
            self._digest = hashlib.file_digest(file, "sha256").hexdigest()[:32]
        self._places = self._index()

    def identity(self) -> dict[str, Any]:
        """The file's content, and the model's name where it was given."""
        named = {"model": self.options.model or self.path.name}
        return {"backend": "replay", "content": self._digest, **named}

    def environment(self) -> dict[str, Any]:
        """The file."""
        return {"backend": "replay", "file": str(self.path)}

    def effective(self, sampling: Sampling) -> dict[str, Any]:
        """Nothing is decoded: the parameters are the claim of whoever wrote the suite."""
        return {"claimed": sampling.identity()}

    def render(self, prompt: Prompt) -> Prompt:
        """Prompts are not used; they are kept as they are."""
        return prompt

    def generate(self, requests: Iterable[Request]) -> Iterator[Completion | Refusal]:
        """Look up each sample by its place in the file; what is absent is not yielded."""
        with self.path.open("rb") as file:
            for request in requests:
                name = request.item if self.options.match == "id" else request.fields.get(self.options.match)
                for sample in request.samples:
                    place = self._places.get((str(name), request.arm, sample))
                    if place is None:
                        continue
                    offset, nth = place
                    file.seek(offset)
                    yield self._completion(request, sample, json.loads(file.readline()), nth)

    def _index(self) -> dict[tuple[str, str, int], tuple[int, int | None]]:
        """(match, arm, sample) -> (offset of the line, place in its list)."""
        places: dict[tuple[str, str, int], tuple[int, int | None]] = {}
        counts: dict[tuple[str, str], int] = {}
        offset = 0
        with self.path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                row = self._row(line, number)
                name, arm = str(row[self.options.match]), str(row.get("arm", self.options.arm))
                texts = row[self.options.completion]
                for nth in range(len(texts)) if isinstance(texts, list) else [None]:
                    seen = counts.get((name, arm), 0)
                    sample = int(row["sample"]) if nth is None and "sample" in row else seen
                    counts[name, arm] = seen + 1
                    if places.setdefault((name, arm, sample), (offset, nth)) != (offset, nth):
                        raise DataError(
                            f"sample {sample} of '{name}' in arm '{arm}' is there twice",
                            str(self.path),
                            number,
                        )
                offset += len(line)
        return places

    def _row(self, line: bytes, number: int) -> dict[str, Any]:
        try:
            row = json.loads(line)
        except ValueError as wrong:
            raise DataError(f"not a line of JSON: {wrong}", str(self.path), number) from wrong
        for column in (self.options.match, self.options.completion):
            if column not in row:
                raise DataError(
                    f"no column '{column}'; found {', '.join(row)}. Name it: "
                    "-O match=COLUMN -O completion=COLUMN",
                    str(self.path),
                    number,
                )
        return row

    def _completion(self, request: Request, sample: int, row: dict[str, Any], nth: int | None) -> Completion:
        def pick(column: str) -> Any:
            value = row.get(column)
            return value[nth] if nth is not None and isinstance(value, list) else value

        ids = row.get("token_ids")
        return Completion(
            index=request.index,
            sample=sample,
            text=pick(self.options.completion),
            tokens=pick("tokens"),
            finish=Finish(pick("finish") or "unknown"),
            token_ids=tuple(ids) if ids and nth is None else None,
            reasoning=pick("reasoning"),
        )
