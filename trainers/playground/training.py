"""SFT and GRPO on the playground through TRL's own trainers, with TRL's own options as plain dicts.

`SFT_OPTIONS` and `GRPO_OPTIONS` are the settings that the evidence was made with, under TRL's names, so a plan
file can state the same. Both functions write a model folder and return the trainer's log history.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from datasets import Dataset
from transformers import AutoModelForCausalLM, AutoTokenizer, PrinterCallback, Trainer, TrainerCallback
from trl.trainer.grpo_config import GRPOConfig
from trl.trainer.grpo_trainer import GRPOTrainer
from trl.trainer.sft_config import SFTConfig
from trl.trainer.sft_trainer import SFTTrainer

from .policy import build_policy
from .world import read_rows

COMMON_OPTIONS: dict[str, Any] = {
    "bf16": False,
    "gradient_checkpointing": False,
    "use_cpu": True,
    "report_to": "none",
    "save_strategy": "no",
    "logging_steps": 1,
    "disable_tqdm": True,
}

SFT_OPTIONS: dict[str, Any] = {
    **COMMON_OPTIONS,
    "max_steps": 600,
    "per_device_train_batch_size": 32,
    "learning_rate": 3e-3,
    "lr_scheduler_type": "cosine",
    "warmup_steps": 50,
    "max_length": 128,
}

GRPO_OPTIONS: dict[str, Any] = {
    **COMMON_OPTIONS,
    "max_steps": 80,
    "per_device_train_batch_size": 64,
    "num_generations": 8,
    "learning_rate": 1e-4,
    "lr_scheduler_type": "constant_with_warmup",
    "warmup_steps": 5,
    "beta": 0.0,
    "temperature": 1.0,
    "max_completion_length": 48,
}


def sft_config(folder: str | Path, seed: int, options: Mapping[str, Any] | None = None) -> SFTConfig:
    """`SFT_OPTIONS` with `options` over them, writing to `folder`."""
    return SFTConfig(output_dir=str(folder), seed=seed, **{**SFT_OPTIONS, **(options or {})})


def grpo_config(folder: str | Path, seed: int, options: Mapping[str, Any] | None = None) -> GRPOConfig:
    """`GRPO_OPTIONS` with `options` over them, writing to `folder`."""
    return GRPOConfig(output_dir=str(folder), seed=seed, **{**GRPO_OPTIONS, **(options or {})})


def train_sft(
    folder: str | Path,
    rows: Sequence[Mapping[str, Any]] | Path,
    *,
    seed: int,
    start: str | Path | None = None,
    options: Mapping[str, Any] | None = None,
    callbacks: Sequence[TrainerCallback] = (),
) -> list[dict[str, Any]]:
    """Train on the completions of `rows` (columns `prompt` and `completion`, message lists); the prompt is masked.

    Args:
        folder: the folder for the trained model.
        rows: the rows, or a file of them.
        seed: of the weights (without `start`), the data order and everything else that is random.
        start: a model folder to start from; without it a new tokenizer and policy are made.
        options: TRL's `SFTConfig` options over `SFT_OPTIONS`.
        callbacks: for progress.
    """
    rows = _rows(rows)
    folder = Path(folder)
    if start is None:
        texts = (message["content"] for row in rows for message in [*row["prompt"], *row["completion"]])
        start = build_policy(folder, texts, seed)
    trainer = SFTTrainer(
        model=AutoModelForCausalLM.from_pretrained(start),
        args=sft_config(folder, seed, options),
        train_dataset=_dataset(rows, ("prompt", "completion")),
        processing_class=AutoTokenizer.from_pretrained(start),
        callbacks=list(callbacks),
    )
    return _trained(trainer, folder)


def train_grpo(
    folder: str | Path,
    start: str | Path,
    rows: Sequence[Mapping[str, Any]] | Path,
    reward_funcs: Callable[..., Any] | Sequence[Callable[..., Any]],
    *,
    seed: int,
    options: Mapping[str, Any] | None = None,
    callbacks: Sequence[TrainerCallback] = (),
) -> list[dict[str, Any]]:
    """Train the policy in `start` with `reward_funcs` by GRPO, on the prompts of `rows`.

    `options` are TRL's `GRPOConfig` options over `GRPO_OPTIONS`; the rest is as in `train_sft`.
    """
    trainer = GRPOTrainer(
        model=AutoModelForCausalLM.from_pretrained(start),
        reward_funcs=reward_funcs,  # pyright: ignore[reportArgumentType]
        args=grpo_config(folder, seed, options),
        train_dataset=_dataset(_rows(rows), ("prompt", "id", "gold", "level", "answerable")),
        processing_class=AutoTokenizer.from_pretrained(start),
        callbacks=list(callbacks),
    )
    return _trained(trainer, folder)


def _trained(trainer: Trainer, folder: str | Path) -> list[dict[str, Any]]:
    """Train, save the model to `folder` and return the log."""
    trainer.remove_callback(PrinterCallback)
    trainer.train()
    trainer.save_model(str(folder))
    return trainer.state.log_history


def _rows(rows: Sequence[Mapping[str, Any]] | Path) -> Sequence[Mapping[str, Any]]:
    return read_rows(rows) if isinstance(rows, Path) else rows


def _dataset(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> Dataset:
    return Dataset.from_list([{column: row[column] for column in columns} for row in rows])
