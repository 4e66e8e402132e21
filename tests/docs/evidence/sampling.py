"""Completions of a model folder for a list of prompts: greedy, or n samples at a temperature.

A thin layer over the evaluation harness's transformers backend, for callers that do not want a run log.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rewardkit.errors import DataError
from rewardkit.evals.backends import Completion, Refusal, Request, Sampling, open_backend

BATCH = 256
"""Completions per batch."""

MAX_TOKENS = 48
"""The longest careful answer has 24 tokens."""


def generate(
    model_folder: str | Path,
    prompts: Sequence[Sequence[Mapping[str, Any]]],
    *,
    n: int = 1,
    temperature: float | None = None,
    seed: int = 0,
    max_tokens: int = MAX_TOKENS,
) -> list[list[Completion]]:
    """`n` completions of every prompt (message lists), in the order of the prompts and samples.

    `temperature` None is greedy. The same seed, model and prompts give the same samples.
    """
    drawn = Sampling(
        max_new_tokens=max_tokens, temperature=temperature, seed=None if temperature is None else seed
    )
    found: list[list[Completion]] = [[] for _ in prompts]
    with open_backend("transformers", str(model_folder), {"batch_size": BATCH, "device": "cpu"}) as backend:
        requests = (
            Request(
                index=index,
                prompt=backend.render(prompt),
                sampling=drawn,
                samples=tuple(range(n)),
                item=str(index),
            )
            for index, prompt in enumerate(prompts)
        )
        for completion in backend.generate(requests):
            if isinstance(completion, Refusal):
                raise DataError(completion.reason, row=completion.index + 1)
            found[completion.index].append(completion)
    return [sorted(completions, key=lambda completion: completion.sample) for completions in found]
