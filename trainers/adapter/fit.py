"""Whether a trainer can give a recipe what it needs, checked before anything runs.

Terms that price tokens need the tokenizer, `truncated` needs the completion limit and the end of sequence, and terms
that compare the completions of a prompt need to see all of them in one process.
"""

from __future__ import annotations

import re
from math import gcd
from typing import Any

from rewardkit.errors import UsageError
from rewardkit.recipe.recipe import Recipe

QUOTED = re.compile(r'"[^"]*"')


def check_fit(recipe: Recipe, args: Any, tokenizer: Any) -> None:
    """Check a recipe against a trainer's arguments, each None if not given.

    Raises:
        UsageError: naming what the recipe needs and lacks, or the numbers that would keep groups whole.
    """
    missing: list[str] = []
    if tokenizer is None and recipe.needs() & {"tokens", "token_ids"}:
        missing.append("`tokenizer`: it prices tokens, and the end-of-sequence token must not be counted")
    if reads_truncation(recipe) and (args is None or tokenizer is None):
        missing.append(
            "`args` and `tokenizer`: it reads `truncated`, which is known from the completion limit and the end of sequence"
        )
    if recipe.reads_groups and args is None:
        missing.append(
            "`args`: it compares the completions of a prompt, and the group size is num_generations"
        )
    if missing:
        raise UsageError(f"{recipe.ref} needs " + "; and ".join(missing))
    if recipe.reads_groups:
        check_groups(recipe, args)


def reads_truncation(recipe: Recipe) -> bool:
    """Whether any condition of the recipe mentions `truncated`."""
    conditions = [QUOTED.sub("", str(term.when)) for _, term in recipe.walk() if term.when is not None]
    return any(re.search(r"\btruncated\b", condition) for condition in conditions)


def check_groups(recipe: Recipe, args: Any) -> None:
    """Raise UsageError if a process's slice of a batch would split a prompt's group."""
    if not hasattr(args, "steps_per_generation"):
        return  # TRL's asynchronous trainer scores a prompt's group at once, whatever the batch
    size, batch = args.num_generations, args.per_device_train_batch_size
    steps, world = args.steps_per_generation, args.world_size
    if (batch * steps) % size:
        step = size // gcd(size, batch)
        raise UsageError(
            f"{recipe.ref} compares the {size} completions of a prompt, and each of {world} processes would score "
            f"{batch} x {steps} = {batch * steps} of them, which splits groups. Change per_device_train_batch_size to a "
            f"multiple of {size // gcd(size, steps)}, or steps_per_generation to a multiple of {step}, or "
            f"num_generations to a divisor of {batch * steps}"
        )
    own = getattr(args, "num_generations_eval", None) or size  # newer than TRL 0.24
    if str(getattr(args.eval_strategy, "value", args.eval_strategy)) != "no" and (
        own != size or args.per_device_eval_batch_size % size
    ):
        raise UsageError(
            f"{recipe.ref} compares the {size} completions of a prompt; for evaluation leave num_generations_eval at "
            f"{size} (it is {own}) and make per_device_eval_batch_size ({args.per_device_eval_batch_size}) a multiple of it"
        )
