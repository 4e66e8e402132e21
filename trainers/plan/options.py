"""A stage's options, checked against the installed TRL before anything is loaded.

`Checked` holds a stage's keyword arguments for TRL's configuration. An unknown option is answered with the nearest
names, a wrong type with the expected one, and a batch that does not divide into groups and processes with the
numbers that would work.
"""

from __future__ import annotations

import dataclasses
import importlib.util
import os
import re
from collections.abc import Iterator, Mapping
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import TypeAdapter, ValidationError

from rewardkit.errors import nearest

from .loading import Resolved

OURS = {
    "output_dir": "rewardkit names the folders; give --out",
    "resume_from_checkpoint": "the same command resumes by itself",
    "model_init_kwargs": "write model.dtype, model.revision or model.attn_implementation",
    "reward_weights": "weights belong to the recipe (`weight:` of a term)",
    "chat_template_path": "write model.chat_template",
    "eos_token": "write model.eos_token",
    "enable_jit_checkpoint": "SIGTERM and SIGUSR1 save a checkpoint anyway",
    "auto_find_batch_size": "a resumed run must have the batch it began with",
    "eval_strategy": "there is no evaluation set; write eval: {suite: gsm8k-boxed, every: 100}",
    "load_best_model_at_end": "there is no evaluation set; write eval: {suite: gsm8k-boxed, every: 100}",
    "warmup_ratio": "write it as warmup_steps, which below 1 is a share",
    "max_prompt_length": "TRL has no such option; write data.NAME.max_prompt_tokens, which leaves longer prompts out",
    "epsilon_low": "TRL calls it epsilon",
    "kl_coef": "TRL calls it beta",
    "batch_size": "TRL calls it per_device_train_batch_size",
    "num_epochs": "TRL calls it num_train_epochs",
    "max_new_tokens": "TRL calls it max_completion_length",
}
"""Options that are refused, and what to use instead."""

DEFAULTS: dict[str, Any] = {
    "logging_steps": 1,
    "save_strategy": "steps",
    "save_steps": 50,
    "save_total_limit": 2,
    "report_to": "none",
}
GRPO_DEFAULTS: dict[str, Any] = {"log_completions": True, "num_completions_to_print": 0}
"""Every step's row and completions are kept in the run folder; nothing is printed."""

LEAST: dict[str, int] = {
    "per_device_train_batch_size": 1,
    "gradient_accumulation_steps": 1,
    "generation_batch_size": 1,
    "steps_per_generation": 1,
    "num_iterations": 1,
    "max_completion_length": 1,
    "max_length": 1,
    "save_total_limit": 1,
    "learning_rate": 0,
    "beta": 0,
    "epsilon": 0,
    "weight_decay": 0,
    "max_grad_norm": 0,
    "num_train_epochs": 0,
}
"""The least value of options for which TRL accepts any number, then fails later or trains something else."""
CHOICES = (
    "loss_type",
    "scale_rewards",
    "multi_objective_aggregation",
    "importance_sampling_level",
    "vllm_mode",
    "packing_strategy",
)
"""Options that TRL checks only when it trains; their help lists the values."""

WORDS = {bool: "true or false", int: "a whole number", float: "a number", str: "a string", NoneType: "null"}


@dataclasses.dataclass(frozen=True)
class Checked:
    """A stage's options: everything that TRL's configuration is given, except the output folder."""

    kind: str
    options: Mapping[str, Any]
    world_size: int

    def __getitem__(self, name: str) -> Any:
        """An option's value, or TRL's default."""
        return self.options.get(name, defaults(self.kind).get(name))

    @property
    def steps_per_generation(self) -> int:
        """Micro steps that one generation serves."""
        if self["generation_batch_size"] is not None:
            return self["generation_batch_size"] // (self["per_device_train_batch_size"] * self.world_size)
        return self["steps_per_generation"] or self["gradient_accumulation_steps"]

    @property
    def steps_of_generation(self) -> int:
        """Optimizer steps that one generation serves (1 for sft); checkpoints fall between them."""
        if self.kind != "grpo":
            return 1
        micro = self.steps_per_generation * self["num_iterations"]
        return max(1, micro // self["gradient_accumulation_steps"])

    @property
    def generation_batch(self) -> int:
        """Completions per generation, over all processes."""
        return self["per_device_train_batch_size"] * self.world_size * self.steps_per_generation

    def config(self, output_dir: str) -> Any:
        """TRL's configuration object."""
        return config_class(self.kind)(output_dir=output_dir, **self.options)


def config_class(kind: str) -> Any:
    """`SFTConfig` or `GRPOConfig` of the installed TRL."""
    if kind == "sft":
        from trl.trainer.sft_config import SFTConfig

        return SFTConfig
    from trl.trainer.grpo_config import GRPOConfig

    return GRPOConfig


@cache
def hints(kind: str) -> dict[str, Any]:
    """Option name to its type."""
    cls = config_class(kind)
    types = get_type_hints(cls)
    return {field.name: types[field.name] for field in dataclasses.fields(cls) if field.init}


@cache
def defaults(kind: str) -> dict[str, Any]:
    """Option name to TRL's default, if that is a plain value."""
    return {
        field.name: field.default
        for field in dataclasses.fields(config_class(kind))
        if field.default is not dataclasses.MISSING
    }


def check(resolved: Resolved, world_size: int, accelerator: bool) -> list[Checked]:
    """The options of every stage.

    Args:
        resolved: the plan.
        world_size: how many processes will train.
        accelerator: whether this machine has one; if not, `use_cpu` is set, and bf16 is off unless asked for.

    Raises:
        RecipeError: with the place of the option in the plan.
    """
    _known_somewhere(resolved)
    return [_check_stage(resolved, at, world_size, accelerator) for at in range(len(resolved.plan.stages))]


def _known_somewhere(resolved: Resolved) -> None:
    known = {*hints("sft"), *hints("grpo")}  # a variant may drop the stages that an option is for
    for name in resolved.plan.options:
        if name not in known or name in OURS:
            raise resolved.fault(_unknown(name, known), "options", name)


def _check_stage(resolved: Resolved, at: int, world_size: int, accelerator: bool) -> Checked:
    stage = resolved.plan.stages[at]
    known = hints(stage.kind)
    written = {name: value for name, value in resolved.plan.options.items() if name in known} | stage.options
    written = {name: _whole_keys(value) for name, value in written.items()}
    for name, value in written.items():
        place = resolved.option_place(at, name)
        if name in OURS or name not in known:
            raise resolved.fault(_unknown(name, set(known) - set(OURS)), *place)
        fault = type_fault(name, value, known[name]) or _value_fault(stage.kind, name, value)
        if fault:
            raise resolved.fault(fault, *place)
    options: dict[str, Any] = DEFAULTS | (GRPO_DEFAULTS if stage.kind == "grpo" else {})
    options |= {"seed": resolved.plan.seed} | written
    if not accelerator:
        options.setdefault("use_cpu", True)
        options.setdefault("bf16", False)
    for name in ("deepspeed", "fsdp_config", "accelerator_config"):
        _file(resolved, at, options, name)
    checked = Checked(stage.kind, options, world_size)
    if stage.kind == "grpo":
        _divides(resolved, at, checked)
        _saves_between(resolved, at, checked)
    _constructs(resolved, at, checked, accelerator)
    return checked


def _whole_keys(value: Any) -> Any:
    """The value with whole numbers for keys (token ids in a `logit_bias`), which a plan holds as strings."""
    if isinstance(value, dict):
        return {
            int(key) if re.fullmatch("0|[1-9][0-9]*", key) else key: _whole_keys(one)
            for key, one in value.items()
        }
    return [_whole_keys(one) for one in value] if isinstance(value, list) else value


def _unknown(name: str, known: set[str]) -> str:
    if name in OURS:
        return f"'{name}' is not an option here: {OURS[name]}"
    import trl

    found = nearest(name, known)
    tail = found if found.startswith("did") else "no option of TRL has a similar name"
    return f"TRL {trl.__version__} has no option '{name}'; {tail}"


def type_fault(name: str, value: Any, hint: Any) -> str | None:
    """What is wrong with the type of an option's value, or None."""
    if name == "scale_rewards" and isinstance(value, bool):
        return None  # TRL reads it as group or none
    try:
        TypeAdapter(hint, config={"arbitrary_types_allowed": True}).validate_python(value, strict=True)
    except ValidationError:
        hint_of = "; write it as 1.0e-6" if isinstance(value, str) and float in _options(hint) else ""
        return f"'{name}' must be {' or '.join(dict.fromkeys(_words(hint)))}, found {value!r}{hint_of}"
    return None


def _value_fault(kind: str, name: str, value: Any) -> str | None:
    if name in LEAST and value is not None and value < LEAST[name]:
        return f"'{name}' must be at least {LEAST[name]}, found {value!r}"
    if name == "temperature" and value is not None and value <= 0:
        return (
            f"'temperature' must be above 0, found {value!r}: completions that are all the same teach nothing"
        )
    if name in CHOICES and isinstance(value, str):
        known = set(re.findall(r"'(\w+)'", _help(kind)[name])) | {defaults(kind)[name]}
        if value not in known:
            return f"'{name}' cannot be {value!r}; {nearest(value, known)}"
    if name == "report_to" and value is not None:
        from transformers.integrations.integration_utils import INTEGRATION_TO_CALLBACK

        known = {*INTEGRATION_TO_CALLBACK, "all", "none"}
        for one in [value] if isinstance(value, str) else value:
            if one not in known:
                return f"transformers cannot report to '{one}'; {nearest(one, known)}"
    return None


@cache
def _help(kind: str) -> dict[str, str]:
    return {field.name: field.metadata.get("help", "") for field in dataclasses.fields(config_class(kind))}


def _options(hint: Any) -> tuple[Any, ...]:
    return get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)


def _words(hint: Any) -> Iterator[str]:
    for option in _options(hint):
        origin = get_origin(option)
        if option in WORDS:
            yield WORDS[option]
        elif origin is Literal:
            yield " or ".join(map(repr, get_args(option)))
        elif origin is list or option is list:
            yield "a list"
        elif origin is dict or option is dict:
            yield "a mapping"


def _divides(resolved: Resolved, at: int, checked: Checked) -> None:
    size, device, world = (
        checked["num_generations"],
        checked["per_device_train_batch_size"],
        checked.world_size,
    )
    both = checked["generation_batch_size"] is not None and checked["steps_per_generation"] is not None
    if both:
        raise resolved.fault(
            "generation_batch_size and steps_per_generation cannot be combined; keep one",
            *resolved.option_place(at, "steps_per_generation"),
        )
    batch = checked["generation_batch_size"]
    if batch is not None and batch % (device * world):
        raise resolved.fault(
            f"generation_batch_size ({batch}) must be a multiple of per_device_train_batch_size x processes "
            f"({device} x {world} = {device * world}); try {_around(batch, device * world)}",
            *resolved.option_place(at, "generation_batch_size"),
        )
    if size < 2:
        raise resolved.fault(
            f"num_generations is {size}; a group needs at least 2 completions",
            *resolved.option_place(at, "num_generations"),
        )
    made = checked.generation_batch
    if made % size:
        steps = checked.steps_per_generation
        devices = [n for n in range(1, 4 * size + device + 1) if (n * world * steps) % size == 0]
        near = sorted(devices, key=lambda n: abs(n - device))[:3]
        groups = [n for n in range(2, made + 1) if made % n == 0]
        raise resolved.fault(
            f"per_device_train_batch_size x processes x steps per generation = {device} x {world} x {steps} = {made} "
            f"completions do not make whole groups of num_generations ({size}); with {size}, "
            f"per_device_train_batch_size could be {_list(sorted(near))}; with {made} completions, num_generations could be "
            f"{_list(sorted(sorted(groups, key=lambda n: abs(n - size))[:3]))}",
            *resolved.option_place(at, "num_generations"),
        )


def _saves_between(resolved: Resolved, at: int, checked: Checked) -> None:
    """A checkpoint within a generation loses the completions that are still to be learnt from."""
    micro = checked.steps_per_generation * checked["num_iterations"]
    accumulated = checked["gradient_accumulation_steps"]
    every = checked.steps_of_generation
    if micro % accumulated:
        raise resolved.fault(
            f"one generation serves {micro} micro steps, which is not a multiple of gradient_accumulation_steps "
            f"({accumulated}); a checkpoint would fall within it. Try {_around(micro, accumulated)} micro steps",
            *resolved.option_place(at, "gradient_accumulation_steps"),
        )
    saves = checked["save_steps"]
    if str(checked["save_strategy"]) == "steps" and (saves != int(saves) or int(saves) % every):
        raise resolved.fault(
            f"save_steps is {saves:g}, and a generation serves {every} steps: a run resumed within one would lose "
            f"its completions; try {_around(int(max(saves, 1)), every)}",
            *resolved.option_place(at, "save_steps"),
        )


def _around(number: int, unit: int) -> str:
    below, above = number // unit * unit, -(-number // unit) * unit
    return _list([n for n in dict.fromkeys([below, above]) if n > 0])


def _list(numbers: list[int]) -> str:
    return " or ".join(map(str, numbers))


def _constructs(resolved: Resolved, at: int, checked: Checked, accelerator: bool) -> None:
    """Run TRL's own checks, as on the machine that will train."""
    options = dict(checked.options)
    if not accelerator:
        options |= {"use_cpu": True}
    if importlib.util.find_spec("deepspeed") is None:
        options.pop("deepspeed", None)  # reported as missing; its settings can only be checked with it
    pretended = max(1, checked.world_size // int(os.environ.get("WORLD_SIZE", "1")))
    options["per_device_train_batch_size"] = checked["per_device_train_batch_size"] * pretended
    try:
        config_class(checked.kind)(output_dir="unused", **options)
    except (ValueError, TypeError, ImportError) as error:
        stage = resolved.plan.stages[at]
        named = (name for name in (*stage.options, *resolved.plan.options) if _concerns(error, name, options))
        name = next(named, None)
        raise resolved.fault(
            f"TRL refuses the options of stage '{stage.name}': {error}",
            *(resolved.option_place(at, name) if name else ("stages", at, "name")),
        ) from error


def _concerns(error: Exception, name: str, options: Mapping[str, Any]) -> bool:
    value = options.get(name)
    return name in str(error) or (isinstance(value, str) and f"{error} ".startswith(f"{value} "))


def _file(resolved: Resolved, at: int, options: dict[str, Any], name: str) -> None:
    """Make a file among TRL's options relative to the plan's file, like every other path."""
    if isinstance(written := options.get(name), str) and written.endswith(".json"):
        path = resolved.file(written)
        if not path.is_file():
            raise resolved.fault(f"no file {path}", *resolved.option_place(at, name))
        options[name] = str(path)
