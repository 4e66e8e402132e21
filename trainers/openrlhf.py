"""A recipe as OpenRLHF's reward function: a file for `--reward.remote_url` (`--remote_rm_url` before 0.10).

    REWARDKIT_RECIPE=math-none@2 REWARDKIT_TOKENIZER=Qwen/Qwen3-0.6B python -m openrlhf.cli.train_ppo_ray \\
        --reward.remote_url FILE --data.label_key answer ..

(`python -m rewardkit.trainers.openrlhf` prints FILE.) OpenRLHF calls `reward_func(queries, prompts, labels)` with the
whole text of each rollout, its prompt and its gold, and takes a mapping of `rewards` (for the advantages), `scores` (0 or
1, for dynamic filtering: whether the answer is right) and `extra_logs`. The text is decoded with its special tokens, so
the completion is what follows the prompt, less the end-of-sequence token. Only the model's tokenizer knows that token; a
completion without it was cut. OpenRLHF cannot represent "no reward": where no term applies it gets 0, and `extra_logs`
counts those rollouts (`no_reward`).

OpenRLHF only logs an exception in `reward_func`, and fails later without a reward. So everything that can be checked
early is checked when it loads this file, and the rest is logged as an error with its reason.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import cache
from typing import Any

from rewardkit.errors import DataError, RewardkitError, SetupError, UsageError
from rewardkit.rows import GoldReader
from rewardkit.trainers.adapter.configured import (
    ConfiguredRecipe,
    configured,
    golds_of,
    label_of,
    logged,
    one_at_a_time,
    paid,
)
from rewardkit.types import Finish, Rollout

log = logging.getLogger("rewardkit")


def completion_of(query: str, prompt: str, tokenizer: Any = None) -> tuple[str, Finish]:
    """The completion in a decoded rollout, and whether it ended by itself.

    Args:
        query: prompt and completion, decoded together with their special tokens.
        prompt: the prompt as text; if the tokenizer decodes it differently, its version is stripped instead.
        tokenizer: knows the special tokens; without it none is stripped, and how the completion ended is unknown.

    Raises DataError if the query does not begin with the prompt.
    """
    head = prompt
    if not query.startswith(head) and tokenizer is not None:
        head = tokenizer.decode(tokenizer.encode(prompt, add_special_tokens=False), skip_special_tokens=False)
    if not query.startswith(head):
        raise DataError(
            f"a query does not begin with its prompt: {query[:60]!r} .. and {prompt[:60]!r} ..; if OpenRLHF reports "
            "that it cut the prompt, raise --data.max_len"
        )
    text = query[len(head) :]
    if tokenizer is None:
        return text, Finish.UNKNOWN
    ends = special_tokens(tokenizer)
    whole = len(text)
    while end := next((one for one in ends if text.endswith(one)), ""):
        text = text[: -len(end)]
    return text, Finish.STOP if len(text) < whole else Finish.LENGTH


def special_tokens(tokenizer: Any) -> set[str]:
    """A tokenizer's special tokens as strings: the named ones, and those that a chat template adds."""
    added = {str(one.content) for one in tokenizer.added_tokens_decoder.values() if one.special}
    return {one for one in added | set(tokenizer.all_special_tokens) if one}


@cache
def hub_tokenizer(name: str) -> Any:
    """The model's tokenizer, which knows its special tokens. Raises SetupError if no tokenizer has that name."""
    try:
        from transformers import AutoTokenizer

        return AutoTokenizer.from_pretrained(name)
    except ModuleNotFoundError as missing:
        raise SetupError(f"the tokenizer {name} needs transformers: pip install transformers") from missing
    except (OSError, ValueError) as error:
        raise SetupError(f"no tokenizer at {name}: {str(error).strip().partition(chr(10))[0]}") from error


def rollouts_of(
    queries: Sequence[str],
    prompts: Sequence[str],
    labels: Sequence[Any],
    golds: GoldReader,
    tokenizer: Any = None,
) -> list[Rollout]:
    """The rollouts of a batch as OpenRLHF passes them. Raises DataError for what cannot be scored."""
    cells = [label_of(label) for label in labels]
    read = golds_of([cell for cell, _ in cells], golds)
    made: list[Rollout] = []
    for query, prompt, gold, (_, fields) in zip(queries, prompts, read, cells, strict=True):
        text, finish = completion_of(query, prompt, tokenizer)
        made.append(Rollout(completion=text, prompt=prompt, gold=gold, finish=finish, fields=fields))
    return made


def ready() -> ConfiguredRecipe:
    """The recipe and tokenizer of the environment. Raises UsageError for what OpenRLHF cannot serve."""
    found = configured()
    one_at_a_time(found.recipe, "OpenRLHF")
    if found.tokenizer is None:
        raise UsageError(
            "OpenRLHF's texts end with the end-of-sequence token; set REWARDKIT_TOKENIZER to the model's tokenizer, "
            "which knows it"
        )
    hub_tokenizer(found.tokenizer)
    return found


def reward_func(
    queries: Sequence[str], prompts: Sequence[str], labels: Sequence[Any], **_: Any
) -> dict[str, Any]:
    """OpenRLHF's entry point: `rewards`, `scores` and `extra_logs` as tensors with one number per query."""
    import torch

    try:
        found = ready()
        tokenizer = hub_tokenizer(found.tokenizer or "")
        scores = found.score(rollouts_of(queries, prompts, labels, found.golds, tokenizer))
    except RewardkitError as error:
        log.error("no reward: %s", error)
        raise
    logs = [logged(found.recipe, score) for score in scores]
    return {
        "rewards": torch.tensor([paid(score) for score in scores]),
        "scores": torch.tensor([float(score.outcome.right) for score in scores]),
        "extra_logs": {name: torch.tensor([one[name] for one in logs]) for name in (logs[0] if logs else ())},
    }


if __name__ == "__main__":
    print(__file__)
elif __name__ == "reward_func":  # the name under which OpenRLHF loads the file
    ready()
