"""Random recipes against real scoring: no proven claim is contradicted, every witness shows what it says, every fix works.

Each recipe's claims are held against completions of every outcome, style, truncation and length, written here without a
look at how the audits search for witnesses. Group claims are tried on groups of 4, 8 and 16 in which one answer is
right, one is wrong and the others take the least and the most that right, wrong or unanswered completions were seen to
earn. Of the claims that are left unknown, under 5 % may be refuted by the completions of `corpus.py`. Witnesses are read back from their JSON and scored again. Fixes are assigned to the recipe's file, as `--set` does.
"""

from __future__ import annotations

import random
import tempfile
from collections import Counter
from collections.abc import Iterator
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

from rewardkit import Outcome, Recipe, RewardkitError, Rollout
from rewardkit.audit import Audit, ClaimVerdict, Finding, Severity, check
from rewardkit.audit.rollouts.grpo import of_group
from rewardkit.config.source import dump
from rewardkit.documents import encode
from rewardkit.recipe.loading import load_recipe

from .corpus import corpus
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
    "group": (Outcome.CORRECT, Outcome.WRONG, Outcome.NO_ANSWER),
    "group_none": (Outcome.NONE_CORRECT, Outcome.NONE_MISSED, Outcome.NONE_NO_ANSWER),
}
Paid = dict[Outcome, list[float]]


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


def seen(recipe: Recipe, said: tuple[Rollout, ...]) -> Iterator[Paid]:
    """What completions of one problem earn beside each other: all of them, or, where a group is compared, random groups."""
    rng = random.Random(recipe.name)
    for gold in dict.fromkeys(rollout.gold for rollout in said):
        own = [rollout for rollout in said if rollout.gold == gold]
        groups = [own] if not recipe.reads_groups else [rng.sample(own, size) for size in SIZES * 20]
        for group in groups:
            paid: Paid = {}
            for score in recipe.score(group):
                if score.total is not None:
                    paid.setdefault(score.outcome, []).append(score.total)
            yield paid


def contradicted(recipe: Recipe, codes: set[str], said: tuple[Rollout, ...]) -> set[str]:
    """The claims, of these, that these completions contradict."""
    found: set[str] = set()
    for paid in seen(recipe, said):
        for code in codes & ORDERINGS.keys():
            right, rivals = ORDERINGS[code]
            worse = [value for outcome in rivals for value in paid.get(outcome, ())]
            if worse and min(paid.get(right, [float("inf")])) < max(worse) - SLACK:
                found.add(code)
        for code in codes & GROUPS.keys():
            right, wrong, silent = (paid.get(outcome, []) for outcome in GROUPS[code])
            if right and wrong and _pushed(right, wrong, silent, recipe.reads_groups):
                found.add(code)
    return found


def _pushed(right: list[float], wrong: list[float], silent: list[float], whole: bool) -> bool:
    """Whether GRPO gives the best paid wrong answer a positive advantage beside a right one: in this very group, or in
    any that is made of these rewards."""
    if whole:
        totals = [max(wrong), min(right), *sorted(wrong)[:-1], *sorted(right)[1:], *silent]
        return of_group(totals)[0] > 1e-6
    members = (*wrong, *silent, *right)
    return any(
        of_group([one, max(wrong), *[rest] * (size - 2)])[1] > 1e-6
        for size in SIZES
        for one in (min(right), max(right))
        for rest in (min(members), max(members))
    )


def again(finding: Finding) -> list[Rollout]:
    """A witness's rollouts as its JSON tells them."""
    names = (
        "completion",
        "gold",
        "tokens",
        "finish",
        "prompt",
        "id",
        "group",
        "sample",
        "fields",
        "token_ids",
    )
    rows = encode(finding.witness)["rollouts"]
    return [Rollout(**{name: row[name] for name in names if name in row}) for row in rows]


def violated(recipe: Recipe, finding: Finding) -> bool:
    """Whether a witness, scored again, shows that its claim does not hold."""
    totals = [score.total for score in recipe.score(again(finding))]
    if finding.code in ORDERINGS:
        return len(totals) >= 2 and None not in totals[:2] and totals[0] <= totals[1] + SLACK  # pyright: ignore[reportOptionalOperand]
    if finding.code in GROUPS:
        return of_group(totals)[1] > 0
    return finding.code != "totality" or totals == [None]


def wrong_figures(finding: Finding) -> bool:
    """Whether information about a group does not say what its own witness was paid."""
    if finding.code not in ("group_no_answer", "group_false_none") or finding.witness is None:
        return False
    totals = finding.witness.totals
    return totals[2] >= totals[1] or abs(of_group(totals)[1] - finding.facts[str(len(totals))]) > SLACK  # pyright: ignore[reportOptionalOperand]


def told(audit: Audit) -> Counter[tuple[str, str]]:
    """Errors and warnings by code and term. What a claim is not proven, or refuted, counts alike."""
    return Counter((f.code, f.term) for f in audit.findings if f.severity != Severity.INFO)


def bad_fixes(recipe: Recipe, tree: dict[str, Any], audit: Audit) -> list[str]:
    """Fixes that cannot be assigned to the recipe's file, do not do it, or bring another error or warning."""
    found: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "recipe.yaml"
        path.write_text(dump(tree), encoding="utf-8")
        for finding in audit.findings:
            if not finding.fix:
                continue
            try:
                fixed = check(load_recipe(path, finding.fix), fixes=False, groups=SIZES)
            except RewardkitError as error:
                found.append(f"{recipe.name}: {finding.fix} for {finding.code}: {error}")
                continue
            before, after = told(audit), told(fixed)
            key = (finding.code, finding.term)
            if after - before:
                found.append(f"{recipe.name}: {finding.fix} for {finding.code} brings {dict(after - before)}")
            if finding.severity != Severity.INFO and after[key] >= before[key]:
                found.append(f"{recipe.name}: {finding.fix} does not fix {finding.code}")
    return found


def one(seed: int) -> dict[str, Any]:
    """One recipe: its verdicts, and what was wrong with them."""
    tree = random_recipe(seed)
    try:
        recipe = Recipe.model_validate(tree)
    except (ValueError, RewardkitError):
        return {"refused": 1}
    audit = check(recipe, groups=SIZES)
    by: dict[ClaimVerdict, set[str]] = {verdict: set() for verdict in ClaimVerdict}
    for finding in audit.findings:
        if finding.verdict is not None:
            by[finding.verdict].add(finding.code)
    wrong = [
        f"{recipe.name}: {code} is proven and false"
        for code in sorted(contradicted(recipe, by[ClaimVerdict.PROVEN], (*rollouts(), *corpus())))
    ]
    for finding in audit.findings:
        if finding.verdict == ClaimVerdict.REFUTED:
            if finding.witness is None:
                wrong.append(f"{recipe.name}: {finding.code} is refuted without a witness")
            elif not violated(recipe, finding):
                wrong.append(f"{recipe.name}: {finding.code}'s witness does not violate it")
        if wrong_figures(finding):
            wrong.append(f"{recipe.name}: {finding.code} does not say what its witness was paid")
    wrong += bad_fixes(recipe, tree, audit)
    unknown = by[ClaimVerdict.UNKNOWN] & {*ORDERINGS, *GROUPS}
    missed = contradicted(recipe, unknown, corpus())
    return {
        "checked": 1,
        **{str(verdict): len(codes) for verdict, codes in by.items()},
        "fixes": sum(1 for finding in audit.findings if finding.fix),
        "asked": len(unknown),
        "missed": len(missed),
        "which": [f"{recipe.name}: {code}" for code in sorted(missed)],
        "wrong": wrong,
    }


def part(number: int) -> dict[str, Any]:
    """`EACH` recipes."""
    rows = [one(number * EACH + at) for at in range(EACH)]
    wrong = [fault for row in rows for fault in row.get("wrong", ())]
    assert not wrong, "\n".join(wrong)
    names = ("checked", "refused", "proven", "refuted", "unknown", "fixes", "asked", "missed")
    return {name: sum(row.get(name, 0) for row in rows) for name in names}


def total(figures: list[dict[str, Any]]) -> dict[str, Any]:
    """Sums over all parts; of the claims left unknown, under 5 % are refuted by these completions."""
    sums = {name: sum(one[name] for one in figures) for name in figures[0]}
    assert sums["missed"] <= 0.05 * max(sums["asked"], 20), sums
    return sums
