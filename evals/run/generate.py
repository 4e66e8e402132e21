"""Generation: the backend makes whatever the suite plans and the log does not hold yet.

Memory holds the items and one bit for each planned completion; texts pass through. A run that was stopped
at any moment resumes when it is started again with the same arguments.
"""

from __future__ import annotations

import hashlib
import json
import os
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from rewardkit import __version__
from rewardkit.errors import UsageError, nearest
from rewardkit.rows.columns import lacking
from rewardkit.runs.log import LogWriter

from ..backends.base import Backend, Completion, Prompt, Refusal, Request, Sampling
from ..profiles import load_reader
from ..suite.data import Item, load_items, name_gold
from ..suite.prompts import Prompter, prompts_digest
from ..suite.suite import Suite
from .folder import EvaluationRun, planned_keys
from .log import read_log
from .record import Record, completion_key

REASONS = 5
"""How many refusals are reported at the end; all are in the folder."""


class Progress(Protocol):
    """What is reported while the work proceeds; see `rewardkit.evals.run.progress`."""

    def start(self, arm: str, total: int, done: int) -> None:
        """An arm of `total` completions begins, of which `done` are already in the log."""

    def advance(self, arm: str, tokens: int | None) -> None:
        """One more completion of `tokens` tokens."""


class Silent:
    """Reports nothing."""

    def start(self, arm: str, total: int, done: int) -> None:
        """Nothing."""

    def advance(self, arm: str, tokens: int | None) -> None:
        """Nothing."""


@dataclass(slots=True)
class GenerationReport:
    """What one session did. Seconds are given in total and inside the backend."""

    planned: int = 0
    reused: int = 0
    generated: int = 0
    refused: int = 0
    seconds: float = 0.0
    backend_seconds: float = 0.0
    reasons: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    @property
    def missing(self) -> int:
        """Completions that are still missing."""
        return self.planned - self.reused - self.generated


def generate_run(
    folder: EvaluationRun,
    suite: Suite,
    backend: Backend,
    *,
    progress: Progress | None = None,
    token_ids: bool = False,
    window: int | None = None,
) -> GenerationReport:
    """Generate what is missing.

    Args:
        folder: a new or an existing one. An existing one must be of the same model and of a suite of the
            same name; n may be raised, an arm added, the data extended.
        token_ids: keep the ids in the log (they double its size).
        window: stop after this many completions (for tests of resuming).

    Raises:
        UsageError: the folder belongs to another model, another process writes to it, or the suite does not say
            how to sample.
    """
    if not backend.replays:
        suite.check_decoding()
    with folder.writing():
        suite = suite.model_copy(update={"data": name_gold(suite.data)})
        reader = load_reader(suite.recipe)
        items = load_items(suite.data, [reader.answer])
        _check_columns(suite, items)
        lacks = lacking(reader.fields(), [item.fields for item in items], f"suite {suite.suite}")
        prompter = Prompter(suite.prompt)
        unrendered = [prompter.render(item) for item in items]
        model = backend.identity()
        meta = _meta(suite, model, items, unrendered)
        _check_same(folder, meta)
        effective = {arm: backend.effective(sampling) for arm, (sampling, _) in suite.sampling().items()}
        prompts = [backend.render(prompt) for prompt in unrendered]
        folder.write_plan(suite, meta, items, prompts)
        pairs = list(zip(items, prompts, strict=True))
        have = _present(folder, model, suite, pairs)
        session = len(folder.rows("sessions.jsonl"))
        folder.append(
            "sessions.jsonl",
            {
                "started": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
                "host": socket.gethostname(),
                "pid": os.getpid(),
                "rewardkit": __version__,
                "environment": backend.environment(),
                "effective": effective,
            },
        )
        report = _work(folder, suite, backend, pairs, have, session, progress or Silent(), token_ids, window)
        report.remarks = lacks + report.remarks
        return report


def _check_columns(suite: Suite, items: list[Item]) -> None:
    """Refuse, before anything is generated, a suite whose figures need a column that does not exist."""
    chance = [suite.chance] if isinstance(suite.chance, str) else []
    wanted = {"slices": suite.slices, "cluster": [suite.cluster] if suite.cluster else [], "chance": chance}
    for item in items:
        for setting, columns in wanted.items():
            for column in columns:
                if column not in item.fields:
                    raise UsageError(
                        f"suite {suite.suite}, {setting}: item {item.id} has no column '{column}'; "
                        f"{nearest(column, item.fields)}"
                    )


def _work(
    folder: EvaluationRun,
    suite: Suite,
    backend: Backend,
    pairs: list[tuple[Item, Prompt]],
    have: dict[str, int],
    session: int,
    progress: Progress,
    token_ids: bool,
    window: int | None,
) -> GenerationReport:
    report = GenerationReport()
    started = time.perf_counter()
    model = backend.identity()
    with LogWriter(folder.log_path) as log:
        for arm, (sampling, n) in suite.sampling().items():
            keys = [completion_key(model, item.id, prompt, sampling) for item, prompt in pairs]
            done = sum((have.get(key, 0) & ((1 << n) - 1)).bit_count() for key in keys)
            report.planned += n * len(keys)
            report.reused += done
            progress.start(arm, n * len(keys), done)

            made = _timed(backend.generate(_requests(pairs, keys, have, arm, sampling, n)), report)
            for one in made:
                item, key = pairs[one.index][0].id, keys[one.index]
                if isinstance(one, Refusal):
                    report.refused += 1
                    if len(report.reasons) < REASONS:
                        report.reasons.append(one.reason)
                    refused = {"item": item, "arm": arm, "sample": one.sample, "reason": one.reason}
                    folder.append("refusals.jsonl", {**refused, "session": session})
                    continue
                log.append(Record.of(one, key=key, item=item, arm=arm, session=session, ids=token_ids).line())
                report.generated += 1
                progress.advance(arm, one.tokens)
                if window is not None and report.generated >= window:
                    report.seconds = time.perf_counter() - started
                    return report
    report.remarks = backend.remarks()
    report.seconds = time.perf_counter() - started
    return report


def _requests(
    pairs: list[tuple[Item, Prompt]],
    keys: list[str],
    have: dict[str, int],
    arm: str,
    sampling: Sampling,
    n: int,
) -> Iterator[Request]:
    """What is missing of an arm, one request per item."""
    for place, (item, prompt) in enumerate(pairs):
        held = have.get(keys[place], 0)
        samples = tuple(i for i in range(n) if not held >> i & 1)
        if samples:
            yield Request(
                index=place,
                prompt=prompt,
                sampling=sampling,
                samples=samples,
                item=item.id,
                arm=arm,
                fields=item.fields,
            )


def _timed(made: Iterator[Completion | Refusal], report: GenerationReport) -> Iterator[Completion | Refusal]:
    """Count the seconds that are spent inside the backend."""
    while True:
        before = time.perf_counter()
        one = next(made, None)
        report.backend_seconds += time.perf_counter() - before
        if one is None:
            return
        yield one


def _present(
    folder: EvaluationRun, model: dict[str, Any], suite: Suite, pairs: list[tuple[Item, Prompt]]
) -> dict[str, int]:
    """Key to the set of samples in the log, as bits."""
    planned = planned_keys(model, suite, pairs)
    have: dict[str, int] = {}
    for _, record in read_log(folder.log_path):
        if record.key in planned:
            have[record.key] = have.get(record.key, 0) | 1 << record.sample
    return have


def _meta(suite: Suite, model: dict[str, Any], items: list[Item], prompts: list[Prompt]) -> dict[str, Any]:
    golds = hashlib.sha256(json.dumps([[item.id, item.gold] for item in items]).encode()).hexdigest()[:16]
    decoding = {arm: sampling.identity() for arm, (sampling, _) in suite.sampling().items()}
    for settings in decoding.values():
        settings.pop("seed", None)  # another seed is the same experiment again
    return {
        "suite": suite.suite,
        "model": model,
        "data": golds,
        "prompts": prompts_digest((item.id, prompt) for item, prompt in zip(items, prompts, strict=True)),
        "decoding": decoding,
        "n": {arm: n for arm, (_, n) in suite.sampling().items()},
        "items": len(items),
    }


def _check_same(folder: EvaluationRun, meta: dict[str, Any]) -> None:
    old = folder.manifest()
    for what in ("suite", "model"):
        if old and old[what] != meta[what]:
            raise UsageError(
                f"{folder.path} is a run of {what} {json.dumps(old[what])}; this is {json.dumps(meta[what])}. Give "
                "another folder with -o"
            )
