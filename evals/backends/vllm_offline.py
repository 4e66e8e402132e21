"""vLLM in process (its offline engine): continuous batching, completions as they finish, LoRA adapters.

The model's own generation_config is not followed: every parameter is sent as the arm says. The seed is the
engine's, since a seed per request crashes vLLM's CPU engine; so all arms that name one must name the
same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import vllm  # pyright: ignore[reportMissingImports]
from vllm import SamplingParams  # pyright: ignore[reportMissingImports]
from vllm.lora.request import LoRARequest  # pyright: ignore[reportMissingImports]

from rewardkit.errors import UsageError
from rewardkit.types import Finish

from .base import BROKEN_OFF, Backend, Completion, Prompt, Refusal, Request, Sampling
from .checkpoint import find_model, model_identity


@dataclass(frozen=True, kw_only=True)
class VllmOptions:
    """Options of the vllm backend; the names are vLLM's own. `in_flight` requests are handed to the engine."""

    dtype: str = "auto"
    max_model_len: int | None = None
    gpu_memory_utilization: float = 0.9
    tensor_parallel_size: int = 1
    enforce_eager: bool = False
    seed: int = 0
    adapter: str | None = None
    revision: str | None = None
    in_flight: int = 1024


class VllmBackend(Backend):
    """`vllm.LLM`'s engine, driven step by step."""

    takes = VllmOptions

    def __init__(self, model: str, options: VllmOptions | None = None) -> None:
        found = find_model(model, options.adapter if options else None)
        model = found.model
        self.options = given = replace(options or VllmOptions(), adapter=found.adapter)
        self._path = str(Path(given.adapter or model).resolve())
        self.llm = vllm.LLM(
            model=model,
            dtype=given.dtype,
            max_model_len=given.max_model_len,
            gpu_memory_utilization=given.gpu_memory_utilization,
            tensor_parallel_size=given.tensor_parallel_size,
            enforce_eager=given.enforce_eager,
            seed=given.seed,
            revision=given.revision,
            enable_lora=given.adapter is not None,
            generation_config="vllm",
        )
        self._lora = LoRARequest("adapter", 1, given.adapter) if given.adapter else None
        self._dtype = str(self.llm.llm_engine.model_config.dtype).removeprefix("torch.")
        self._served = 0
        self._identity: dict[str, Any] = model_identity(model, given.adapter)
        if "content" not in self._identity:
            self._identity["revision"] = given.revision or "unpinned"

    def identity(self) -> dict[str, Any]:
        """Model, content digest or revision, adapter and dtype."""
        return {"backend": "vllm", "dtype": self._dtype, **self._identity}

    def environment(self) -> dict[str, Any]:
        """Versions, device and the engine's settings."""
        scheduler = self.llm.llm_engine.vllm_config.scheduler_config
        return {
            "backend": "vllm",
            "version": vllm.__version__,
            "dtype": self._dtype,
            "batch_size": scheduler.max_num_seqs,
            "max_model_len": self.llm.llm_engine.model_config.max_model_len,
            "engine_seed": self.options.seed,
            "path": self._path,
        }

    def effective(self, sampling: Sampling) -> dict[str, Any]:
        """The request's parameters; the seed is the engine's, and must be the arm's where that names one."""
        if not sampling.greedy and sampling.seed not in (None, self.options.seed):
            raise UsageError(
                f"the arm's seed is {sampling.seed}, the engine's {self.options.seed}; give --option "
                f"seed={sampling.seed}, or the arm `seed: null`"
            )
        return {**self._fixed(sampling), "seed": f"the engine's, {self.options.seed}"}

    def render(self, prompt: Prompt) -> Prompt:
        """Apply the tokenizer's chat template to messages, opening the assistant's turn."""
        if isinstance(prompt, str):
            return prompt
        tokenizer: Any = self.llm.get_tokenizer()
        if not tokenizer.chat_template:
            raise UsageError(
                "the prompt is a chat, but the tokenizer has no chat template; set `chat: false`"
            )
        return tokenizer.apply_chat_template(list(prompt), tokenize=False, add_generation_prompt=True)

    def generate(self, requests: Iterable[Request]) -> Iterator[Completion | Refusal]:
        """Keep `in_flight` samples in the engine; yield each as it finishes."""
        engine = self.llm.llm_engine
        tokenizer: Any = self.llm.get_tokenizer()
        pairs = ((request, sample) for request in requests for sample in request.samples)
        flying: dict[str, tuple[Request, int]] = {}
        ended = False
        while True:
            while not ended and len(flying) < self.options.in_flight:
                pair = next(pairs, None)
                if pair is None:
                    ended = True
                    break
                refusal = self._add(engine, tokenizer, flying, *pair)
                if refusal is not None:
                    yield refusal
            if not flying:
                return
            for output in engine.step():
                if output.finished:
                    request, sample = flying.pop(self._known(output.request_id, flying))
                    made = output.outputs[0]
                    if made.finish_reason in BROKEN_OFF:
                        told = f"the engine ended it (finish_reason {made.finish_reason})"
                        yield Refusal(index=request.index, sample=sample, reason=told, kind="aborted")
                    else:
                        yield self._completion(request, sample, made)

    def close(self) -> None:
        """Free the engine and its worker processes."""
        core = getattr(self.llm.llm_engine, "engine_core", None)
        if core is not None:
            core.shutdown()
        del self.llm

    def _add(
        self,
        engine: Any,
        tokenizer: Any,
        flying: dict[str, tuple[Request, int]],
        request: Request,
        sample: int,
    ) -> Refusal | None:
        # a chat template has already written the special tokens that a plain text still needs
        plain = not tokenizer.chat_template or not str(request.prompt).startswith(tokenizer.bos_token or "\0")
        ids = tokenizer(request.prompt, add_special_tokens=plain)["input_ids"]
        room = engine.model_config.max_model_len - len(ids)
        if room < request.sampling.max_new_tokens:
            reason = (
                f"the prompt has {len(ids)} tokens; with max_new_tokens {request.sampling.max_new_tokens} that "
                f"passes max_model_len {engine.model_config.max_model_len}"
            )
            return Refusal(index=request.index, sample=sample, reason=reason)
        self._served += 1
        name = str(self._served)
        parameters = SamplingParams(**self._fixed(request.sampling))
        engine.add_request(name, {"prompt_token_ids": ids}, parameters, lora_request=self._lora)
        flying[name] = request, sample
        return None

    @staticmethod
    def _known(name: str, flying: dict[str, Any]) -> str:
        """The name a request was given; some versions add a suffix of their own."""
        return name if name in flying else name.rsplit("-", 1)[0]

    @staticmethod
    def _fixed(sampling: Sampling) -> dict[str, Any]:
        return {
            "temperature": 0.0 if sampling.greedy else sampling.temperature,
            "top_p": sampling.top_p,
            "top_k": sampling.top_k or -1,
            "min_p": sampling.min_p,
            "max_tokens": sampling.max_new_tokens,
            "stop": list(sampling.stop) or None,
            "repetition_penalty": 1.0,
        }

    def _completion(self, request: Request, sample: int, made: Any) -> Completion:
        ids = tuple(made.token_ids)
        finish = {"stop": Finish.STOP, "length": Finish.LENGTH}.get(made.finish_reason, Finish.UNKNOWN)
        if finish == Finish.STOP and not isinstance(made.stop_reason, str) and ids:
            ids = ids[:-1]  # the engine counts the token that ended it, whichever of the model's
        return Completion(
            index=request.index,
            sample=sample,
            text=made.text,
            tokens=len(ids),
            finish=finish,
            token_ids=ids,
        )
