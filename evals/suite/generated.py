"""Rows that need no download: arithmetic chains and countdown puzzles, from a seed.

The same seed gives the same rows on every machine (Python's Mersenne generator, integers only).
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .suite import Generated


def generate(spec: Generated) -> Iterator[dict[str, Any]]:
    """The rows that `spec` asks for."""
    rng = random.Random(f"{spec.kind}/{spec.seed}")
    make = {"arithmetic": _arithmetic, "countdown": _countdown}[spec.kind]
    for number in range(1, spec.n + 1):
        # spread evenly, so that a limit keeps the share
        hidden = int(number * spec.unanswerable) > int((number - 1) * spec.unanswerable)
        yield {"id": f"{spec.kind}-{number}", **make(rng, hidden)}


def _arithmetic(rng: random.Random, hidden: bool) -> dict[str, Any]:
    """One to three additions and subtractions of numbers to 20; where `hidden`, one number is left out."""
    steps = rng.randint(1, 3)
    numbers = [rng.randint(1, 20) for _ in range(steps + 1)]
    signs = [rng.choice("+-") for _ in range(steps)]
    shown = [str(number) for number in numbers]
    if hidden:
        shown[rng.randrange(len(shown))] = "some"
    question = shown[0] + "".join(f" {sign} {part}" for sign, part in zip(signs, shown[1:], strict=True))
    value = numbers[0] + sum(
        part if sign == "+" else -part for sign, part in zip(signs, numbers[1:], strict=True)
    )
    return {
        "question": question,
        "gold": "None" if hidden else str(value),
        "steps": steps,
        "answerable": not hidden,
    }


def _countdown(rng: random.Random, _: bool) -> dict[str, Any]:
    """Three or four numbers and a target from 1 to 199 that + and - reach using each of them."""
    targets: list[int] = []
    numbers: list[int] = []
    while not targets:
        numbers = [rng.randint(1, 99) for _ in range(rng.choice((3, 4)))]
        targets = sorted(value for value in _reached(tuple(numbers)) if 0 < value < 200)
    target = rng.choice(targets)
    return {"nums": numbers, "target": target, "gold": str(target), "count": len(numbers)}


def _reached(numbers: tuple[int, ...]) -> set[int]:
    """Every value of +n1 +-n2 .. with each number used once."""
    values = {numbers[0]}
    for number in numbers[1:]:
        values = {value + sign * number for value in values for sign in (1, -1)}
    return values
