"""The dry run: everything that a plan will do, checked and counted, with nothing loaded but what is at hand.

A resolved plan comes in; lines for a person go out. A fault in the plan, a recipe, an option or a row of data that
is at hand is raised. A data set that is not at hand is counted by the `rows` that the plan states, and that is said.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from .budget import Steps, count_steps, memory, model_size
from .data import Loader, Row, at_hand, raw_rows
from .options import hints
from .plan import Stage, Traces
from .planning import Resolved
from .runner import Prepared, missing_packages, prepare

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
    size = model_size(model, config) if config is not None else None
    if size is None:
        yield f"          size not known: {why}"
    else:
        yield f"          {size.parameters / 1e6:,.0f} M parameters, {size.trained / 1e6:,.1f} M trained"
    yield f"processes {world_size}"
    for name in missing_packages(prepared):
        yield f"missing   {name}"
    total = 0
    for at, stage in enumerate(plan.stages):
        yield ""
        yield from _stage(prepared, at, stage)
        rows, said = _rows(prepared, at)
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


def _rows(prepared: Prepared, at: int) -> tuple[int | None, list[str]]:
    """How many rows a stage has, as far as can be known, and what is to be said of it."""
    resolved = prepared.resolved
    stage = resolved.plan.stages[at]
    names = [part.set for part in stage.data if not isinstance(part, Traces)]
    stated = 0
    said: list[str] = []
    if len(names) == len(stage.data) and all(at_hand(resolved, name) for name in names):
        loader = Loader(resolved, partial(raw_rows, resolved), _no_traces)
        found = loader.load(at, prepared.recipes.get(stage.name))
        return len(found.rows), [f"data    {note}" for note in found.notes]
    for part in stage.data:
        name = part.traces if isinstance(part, Traces) else part.set
        if isinstance(part, Traces):
            many = part.count
            where = f"right traces of '{name}', as many as there will be"
        else:
            data = resolved.plan.data[name]
            many = part.count or _least(data.limit, data.rows)
            if part.share is not None and many is not None:
                many = round(many * part.share)
            where = f"'{name}' ({data.hub or data.path}) is not read here"
        if many is None:
            return None, [*said, f"data    {where}; how many rows is not known, so nothing is counted"]
        stated += many
        said.append(f"data    {where}; counted as {many:,} rows")
    return stated, said


def _least(*numbers: int | None) -> int | None:
    given = [number for number in numbers if number is not None]
    return min(given) if given else None


def _no_traces(part: Traces) -> list[Row]:
    raise AssertionError(part)  # stages with traces are not loaded in a dry run


def _config(resolved: Resolved) -> tuple[Any, str]:
    """The model's configuration from the plan, a folder, or the hub's cache."""
    from transformers import AutoConfig

    model = resolved.plan.model
    if model.config is not None:
        values = dict(model.config)
        return AutoConfig.for_model(values.pop("model_type"), **values), ""
    local = resolved.file(model.name)
    try:
        return AutoConfig.from_pretrained(
            str(local) if local.is_dir() else model.name, local_files_only=True
        ), ""
    except (OSError, ValueError):
        return None, "no copy of its config.json is here; write model.config"
