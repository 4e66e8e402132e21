"""What the policy is first taught to write: three ways of answering, so that RL has something to choose from.

    careful    <think>6+3=9, 9-2=7</think><answer>7</answer>                   right once the facts are learnt
    hasty      <think></think><answer>7</answer>                               taught right, too hard for a tiny policy
    None       <think>one of the numbers is missing</think><answer>None</answer>

SFT imitates the mix, so its greedy answers are hasty although careful ones are within its reach; that is the
gap between greedy and pass@k. Products are always answered hastily. A tenth of the answerable problems still get a
None (the lazy None), and a fifth of the unanswerable ones a hasty number.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import Any

from .problem import LARGEST, WordProblem

CAREFUL_SHARE = 0.42
LAZY_NONE_SHARE = 0.10
GUESS_SHARE = 0.20
"""The share of the unanswerable problems that are still answered with a number."""

MISSING = "one of the numbers is missing"


def answer(thought: str, final: str) -> str:
    """A completion in the playground's format."""
    return f"<think>{thought}</think><answer>{final}</answer>"


def careful(problem: WordProblem) -> str:
    """Every step of an answerable chain, or None with its reason. Raises ValueError for a product."""
    if not problem.answerable:
        return answer(MISSING, "None")
    if problem.level == "hard":
        raise ValueError(f"there is no careful text for a product: {problem.question}")
    total, *steps = (number for number in problem.numbers if number is not None)
    thoughts = []
    for step in steps:
        thoughts.append(f"{total}{step:+d}={total + step}")
        total += step
    return answer(", ".join(thoughts), str(total))


def hasty(problem: WordProblem, rng: random.Random) -> str:
    """The number alone: the gold, or for an unanswerable problem one that it could have been."""
    if problem.answerable:
        return answer("", problem.gold)
    guess = rng.randint(150, 9500) if problem.level == "hard" else rng.randint(0, LARGEST)
    return answer("", str(guess))


def teach(problem: WordProblem, rng: random.Random) -> str:
    """One text for SFT, drawn from the mix that this module's shares describe."""
    chance = rng.random()
    if not problem.answerable:
        return hasty(problem, rng) if chance < GUESS_SHARE else careful(problem)
    if chance < LAZY_NONE_SHARE:
        return answer(MISSING, "None")
    if problem.level != "hard" and chance < LAZY_NONE_SHARE + CAREFUL_SHARE:
        return careful(problem)
    return hasty(problem, rng)


def lessons(problems: Iterable[WordProblem], rng: random.Random) -> list[dict[str, Any]]:
    """Rows for SFT, one per problem: its data columns, and `completion`, a list of one assistant message."""
    return [
        {**problem.row(), "completion": [{"role": "assistant", "content": teach(problem, rng)}]}
        for problem in problems
    ]
