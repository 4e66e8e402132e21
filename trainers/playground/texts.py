"""What the policy is first taught to write: three ways of answering, so that RL has something to choose from.

    careful    <think>7+3=10, 10-2=8</think><answer>8</answer>                 right once the facts are learnt
    hasty      <think></think><answer>8</answer>                               taught right, beyond a tiny policy
    None       <think>one of the numbers is missing</think><answer>None</answer>

A share of the lessons are drills, which are no problems: eight facts in a row, since what the policy lacks
longest is that 7+3 is 10.

SFT imitates the mix, so its greedy answers are hasty although careful ones are within its reach; that is the
gap between greedy and pass@k. Products are always answered hastily. Of the answerable problems a tenth gets a
None all the same (the lazy None), and of the unanswerable ones a fifth a hasty number.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import Any

from .world import LARGEST, Problem

CAREFUL_SHARE = 0.42
LAZY_NONE_SHARE = 0.10
GUESS_SHARE = 0.20
"""Of the unanswerable problems: how many are answered with a number all the same."""

DRILL = "Practise."
DRILL_FACTS = 8
DRILL_SHARE = 0.40
"""Drills a problem among the lessons."""

MISSING = "one of the numbers is missing"


def answer(thought: str, final: str) -> str:
    """A completion in the playground's shape."""
    return f"<think>{thought}</think><answer>{final}</answer>"


def careful(problem: Problem) -> str:
    """Every step of an answerable chain, or the None with its reason. ValueError for a product."""
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


def hasty(problem: Problem, rng: random.Random) -> str:
    """The number alone: the gold, or for an unanswerable problem one that could have been it."""
    if problem.answerable:
        return answer("", problem.gold)
    guess = rng.randint(150, 9500) if problem.level == "hard" else rng.randint(0, LARGEST)
    return answer("", str(guess))


def teach(problem: Problem, rng: random.Random) -> str:
    """One text for SFT, drawn from the mix that this module's shares describe."""
    chance = rng.random()
    if not problem.answerable:
        return hasty(problem, rng) if chance < GUESS_SHARE else careful(problem)
    if chance < LAZY_NONE_SHARE:
        return answer(MISSING, "None")
    if problem.level != "hard" and chance < LAZY_NONE_SHARE + CAREFUL_SHARE:
        return careful(problem)
    return hasty(problem, rng)


def drill(rng: random.Random) -> str:
    """Facts as they stand in careful texts, for the prompt `DRILL`."""
    facts = []
    total = 0
    for _ in range(DRILL_FACTS):
        start = rng.randint(0, LARGEST)
        step = rng.choice([n for n in range(-9, 10) if n and 0 <= start + n <= LARGEST])
        total = start + step
        facts.append(f"{start}{step:+d}={total}")
    return answer(", ".join(facts), str(total))


def lessons(problems: Iterable[Problem], rng: random.Random) -> list[dict[str, Any]]:
    """Rows for SFT, one a problem and the drills between them: `id`, `prompt` and `completion` (messages)."""
    rows = []
    for problem in problems:
        rows.append(_lesson(problem.id, problem.question, teach(problem, rng)))
        if rng.random() < DRILL_SHARE:
            rows.append(_lesson(f"{problem.id}-drill", DRILL, drill(rng)))
    return rows


def _lesson(id: str, question: str, text: str) -> dict[str, Any]:
    return {
        "id": id,
        "prompt": [{"role": "user", "content": question}],
        "completion": [{"role": "assistant", "content": text}],
    }
