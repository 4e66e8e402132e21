"""Completions by the million whose golds, answers and texts differ, for the benchmarks of `score`.

    python -m tests.bench.rows OUT.jsonl --rows 1000000 [--group 8] [--seed 0]

Each prompt has a gold of its own and `--group` completions, a row each: about half right (some of them written
otherwise than the gold), the others wrong, each in its own way, and one in fifty without an answer. Golds are whole
numbers, amounts, decimals, fractions, percentages, pairs and expressions in the shares that GSM8K and MATH have
together; the texts are worked solutions of 300 to 900 characters around numbers of their own. The same seed writes
the same bytes.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

STEPS = (
    "First we find how many there are in all: {a} + {b} = {c}.",
    "Each of them costs ${a}, so {b} of them cost {a} \\times {b} dollars, and {c} are left over.",
    "Let $x$ be the number of boxes. Then $x + {a} = {b}$, which we write as $x = {b} - {a}$.",
    "Multiplying both sides by {a} gives \\[ {a}x = {b} + {c}. \\]",
    "She had {a} apples and gave {b} of them to her brother; {c} more were found on the way home.",
    "Since \\frac{{{a}}}{{{b}}} cannot be simplified any further, we keep it as it is and turn to the {c} others.",
    "That takes {a} minutes for the first part and {b} minutes for the second, with a break of {c} in between.",
    "We check the case of {a} by substituting: the left side is {b} and the right side is {c}, so it holds.",
)
ENDS = (
    "So the answer is $\\boxed{{{answer}}}$.",
    "Therefore, \\[ \\boxed{{{answer}}} \\]",
    "The final answer is $\\boxed{{{answer}}}$. I hope it is correct.",
)
KINDS = ("whole",) * 13 + ("amount", "decimal", "fraction", "fraction", "percent", "pair", "expression")
"""One of each for every twentieth prompt."""


def gold_of(draw: random.Random, number: int) -> tuple[str, tuple[str, ...]]:
    """A gold that no other prompt has, and ways to write it."""
    kind = KINDS[number % len(KINDS)]
    value = number + draw.randrange(2, 10) * 10_000_000
    if kind == "whole":
        return str(value), (str(value), str(value), f"{value:,}")
    if kind == "amount":
        return f"{value:,}", (f"\\${value:,}", str(value), f"{value:,} \\text{{ dollars}}")
    if kind == "decimal":
        return f"{value / 1000}", (f"{value / 1000}", f"{value / 1000}0")
    if kind == "fraction":
        text = f"\\frac{{{value}}}{{{2 * draw.randrange(3, 50) + 1}}}"
        return text, (text, text.replace("frac", "dfrac"))
    if kind == "percent":
        return f"{value / 100}\\%", (f"{value / 100}\\%", f"{value / 100}%")
    if kind == "pair":
        other = draw.randrange(100)
        return f"({value}, {other})", (f"({value},{other})", f"\\left( {value}, {other} \\right)")
    root = draw.choice((2, 3, 5, 7))
    return f"{value}\\sqrt{{{root}}}", (f"{value}\\sqrt{{{root}}}", f"{value} \\sqrt{root}")


def completion(draw: random.Random, answer: str | None) -> str:
    """A worked solution that ends in an answer, or in none."""
    steps = [
        draw.choice(STEPS).format(a=draw.randrange(10**6), b=draw.randrange(10**6), c=draw.randrange(10**6))
        for _ in range(draw.randrange(3, 9))
    ]
    end = "I could not finish this." if answer is None else draw.choice(ENDS).format(answer=answer)
    return "\n\n".join([*steps, end])


def rows(count: int, group: int = 8, seed: int = 0) -> Iterator[dict[str, Any]]:
    """Rows, a completion each, prompt by prompt."""
    for at in range(count):
        number, sample = divmod(at, group)
        if not sample:
            draw = random.Random(f"{seed}:{number}")
            gold, ways = gold_of(draw, number)
        chance = draw.random()
        wrong, _ = gold_of(draw, number + draw.randrange(1, 1000) * len(KINDS))
        answer = None if chance < 0.02 else draw.choice(ways) if chance < 0.5 else wrong
        text = completion(draw, answer)
        yield {
            "id": f"{number}-{sample}",
            "group": f"q{number}",
            "prompt": f"Question {number}: how many are there?",
            "gold": gold,
            "completion": text,
            "tokens": len(text) // 4,
        }


def write(path: Path, count: int, group: int = 8, seed: int = 0) -> None:
    """The rows as JSON Lines."""
    with path.open("w", encoding="utf-8") as file:
        for row in rows(count, group, seed):
            file.write(json.dumps(row) + "\n")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--group", type=int, default=8)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    write(asked.out, asked.rows, asked.group, asked.seed)


if __name__ == "__main__":
    main()
