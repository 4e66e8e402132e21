"""One stage, trained by TRL.

The model folder is moved to its place once training and, for LoRA, the merge are done, so it is whole or absent. An
unfinished stage resumes from the newest complete checkpoint, with optimizer, scheduler, data order and random state.
"""

from __future__ import annotations

import gc
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from transformers import PrinterCallback, TrainerCallback, TrainerState

from rewardkit.errors import SetupError
from rewardkit.recipe.recipe import Recipe
from rewardkit.rows import GoldReader
from rewardkit.runs.folder import write_json
from rewardkit.runs.log import append_row, read_rows

from ..plan.data import Rows, to_dataset
from ..plan.loading import Resolved
from ..plan.options import Checked
from ..trl import reward_functions
from .budget import steps_per_epoch
from .engine import Engine
from .folder import (
    TrainingRun,
    disk_faults,
    drop_incomplete,
    is_disk_full,
    last_complete,
    resumes,
    whole_weights,
)
from .stopping import StopCallback, Stopped, StopRequest
from .watch import Watch
from .weights import peft_config, quantization, use_unsloth


@dataclass(frozen=True, kw_only=True)
class StageRun:
    """What a stage is trained with. `start` is a folder or a hub name."""

    resolved: Resolved
    at: int
    folder: TrainingRun
    checked: Checked
    recipe: Recipe | None
    rows: Rows
    start: str
    tokenizer: Any
    is_main: bool
    wait: Callable[[], None]
    say: Callable[[str], None]
    stop: StopRequest
    callbacks: Sequence[TrainerCallback] = ()

    @property
    def path(self) -> Path:
        """The stage's folder."""
        return self.folder.stage(self.at, self.resolved.plan.stages[self.at].name)


class RowsCallback(TrainerCallback):
    """Appends every logged row to the table; the summary after training is kept apart."""

    def __init__(self, table: Path, stage: str) -> None:
        self.table, self.stage = table, stage
        self.summary: dict[str, Any] = {}

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **kwargs: Any) -> None:
        """One more row."""
        if not state.is_world_process_zero or not logs:
            return
        if "train_runtime" in logs:
            self.summary = dict(logs)
            return
        kind = "eval" if any(name.startswith("eval_") for name in logs) else "train"
        append_row(self.table, {"stage": self.stage, "step": state.global_step, "kind": kind, **logs})


def train_stage(run: StageRun) -> dict[str, Any]:
    """Train the stage and write its folder; returns what `done.json` says."""
    stage = run.resolved.plan.stages[run.at]
    began = time.time()
    last = last_complete(run.path, run.checked.world_size)
    step = last[1] if last else 0
    if run.is_main:
        run.path.mkdir(parents=True, exist_ok=True)
        run.folder.same_data(run.path, run.rows.rows, step)
        for name in drop_incomplete(run.path, step):
            run.say(f"{stage.name}: removed {name}, which was incomplete")
        run.folder.rewind(stage.name, step)
    run.wait()
    if last:
        run.say(f"{stage.name}: resumes at step {step}")
    rows = RowsCallback(run.folder.metrics, stage.name)
    watch = _watch(run, step)
    stop = StopCallback(
        run.stop, run.checked.steps_of_generation, lambda text: run.say(f"{stage.name}: {text}")
    )
    own = [one for one in (rows, watch, _eval(run), stop) if one is not None]
    with disk_faults(run.path, lambda: resumes(run.folder, run.resolved)), Engine() as engine:
        trainer = engine.trainer = _trained_by(run, [*own, *run.callbacks])
        trainer.remove_callback(PrinterCallback)
        _learn(run, trainer, last)
        if stop.stopped:
            raise Stopped(f"asked to stop; saved at step {trainer.state.global_step}")
        _save(run, trainer)
    if run.stop.agreed():
        raise Stopped("asked to stop after the last step; the model is saved")
    record = {
        "stage": stage.name,
        "start": run.start,
        "steps": trainer.state.global_step,
        "epochs": trainer.state.epoch,
        "rows": len(run.rows.rows),
        "notes": run.rows.notes,
        "seconds": round(time.time() - began, 1),
        "resumed_from": step or None,
        "stopped_by": watch.stopped if watch else None,
        "recipe": {"ref": run.recipe.ref, "digest": run.recipe.digest} if run.recipe else None,
    }
    if run.is_main:
        _eval_after(run, trainer.state.global_step)
        write_json(run.path / "done.json", record)
    run.wait()
    del trainer
    gc.collect()
    return record


def _learn(run: StageRun, trainer: Any, last: tuple[Path, int] | None) -> None:
    """Train, from the last checkpoint if there is one; if no step is left, only load it.

    With no step left, the trainer would take one more within an epoch, and write an empty table over the last
    completions.
    """
    path, step = last or (None, 0)
    state = TrainerState.load_from_json(str(path / "trainer_state.json")) if path else None
    if path and state and step >= state.max_steps and whole_weights(path):
        trainer._load_from_checkpoint(str(path))
        trainer.state = state
        return
    if step and hasattr(trainer, "_total_train_tokens"):
        trainer._total_train_tokens = _tokens_before(run, step)  # TRL counts from the restart
    if step and run.checked.kind == "grpo":
        _keep_order(trainer, step // steps_per_epoch(run.checked, len(run.rows.rows)))
    trainer.train(resume_from_checkpoint=str(path) if path else None)


def _keep_order(trainer: Any, epochs: int) -> None:
    """Let a resumed epoch see the rows in the same order as an uninterrupted run.

    TRL's sampler for GRPO draws each epoch's order from one generator, whose state no checkpoint holds: after a
    restart every epoch would begin with the first one's order.
    """
    import torch

    made = trainer._get_train_sampler

    def sampler(*given: Any) -> Any:
        found = made(*given)
        for _ in range(epochs if found.shuffle else 0):
            torch.randperm(found.num_samples, generator=found.generator)
        return found

    trainer._get_train_sampler = sampler


def _tokens_before(run: StageRun, step: int) -> int:
    """The tokens that an sft stage had learnt from at its last logged step up to `step`."""
    stage = run.resolved.plan.stages[run.at].name
    rows = [row for row in read_rows(run.folder.metrics) if row["stage"] == stage and row["step"] <= step]
    return int(max((row.get("num_tokens") or 0 for row in rows), default=0))


def _watch(run: StageRun, step: int) -> Watch | None:
    stage = run.resolved.plan.stages[run.at]
    if run.recipe is None:
        return None
    path = run.path / "warnings.jsonl" if run.is_main else None
    released = not stage.recipe_set and not str(stage.recipe).endswith((".yaml", ".yml"))
    recipe = run.recipe.ref if released else str(run.folder.path / "recipes" / f"{stage.name}.yaml")
    return Watch(stage.watch, stage.stop_on, path, recipe, run.path / "completions", run.say, step)


def _eval(run: StageRun) -> TrainerCallback | None:
    stage = run.resolved.plan.stages[run.at]
    if stage.eval is None or not stage.eval.every:
        return None
    from .evaluation import EvalCallback, open_suite

    return EvalCallback(
        open_suite(run.resolved, stage.eval),
        stage.eval.every,
        stage.name,
        run.path,
        run.start,
        run.folder.metrics,
        run.tokenizer,
        run.is_main,
        run.wait,
        run.say,
    )


def _eval_after(run: StageRun, step: int) -> None:
    stage = run.resolved.plan.stages[run.at]
    if stage.eval is None:
        return
    from .evaluation import evaluate, headlines, open_suite, random_states_kept

    suite = open_suite(run.resolved, stage.eval)
    out = run.path / "evals" / "final"
    shutil.rmtree(out, ignore_errors=True)  # a killed run may have left an evaluation of other weights
    with random_states_kept():
        figures = evaluate(suite, str(run.path / "model"), out)
    append_row(
        run.folder.metrics, {"stage": stage.name, "step": step, "kind": "suite", "final": True, **figures}
    )
    run.say(f"{stage.name}: {suite.suite}: {headlines(figures)}")


def _trained_by(run: StageRun, callbacks: list[TrainerCallback]) -> Any:
    """The trainer. An error from it, or from loading the model, is raised with the stage."""
    try:
        return _trainer(run, callbacks)
    except (ValueError, TypeError, OSError, ImportError, SafetensorError) as error:
        if is_disk_full(error):
            raise
        stage = run.resolved.plan.stages[run.at]
        raise SetupError(
            f"{run.resolved.place('stages', run.at, 'name')}: stage '{stage.name}' cannot start from '{run.start}': "
            f"{type(error).__name__}: {error}"
        ) from error


def _trainer(run: StageRun, callbacks: list[TrainerCallback]) -> Any:
    model, plan = run.resolved.plan.model, run.resolved.plan
    args = run.checked.config(str(run.path))
    loading = {"dtype": model.dtype, "attn_implementation": model.attn_implementation}
    if run.at == 0:
        loading["revision"] = model.revision
    args.model_init_kwargs = {name: value for name, value in loading.items() if value is not None}
    if model.trust_remote_code:
        args.trust_remote_code = True
    if run.checked["use_vllm"]:
        args.generation_kwargs = _ending(args.generation_kwargs, run.tokenizer.eos_token_id)
    given: dict[str, Any] = {
        "model": run.start,
        "args": args,
        "train_dataset": to_dataset(run.rows.rows),
        "processing_class": run.tokenizer,
        "callbacks": callbacks,
        "peft_config": peft_config(model.peft),
        "quantization_config": quantization(model.bits),
    }
    if use_unsloth(model.unsloth):
        given |= _unsloth(run, args)
    stage = plan.stages[run.at]
    if stage.kind == "sft":
        from trl.trainer.sft_trainer import SFTTrainer

        return SFTTrainer(**given)
    from trl.trainer.grpo_trainer import GRPOTrainer

    assert run.recipe is not None  # a grpo stage has one: the plan was validated
    read = GoldReader()  # the plan's loader has already extracted the golds
    rewards = reward_functions(
        run.recipe,
        args,
        run.tokenizer,
        split=stage.split,
        gold="gold",
        gold_extract=read,
        log=stage.log,
        slices=run.rows.slices,
    )
    if stage.split:
        args.reward_weights = rewards.weights
    return GRPOTrainer(reward_funcs=rewards, **given)  # pyright: ignore[reportArgumentType]


def _ending(written: dict[str, Any] | None, end: int) -> dict[str, Any]:
    """vLLM's parameters with the tokenizer's end among its stops: the engine has only read the end of the saved one."""
    given = written or {}
    stops = given.get("stop_token_ids") or []
    return {**given, "stop_token_ids": list(dict.fromkeys([*stops, end]))}


def _unsloth(run: StageRun, args: Any) -> dict[str, Any]:
    """The model as Unsloth loads it, with its LoRA, instead of ours."""
    from unsloth import FastLanguageModel  # pyright: ignore[reportMissingImports]

    model = run.resolved.plan.model
    loaded, _ = FastLanguageModel.from_pretrained(
        model_name=run.start,
        max_seq_length=getattr(args, "vllm_max_model_length", None) or _longest(run),
        load_in_4bit=model.bits == 4,
        load_in_8bit=model.bits == 8,
        fast_inference=bool(getattr(args, "use_vllm", False)),
    )
    if model.peft is not None:
        loaded = FastLanguageModel.get_peft_model(
            loaded, use_gradient_checkpointing="unsloth", random_state=args.seed, **model.peft
        )
    args.model_init_kwargs = None
    return {"model": loaded, "peft_config": None, "quantization_config": None}


def _longest(run: StageRun) -> int:
    """Tokens of the longest prompt and completion that the plan allows."""
    prompt = max(data.max_prompt_tokens or 512 for data in run.resolved.plan.data.values())
    return prompt + (run.checked["max_completion_length"] or run.checked["max_length"] or 1024)


def _save(run: StageRun, trainer: Any) -> None:
    """Save the result in `model/`, and the adapter in `adapter/`; LoRA is merged into the weights it started from."""
    model = run.resolved.plan.model
    beside = run.path / "model.part"
    if run.is_main:
        shutil.rmtree(beside, ignore_errors=True)
        shutil.rmtree(run.path / "model", ignore_errors=True)
    run.wait()
    first = run.path / "adapter" if model.peft is not None else beside
    trainer.save_model(str(first))
    run.wait()
    if run.is_main:
        if model.peft is not None:
            _merge(run, first, beside)
        run.tokenizer.save_pretrained(beside)
        beside.rename(run.path / "model")
    run.wait()


def _merge(run: StageRun, adapter: Path, out: Path) -> None:
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    model = run.resolved.plan.model
    base = AutoModelForCausalLM.from_pretrained(
        run.start,
        dtype=model.dtype or torch.float32,
        revision=model.revision if run.at == 0 else None,
        trust_remote_code=model.trust_remote_code,
    )
    merged: Any = PeftModel.from_pretrained(base, str(adapter))
    merged.merge_and_unload().save_pretrained(out)
