"""Completions from a file: what another program generated, evaluated as if it had been generated here.

Rows are JSON lines, in one of two shapes: one row per completion
(`{"id": "7", "arm": "sampled", "sample": 3, "completion": "...", "tokens": 41, "finish": "stop"}`), or one row
per item with a list of completions. A row is matched to an item by the column named in `match`. A sample
that the file lacks is not generated and stays missing; what the file has and the suite does not ask for is said.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from rewardkit.errors import DataError, SetupError
from rewardkit.formatting import number_of
from rewardkit.rows import values
from rewardkit.rows.columns import USUAL
from rewardkit.rows.values import RowFault

from .base import Backend, Completion, Prompt, Refusal, Request, Sampling

BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, kw_only=True)
class ReplayOptions:
    """Options of the replay backend.

    `match` is the column shared by the file and the suite's data ('id' is the item's id); `completion` the
    text's column (a string or a list of strings), looked for under its usual names if not given. A row without
    an arm belongs to the arm named `arm`.
    """

    match: str = "id"
    completion: str = ""
    arm: str = "sampled"
    model: str = ""


class ReplayBackend(Backend):
    """A file of completions."""

    takes = ReplayOptions

    replays: ClassVar[bool] = True

    def __init__(self, model: str, options: ReplayOptions | None = None) -> None:
        self.options = options or ReplayOptions()
        self.path = Path(model)
        if not self.path.is_file():
            raise SetupError(f"no file of completions at {self.path}")
        with self.path.open("rb") as file:
            self._digest = hashlib.file_digest(file, "sha256").hexdigest()[:32]
        self._column = self.options.completion
        self._numbers: Counter[tuple[str, str]] = Counter()
        """How many completions there are of (match, arm)."""
        self._lists: Counter[tuple[str, str]] = Counter()
        """How many rows with a list of completions there are of (match, arm)."""
        self._places = self._index()
        if not self._places:
            raise DataError("the file holds no completions", str(self.path))

    def identity(self) -> dict[str, Any]:
        """The file's content, and the model's name where it was given."""
        named = {"model": self.options.model or self.path.name}
        return {"backend": "replay", "content": self._digest, **named}

    def environment(self) -> dict[str, Any]:
        """The file."""
        return {"backend": "replay", "file": str(self.path)}

    def effective(self, sampling: Sampling) -> dict[str, Any]:
        """Nothing is decoded: the parameters are whatever the suite claims."""
        return {"claimed": sampling.identity()}

    def render(self, prompt: Prompt) -> Prompt:
        """Prompts are not used; they are kept as they are."""
        return prompt

    def generate(self, requests: Iterable[Request]) -> Iterator[Completion | Refusal]:
        """Look up each sample by its place in the file; what is absent is not yielded."""
        with self.path.open("rb") as file:
            for request in requests:
                for sample in request.samples:
                    place = self._places.get((self._name(request), request.arm, sample))
                    if place is None:
                        continue
                    offset, nth = place
                    file.seek(offset)
                    yield self._completion(request, sample, json.loads(file.readline()), nth)

    def left_out(self, plan: Iterable[Request]) -> list[str]:
        """Completions of the file that no problem takes, and why; arms of which it has nothing."""
        wanted: dict[str, dict[str, int]] = {}
        for request in plan:
            wanted.setdefault(request.arm, {})[self._name(request)] = len(request.samples)
        told: list[str] = []
        for arm, sizes in wanted.items():
            found = {name: count for (name, of), count in self._numbers.items() if of == arm}
            if sizes.keys().isdisjoint(found):
                told.append(self._nothing(arm, found, next(iter(sizes))))
                continue
            strange = [name for name in found if name not in sizes]
            if strange:
                lost = number_of(sum(found[name] for name in strange), "completion")
                told.append(
                    f"arm '{arm}': {lost} left out: no problem has the '{self.options.match}' {_some(strange)}"
                )
            told += self._beyond(arm, sizes)
            twice = [name for name in sizes if self._lists[name, arm] > 1]
            if twice:
                told.append(
                    f"arm '{arm}': more than one row for the '{self.options.match}' {_some(twice)}; their completions "
                    "are taken for further samples of one problem"
                )
        for arm in dict.fromkeys(of for _, of in self._numbers if of not in wanted):
            lost = number_of(
                sum(count for (_, of), count in self._numbers.items() if of == arm), "completion"
            )
            told.append(f"{lost} of arm '{arm}' left out: the suite's arms are {', '.join(wanted)}")
        return [f"{self.path}: {text}" for text in told]

    def _beyond(self, arm: str, sizes: dict[str, int]) -> Iterator[str]:
        """What is left out because it lies beyond the suite's n."""
        n = max(sizes.values())
        beyond = [
            place for name, of, place in self._places if of == arm and place >= sizes.get(name, place + 1)
        ]
        if beyond:
            remedy = (
                f"-n {max(beyond) + 1} takes them too" if arm == "sampled" else f"the arm '{arm}' takes one"
            )
            yield (
                f"arm '{arm}': {number_of(len(beyond), 'completion')} left out: a problem has up to {max(beyond) + 1}, "
                f"the suite has n: {n} ({remedy})"
            )

    def _nothing(self, arm: str, found: dict[str, int], name: str) -> str:
        """What the file has where no completion of an arm belongs to a problem."""
        if found:
            has = f"its '{self.options.match}' are {_some(list(found))}, the suite's are like {name!r}"
            remedy = "-O match=COLUMN matches by another column, data.id names the suite's"
        else:
            has = f"its arms are {_some(list(dict.fromkeys(of for _, of in self._numbers)))}"
            remedy = (
                f"-O arm={arm} says what rows without an arm are; --set arms.{arm}=false leaves the arm out"
            )
        return f"no completion of arm '{arm}' belongs to a problem: {has} ({remedy})"

    def _name(self, request: Request) -> str:
        match = self.options.match
        return str(request.item if match == "id" else request.fields.get(match))

    def _index(self) -> dict[tuple[str, str, int], tuple[int, int | None]]:
        """(match, arm, sample) -> (offset of the line, place in its list). Every row is read, and faults named."""
        places: dict[tuple[str, str, int], tuple[int, int | None]] = {}
        offset = 0
        with self.path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    try:
                        self._index_row(places, _row(line.removeprefix(BOM) if number == 1 else line), offset)
                    except RowFault as wrong:
                        raise DataError(wrong.fault, str(self.path), number) from wrong
                offset += len(line)
        return places

    def _index_row(self, places: dict[Any, Any], row: dict[str, Any], offset: int) -> None:
        if not self._column:
            self._column = next((name for name in USUAL["completion"] if name in row), USUAL["completion"][0])
        for column in (self.options.match, self._column):
            if column not in row:
                raise RowFault(
                    "no column",
                    f"no column '{column}'; found {', '.join(row)}. Name it: -O match=COLUMN -O completion=COLUMN",
                )
        name, arm = str(row[self.options.match]), str(row.get("arm", self.options.arm))
        texts, several = values.completions(row[self._column])
        self._lists[name, arm] += several
        for nth in range(len(texts)) if several else [None]:
            seen = self._numbers[name, arm]
            given = None if several else values.count(row.get("sample"), "sample")
            sample = seen if given is None else given
            self._numbers[name, arm] += 1
            if places.setdefault((name, arm, sample), (offset, nth)) != (offset, nth):
                raise RowFault("twice", f"sample {sample} of '{name}' in arm '{arm}' occurs twice")
            self._read(row, nth)

    def _read(self, row: dict[str, Any], nth: int | None) -> dict[str, Any]:
        """What a row says of one completion. Raises RowFault."""

        def pick(column: str) -> Any:
            value = row.get(column)
            held = None if nth is None else values.as_list(value)
            if nth is None or held is None:
                return value
            if nth >= len(held):
                raise RowFault(
                    "does not fit", f"'{column}' is a list of {len(held)}, shorter than the completions"
                )
            return held[nth]

        said = values.said(pick(self._column))
        return {
            "text": said.text,
            "tokens": values.count(pick("tokens"), "tokens"),
            "finish": values.finish(pick("finish")),
            "token_ids": values.token_ids(row.get("token_ids")) if nth is None else None,
            "reasoning": values.optional_text(pick("reasoning")) or said.reasoning,
        }

    def _completion(self, request: Request, sample: int, row: dict[str, Any], nth: int | None) -> Completion:
        return Completion(index=request.index, sample=sample, **self._read(row, nth))


def _row(line: bytes) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except ValueError as wrong:
        raise RowFault("not readable", f"not a line of JSON: {wrong}") from wrong
    if not isinstance(row, dict):
        raise RowFault("not readable", f"a row is an object of columns and values, found {values.short(row)}")
    return row


def _some(names: Sequence[str]) -> str:
    return ", ".join(map(repr, names[:3])) + (" ..." if len(names) > 3 else "")
