"""The dry run: everything that a plan will do, checked and counted, with nothing loaded but what is at hand.

A resolved plan comes in; lines for a person go out. A fault in the plan, a recipe, an option or a row of data that
is at hand is raised. A data set that is not at hand is counted by the `rows` that the plan states, and that is said.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from ..plan.data import Loader, Row, at_hand, raw_rows, to_dataset
from ..plan.loading import Resolved
from ..plan.mixing import mix
from ..plan.options import hints
from ..plan.plan import Stage, Traces
from ..plan.tokens import first_tokenizer, load_tokenizer, prompt_length, room
from .budget import Steps, count_steps, memory, model_size
from .prepare import Prepared, missing_packages, prepare

PROMPT_TOKENS = 256
"""What a prompt is taken to have where the plan sets no limit."""


def dry_run(resolved: Resolved, world_size: int, accelerator: bool) -> Iterator[str]:
    """The report, line by line."""
    plan = resolved.plan
    prepared = prepare(resolved, world_size, accelerator)
    yield f"plan      {resolved.name}  ({resolved.path})"
    model = plan.model
    held = f", {model.bits} bit" if model.bits else ""
    tuned = f", LoRA r={model.peft.get('r', 8)}" if model.peft is not None else ", full fine-tuning"
    yield f"model     {model.name}{held}{tuned}"
    config, why = _config(resolved)
    size = None
    if config is None:
        yield f"          size not known: {why}"
    else:
        try:
            size = model_size(model, config)
        except (ValueError, TypeError) as wrong:
            raise resolved.fault(
                f"the model cannot be built: {wrong}", "model", "peft" if model.peft is not None else "config"
            ) from wrong
        yield f"          {size.parameters / 1e6:,.0f} M parameters, {size.trained / 1e6:,.1f} M trained"
    tokenizer = _tokenizer(resolved)
    if tokenizer is None:
        yield "          its tokenizer is not here: chat template and lengths of prompts are not checked"
    yield f"processes {world_size}"
    for name in missing_packages(prepared):
        yield f"missing   {name}"
    total = 0
    for at, stage in enumerate(plan.stages):
        yield ""
        yield from _stage(prepared, at, stage)
        rows, said = _rows(prepared, at, tokenizer, config)
        yield from (f"  {line}" for line in said)
        if rows is None:
            continue
        counted = count_steps(prepared.checked[at], rows)
        if not counted.steps:
            raise resolved.fault(
                f"{rows} rows do not fill one batch of stage '{stage.name}'; lower per_device_train_batch_size",
                "stages",
                at,
                "data",
            )
        total += counted.completions
        yield f"  counts  {_counts(counted, rows)}"
        if size is not None:
            longest = max(
                (data.max_prompt_tokens or PROMPT_TOKENS for data in plan.data.values()),
                default=PROMPT_TOKENS,
            )
            parts = memory(model, config, size, prepared.checked[at], longest)
            told = ", ".join(f"{name} {gib:.1f}" for name, gib in parts.items())
            yield f"  memory  about {sum(parts.values()):.1f} GiB a device ({told}; an estimate)"
            if prepared.checked[at]["use_vllm"]:
                yield "          and what vLLM takes: vllm_gpu_memory_utilization of the device, where colocated"
    yield ""
    yield f"in all    {total:,} completions"


def _stage(prepared: Prepared, at: int, stage: Stage) -> Iterator[str]:
    start = "the model" if at == 0 else f"'{prepared.resolved.plan.stages[at - 1].name}'"
    yield f"{at + 1}. {stage.name}: {stage.kind}, from {start}"
    recipe = prepared.recipes.get(stage.name)
    if recipe is not None:
        yield f"  recipe  {recipe.ref} {recipe.digest}" + (", a function a term" if stage.split else "")
    known = hints(stage.kind)
    common = {name: value for name, value in prepared.resolved.plan.options.items() if name in known}
    options = common | stage.options
    yield "  options " + ", ".join(f"{name}={value}" for name, value in options.items())
    if stage.eval is not None:
        every = f" and every {stage.eval.every} steps" if stage.eval.every else ""
        yield f"  eval    {stage.eval.suite}, after the stage{every}"
    if stage.stop_on:
        yield f"  stops   on {', '.join(stage.stop_on)}"


def _counts(counted: Steps, rows: int) -> str:
    made = f", {counted.completions:,} completions" if counted.completions else ""
    return f"{rows:,} rows, {counted.steps:,} steps, {counted.samples:,} samples{made}, {counted.epochs:.2f} epochs"


def _rows(prepared: Prepared, at: int, tokenizer: Any, config: Any) -> tuple[int | None, list[str]]:
    """How many rows a stage has, as far as can be known, and what is to be said of it."""
    resolved = prepared.resolved
    stage = resolved.plan.stages[at]
    names = [part.set for part in stage.data if not isinstance(part, Traces)]
    said: list[str] = []
    if len(names) == len(stage.data) and all(at_hand(resolved, name) for name in names):
        checks = partial(prompt_length, tokenizer) if tokenizer is not None else None
        fits = room(config, prepared.checked[at]) if config is not None else None
        found = Loader(resolved, partial(raw_rows, resolved), _no_traces, checks, fits).load(
            at, prepared.recipes.get(stage.name)
        )
        to_dataset(found.rows)
        return len(found.rows), [f"data    {note}" for note in found.notes]
    sizes: list[int] = []
    for part in stage.data:
        if isinstance(part, Traces):
            many = part.count
            where = f"right traces of '{part.traces}', as many as there will be"
        else:
            data = resolved.plan.data[part.set]
            many = _least(data.limit, data.rows)
            if many is None:
                many = part.count
            missing = f"no file {data.path} here" if data.path else f"'{data.hub}' is not read here"
            where = f"'{part.set}': {missing}"
        if many is None:
            return None, [*said, f"data    {where}; how many rows is not known, so nothing is counted"]
        sizes.append(many)
        said.append(f"data    {where}; counted as {many:,} rows")
    taken = mix(resolved, at, sizes)
    if taken != sizes:
        said.append(f"data    of these, {' + '.join(f'{many:,}' for many in taken)}")
    return sum(taken), said


def _least(*numbers: int | None) -> int | None:
    given = [number for number in numbers if number is not None]
    return min(given) if given else None


def _no_traces(part: Traces) -> list[Row]:
    raise AssertionError(part)  # stages with traces are not loaded in a dry run


def _tokenizer(resolved: Resolved) -> Any:
    """The first stage's tokenizer, where it is at hand. Raises for one that will not do."""
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
