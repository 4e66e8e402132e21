"""Running a plan: stage after stage, each from the last one's result, resuming after a kill."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any

from rewardkit.errors import SetupError, UsageError
from rewardkit.evals.traces import right_traces
from rewardkit.files import write_whole
from rewardkit.runs.log import read_rows

from ..plan.data import Loader, raw_rows
from ..plan.loading import Resolved
from ..plan.plan import Traces
from ..plan.tokens import check_vocabulary, cut, first_tokenizer, load_tokenizer, prompt_length, room
from .budget import check_batch, count_steps
from .card import card, versions
from .folder import TrainingRun, disk_faults, resumes
from .prepare import Prepared, missing_packages, prepare
from .smoke import build_model, clear_smoke, made_rows, made_traces, smoke_texts, tiny_plan
from .stopping import Stopped, StopRequest
from .traces import logged_completions


def world() -> int:
    """How many processes train, according to the launcher (torchrun, accelerate, mpirun)."""
    from accelerate.utils.environment import get_cpu_distributed_information

    return get_cpu_distributed_information().world_size


def check_launch(processes: int) -> None:
    """Refuse to run as one process when several were asked for.

    `accelerate launch --cpu --num_processes 2` without MPI starts one process, and gives it the address of others that
    it does not start.

    Raises:
        UsageError: with a command that starts them.
    """
    alone = processes == 1 and "WORLD_SIZE" not in os.environ
    if alone and "MASTER_ADDR" in os.environ and os.environ.get("ACCELERATE_USE_CPU", "").lower() == "true":
        raise UsageError(
            "accelerate was asked for several processes on the CPU and started one: its --cpu starts more only through "
            "MPI; add --mpirun_hostfile FILE (a line with localhost), or use torchrun --nproc-per-node N -m rewardkit "
            "train (if one process is meant: --num_processes 1, and no MASTER_ADDR in the environment)"
        )


def accelerator_here() -> bool:
    """Whether there is something faster than the CPU."""
    import torch

    return torch.accelerator.is_available()


def run_plan(
    resolved: Resolved,
    out: Path,
    *,
    smoke: bool = False,
    callbacks: Sequence[Any] = (),
    say: Callable[[str], None] = print,
    stop: StopRequest | None = None,
) -> Path:
    """Train by a plan in the folder `out`; the same call resumes where a killed one stopped.

    Args:
        resolved: the plan.
        out: the run folder.
        smoke: the whole plan with a tiny random model.
        callbacks: more callbacks for every stage's trainer.
        say: takes lines for a person.
        stop: asks the run to save a checkpoint and stop.

    Returns:
        The folder of the final model.

    Raises:
        Stopped: it was asked to stop.
    """
    from accelerate import PartialState

    here = accelerator_here() and not smoke
    state = PartialState(cpu=not here)
    check_launch(state.num_processes)
    folder = TrainingRun(out)
    notes: list[str] = []
    if smoke:
        resolved, notes = tiny_plan(resolved, out, state.num_processes)
    else:
        resolved.model_path(resolved.plan.model.name)
        first_tokenizer(resolved)
    prepared = prepare(resolved, state.num_processes, here)
    plan = resolved.plan
    told = say if state.is_main_process else _silent
    missing = missing_packages(prepared)
    if missing:
        raise SetupError(f"{resolved.path}: not installed: {'; '.join(missing)}")
    record = {
        "plan": resolved.name,
        "variant": resolved.variant,
        "settings": list(resolved.settings),
        "smoke": smoke,
        "seed": plan.seed,
        "processes": state.num_processes,
        "recipes": {name: {"ref": one.ref, "digest": one.digest} for name, one in prepared.recipes.items()},
        "versions": versions(),
    }
    with (
        disk_faults(out, lambda: resumes(folder, resolved)),
        folder.writing() if state.is_main_process else nullcontext(),
    ):
        if smoke and state.is_main_process:
            clear_smoke(out)
        return _run(prepared, folder, record, notes, state, callbacks, told, stop or StopRequest())


def _run(
    prepared: Prepared,
    folder: TrainingRun,
    record: dict[str, Any],
    notes: list[str],
    state: Any,
    callbacks: Sequence[Any],
    told: Callable[[str], None],
    stop: StopRequest,
) -> Path:
    resolved, out, smoke = prepared.resolved, folder.path, record["smoke"]
    plan = resolved.plan
    if state.is_main_process:
        for change in folder.begin(resolved.to_yaml(), record):
            told(f"note: {change}")
        for name, recipe in prepared.recipes.items():
            write_whole(
                out / "recipes" / f"{name}.yaml", f"# {recipe.ref} {recipe.digest}\n{recipe.to_yaml()}"
            )
        if smoke:
            build_model(resolved, smoke_texts(resolved), out, plan.seed)
    state.wait_for_everyone()
    for note in notes:
        told(f"smoke: {note}")
    start = resolved.model_path(plan.model.name)
    for at, stage in enumerate(plan.stages):
        finished = folder.done(at, stage.name)
        if finished is not None:
            told(f"{stage.name}: already done ({finished['steps']} steps)")
        else:
            try:
                if stop.agreed():
                    raise Stopped("asked to stop between stages")
                _train(prepared, folder, at, start, state, smoke, callbacks, told, stop)
            except Exception as error:
                error.add_note(
                    f"in stage '{stage.name}'; once the cause is fixed, the same command {resumes(folder, resolved)}"
                )
                raise
        start = str(folder.stage(at, stage.name) / "model")
    if state.is_main_process:
        _write_cards(resolved, folder, record, smoke)
    state.wait_for_everyone()
    return Path(start)


def _silent(text: str) -> None:
    """The `say` of all processes but the first."""


def _train(
    prepared: Prepared,
    folder: TrainingRun,
    at: int,
    start: str,
    state: Any,
    smoke: bool,
    callbacks: Sequence[Any],
    say: Callable[[str], None],
    stop: StopRequest,
) -> None:
    from .stage import StageRun, train_stage

    resolved = prepared.resolved
    stage = resolved.plan.stages[at]
    tokenizer = load_tokenizer(resolved, *(first_tokenizer(resolved) if at == 0 else (start, None)))
    recipe = prepared.recipes.get(stage.name)
    config = _config(resolved, start)
    check_vocabulary(resolved, tokenizer, config)
    loader = Loader(
        resolved,
        partial(made_rows if smoke else raw_rows, resolved),
        partial(made_traces, resolved) if smoke else partial(stage_traces, folder, resolved),
        partial(prompt_length, tokenizer),
        None if smoke else room(config, prepared.checked[at]),
        "stand-ins for right traces" if smoke else "right traces",
    )
    rows = loader.load(at, recipe)
    counted = count_steps(prepared.checked[at], len(rows.rows))
    check_batch(resolved, at, counted, len(rows.rows))
    limit = prepared.checked[at]["max_length"] if stage.kind == "sft" else None
    lost = cut(tokenizer, rows.rows, limit) if limit and state.is_main_process else 0
    if lost:
        rows.notes.append(
            f"warning: {lost} rows are longer than max_length ({limit}) and lose their end, and with it the answer"
        )
    for note in rows.notes:
        say(f"{stage.name}: {note}")
    made = f", {counted.completions} completions" if counted.completions else ""
    say(f"{stage.name}: {stage.kind}, {len(rows.rows)} rows, {counted.steps} steps{made}")
    run = StageRun(
        resolved=resolved,
        at=at,
        folder=folder,
        checked=prepared.checked[at],
        recipe=recipe,
        rows=rows,
        start=start,
        tokenizer=tokenizer,
        is_main=state.is_main_process,
        wait=state.wait_for_everyone,
        say=say,
        callbacks=callbacks,
        stop=stop,
    )
    train_stage(run)


def _config(resolved: Resolved, start: str) -> Any:
    from transformers import AutoConfig

    model = resolved.plan.model
    revision = model.revision if start == model.name else None
    return AutoConfig.from_pretrained(start, revision=revision, trust_remote_code=model.trust_remote_code)


def stage_traces(folder: TrainingRun, resolved: Resolved, part: Traces) -> list[dict[str, Any]]:
    """The right traces that an earlier stage logged."""
    at = next(at for at, stage in enumerate(resolved.plan.stages) if stage.name == part.traces)
    rows = right_traces(logged_completions(folder.stage(at, part.traces)), part.order, part.per_prompt)
    if not rows:
        raise resolved.fault(
            f"stage '{part.traces}' logged no right completion, and a later stage needs some to learn from; see its "
            "outcomes in metrics.jsonl, and train it longer, or remove the later stage",
            "stages",
            at,
            "name",
        )
    return [{"prompt": row["prompt"], "completion": row["completion"]} for row in rows]


def _write_cards(resolved: Resolved, folder: TrainingRun, record: dict[str, Any], smoke: bool) -> None:
    stages = resolved.plan.stages
    done = [one for at, stage in enumerate(stages) if (one := folder.done(at, stage.name)) is not None]
    last = {row["stage"]: row for row in read_rows(folder.metrics) if row["kind"] == "train"}
    warnings = [
        (stage.name, row)
        for at, stage in enumerate(stages)
        for row in read_rows(folder.stage(at, stage.name) / "warnings.jsonl")
    ]
    text = card(resolved, record, done, last, warnings, smoke)
    write_whole(folder.path / "README.md", text)
    write_whole(folder.stage(len(stages) - 1, stages[-1].name) / "model" / "README.md", text)
