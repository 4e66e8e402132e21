"""Random recipes against real scoring: no proven claim is contradicted, every witness shows what it says.

Each recipe's claims are held against completions of every outcome, style, truncation and length, written here without a
look at how the audits search for witnesses. Group claims are tried on groups of 4, 8 and 16 in which one answer is
right, one is wrong and the others take the cheapest and the dearest reward that their outcomes were seen to earn.
"""

from __future__ import annotations

import random
from functools import cache
from itertools import product
from typing import Any

import numpy as np

from rewardkit import Outcome, Recipe, RewardkitError, Rollout
from rewardkit.audit import ClaimVerdict, check

from .random_recipes import recipe as random_recipe

EACH = 25
PARTS, SLICE = 40, 1
SLACK = 1e-9
SIZES = (4, 8, 16)

ORDERINGS = {
    "ordering": (Outcome.CORRECT, (Outcome.WRONG, Outcome.NO_ANSWER)),
    "ordering_none": (Outcome.NONE_CORRECT, (Outcome.NONE_MISSED, Outcome.NONE_NO_ANSWER)),
    "ordering_false_none": (Outcome.CORRECT, (Outcome.FALSE_NONE,)),
}
GROUPS = {
    "group": (Outcome.CORRECT, Outcome.WRONG),
    "group_none": (Outcome.NONE_CORRECT, Outcome.NONE_MISSED),
}


@cache
def rollouts() -> tuple[Rollout, ...]:
    """Every outcome in many styles, cut or not, short and long."""
    thoughts = (
        "",
        "So it is plain. ",
        "<think>6 times 7</think>",
        "<think>\nwait, 42 apples\n</think>\n<answer>\n",
        "Step 1: add.\nStep 2: add again.\nStep 3: stop.\n",
        "語語語語語 ",
        "so it goes " * 60,
        "<answer>a</answer> wait wait wait wait ",
    )
    answers = (
        r"\boxed{42}",
        r"\boxed{41}",
        r"\boxed{None}",
        "",
        r"\boxed{41} \boxed{42}",
        "<answer>42</answer>",
    )
    tails = ("", "\n</answer>", " and more")
    tokens = (1, 40, 90, 240, 600)
    made = []
    rng = random.Random(7)
    for thought, answer, tail, gold in product(thoughts, answers, tails, ("42", "None")):
        for count in rng.sample(tokens, 2):
            cut = "length" if rng.random() < 0.3 else "stop"
            made.append(
                Rollout(completion=thought + answer + tail, gold=gold, tokens=count, finish=cut, group="g")  # pyright: ignore[reportArgumentType]
            )
    return tuple(made)


def pushed(right: float, wrong: float, others: tuple[float, ...]) -> bool:
    """Whether GRPO gives the wrong answer a positive advantage in some group of these rewards."""
    for size in SIZES:
        for low in others:
            rewards = np.array([right, wrong, *[low] * (size - 2)])
            advantage = (rewards - rewards.mean()) / (rewards.std(ddof=1) + 1e-4)
            if advantage[1] > 1e-6:
                return True
    return False


def contradictions(recipe: Recipe, verdicts: dict[str, ClaimVerdict | None]) -> list[str]:
    """Proven claims that these completions contradict."""
    paid: dict[Outcome, list[float]] = {}
    for score in recipe.score(rollouts()):
        if score.total is not None:
            paid.setdefault(score.outcome, []).append(score.total)
    found = []
    for code, (right, wrong) in ORDERINGS.items():
        worse = [value for outcome in wrong for value in paid.get(outcome, ())]
        if (
            verdicts.get(code) == ClaimVerdict.PROVEN
            and worse
            and min(paid.get(right, [np.inf])) < max(worse) - SLACK
        ):
            found.append(code)
    for code, (right, wrong) in GROUPS.items():
        if verdicts.get(code) == ClaimVerdict.PROVEN and right in paid and wrong in paid:
            ends = (min(paid[wrong]), max(paid[wrong]))
            if pushed(max(paid[right]), max(paid[wrong]), ends) or pushed(
                min(paid[right]), max(paid[wrong]), ends
            ):
                found.append(code)
    return found


def violated(recipe: Recipe, code: str, rollouts: tuple[Rollout, ...]) -> bool:
    """Whether a witness, scored again, shows that its claim does not hold."""
    scores = recipe.score(rollouts)
    totals = [score.total for score in scores]
    if code in ORDERINGS:
        return (
            len(totals) >= 2
            and totals[0] is not None
            and totals[1] is not None
            and totals[0] <= totals[1] + SLACK
        )
    if code in GROUPS:
        rewards = np.array(totals, dtype=float)
        return bool((rewards - rewards.mean())[1] > 0)
    return True


def one(seed: int) -> dict[str, Any]:
    """One recipe: its verdicts, and what was wrong with them."""
    try:
        recipe = Recipe.model_validate(random_recipe(seed))
    except (ValueError, RewardkitError):
        return {"refused": 1}
    audit = check(recipe, fixes=False, groups=SIZES)
    verdicts = {finding.code: finding.verdict for finding in audit.findings if finding.verdict is not None}
    wrong = [f"{recipe.name}: {code} is proven and false" for code in contradictions(recipe, verdicts)]
    for finding in audit.findings:
        if finding.verdict == ClaimVerdict.REFUTED:
            if finding.witness is None:
                wrong.append(f"{recipe.name}: {finding.code} is refuted without a witness")
            elif not violated(recipe, finding.code, finding.witness.rollouts):
                wrong.append(f"{recipe.name}: {finding.code}'s witness does not violate it")
    count = {str(verdict): list(verdicts.values()).count(verdict) for verdict in ClaimVerdict}
    return {"checked": 1, **count, "wrong": wrong}


def part(number: int) -> dict[str, Any]:
    """`EACH` recipes."""
    rows = [one(number * EACH + at) for at in range(EACH)]
    wrong = [fault for row in rows for fault in row.get("wrong", ())]
    assert not wrong, "\n".join(wrong)
    return {
        name: sum(row.get(name, 0) for row in rows)
        for name in ("checked", "refused", "proven", "refuted", "unknown")
    }


def total(figures: list[dict[str, Any]]) -> dict[str, Any]:
    """Sums over all parts."""
    return {name: sum(one[name] for one in figures) for name in figures[0]}
