"""Arithmetic word problems, made from a seed: the playground's data and a suite that needs no download.

Three levels: *easy* and *medium* are chains of one, and of two or three, small additions and subtractions;
*hard* is a product of two two-digit numbers, which a policy of half a million parameters cannot do. A known
share is unanswerable: one number is replaced by "some", and the gold is the word None. A quarter of the
chains carry a distractor, a sentence about somebody else. For example:

    Tom has 6 pens. Eva has 4 coins. Tom finds 3. Tom sells 2. How many pens does Tom have?    medium, 7
    Each of some boxes holds 67 pens. How many pens are there?                                  hard, None

The splits never share a question, nor (from two steps on, and for products) its numbers: a question with other
names is the same problem. One-step facts such as 6+3 recur, for there are too few to hold out.
"""

from __future__ import annotations

import json
import os
import random
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path

from rewardkit.errors import UsageError

from .problem import LARGEST, WordProblem

HARD_SHARE = 0.15
UNANSWERABLE_SHARE = 0.13
DISTRACTOR_SHARE = 0.25

DEFAULT_SIZES: Mapping[str, int] = {"eval": 400, "train": 800, "sft": 10000}
"""Rows per split. Made in this order, so that `eval` does not change when the others grow."""

NAMES = ("Tom", "Mia", "Ben", "Ana", "Sam", "Eva")
THINGS = ("apples", "pens", "coins", "books", "shells", "cards")
GAINS = ("finds", "buys", "gets")
LOSSES = ("loses", "sells", "drops")


def draw(rng: random.Random, *, id: str = "", unanswerable: float = UNANSWERABLE_SHARE) -> WordProblem:
    """One problem from the playground's mix; `unanswerable` is the probability of a missing number."""
    hard = rng.random() < HARD_SHARE
    answerable = rng.random() >= unanswerable
    numbers = [rng.randint(12, 98), rng.randint(12, 98)] if hard else _chain(rng)
    shown: list[int | None] = list(numbers)
    if not answerable:
        shown[rng.randrange(len(shown))] = None
    distractor = not hard and rng.random() < DISTRACTOR_SHARE
    question = _product_question(rng, shown) if hard else _chain_question(rng, shown, numbers, distractor)
    value = numbers[0] * numbers[1] if hard else sum(numbers)
    return WordProblem(
        id=id,
        question=question,
        gold=str(value) if answerable else "None",
        level="hard" if hard else "easy" if len(numbers) == 2 else "medium",
        answerable=answerable,
        distractor=distractor,
        numbers=tuple(shown),
    )


def _chain(rng: random.Random) -> list[int]:
    """A start and one to three signed steps whose running total stays within 0 to `LARGEST`."""
    numbers = [rng.randint(2, 9)]
    for _ in range(rng.choice((1, 2, 2, 3, 3))):
        total = sum(numbers)
        steps = [n for n in range(-9, 10) if n and 0 <= total + n <= LARGEST]
        numbers.append(rng.choice(steps))
    return numbers


def _chain_question(rng: random.Random, shown: list[int | None], numbers: list[int], distractor: bool) -> str:
    name, other = rng.sample(NAMES, 2)
    thing, another = rng.sample(THINGS, 2)
    sentences = [f"{name} has {_amount(shown[0])} {thing}."]
    if distractor:
        sentences.append(f"{other} has {rng.randint(2, 9)} {another}.")
    for number, seen in zip(numbers[1:], shown[1:], strict=True):
        verb = rng.choice(GAINS if number > 0 else LOSSES)
        sentences.append(f"{name} {verb} {_amount(seen)}.")
    return " ".join([*sentences, f"How many {thing} does {name} have?"])


def _product_question(rng: random.Random, shown: list[int | None]) -> str:
    thing = rng.choice(THINGS)
    boxes, each = (_amount(number) for number in shown)
    return f"Each of {boxes} boxes holds {each} {thing}. How many {thing} are there?"


def _amount(number: int | None) -> str:
    return "some" if number is None else str(abs(number))


def make_splits(seed: int, sizes: Mapping[str, int] = DEFAULT_SIZES) -> dict[str, list[WordProblem]]:
    """Splits by name, in the order of `sizes`, deterministic in the seed, that share no problem.

    A split does not depend on the sizes of those after it. Raises UsageError for a size below one, and
    if a split cannot be filled with new problems.
    """
    questions: set[str] = set()
    taken: set[str] = set()
    splits: dict[str, list[WordProblem]] = {}
    for name, size in sizes.items():
        if size < 1:
            raise UsageError(f"split '{name}' has size {size}; give at least 1, or leave it out")
        rng = random.Random(f"playground {seed} {name}")
        problems: list[WordProblem] = []
        for problem in _attempts(rng, size):
            if problem.question in questions or problem.key in taken:
                continue
            questions.add(problem.question)
            problems.append(_with_id(problem, f"{name}-{len(problems):05d}"))
            if len(problems) == size:
                break
        else:
            raise UsageError(
                f"only {len(problems)} of {size} new problems found for split '{name}'; ask for fewer"
            )
        taken.update(problem.key for problem in problems)
        splits[name] = problems
    return splits


def _attempts(rng: random.Random, size: int) -> Iterator[WordProblem]:
    for _ in range(100 * size + 1000):
        yield draw(rng)


def _with_id(problem: WordProblem, id: str) -> WordProblem:
    return WordProblem(**{**asdict(problem), "id": id})


def make_world(folder: str | Path, seed: int, sizes: Mapping[str, int] = DEFAULT_SIZES) -> dict[str, Path]:
    """Write every split as `NAME.jsonl` under `folder`; returns the files by split name.

    The split `sft` gains the column `completion`, one assistant message to learn from (see `texts`).
    """
    from .texts import lessons

    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    files = {}
    for name, problems in make_splits(seed, sizes).items():
        if name.startswith("sft"):
            rows = lessons(problems, random.Random(f"playground {seed} texts of {name}"))
        else:
            rows = [problem.row() for problem in problems]
        files[name] = folder / f"{name}.jsonl"
        lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        unfinished = files[name].with_suffix(".tmp")
        unfinished.write_text("".join(lines), encoding="utf-8")
        os.replace(unfinished, files[name])
    return files


def read_rows(file: str | Path) -> list[dict]:
    """The rows of a split that `make_world` wrote."""
    return [json.loads(line) for line in Path(file).read_text(encoding="utf-8").splitlines()]
