"""The smoke run: a whole plan with a tiny random model, to test the plumbing before a GPU is rented.

The plan is changed to run on the CPU in about a minute: a random model of the same architecture class, a tokenizer
made for it, and eight rows of every data set, the first of its file if that is at hand, else made from the set's
`sample`. Recipes, prompts, columns, gold extraction, LoRA, quantisation, options and the passing of a model from stage
to stage are the real ones. Every difference is reported.
"""

from __future__ import annotations

import importlib.util
import random
import re
import shutil
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Any

from rewardkit.errors import SetupError
from rewardkit.runs.folder import read_json

from ..plan.data import Row, at_hand, raw_rows
from ..plan.loading import Resolved
from ..plan.plan import DataSet, Plan, Traces
from ..plan.templates import JINJA, fill, kept
from ..plan.tokens import CHATML

ROWS = 8
TINY: dict[str, Any] = {
    "hidden_size": 64,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "head_dim": 32,
    "max_position_embeddings": 4096,
    "layer_types": None,
    "max_window_layers": 2,
}
SMALL_SFT: dict[str, Any] = {"max_steps": 2, "per_device_train_batch_size": 2}
SMALL_GRPO: dict[str, Any] = {
    "max_steps": 2,
    "num_generations": 2,
    "max_completion_length": 8,
}
SMALL: dict[str, Any] = {
    "gradient_accumulation_steps": 1,
    "use_cpu": True,
    "bf16": False,
    "report_to": "none",
    "logging_steps": 1,
    "save_total_limit": 1,
    "disable_tqdm": True,
}
LEFT_OUT = (
    "generation_batch_size",
    "steps_per_generation",
    "num_generations_eval",
    "vllm_mode",
    "vllm_server_base_url",
    "vllm_gpu_memory_utilization",
    "vllm_max_model_length",
    "vllm_tensor_parallel_size",
    "vllm_enable_sleep_mode",
    "use_vllm",
    "fp16",
    "tf32",
    "torch_compile",
    "use_liger_kernel",
    "deepspeed",
    "fsdp",
    "fsdp_config",
    "attn_implementation",
    "push_to_hub",
    "run_name",
)
"""Options that need a GPU, a server or the real size."""
WHOLE = re.compile(r"\{\{[^{}]*\}\}")
NUMBER = re.compile(r"-?\d+")


def clear_smoke(folder: Path) -> None:
    """Remove an earlier smoke run, finished or not: it takes a minute, and its plan may have been fixed since."""
    if not (read_json(folder / "run.json") or {}).get("smoke"):
        return
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name != "run.lock":
            path.unlink()


def tiny_plan(resolved: Resolved, folder: Path, world_size: int = 1) -> tuple[Resolved, list[str]]:
    """The plan to run, and what differs from the real one."""
    plain: dict[str, Any] = resolved.plan.model_dump(mode="json", exclude_defaults=True)
    notes = ["a random model of two layers with its own tokenizer, 2 steps per stage on the CPU"]
    model = plain["model"]
    model_folder = folder / "smoke-model"
    config = resolved.plan.model.config or {"model_type": architecture(resolved)}
    model.update(name=str(model_folder.resolve()), unsloth="never", config=config)
    for name in ("tokenizer", "revision", "eos_token", "attn_implementation", "dtype", "chat_template"):
        model.pop(name, None)
    if model.get("bits") and importlib.util.find_spec("bitsandbytes") is None:
        model["bits"] = None
        notes.append("weights are not quantised: bitsandbytes is not installed")
    if any(
        "vllm" in name for stage in resolved.plan.stages for name in stage.options
    ) or "use_vllm" in plain.get("options", {}):
        notes.append("vLLM is left out: it needs a GPU")
    common = plain.setdefault("options", {})
    for name in LEFT_OUT:
        common.pop(name, None)
    if "8bit" in str(common.get("optim", "")):
        common["optim"] = "adamw_torch"
    for stage in plain["stages"]:
        for name in LEFT_OUT:
            stage.pop(name, None)
        stage.pop("eval", None)
        iterations = stage.get("num_iterations", common.get("num_iterations", 1))
        if stage["kind"] == "grpo":
            stage |= SMALL_GRPO | {"per_device_train_batch_size": 2, "save_steps": iterations}
        else:
            stage |= SMALL_SFT | {"save_steps": 2}
        stage |= SMALL
        if "8bit" in str(stage.get("optim", "")):
            stage["optim"] = "adamw_torch"
        for part in stage["data"]:
            part.pop("count", None)
            part.pop("share", None)
    for data in plain["data"].values():
        for name in ("limit", "only"):
            data.pop(name, None)
    if any(stage.eval for stage in resolved.plan.stages):
        notes.append("evaluations are left out")
    return Resolved(
        Plan.model_validate(plain), resolved.node, resolved.path, resolved.variant, resolved.settings
    ), notes


def made_rows(resolved: Resolved, name: str) -> list[Row]:
    """Eight rows of a data set: from its file if at hand, else made from its `sample`."""
    data = resolved.plan.data[name]
    if at_hand(resolved, name):
        source = data.path or name
        numbered = enumerate(islice(raw_rows(resolved, name), 50 * ROWS), start=1)
        return [row for number, row in numbered if kept(row, data.where, data.filter, source, number)][:ROWS]
    if data.sample is None:
        raise SetupError(
            f"{resolved.place('data', name)}: '{name}' is not at hand, and has no `sample` to make rows for the smoke "
            "run from; write one"
        )
    rng = random.Random(name)
    rows = []
    for number in range(ROWS):
        a, b = rng.randint(1, 20), rng.randint(1, 20)
        row = {key: _filled(value, {"a": a, "b": b, "c": a + b}) for key, value in data.sample.items()}
        if data.id is not None:
            row.setdefault(data.id, f"{name}-{number}")
        rows.append(row)
    return rows


def _filled(value: Any, numbers: dict[str, int]) -> Any:
    if isinstance(value, list):
        return [_filled(one, numbers) for one in value]
    if not isinstance(value, str):
        return value
    text = JINJA.from_string(value).render(**numbers)
    return int(text) if WHOLE.fullmatch(value) and NUMBER.fullmatch(text) else text


def made_traces(resolved: Resolved, part: Traces) -> list[Row]:
    """Stand-ins for right traces, which a random model does not produce: the prompts, answered from the sample."""
    stage = next(stage for stage in resolved.plan.stages if stage.name == part.traces)
    rows = []
    for source in stage.data:
        if isinstance(source, Traces):
            continue
        data: DataSet = resolved.plan.data[source.set]
        for number, row in enumerate(made_rows(resolved, source.set), start=1):
            prompt = fill(data.prompt, row, source.set, number) if data.messages is None else "?"
            answer = (
                fill(data.completion, row, source.set, number) if data.completion else "<answer>1</answer>"
            )
            rows.append(
                {
                    "prompt": [{"role": "user", "content": prompt}],
                    "completion": [{"role": "assistant", "content": answer}],
                }
            )
    return rows


def build_model(resolved: Resolved, texts: Iterable[str], folder: Path, seed: int) -> Path:
    """A tokenizer and a random model of the plan's architecture class, as an ordinary model folder."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    from ..playground.policy import build_tokenizer

    target = folder / "smoke-model"
    if (target / "config.json").is_file():
        return target
    kind = architecture(resolved)
    tokenizer = build_tokenizer(list(texts))
    tokenizer.chat_template = CHATML
    tokenizer.model_max_length = TINY["max_position_embeddings"]
    config = AutoConfig.for_model(
        kind,
        **TINY,
        vocab_size=len(tokenizer),
        pad_token_id=tokenizer.pad_token_id,
        eos_token_id=tokenizer.eos_token_id,
        bos_token_id=None,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = AutoModelForCausalLM.from_config(config)
    beside = folder / "smoke-model.part"
    model.save_pretrained(beside)
    tokenizer.save_pretrained(beside)
    return beside.rename(target)


def architecture(resolved: Resolved) -> str:
    """The `model_type` of the plan's model: from the plan, else from a local copy of the model."""
    model = resolved.plan.model
    if model.config is not None:
        return model.config["model_type"]
    from transformers import AutoConfig

    try:
        return AutoConfig.from_pretrained(resolved.model_path(model.name), local_files_only=True).model_type
    except (OSError, ValueError) as error:
        raise SetupError(
            f"{resolved.place('model', 'name')}: the architecture of '{model.name}' is unknown; write it as "
            "model.config: {model_type: qwen3, ..}"
        ) from error


def smoke_texts(resolved: Resolved) -> list[str]:
    """Texts to train a tokenizer on: every cell of the rows, the prompts and the tags."""
    texts = ["<think> </think> <answer> </answer> \\boxed{} None cannot be determined"]
    texts += [text for text in (stage.system_prompt for stage in resolved.plan.stages) if text]
    for name in resolved.plan.data:
        for row in made_rows(resolved, name):
            texts += [str(cell) for cell in row.values()]
    return texts
