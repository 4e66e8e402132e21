"""New recipes: from scratch, from another recipe, or a control that a recipe has to beat.

A name comes in, and a recipe with its cases where there is one to begin from; the text of a v0.yaml
and of a cases.yaml that passes goes out. Controls (Spurious Rewards, arXiv 2506.10947): some models
improve on a reward that is random, pays for form alone, or pays wrong answers; a recipe that does no
better than its controls has taught nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from enum import StrEnum
from typing import Any

from .cases import CasesFile
from .conditions import Condition, Fact
from .errors import UsageError
from .recipe import Recipe
from .source import dump
from .terms.base import Term
from .terms.combinators import Combinator
from .terms.control import Random
from .terms.format import Format

SCHEMA_LINE = "# yaml-language-server: $schema=../{}.schema.json\n"

SCRATCH = """\
# What this reward is for, in a line or two. Change it freely until `rewardkit lock --release {name}@0`.
recipe: {name}
version: 0
about: Right answers earn 1, and a reasoning in its tags a little more.
answer:
  extract: [boxed, answer_tag]      # where the answer stands; the first that is present counts
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


class Control(StrEnum):
    """What a control pays for."""

    RANDOM = "random"
    FORMAT = "format"
    FLIPPED = "flipped"


def scratch(name: str) -> tuple[str, str]:
    """A commented recipe to begin from, and its cases."""
    recipe = SCHEMA_LINE.format("rewardkit") + SCRATCH.format(name=name)
    return recipe, SCHEMA_LINE.format("cases") + SCRATCH_CASES.format(name=name)


def begun_from(name: str, source: Recipe) -> Recipe:
    """The same reward under a new name, in one piece."""
    return Recipe.model_validate({**_own(source), "recipe": name, "reward": dict(source.reward)})


def control(name: str, kind: Control, source: Recipe) -> Recipe:
    """A control of a recipe: it reads completions as the recipe does and pays for something else.

    Raises:
        UsageError: for `flipped`, where no term prices right and wrong answers apart.
    """
    makers: dict[Control, tuple[str, Callable[[Recipe], dict[str, Term]]]] = {
        Control.RANDOM: ("1 or 0 by chance", _random),
        Control.FORMAT: ("form alone, whatever the answer", _form),
        Control.FLIPPED: ("the prices of right and wrong answers exchanged", flipped),
    }
    what, make = makers[kind]
    about = f"A control of {source.ref}: {what}. Not a reward to train for use."
    own = {**_own(source), "recipe": name, "about": about, "reward": make(source)}
    if kind != Control.FLIPPED:
        own.pop("clip")
    return Recipe.model_validate(own)


def _own(source: Recipe) -> dict[str, Any]:
    return {
        "version": 0,
        "about": source.about,
        "answer": source.answer,
        "clip": source.clip,
        "system_prompt": source.system_prompt,
    }


def _random(source: Recipe) -> dict[str, Term]:
    return {"random": Random.model_validate({"chance": 0.5})}


FORM = ("format", "tag_count", "pattern", "boxed", "integer_answer", "reasoning_steps")
"""Kinds that look at form and never at whether the answer is right."""


def _form(source: Recipe) -> dict[str, Term]:
    kept = {label: term for label, term in source.reward.items() if term.kind in FORM and term.when is None}
    return kept or {"format": Format.model_validate({})}


SWAPPED: Mapping[str, tuple[tuple[str, str], ...]] = {
    "correctness": (("correct", "wrong"),),
    "none": (("correct", "missed"),),
    "outcome": (("correct", "wrong"), ("none_correct", "none_missed")),
    "cosine_length": (("correct_short", "wrong_short"), ("correct_long", "wrong_long")),
}
FACTS = {"correct": "wrong", "none_correct": "none_missed"}
UNFLIPPED = ("countdown", "numeric_closeness", "kimi_length")
"""Kinds that pay a right answer more by their nature."""


def flipped(source: Recipe) -> dict[str, Term]:
    """The terms with the prices of right and wrong exchanged, in conditions too."""
    for path, term in source.walk():
        if term.kind in UNFLIPPED:
            raise UsageError(
                f"{source.ref} cannot be flipped: '{path}' ({term.kind}) has no contrary; take the random or the "
                "format control, or flip a version without that term"
            )
    if not any(term.kind in SWAPPED for _, term in source.walk()):
        raise UsageError(
            f"{source.ref} cannot be flipped: none of its terms prices right and wrong answers apart "
            f"({', '.join(SWAPPED)} do)"
        )
    return {label: _flip(term) for label, term in source.reward.items()}


def _flip(term: Term) -> Term:
    changed: dict[str, Any] = {}
    for one, other in SWAPPED.get(term.kind, ()):
        changed |= {one: getattr(term, other), other: getattr(term, one)}
    if isinstance(term, Combinator):
        changed["terms"] = {label: _flip(child) for label, child in term.terms.items()}
    if term.when is not None:
        changed["when"] = _flip_condition(term.when)
    return term.model_copy(update=changed)


def _flip_condition(condition: Condition) -> Condition:
    if isinstance(condition, Fact):
        swaps = FACTS | {other: one for one, other in FACTS.items()}
        return Fact(swaps.get(condition.name, condition.name))
    assert is_dataclass(condition)
    inner = {part.name: getattr(condition, part.name) for part in fields(condition)}
    return replace(
        condition,
        **{name: _flip_condition(part) for name, part in inner.items() if isinstance(part, Condition)},
    )


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
    """A case as written, with what it says of one version alone."""
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
