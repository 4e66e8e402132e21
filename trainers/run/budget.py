"""What a stage will cost: steps, samples and completions as TRL and transformers count them, and an estimate of memory.

The model's size is counted on PyTorch's meta device from its configuration, without weights.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from ..plan.loading import Resolved
from ..plan.options import Checked
from ..plan.plan import Model
from .weights import peft_config

GIB = 2**30


@dataclass(frozen=True, slots=True)
class Steps:
    """Optimizer steps, rows seen (with repetition), completions generated (0 for sft), and epochs."""

    steps: int
    samples: int
    completions: int
    epochs: float


def count_steps(checked: Checked, rows: int) -> Steps:
    """What training on this many rows takes. Zero steps: the rows do not fill one batch."""
    accumulated = checked["gradient_accumulation_steps"]
    per_step = checked["per_device_train_batch_size"] * checked.world_size * accumulated
    per_epoch = steps_per_epoch(checked, rows)
    if not per_epoch:
        return Steps(0, 0, 0, 0.0)
    steps = checked["max_steps"]
    if steps <= 0:
        steps = math.ceil(checked["num_train_epochs"] * per_epoch)
    completions = 0
    samples = steps * per_step
    if checked.kind == "grpo":
        generations = steps * accumulated / (checked.steps_per_generation * checked["num_iterations"])
        completions = math.ceil(generations) * checked.generation_batch
        samples = completions // checked["num_generations"]
    return Steps(steps, samples, completions, steps / per_epoch)


def steps_per_epoch(checked: Checked, rows: int) -> int:
    """Optimizer steps of one pass over this many rows."""
    if checked.kind == "grpo":
        prompts = checked.generation_batch // checked["num_generations"]
        batches = rows // prompts * checked.steps_per_generation * checked["num_iterations"]
    else:
        batches = math.ceil(rows / (checked["per_device_train_batch_size"] * checked.world_size))
    return math.ceil(batches / checked["gradient_accumulation_steps"])


def check_batch(resolved: Resolved, at: int, counted: Steps, rows: int) -> None:
    """Raise RecipeError if a stage's rows do not make a single step."""
    if not counted.steps:
        raise resolved.fault(
            f"{rows} rows do not fill one batch of stage '{resolved.plan.stages[at].name}'; lower "
            "per_device_train_batch_size or gradient_accumulation_steps",
            "stages",
            at,
            "data",
        )


@dataclass(frozen=True, slots=True)
class ParameterCounts:
    """The number of parameters, in all (without adapters), trained, and held in the plan's `bits`."""

    parameters: int
    trained: int
    quantized: int = 0


def model_size(model: Model, config: Any) -> ParameterCounts:
    """Counted on the meta device, with the LoRA of the plan applied."""
    import torch
    from transformers import AutoModelForCausalLM
    from transformers.pytorch_utils import Conv1D

    with torch.device("meta"):
        built: Any = AutoModelForCausalLM.from_config(config)
    total = built.num_parameters()
    if model.peft is None:
        return ParameterCounts(total, total)
    head = built.get_output_embeddings()  # bitsandbytes leaves it as it is, and the embedding
    layers = [
        one for one in built.modules() if isinstance(one, (torch.nn.Linear, Conv1D)) and one is not head
    ]
    quantized = sum(one.weight.numel() for one in layers) if model.bits else 0
    from peft import get_peft_model

    with torch.device("meta"):
        lora = get_peft_model(built, peft_config(model.peft))
    return ParameterCounts(total, lora.get_nb_trainable_parameters()[0], quantized)


def memory(
    model: Model, config: Any, size: ParameterCounts, checked: Checked, prompt_tokens: int
) -> dict[str, float]:
    """An estimate of one device's peak memory by part, in GiB.

    Left out are what kernels need in passing (weights cast for autocast or out of 4 bits), fragmentation and the CUDA
    context. Weights are at their precision (float32 is TRL's default), a LoRA's in float32, or in bfloat16 beside
    quantized ones, which have a byte of scale for every 64 in 4 bits; gradients and two Adam moments at the precision of
    what is trained, activations at 2 bytes with a checkpoint at every layer (34 bytes per hidden value within one layer,
    Korthikanti et al., arXiv 2205.05198, and without attention maps), the logits (see `logits_bytes`), and the KV
    cache of one generation.
    """
    text = config.get_text_config()
    hidden, layers = text.hidden_size, text.num_hidden_layers
    width = 2 if model.dtype in ("bfloat16", "float16") else 4
    quantized = model.bits / 8 + (1 / 64 if model.bits == 4 else 0) if model.bits else width
    adapter_width = 2 if model.bits else 4
    trained_width = adapter_width if model.peft is not None else width
    optimizer = 2 if "8bit" in str(checked["optim"]) else 2 * trained_width
    longest = checked["max_length"] or prompt_tokens + (checked["max_completion_length"] or 1024)
    tokens = checked["per_device_train_batch_size"] * longest
    parts = {
        "weights": (size.parameters - size.quantized) * width
        + size.quantized * quantized
        + (size.trained * adapter_width if model.peft is not None else 0),
        "gradients": size.trained * trained_width,
        "optimizer": size.trained * optimizer,
        "activations": tokens
        * hidden
        * (2 * layers + 34 if checked["gradient_checkpointing"] else 34 * layers),
        "logits": logits_bytes(text.vocab_size, hidden, checked, longest, model.peft is None),
    }
    if checked.kind == "grpo":
        heads = getattr(text, "num_key_value_heads", None) or text.num_attention_heads
        head = getattr(text, "head_dim", None) or hidden // text.num_attention_heads
        local = checked["per_device_train_batch_size"] * checked.steps_per_generation
        if not checked["use_vllm"]:  # vLLM has its own cache, within vllm_gpu_memory_utilization
            parts["KV cache"] = 2 * layers * heads * head * 2 * longest * local
        if checked["beta"] and model.peft is None:
            parts["reference"] = size.parameters * width
    return {name: value / GIB for name, value in parts.items()}


TILE = (4096, 32768)
"""Tokens and entries of the vocabulary in one tile of TRL's fused LM head (TRL 1.16)."""


def logits_bytes(vocabulary: int, hidden: int, checked: Checked, longest: int, trains_head: bool) -> int:
    """Bytes that one micro-batch's logits take at their peak.

    Whole logits are tokens x vocabulary x (compute width + 4 x 4) bytes: the logits, and in float32 their shifted copy,
    log-softmax, its negative and the gradient. Newer TRLs make them in tiles instead: one tile in the compute width (8
    times in float32 without Triton's kernel, on a CPU), and the head's gradient in float32, vocabulary x hidden x 4.

    Args:
        vocabulary: entries of the embedding.
        hidden: the hidden size.
        checked: the stage's options.
        longest: tokens of the longest sequence; GRPO makes logits of the completion alone.
        trains_head: whether the LM head has a gradient.
    """
    if checked["use_liger_kernel"]:
        return 0
    tokens = checked["per_device_train_batch_size"] * (checked["max_completion_length"] or longest)
    width = 2 if checked["bf16"] or checked["fp16"] else 4
    if checked["label_smoothing_factor"] or not fused_head():
        return tokens * vocabulary * (width + 4 * 4)
    tile = min(tokens, TILE[0]) * min(vocabulary, TILE[1])
    return tile * (8 * 4 if checked["use_cpu"] else width) + trains_head * vocabulary * hidden * 4


def fused_head() -> bool:
    """Whether the installed TRL makes logits in tiles."""
    import trl.trainer.utils

    return hasattr(trl.trainer.utils, "add_fused_lm_head")
