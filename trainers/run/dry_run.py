"""The dry run: everything that a plan will do, checked and counted without downloading anything.

It is a gate: what would stop the run is a fault, and every fault is listed with its remedy. A hub data set is not
fetched; it is counted by the `rows` that the plan states, and the report says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from rewardkit.errors import RewardkitError

from ..plan.data import Loader, Row, at_hand, raw_rows, to_dataset
from ..plan.loading import Resolved
from ..plan.mixing import mix
from ..plan.options import hints
from ..plan.plan import Stage, Traces
from ..plan.tokens import check_vocabulary, first_tokenizer, load_tokenizer, prompt_length, room
from .budget import ParameterCounts, Steps, check_batch, count_steps, memory, model_size
from .prepare import Prepared, missing_packages, prepare

PROMPT_TOKENS = 256
"""Tokens assumed for a prompt if the plan sets no limit."""


class DryRun:
    """A report, line by line, and the faults found on the way.

    Args:
        resolved: the plan.
        world_size: how many processes will train.
        accelerator: whether this machine has one.

    Raises RecipeError at once for a plan whose options or recipes are wrong; `faults` holds whatever else would stop it.
    """

    def __init__(self, resolved: Resolved, world_size: int, accelerator: bool) -> None:
        self.resolved, self.plan = resolved, resolved.plan
        self.prepared: Prepared = prepare(resolved, world_size, accelerator)
        self.faults: list[str] = []
        self.config: Any = None
        self.tokenizer: Any = None
        self.size: ParameterCounts | None = None

    @contextmanager
    def _noting(self) -> Iterator[None]:
        try:
            yield
        except RewardkitError as fault:
            if str(fault) not in self.faults:
                self.faults.append(str(fault))

    def lines(self) -> Iterator[str]:
        """The report; `faults` is complete after its last line."""
        yield f"plan      {self.resolved.name}  ({self.resolved.path})"
        yield from self._model()
        yield f"processes {self.prepared.world_size}"
        for name in missing_packages(self.prepared):
            yield f"missing   {name}"
            self.faults.append(f"{self.resolved.path}: not installed: {name}")
        total = 0
        for at, stage in enumerate(self.plan.stages):
            yield ""
            yield from self._stage(at, stage)
            rows: int | None = None
            with self._noting():
                rows, said = self._rows(at)
                yield from (f"  {line}" for line in said)
            if rows is None:
                continue
            counted = count_steps(self.prepared.checked[at], rows)
            total += counted.completions
            with self._noting():
                check_batch(self.resolved, at, counted, rows)
                yield f"  counts  {_counts(counted, rows)}"
            yield from self._memory(at)
        yield ""
        yield f"in all    {total:,} completions"

    def _model(self) -> Iterator[str]:
        model = self.plan.model
        held = f", {model.bits} bit" if model.bits else ""
        tuned = f", LoRA r={model.peft.get('r', 8)}" if model.peft is not None else ", full fine-tuning"
        yield f"model     {model.name}{held}{tuned}"
        with self._noting():
            self.config, why = _config(self.resolved)
            if self.config is None:
                yield f"          size unknown: {why}"
        with self._noting():
            if self.config is not None:
                self.size = self._size()
                yield f"          {self.size.parameters / 1e6:,.0f} M parameters, {self.size.trained / 1e6:,.1f} M trained"
        with self._noting():
            self.tokenizer = _tokenizer(self.resolved)
            if self.tokenizer is None:
                yield "          its tokenizer is not here: chat template and prompt lengths are not checked"
            elif self.config is not None:
                check_vocabulary(self.resolved, self.tokenizer, self.config)

    def _size(self) -> ParameterCounts:
        model = self.plan.model
        try:
            return model_size(model, self.config)
        except (ValueError, TypeError) as wrong:
            written = "peft" if model.peft is not None else "config"
            raise self.resolved.fault(f"the model cannot be built: {wrong}", "model", written) from wrong

    def _stage(self, at: int, stage: Stage) -> Iterator[str]:
        start = "the model" if at == 0 else f"'{self.plan.stages[at - 1].name}'"
        yield f"{at + 1}. {stage.name}: {stage.kind}, from {start}"
        recipe = self.prepared.recipes.get(stage.name)
        if recipe is not None:
            yield f"  recipe  {recipe.ref} {recipe.digest}" + (
                ", one function per term" if stage.split else ""
            )
        known = hints(stage.kind)
        common = {name: value for name, value in self.plan.options.items() if name in known}
        yield "  options " + ", ".join(f"{name}={value}" for name, value in (common | stage.options).items())
        if stage.eval is not None:
            every = f" and every {stage.eval.every} steps" if stage.eval.every else ""
            yield f"  eval    {stage.eval.suite}, after the stage{every}"
        if stage.stop_on:
            yield f"  stops   on {', '.join(stage.stop_on)}"

    def _rows(self, at: int) -> tuple[int | None, list[str]]:
        """How many rows a stage has, as far as is known, and the report's lines about it."""
        stage = self.plan.stages[at]
        names = [part.set for part in stage.data if not isinstance(part, Traces)]
        if len(names) == len(stage.data) and all(at_hand(self.resolved, name) for name in names):
            checked = self.prepared.checked[at]
            lengths = partial(prompt_length, self.tokenizer) if self.tokenizer is not None else None
            fits = room(self.config, checked) if self.config is not None else None
            loader = Loader(self.resolved, partial(raw_rows, self.resolved), _no_traces, lengths, fits)
            found = loader.load(at, self.prepared.recipes.get(stage.name))
            to_dataset(found.rows)
            return len(found.rows), [f"data    {note}" for note in found.notes]
        sizes: list[int] = []
        said: list[str] = []
        for part in stage.data:
            many, where = self._traces(part) if isinstance(part, Traces) else self._set(part.set, part.count)
            if many is None:
                return None, [*said, f"data    {where}; the number of rows is unknown, so nothing is counted"]
            sizes.append(many)
            said.append(f"data    {where}; counted as {many:,} rows")
        taken = mix(self.resolved, at, sizes)
        if taken != sizes:
            said.append(f"data    of these, {' + '.join(f'{many:,}' for many in taken)}")
        return sum(taken), said

    def _traces(self, part: Traces) -> tuple[int | None, str]:
        return part.count, f"right traces of '{part.traces}', as many as there will be"

    def _set(self, name: str, asked: int | None) -> tuple[int | None, str]:
        data = self.plan.data[name]
        if data.path is not None and not at_hand(self.resolved, name):
            with self._noting():
                raise self.resolved.fault(
                    f"no file {self.resolved.file(data.path)}; put it there, or give --set data.{name}.path=FILE",
                    "data",
                    name,
                    "path",
                )
        given = [number for number in (data.limit, data.rows) if number is not None]
        where = f"no file {data.path} here" if data.path else f"'{data.hub}' is not read here"
        return min(given) if given else asked, f"'{name}': {where}"

    def _memory(self, at: int) -> Iterator[str]:
        if self.size is None:
            return
        limits = (data.max_prompt_tokens or PROMPT_TOKENS for data in self.plan.data.values())
        checked = self.prepared.checked[at]
        parts = memory(self.plan.model, self.config, self.size, checked, max(limits, default=PROMPT_TOKENS))
        told = ", ".join(f"{name} {gib:.1f}" for name, gib in parts.items())
        yield f"  memory  about {sum(parts.values()):.1f} GiB per device ({told}; an estimate)"
        if checked["use_vllm"]:
            yield "          and vLLM's share if colocated: vllm_gpu_memory_utilization of the device"


def _counts(counted: Steps, rows: int) -> str:
    made = f", {counted.completions:,} completions" if counted.completions else ""
    return f"{rows:,} rows, {counted.steps:,} steps, {counted.samples:,} samples{made}, {counted.epochs:.2f} epochs"


def _no_traces(part: Traces) -> list[Row]:
    raise AssertionError(part)  # stages with traces are not loaded in a dry run


def _tokenizer(resolved: Resolved) -> Any:
    """The first stage's tokenizer if it is at hand. Raises if it cannot be used."""
    source, revision = first_tokenizer(resolved)
    from transformers.utils.hub import cached_file

    if not Path(source).is_dir():
        try:
            cached_file(source, "tokenizer_config.json", revision=revision, local_files_only=True)
        except OSError:
            return None
    return load_tokenizer(resolved, source, revision, here=True)


def _config(resolved: Resolved) -> tuple[Any, str]:
    """The model's configuration from the plan, a folder, or the hub's cache."""
    from transformers import AutoConfig

    model = resolved.plan.model
    if model.config is not None:
        values = dict(model.config)
        return AutoConfig.for_model(values.pop("model_type"), **values), ""
    try:
        return AutoConfig.from_pretrained(resolved.model_path(model.name), local_files_only=True), ""
    except (OSError, ValueError):
        return None, "no copy of its config.json is here; write model.config"
