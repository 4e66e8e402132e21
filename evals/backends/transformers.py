"""Generation in process with transformers: static batches of prompts of like length, CPU or GPU, LoRA adapters.

The model's own generation_config is not silently followed: only its end-of-sequence and padding tokens
are taken from it, and every other parameter is set to what the arm says.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import torch
import transformers
from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig

from rewardkit.errors import SetupError, UsageError
from rewardkit.types import Finish

from .base import Backend, Completion, Prompt, Refusal, Request, Sampling
from .checkpoint import find_model, model_identity

WINDOW = 32
"""Batches looked ahead, among which prompts are sorted by length."""


@dataclass(frozen=True, kw_only=True)
class TransformersOptions:
    """Options of the transformers backend. `dtype` and `device` 'auto' follow the checkpoint and the machine."""

    batch_size: int = 16
    dtype: str = "auto"
    device: str = "auto"
    adapter: str | None = None
    revision: str | None = None
    attn_implementation: str | None = None


class TransformersBackend(Backend):
    """`AutoModelForCausalLM.generate` over left-padded batches."""

    takes = TransformersOptions

    def __init__(self, model: str, options: TransformersOptions | None = None) -> None:
        options = options or TransformersOptions()
        found = find_model(model, options.adapter)
        model, options = found.model, replace(options, adapter=found.adapter)
        dtype = options.dtype if options.dtype == "auto" else getattr(torch, options.dtype, None)
        if dtype is None:
            raise UsageError(f"unknown dtype '{options.dtype}'; for example float32, bfloat16 or float16")
        try:
            loaded: Any = AutoModelForCausalLM.from_pretrained(
                model,
                revision=options.revision,
                dtype=dtype,
                attn_implementation=options.attn_implementation,
            )
            tokenizer = AutoTokenizer.from_pretrained(model, revision=options.revision)
        except OSError as wrong:
            raise SetupError(f"transformers cannot load '{model}': {wrong}") from wrong
        identity = model_identity(model, options.adapter)
        commit = getattr(loaded.config, "_commit_hash", None)
        if "content" not in identity:
            identity["revision"] = commit or options.revision or "unpinned"
        if options.adapter is not None:
            from peft import PeftModel

            loaded = PeftModel.from_pretrained(loaded, options.adapter)
        device = options.device
        if device == "auto":
            device = "cuda" if torch.cuda.is_available() else "cpu"
        self._set(loaded.to(device), tokenizer, identity, options)
        self._path = str(Path(options.adapter or model).resolve())

    @classmethod
    def of(
        cls, model: Any, tokenizer: Any, identity: dict[str, Any], options: TransformersOptions | None = None
    ):
        """A backend over a model that is already in memory, as a trainer has one.

        `identity` must change whenever the weights do (a step number, say): it is part of the cache key.
        """
        self = cls.__new__(cls)
        self._set(model, tokenizer, dict(identity), options or TransformersOptions())
        self._path = None
        return self

    def _set(
        self, model: Any, tokenizer: Any, identity: dict[str, Any], options: TransformersOptions
    ) -> None:
        self.model, self.tokenizer, self.options = model, tokenizer, options
        self._identity = {
            "backend": "transformers",
            "dtype": str(model.dtype).removeprefix("torch."),
            **identity,
        }
        ends = model.generation_config.eos_token_id
        if ends is None:
            ends = tokenizer.eos_token_id
        self._ends = [] if ends is None else [ends] if isinstance(ends, int) else list(ends)
        pad = tokenizer.pad_token_id
        if pad is None:
            pad = model.generation_config.pad_token_id
        if pad is None and self._ends:
            pad = self._ends[0]
        if pad is None:
            raise SetupError(
                "the tokenizer has neither a padding nor an end-of-sequence token: batches need one"
            )
        self._pad = int(pad)

    def identity(self) -> dict[str, Any]:
        """Model, content digest or revision, adapter and dtype."""
        return dict(self._identity)

    def environment(self) -> dict[str, Any]:
        """Versions, device and batch size."""
        return {
            "backend": "transformers",
            "version": transformers.__version__,
            "torch": torch.__version__,
            "device": str(self.model.device),
            "dtype": self._identity["dtype"],
            "batch_size": self.options.batch_size,
            "attention": self.model.config._attn_implementation,
            "path": self._path,
        }

    def effective(self, sampling: Sampling) -> dict[str, Any]:
        """What differs from a blank GenerationConfig."""
        return self._generation(sampling).to_diff_dict() | {
            "stop": list(sampling.stop),
            "seed": sampling.seed,
        }

    def render(self, prompt: Prompt) -> Prompt:
        """Apply the tokenizer's chat template to messages, opening the assistant's turn."""
        if isinstance(prompt, str):
            return prompt
        if not self.tokenizer.chat_template:
            raise UsageError(
                "the prompt is a chat, but the tokenizer has no chat template; set `chat: false`"
            )
        return self.tokenizer.apply_chat_template(list(prompt), tokenize=False, add_generation_prompt=True)

    def generate(self, requests: Iterable[Request]) -> Iterator[Completion | Refusal]:
        """Sort a window of sequences by length, run it in batches, yield after each batch."""
        sequences = ((request, sample) for request in requests for sample in request.samples)
        while window := list(islice(sequences, WINDOW * self.options.batch_size)):
            by_sampling: dict[Sampling, list[tuple[Request, int, list[int]]]] = {}
            for request, sample in window:
                by_sampling.setdefault(request.sampling, []).append((request, sample, self._encode(request)))
            for sampling, rows in by_sampling.items():
                rows.sort(key=lambda row: -len(row[2]))  # longest first: a memory shortage shows at once
                for start in range(0, len(rows), self.options.batch_size):
                    yield from self._batch(rows[start : start + self.options.batch_size], sampling)

    def _encode(self, request: Request) -> list[int]:
        if not isinstance(request.prompt, str):
            raise UsageError("this backend takes rendered text; call `render` on chat messages first")
        # a chat template has already written the special tokens that a plain text still needs
        plain = not self.tokenizer.chat_template or not request.prompt.startswith(
            self.tokenizer.bos_token or "\0"
        )
        return self.tokenizer(request.prompt, add_special_tokens=plain)["input_ids"]

    def _generation(self, sampling: Sampling) -> GenerationConfig:
        fixed: dict[str, Any] = {
            "max_new_tokens": sampling.max_new_tokens,
            "eos_token_id": self._ends or None,
            "pad_token_id": self._pad,
            "do_sample": not sampling.greedy,
        }
        if not sampling.greedy:
            fixed |= {"temperature": sampling.temperature, "top_p": sampling.top_p, "top_k": sampling.top_k}
            fixed["min_p"] = sampling.min_p or None
        return GenerationConfig(**fixed)

    def _batch(self, rows: Sequence[tuple[Request, int, list[int]]], sampling: Sampling) -> list[Completion]:
        longest = max(len(ids) for _, _, ids in rows)
        device = self.model.device
        ids = torch.tensor([[self._pad] * (longest - len(row[2])) + row[2] for row in rows], device=device)
        mask = torch.tensor(
            [[0] * (longest - len(row[2])) + [1] * len(row[2]) for row in rows], device=device
        )
        stops: dict[str, Any] = {}
        if sampling.stop:
            stops = {"stop_strings": list(sampling.stop), "tokenizer": self.tokenizer}
        trained = self.model.training
        self.model.eval()
        own_config = self.model.generation_config
        # generate() fills what is left blank from the model's own configuration: put a blank one there
        self.model.generation_config = GenerationConfig(
            eos_token_id=self._ends or None, pad_token_id=self._pad
        )
        devices = [device] if device.type == "cuda" else []
        try:
            with torch.random.fork_rng(devices=devices), torch.inference_mode():
                if not sampling.greedy:
                    torch.manual_seed(self._batch_seed(rows, sampling))
                made = self.model.generate(
                    input_ids=ids,
                    attention_mask=mask,
                    generation_config=self._generation(sampling),
                    **stops,
                )
        finally:
            self.model.generation_config = own_config
            self.model.train(trained)
        new = made[:, longest:].tolist()
        return [self._completion(row, out, sampling) for row, out in zip(rows, new, strict=True)]

    def _batch_seed(self, rows: Sequence[tuple[Request, int, list[int]]], sampling: Sampling) -> int:
        """A seed of the arm's and of what the batch holds; without one in the arm, a new one each time."""
        if sampling.seed is None:
            return torch.seed()
        names = "\n".join(f"{request.item}/{request.arm}/{sample}" for request, sample, _ in rows)
        return int.from_bytes(hashlib.sha256(f"{sampling.seed}\n{names}".encode()).digest()[:7])

    def _completion(
        self, row: tuple[Request, int, list[int]], out: list[int], sampling: Sampling
    ) -> Completion:
        request, sample, _ = row
        ends = {*self._ends, self._pad}
        count = next((place for place, token in enumerate(out) if token in ends), len(out))
        text = self.tokenizer.decode(out[:count], skip_special_tokens=True)
        cut = min((at for at in (text.find(stop) for stop in sampling.stop) if at >= 0), default=-1)
        ended = count < len(out) or cut >= 0 or len(out) < sampling.max_new_tokens
        return Completion(
            index=request.index,
            sample=sample,
            text=text if cut < 0 else text[:cut],
            tokens=count,
            finish=Finish.STOP if ended else Finish.LENGTH,
            token_ids=tuple(out[:count]),
        )
