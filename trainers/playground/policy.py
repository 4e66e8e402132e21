"""The tiny policy: a tokenizer and a Qwen3 model made from scratch, saved as an ordinary model folder.

`AutoTokenizer` and `AutoModelForCausalLM` load it like any other. Digits are single tokens, so that arithmetic is over
digits; the four tags are single tokens but not *special* ones, so that decoding with `skip_special_tokens` (as trainers
do) keeps them.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from pathlib import Path
from typing import Any

import torch
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import GenerationConfig, PreTrainedTokenizerFast, Qwen3Config, Qwen3ForCausalLM

PAD, START, END = "<|endoftext|>", "<|im_start|>", "<|im_end|>"
TAGS = ("<think>", "</think>", "<answer>", "</answer>")
VOCABULARY = 400
CONTEXT = 256
ROLES_SEEN = 1000
"""How often the template's role names are repeated in the texts, so that each becomes one token."""

CHATML = (
    "{%- for message in messages -%}"
    "{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}"
    "{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{ '<|im_start|>assistant\\n' }}{%- endif -%}"
)

SHAPE: dict[str, Any] = {
    "hidden_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 32,
    "intermediate_size": 384,
    "initializer_range": 0.06,
}
"""Measured: with the usual 0.02 the facts are learnt in 600 to 1000 steps of SFT, with 0.06 in 300."""


def build_tokenizer(texts: Iterable[str], vocabulary: int = VOCABULARY) -> PreTrainedTokenizerFast:
    """Byte-level BPE with single digits, trained on `texts`; at most `vocabulary` tokens in all."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(
        chain(texts, ["user\n", "assistant\n"] * ROLES_SEEN),
        trainers.BpeTrainer(
            vocab_size=vocabulary - len(TAGS),
            special_tokens=[PAD, START, END],
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        ),
    )
    tokenizer.add_tokens([AddedToken(tag, special=False, normalized=False) for tag in TAGS])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token=PAD,
        eos_token=END,
        additional_special_tokens=[START],
        chat_template=CHATML,
        model_max_length=CONTEXT,
        padding_side="left",
    )


def build_policy(folder: str | Path, texts: Iterable[str], seed: int) -> Path:
    """Save a tokenizer trained on `texts` and a policy with random weights of `seed` under `folder`."""
    folder = Path(folder)
    tokenizer = build_tokenizer(texts)
    tokens: dict[str, Any] = {"pad_token_id": tokenizer.pad_token_id, "eos_token_id": tokenizer.eos_token_id}
    config = Qwen3Config(
        vocab_size=len(tokenizer),
        max_position_embeddings=CONTEXT,
        tie_word_embeddings=True,
        bos_token_id=None,
        dtype="float32",
        **tokens,
        **SHAPE,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = Qwen3ForCausalLM(config)
    model.generation_config = GenerationConfig(**tokens)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
