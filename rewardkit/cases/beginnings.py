"""A new recipe and its cases, as YAML: from scratch, or from another recipe."""

from __future__ import annotations

from typing import Any

from ..config.source import dump
from ..recipe.recipe import Recipe
from . import CasesFile

SCHEMA_LINE = "# yaml-language-server: $schema=../{}.schema.json\n"

SCRATCH = """\
# What this reward is for, in a line or two. Change it freely until `rewardkit lock --release {name}@0`.
recipe: {name}
version: 0
about: Right answers earn 1, and a reasoning in its tags a little more.
answer:
  extract: [boxed, answer_tag]      # where the answer is; the first that is present counts
  # none: [None]                    # words that mean "this cannot be answered", if the data has such golds
  verify: math                      # or exact, choice, countdown
reward:                             # the total is the sum of these
  # Every outcome has its price, so that no way out is left unpriced.
  correctness: {{correct: 1.0, wrong: 0.0, no_answer: 0.0, false_none: 0.0}}
  # Small beside correctness: a wrong answer in the right shape must not come near a right one.
  format: {{preset: think, value: 0.1}}
  # A price where the right answer is too long, and only there: style should reorder right answers alone.
  too_long: {{kind: length, when: correct, above: 1024, unit: tokens, penalty: -0.1}}
"""

SCRATCH_CASES = """\
# Completions and what they should earn, worked by hand. `rewardkit test {name}` runs them.
defaults: {{tokens: 200, gold: "42"}}

cases:
  - name: right
    completion: '<think>Six sevens.</think> It is \\boxed{{42}}.'
    outcome: correct
    expect: 1.1
    terms: {{correctness: 1.0, format: 0.1, too_long: 0.0}}
  - name: wrong
    completion: '<think>Six sevens.</think> It is \\boxed{{41}}.'
    outcome: wrong
    expect: 0.1
  - name: right, without reasoning
    completion: 'It is \\boxed{{42}}.'
    expect: 1.0
  - name: right, too long
    tokens: 1025
    completion: '<think>Six sevens.</think> It is \\boxed{{42}}.'
    expect: 1.0
  - name: wrong, too long
    tokens: 1025
    completion: 'It is \\boxed{{41}}.'
    expect: 0.0
  - name: no answer
    completion: '<think>Six sevens.</think> It is forty-two.'
    outcome: no_answer
    expect: 0.1
  - name: cut off while reasoning
    finish: length
    completion: '<think>Six sevens are \\boxed{{42}}, but'
    outcome: no_answer
    expect: 0.0
  - name: an empty reasoning
    completion: '<think></think> \\boxed{{42}}'
    expect: 1.0

# Orders that must hold however the numbers above are tuned.
prefer: [right, "right, without reasoning", wrong]
"""


def scratch(name: str) -> tuple[str, str]:
    """A commented recipe to start from, and its cases."""
    recipe = SCHEMA_LINE.format("rewardkit") + SCRATCH.format(name=name)
    return recipe, SCHEMA_LINE.format("cases") + SCRATCH_CASES.format(name=name)


def recipe_text(recipe: Recipe, source: Recipe) -> str:
    """A derived recipe as a file, saying what it is derived from."""
    return (
        f"{SCHEMA_LINE.format('rewardkit')}# From {source.ref}, digest {source.digest}.\n{recipe.to_yaml()}"
    )


def copied_cases(name: str, file: CasesFile, version: int) -> str:
    """The cases of one version of a recipe, for its copy."""
    plain = file.node.plain()
    plain.pop("versions", None)
    plain["cases"] = [
        _of_version(written, version)
        for written, case in zip(plain["cases"], file.cases.cases, strict=True)
        if not case.versions or version in case.versions
    ]
    orders = [
        list(order.order) for order in file.cases.prefer if not order.versions or version in order.versions
    ]
    plain.pop("prefer", None)
    if orders:
        plain["prefer"] = orders
    return _cases_text(name, plain, f"From {file.path.parent.name}@{version}.")


def _of_version(written: dict[str, Any], version: int) -> dict[str, Any]:
    """A case as written, with only what it states for one version."""
    case = {key: value for key, value in written.items() if key not in ("versions", "expect", "terms")}
    for part in ("expect", "terms"):
        if part not in written:
            continue
        stated = written[part]
        if not isinstance(stated, dict) or not all(str(key).isdigit() for key in stated):
            case[part] = stated
        elif str(version) in stated:
            case[part] = stated[str(version)]
    if "completions" in case:
        case["completions"] = [_of_version(sample, version) for sample in case["completions"]]
    return case


def scored_cases(name: str, recipe: Recipe, file: CasesFile, version: int) -> str:
    """The completions of a recipe's cases, with what another recipe (a control) pays for them."""
    plain = file.node.plain()
    cases = []
    for written, case in zip(plain["cases"], file.cases.cases, strict=True):
        if case.versions and version not in case.versions:
            continue
        scores = recipe.score(file.rollouts(case))
        kept = {k: v for k, v in written.items() if k not in ("versions", "expect", "terms", "why")}
        if case.completions:
            kept["completions"] = [
                {**{k: v for k, v in sample.items() if k not in ("expect", "terms")}, "expect": _total(score)}
                for sample, score in zip(written["completions"], scores, strict=True)
            ]
        else:
            kept["expect"] = _total(scores[0])
        cases.append(kept)
    plain = {**({"defaults": plain["defaults"]} if "defaults" in plain else {}), "cases": cases}
    return _cases_text(name, plain, "Rewards as scored when the control was made, not worked by hand.")


def _total(score: Any) -> float | None:
    return None if score.total is None else round(score.total, 12)


def _cases_text(name: str, plain: dict[str, Any], note: str) -> str:
    return f"{SCHEMA_LINE.format('cases')}# {note} `rewardkit test {name}` runs them.\n{dump(plain)}"
