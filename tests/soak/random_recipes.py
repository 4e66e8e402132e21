"""Recipes made by chance from a seed: every built-in kind and two foreign ones, conditions, weights, clips, lists and
mappings of terms."""

from __future__ import annotations

import random
from typing import Any

from rewardkit import Reading
from rewardkit import term as kind


@kind(pays=(0.0, 0.5), name="soak_polite", looks_at=("text",))
def soak_polite(reading: Reading, *, word: str = "please") -> float:
    """A kind of another package that says what it looks at."""
    return 0.5 if word in reading.text else 0.0


@kind(pays=(-0.4, 0.4), name="soak_opaque")
def soak_opaque(reading: Reading) -> float | None:
    """A kind of another package that says nothing of itself, and sometimes does not apply."""
    return None if len(reading.text) % 3 == 0 else 0.4 if "42" in reading.text else -0.4


PRICES = (-2.0, -1.0, -0.5, -0.1, 0.0, 0.1, 0.3, 0.5, 1.0, 2.0)
ATOMS = (
    "correct",
    "wrong",
    "no_answer",
    "false_none",
    "none_correct",
    "answered",
    "abstained",
    "answerable",
    "truncated",
    "reasoned",
    "tokens > 50",
    "tokens <= 200",
    "words < 12",
    "steps >= 2",
    'has_tag("answer")',
)


def condition(rng: random.Random) -> str:
    """A condition of one to three atoms."""
    atoms = [rng.choice(("", "", "not ")) + rng.choice(ATOMS) for _ in range(rng.choice((1, 1, 2, 3)))]
    return f" {rng.choice(('and', 'or'))} ".join(atoms)


def _table(rng: random.Random, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: rng.choice(PRICES) for name in names}


def _leaf(rng: random.Random) -> dict[str, Any]:
    price, penalty = rng.choice(PRICES), -abs(rng.choice(PRICES))
    makers: dict[str, Any] = {
        "constant": lambda: {"value": price},
        "false_positive": lambda: {"penalty": penalty},
        "format": lambda: {"preset": rng.choice(("think", "open-r1", "trl")), "value": price},
        "tag_count": lambda: {"value": abs(price) or 0.25},
        "pattern": lambda: {"pattern": rng.choice(("wait", r"\d+ apples", "^So")), "value": price},
        "boxed": lambda: {"value": price, "single": rng.random() < 0.5},
        "integer_answer": lambda: {"value": price},
        "reasoning_steps": lambda: {"enough": rng.randint(1, 4), "value": price},
        "length": lambda: {
            "unit": rng.choice(("tokens", "words")),
            "above": rng.randint(20, 300),
            "penalty": penalty,
        },
        "soft_overlong": lambda: {"max_length": 256, "cache": 64, "penalty": penalty},
        "cosine_length": lambda: {
            "preset": rng.choice(("trl", "ms-swift")),
            "max_length": rng.randint(50, 400),
        },
        "characters": lambda: {"allow": ["ascii"], "price": -0.01, "floor": penalty},
        "language_share": lambda: {
            "scripts": ["latin"],
            "value": price,
            "no_letters": rng.choice((0.0, 0.0, *PRICES)),
        },
        "repetition": lambda: {"max_penalty": penalty, "unit": "words"},
        "random": lambda: {"low": min(price, 0.0), "high": max(price, 0.5)},
        "kimi_length": lambda: {"unit": rng.choice(("tokens", "characters"))},
        "numeric_closeness": lambda: {"correct": 1.0, "near": 0.5, "far": 0.1, "within": 5.0},
        "soak_polite": lambda: {"word": rng.choice(("please", "wait"))},
        "soak_opaque": lambda: {},
    }
    kind = rng.choice(sorted(makers))
    return {"kind": kind, **makers[kind]()}


def term(rng: random.Random, depth: int = 2) -> dict[str, Any]:
    """A term with its modifiers; a combinator in one of five."""
    if depth and rng.random() < 0.2:
        children = [term(rng, depth - 1) for _ in range(rng.randint(1, 3))]
        made: dict[str, Any] = {"kind": rng.choice(("sum", "min", "max", "product", "first"))}
        if made["kind"] == "first":
            children.append({"kind": "constant", "value": rng.choice(PRICES)})
        named = {f"t{at}": child for at, child in enumerate(children)}
        made["terms"] = children if rng.random() < 0.5 else named
    else:
        made = _leaf(rng)
    if rng.random() < 0.35:
        made["when"] = condition(rng)
        if rng.random() < 0.3:
            made["otherwise"] = rng.choice(PRICES)
    if rng.random() < 0.15:
        made["weight"] = rng.choice((0.5, 2.0, -1.0))
    if rng.random() < 0.15:
        made["clip"] = sorted((rng.choice(PRICES), rng.choice(PRICES)))
    return made


def recipe(seed: int) -> dict[str, Any]:
    """The plain tree of a recipe that may still be refused (a hole in a `first`, say)."""
    rng = random.Random(seed)
    none = rng.random() < 0.6
    reward: dict[str, Any] = {}
    if rng.random() < 0.9:
        reward["correctness"] = {
            "correct": rng.choice((0.5, 1.0, 2.0)),
            "wrong": rng.choice(PRICES[:6]),
            "no_answer": rng.choice(PRICES[:6]),
            "false_none": rng.choice(PRICES[:6]),
        }
    if none:
        reward["none"] = _table(rng, ("correct", "missed", "no_answer"))
    for at in range(rng.randint(0 if reward else 1, 4)):
        reward[f"term{at}"] = term(rng)
    made: dict[str, Any] = {"recipe": f"random-{seed}", "version": 0, "reward": reward}
    if rng.random() < 0.3:
        made["reward"] = [
            {"kind": label, **spec} if "kind" not in spec else spec for label, spec in reward.items()
        ]
    if none:
        made["answer"] = {"none": ["None"]}
    if rng.random() < 0.1:
        made["clip"] = [-1.0, 1.0]
    return made
