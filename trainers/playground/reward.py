"""`playground-none` versions 0 and 1 as a person would write them by hand for TRL, without rewardkit.

It is the baseline that the recipe is compared with: the same meaning must give the same rewards, step by
step. It reads only the playground's own form of answer, and takes what TRL passes to a reward function.

    gold a value:   right +1.0; wrong, or nothing readable -0.1; None -0.1 (version 0) or -0.8 (version 1)
    gold None:      None +1.0; a number, or nothing readable -0.5
    always:         outside `SHORTEST` to `LONGEST` tokens (the end-of-sequence token not counted) -0.2

The window is fit for the playground: every hasty answer (5 to 8 tokens) is too short, every careful one
(10 to 24) and the None with its reason (11) is inside. That is what version 0 pays for on a problem it cannot
solve: a hasty wrong number earns -0.3 and the reasoned None -0.1, a small difference that scaling by the
group's standard deviation makes a full advantage. Version 1 reverses it: None earns -0.8.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

SHORTEST, LONGEST = 10, 32
LENGTH_PENALTY = -0.2
FALSE_NONE = {0: -0.1, 1: -0.8}

ANSWER = re.compile(r"<answer>([^<]*)</answer>")
NUMBER = re.compile(r"\d{1,9}", re.ASCII)


def read_answer(completion: str) -> str | None:
    """The final answer: a decimal integer, the word None, or None if nothing can be read.

    Only what follows the reasoning counts; after a reasoning that is not closed there is no answer.

    >>> read_answer("<think>7+3=10</think><answer>10</answer>"), read_answer("<think>7+3=10")
    ('10', None)
    """
    _before, closed, after = completion.rpartition("</think>")
    if not closed and "<think>" in completion:
        return None
    found = ANSWER.findall(after)
    text = found[-1].strip() if found else ""
    if text == "None":
        return text
    return str(int(text)) if NUMBER.fullmatch(text) else None


def pay(completion: str, gold: str, tokens: int, version: Literal[0, 1]) -> float:
    """The reward of one completion of `tokens` tokens (without the end-of-sequence token)."""
    said = read_answer(completion)
    if gold == "None":
        reward = 1.0 if said == "None" else -0.5
    elif said == "None":
        reward = FALSE_NONE[version]
    else:
        reward = 1.0 if said == gold else -0.1
    return reward + (0.0 if SHORTEST <= tokens <= LONGEST else LENGTH_PENALTY)


@dataclass(frozen=True)
class HandWritten:
    """`pay` as a TRL reward function for conversational rows with a `gold` column. Pickles."""

    version: Literal[0, 1]
    eos_token_id: int

    @property
    def __name__(self) -> str:
        return f"hand_written_v{self.version}"

    def __call__(
        self,
        completions: Sequence[Sequence[dict[str, str]]],
        completion_ids: Sequence[Sequence[int]],
        gold: Sequence[str],
        **columns: Any,
    ) -> list[float]:
        """One reward per completion, in order."""
        return [
            pay(messages[-1]["content"], right, self._count(ids), self.version)
            for messages, ids, right in zip(completions, completion_ids, gold, strict=True)
        ]

    def _count(self, ids: Sequence[int]) -> int:
        return len(ids) - (len(ids) > 0 and ids[-1] == self.eos_token_id)
