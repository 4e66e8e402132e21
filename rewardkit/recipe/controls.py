"""Controls: rewards that a recipe has to beat.

Some models improve on a reward that is random, pays for format alone, or pays wrong answers (Spurious Rewards,
arXiv 2506.10947). A recipe that does no better than its controls has taught nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from enum import StrEnum
from typing import Any

from ..errors import UsageError
from ..terms.base import Term
from ..terms.combinators import Combinator
from ..terms.conditions.parse import Condition, Fact
from ..terms.kinds.format import Format
from ..terms.kinds.random import Random
from .recipe import Recipe


class Control(StrEnum):
    """What a control pays for."""

    RANDOM = "random"
    FORMAT = "format"
    FLIPPED = "flipped"


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
