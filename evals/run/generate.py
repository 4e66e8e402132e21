"""Generation: the backend makes whatever the suite plans and the log does not hold yet.

Memory holds the items and one bit for each planned completion; texts pass through. A run that was stopped
at any moment resumes when it is started again with the same arguments.
"""

from __future__ import annotations

import hashlib
import heapq
import json
import os
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain, takewhile
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
"""How many reasons of refusals are reported at the end; all are in the folder."""
MOST_FAILURES = 20
"""Questions whose requests may fail in every try before a run stops."""


class Progress(Protocol):
    """What is reported while the work proceeds; see `rewardkit.evals.run.progress`."""

    def start(self, arm: str, total: int, done: int) -> None:
        """An arm of `total` completions begins, of which `done` are already in the log."""

    def advance(self, arm: str, tokens: int | None) -> None:
        """One more completion of `tokens` tokens."""

    def tell(self, text: str) -> None:
        """Something that the user should know now."""


class Silent:
    """Reports nothing."""

    def start(self, arm: str, total: int, done: int) -> None:
        """Nothing."""

    def advance(self, arm: str, tokens: int | None) -> None:
        """Nothing."""

    def tell(self, text: str) -> None:
        """Nothing."""


@dataclass(slots=True)
class GenerationReport:
    """What one session did. Seconds are given in total and inside the backend.

    `aborted` and `refused` count this session's refusals (`refused` with those that failed in every try); `stopped`
    says why the session ended before all was asked.
    """

    planned: int = 0
    reused: int = 0
    generated: int = 0
    aborted: int = 0
    refused: int = 0
    stopped: str = ""
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
    max_failures: int = MOST_FAILURES,
) -> GenerationReport:
    """Generate what is missing.

    Args:
        folder: a new or an existing one. An existing one must be of the same model and of a suite of the
            same name; n may be raised, an arm added, the data extended.
        token_ids: keep the ids in the log (they double its size).
        window: stop after this many completions (for tests of resuming).
        max_failures: stop where requests for more questions than this failed in every try.

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
        arms = _arms(model, suite, pairs, have)
        left_out = backend.left_out(_planned(arms, pairs))
        number = len(folder.rows("sessions.jsonl"))
        folder.append(
            "sessions.jsonl",
            {
                "started": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
                "host": socket.gethostname(),
                "pid": os.getpid(),
                "rewardkit": __version__,
                "environment": backend.environment(),
                "effective": effective,
                "left_out": left_out,
            },
        )
        session = _Session(folder, arms, pairs, number, progress or Silent(), token_ids, max_failures)
        started = time.perf_counter()
        session.run(backend, window)
        session.report.seconds = time.perf_counter() - started
        session.report.remarks = [*lacks, *left_out, *backend.remarks()]
        return session.report


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


@dataclass(frozen=True, slots=True)
class _Arm:
    """What an arm plans, and what the log held of it when the session began."""

    name: str
    sampling: Sampling
    n: int
    keys: list[str]
    held: list[int]

    def requests(self, pairs: list[tuple[Item, Prompt]], first: int, whole: bool) -> Iterator[Request]:
        """What is missing, one request per item; with `whole` all that is planned. `first` is item 0's index."""
        for place, (item, prompt) in enumerate(pairs):
            held = 0 if whole else self.held[place]
            samples = tuple(i for i in range(self.n) if not held >> i & 1)
            if samples:
                yield Request(
                    index=first + place,
                    prompt=prompt,
                    sampling=self.sampling,
                    samples=samples,
                    item=item.id,
                    arm=self.name,
                    fields=item.fields,
                )


def _arms(
    model: dict[str, Any], suite: Suite, pairs: list[tuple[Item, Prompt]], have: dict[str, int]
) -> list[_Arm]:
    made = []
    for name, (sampling, n) in suite.sampling().items():
        keys = [completion_key(model, item.id, prompt, sampling) for item, prompt in pairs]
        made.append(_Arm(name, sampling, n, keys, [have.get(key, 0) & ((1 << n) - 1) for key in keys]))
    return made


def _planned(arms: list[_Arm], pairs: list[tuple[Item, Prompt]]) -> Iterator[Request]:
    """Everything that the suite plans, whether it is there or not."""
    return chain.from_iterable(arm.requests(pairs, 0, whole=True) for arm in arms)


def _missing(arms: list[_Arm], pairs: list[tuple[Item, Prompt]], mixed: bool) -> list[Iterator[Request]]:
    """What is missing, in the parts in which a backend takes it: an arm after the other, or all arms together."""
    each = [arm.requests(pairs, place * len(pairs), whole=False) for place, arm in enumerate(arms)]
    if not mixed:
        return each
    return [heapq.merge(*each, key=lambda request: request.index % len(pairs))]


@dataclass(slots=True)
class _Session:
    """One session's work: what the backend yields goes into the log or among the refusals."""

    folder: EvaluationRun
    arms: list[_Arm]
    pairs: list[tuple[Item, Prompt]]
    number: int
    progress: Progress
    token_ids: bool
    most_failures: int
    report: GenerationReport = field(default_factory=GenerationReport)
    failing: set[str] = field(default_factory=set)
    """Items of which a request failed in every try."""

    def run(self, backend: Backend, window: int | None) -> None:
        """Ask for what is missing, until it is there, `window` completions are, or too much fails."""
        report = self.report
        for arm in self.arms:
            done = sum(held.bit_count() for held in arm.held)
            report.planned += arm.n * len(self.pairs)
            report.reused += done
            self.progress.start(arm.name, arm.n * len(self.pairs), done)
        backend.tell = self.progress.tell
        with LogWriter(self.folder.log_path) as log:
            for part in _missing(self.arms, self.pairs, backend.mixes_arms):
                wanted = takewhile(lambda _: not report.stopped, part)
                for one in _timed(backend.generate(wanted), report):
                    self._take(one, log)
                    if window is not None and report.generated >= window:
                        return

    def _take(self, one: Completion | Refusal, log: LogWriter) -> None:
        at, place = divmod(one.index, len(self.pairs))
        arm, item, report = self.arms[at], self.pairs[place][0].id, self.report
        if isinstance(one, Completion):
            record = Record.of(
                one, key=arm.keys[place], item=item, arm=arm.name, session=self.number, ids=self.token_ids
            )
            log.append(record.line())
            report.generated += 1
            self.progress.advance(arm.name, one.tokens)
            return
        row = {"key": arm.keys[place], "item": item, "arm": arm.name, "sample": one.sample, "kind": one.kind}
        self.folder.append("refusals.jsonl", {**row, "reason": one.reason, "session": self.number})
        if one.kind == "aborted":
            report.aborted += 1
        else:
            report.refused += 1
        reason = f"{one.kind}: {one.reason}"
        if len(report.reasons) < REASONS and reason not in report.reasons:
            report.reasons.append(reason)
        if one.kind == "failed":
            self.failing.add(item)
            if len(self.failing) > self.most_failures and not report.stopped:
                report.stopped = f"requests for {len(self.failing)} questions failed in every try"


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
