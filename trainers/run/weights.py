"""How the plan's `model` has a stage's weights loaded: LoRA, quantisation, and whether Unsloth does it."""

from __future__ import annotations

import importlib.util
from typing import Any

from rewardkit.errors import SetupError


def peft_config(options: dict[str, Any] | None) -> Any:
    """A `LoraConfig` from its options, or None."""
    if options is None:
        return None
    from peft import LoraConfig

    return LoraConfig(**{"task_type": "CAUSAL_LM", **options})


def quantization(bits: int | None) -> Any:
    """A `BitsAndBytesConfig` for 4 or 8 bits, or None."""
    if bits is None:
        return None
    import torch
    from transformers import BitsAndBytesConfig

    if bits == 8:
        return BitsAndBytesConfig(load_in_8bit=True)
    compute = torch.bfloat16 if torch.cuda.is_available() else torch.float32
    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=compute,
    )


def use_unsloth(wish: str) -> bool:
    """Whether Unsloth loads the model: if it is asked for, installed, and has a GPU to run on."""
    if wish == "never":
        return False
    import torch

    there = importlib.util.find_spec("unsloth") is not None and torch.cuda.is_available()
    if wish == "always" and not there:
        raise SetupError("the plan asks for Unsloth, which needs the package 'unsloth' and a GPU")
    return there
