"""The folder of a run, and who may write to it.

suite.yaml          the resolved suite
run.json            the model's identity, digests of data, prompts and decoding
items.jsonl         each item with its rendered prompt, gold and fields
completions.jsonl   the log (append-only)
sessions.jsonl      one line each time generation was started: backend, versions, effective decoding
refusals.jsonl      requests that the backend refused, with its reason
scores/NAME.jsonl   what a scoring pass made of the log, with NAME.json beside it
lock                held by the one process that writes
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rewardkit.errors import UsageError
from rewardkit.files import write_whole
from rewardkit.runs.folder import RunFolder

from ..backends.base import Prompt
from ..suite.data import Item
from ..suite.suite import Suite, load_suite
from .log import read_log
from .record import Record, completion_key


class EvaluationRun(RunFolder):
    """Reads and writes the files of one run."""

    kind = "evaluation-run"

    @classmethod
    def existing(cls, path: Path | str) -> EvaluationRun:
        """A folder that holds a run. Raises UsageError where it does not."""
        folder = cls(path)
        if not (folder.manifest_path.is_file() and (folder.path / "suite.yaml").is_file()):
            below = (run_json.parent for run_json in folder.path.glob("**/run.json"))
            runs = sorted(str(place) for place in below if (place / "suite.yaml").is_file())
            there = (
                f"name one of those in it: {', '.join(runs[:5])}"
                if runs
                else "make one with rewardkit eval run"
            )
            raise UsageError(f"{path} holds no evaluation run (no run.json and suite.yaml); {there}")
        return folder

    @property
    def log_path(self) -> Path:
        """completions.jsonl"""
        return self.path / "completions.jsonl"

    @property
    def scores(self) -> Path:
        """The folder of scoring passes."""
        return self.path / "scores"

    def suite(self) -> Suite:
        """The resolved suite."""
        return load_suite(self.path / "suite.yaml")

    def write_plan(
        self, suite: Suite, meta: Mapping[str, Any], items: list[Item], prompts: list[Prompt]
    ) -> None:
        """Put the run's fixed files in place, each whole; run.json last, as it makes the folder a run."""
        write_whole(self.path / "suite.yaml", suite.to_yaml())
        lines = [
            json.dumps(
                {"id": item.id, "prompt": prompt, "gold": item.gold, "fields": dict(item.fields)}, default=str
            )
            for item, prompt in zip(items, prompts, strict=True)
        ]
        write_whole(self.path / "items.jsonl", "\n".join(lines) + "\n")
        self.write_manifest(meta)

    def items(self) -> list[tuple[Item, Prompt]]:
        """Items with their rendered prompts, in the suite's order."""
        made = []
        with (self.path / "items.jsonl").open(encoding="utf-8") as file:
            for line in file:
                row = json.loads(line)
                gold = tuple(row["gold"]) if isinstance(row["gold"], list) else row["gold"]
                made.append((Item(id=row["id"], gold=gold, fields=row["fields"]), row["prompt"]))
        return made

    def keys(self) -> dict[str, tuple[int, str, int]]:
        """Key to (place of the item, arm, n) for everything that the suite plans."""
        return planned_keys(self.manifest()["model"], self.suite(), self.items())

    def completions(self) -> Iterator[tuple[int, int, Record]]:
        """(offset, place of the item, record) of the log's lines that the plan knows, each sample once.

        Lines of another prompt or decoding (from before the suite was changed) are passed over.
        """
        keys = self.keys()
        seen: dict[str, int] = {}
        for offset, record in read_log(self.log_path):
            planned = keys.get(record.key)
            bit = 1 << record.sample
            if planned is None or record.sample >= planned[2] or seen.get(record.key, 0) & bit:
                continue
            seen[record.key] = seen.get(record.key, 0) | bit
            yield offset, planned[0], record


def planned_keys(
    model: Mapping[str, Any], suite: Suite, items: list[tuple[Item, Prompt]]
) -> dict[str, tuple[int, str, int]]:
    """Key to (place of the item, arm, n) for every item and arm."""
    planned: dict[str, tuple[int, str, int]] = {}
    for arm, (sampling, n) in suite.sampling().items():
        for place, (item, prompt) in enumerate(items):
            planned[completion_key(model, item.id, prompt, sampling)] = (place, arm, n)
    return planned
