"""Rejection sampling: a model's own right completions, as rows to learn from.

The right completions of a scored evaluation run (`rewardkit eval export --correct`) or of a training run's log, as
rows of `prompt` and `completion` messages; each completion once per prompt, shortest or most diverse first.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

RIGHT = ("correct", "none_correct")
NGRAM = 3

Order = Literal["shortest", "diverse"]
Trace = dict[str, Any]


def right_traces(
    completions: Iterable[Mapping[str, Any]],
    order: Order = "shortest",
    per_prompt: int = 1,
) -> list[Trace]:
    """Rows of the right completions.

    Args:
        completions: mappings with `prompt`, `completion` (strings or message lists) and `outcome`.
        order: which of a prompt's traces come first: the shortest; or the shortest and then, each time, the one
            that shares the fewest word 3-grams with those already taken.
        per_prompt: how many of each prompt.

    Returns:
        Rows with `prompt` and `completion` (message lists), `id`, `gold` and `tokens`; prompts in the order in
        which they were first solved.
    """
    prompts: dict[str, dict[str, Trace]] = {}
    for one in completions:
        if one["outcome"] in RIGHT:
            key = json.dumps(one["prompt"], ensure_ascii=False, sort_keys=True)
            text = _text(one["completion"])
            prompts.setdefault(key, {}).setdefault(" ".join(text.split()), dict(one))
    rows = []
    for traces in prompts.values():
        found = sorted(
            traces.values(), key=lambda one: (len(_text(one["completion"])), _text(one["completion"]))
        )
        chosen = found[:per_prompt] if order == "shortest" else _diverse(found, per_prompt)
        rows += [_row(one) for one in chosen]
    return rows


def _diverse(found: Sequence[Trace], count: int) -> list[Trace]:
    left = list(found)
    taken: list[Trace] = []
    seen: set[tuple[str, ...]] = set()
    while left and len(taken) < count:
        best = min(left, key=lambda one: _shared(_ngrams(one), seen))
        left.remove(best)
        taken.append(best)
        seen |= _ngrams(best)
    return taken


def _shared(ngrams: set[tuple[str, ...]], seen: set[tuple[str, ...]]) -> float:
    return len(ngrams & seen) / len(ngrams) if ngrams else 1.0


def _ngrams(one: Trace) -> set[tuple[str, ...]]:
    words = _text(one["completion"]).split()
    return set(zip(*(words[at:] for at in range(NGRAM)), strict=False))


def _row(one: Trace) -> Trace:
    completion = one["completion"]
    if isinstance(completion, str):
        completion = [{"role": "assistant", "content": completion}]
    prompt = one["prompt"]
    if isinstance(prompt, str):
        prompt = [{"role": "user", "content": prompt}]
    return {
        "prompt": [_message(message) for message in prompt],
        "completion": [_message(message) for message in completion],
        **{name: one[name] for name in ("id", "gold", "tokens") if name in one},
    }


def _message(message: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in message.items() if value is not None}


def _text(completion: Any) -> str:
    if isinstance(completion, str):
        return completion
    return "\n".join(str(message.get("content") or "") for message in completion)
