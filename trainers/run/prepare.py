"""What can be checked of a plan before a model is loaded: recipes, suites, options, thresholds, LoRA, packages."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields

from rewardkit.errors import SetupError, UsageError, nearest
from rewardkit.recipe.loading import load_recipe
from rewardkit.recipe.recipe import Recipe
from rewardkit.rows import gold_extractor
from rewardkit.rows.golds import IN_YAML

from ..plan.loading import Resolved
from ..plan.options import Checked, check, type_fault
from ..plan.plan import Traces
from .watch import check_watch


@dataclass(frozen=True)
class Prepared:
    """A plan with everything resolved and checked that does not need the model."""

    resolved: Resolved
    checked: list[Checked]
    recipes: dict[str, Recipe]
    world_size: int


def prepare(resolved: Resolved, world_size: int, accelerator: bool) -> Prepared:
    """Resolve and check. Raises with the place in the plan.

    Args:
        resolved: the plan.
        world_size: how many processes will train.
        accelerator: whether this machine has one.
    """
    checked = check(resolved, world_size, accelerator)
    check_watch(resolved)
    _check_model(resolved)
    _check_traces(resolved, checked)
    for name, data in resolved.plan.data.items():
        if data.gold is not None:
            with _at(resolved, "data", name, "gold_extract"):
                gold_extractor(data.gold_extract, IN_YAML)
    if any(stage.eval for stage in resolved.plan.stages):
        from .evaluation import check_eval

        for at in range(len(resolved.plan.stages)):
            with _at(resolved, "stages", at, "eval"):
                check_eval(resolved, at, checked[at])
    recipes = {}
    for at, stage in enumerate(resolved.plan.stages):
        if stage.recipe is None:
            continue
        reference = stage.recipe
        if reference.endswith((".yaml", ".yml")):
            reference = str(resolved.file(reference))
        with _at(resolved, "stages", at, "recipe"):
            recipe = load_recipe(reference, stage.recipe_set)
        recipes[stage.name] = recipe
        _check_groups(resolved, at, recipe, checked[at])
        if stage.split and recipe.clip is not None:
            raise resolved.fault(
                f"{recipe.ref} clips its total, so it cannot be split into terms", "stages", at, "split"
            )
    return Prepared(resolved, checked, recipes, world_size)


@contextmanager
def _at(resolved: Resolved, *steps: str | int) -> Iterator[None]:
    """Add to an error about a name the place where the plan has it."""
    try:
        yield
    except UsageError as error:
        raise resolved.fault(str(error), *steps) from error


def _check_model(resolved: Resolved) -> None:
    model = resolved.plan.model
    if model.dtype not in (None, "auto"):
        import torch

        known = [name for name in vars(torch) if isinstance(getattr(torch, name), torch.dtype)]
        if model.dtype not in known or not getattr(torch, model.dtype).is_floating_point:
            raise resolved.fault(
                f"no dtype '{model.dtype}'; {nearest(model.dtype, ('float32', 'bfloat16', 'float16', 'auto'))}",
                "model",
                "dtype",
            )
    if model.peft is not None:
        _check_peft(resolved, model.peft)


def _check_peft(resolved: Resolved, options: dict[str, object]) -> None:
    if importlib.util.find_spec("peft") is None:
        raise SetupError(
            f"{resolved.place('model', 'peft')}: LoRA needs the package 'peft', which is not installed"
        )
    from typing import get_type_hints

    from peft import LoraConfig

    known, hints = {field.name for field in fields(LoraConfig)}, get_type_hints(LoraConfig)
    for name, value in options.items():
        if name not in known:
            raise resolved.fault(
                f"peft.LoraConfig has no option '{name}'; {nearest(name, known)}", "model", "peft", name
            )
        fault = type_fault(name, value, hints[name])
        if fault or (name == "r" and isinstance(value, int) and value < 1):
            raise resolved.fault(fault or f"'r' must be at least 1, found {value}", "model", "peft", name)
    targets = options.get("target_modules")
    if isinstance(targets, list) and "lm_head" in targets and _kinds(resolved) >= {"grpo"}:
        raise resolved.fault(
            "in grpo TRL reads lm_head's own weights, so a LoRA on it would not be trained; leave it out",
            "model",
            "peft",
            "target_modules",
        )


def _kinds(resolved: Resolved) -> set[str]:
    return {stage.kind for stage in resolved.plan.stages}


def _check_traces(resolved: Resolved, checked: list[Checked]) -> None:
    """A stage that later ones learn from must keep its completions."""
    names = [stage.name for stage in resolved.plan.stages]
    for stage in resolved.plan.stages:
        for part in stage.data:
            if isinstance(part, Traces):
                at = names.index(part.traces)
                if not checked[at]["log_completions"]:
                    raise resolved.fault(
                        f"stage '{stage.name}' learns from the completions of '{part.traces}', which are not kept; leave "
                        "out log_completions",
                        *resolved.option_place(at, "log_completions"),
                    )


def _check_groups(resolved: Resolved, at: int, recipe: Recipe, checked: Checked) -> None:
    slice_ = checked["per_device_train_batch_size"] * checked.steps_per_generation
    size = checked["num_generations"]
    if recipe.reads_groups and slice_ % size:
        raise resolved.fault(
            f"{recipe.ref} compares the {size} completions of a prompt, and each of {checked.world_size} processes would "
            f"score {slice_}, which splits groups; make per_device_train_batch_size x steps_per_generation a multiple "
            f"of {size}, or num_generations a divisor of {slice_}",
            *resolved.option_place(at, "num_generations"),
        )


def missing_packages(prepared: Prepared) -> list[str]:
    """The packages that the plan needs and that are not installed, each with the remedy."""
    model = prepared.resolved.plan.model
    wanted: dict[str, str] = {}
    if model.bits is not None:
        wanted["bitsandbytes"] = f"{model.bits} bit loading: pip install 'rewardkit[quant]'"
    if model.unsloth == "always":
        wanted["unsloth"] = "model.unsloth: pip install unsloth"
    for checked in prepared.checked:
        if checked["use_vllm"]:
            wanted["vllm"] = "use_vllm: pip install 'rewardkit[vllm]'"
        if checked["use_liger_kernel"]:
            wanted["liger_kernel"] = "use_liger_kernel: pip install liger-kernel"
        if checked["deepspeed"]:
            wanted["deepspeed"] = "deepspeed: pip install deepspeed"
        reports = checked["report_to"]
        for name in [reports] if isinstance(reports, str) else reports or ():
            if name not in ("all", "none"):
                wanted[name] = f"report_to: pip install {name}"
    return [f"{name} ({why})" for name, why in wanted.items() if importlib.util.find_spec(name) is None]
