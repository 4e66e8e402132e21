"""Controls: rewards that a recipe has to beat.

Some models improve on a reward that is random, pays for format alone, or pays wrong answers (Spurious Rewards,
arXiv 2506.10947). A recipe that does no better than its controls has taught the model nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any

from ..errors import UsageError
from ..terms.base import Term
from ..terms.combinators import Combinator
from ..terms.kinds.format import Format
from ..terms.kinds.random import Random
from .recipe import Recipe


class Control(StrEnum):
    """What a control pays for."""

    RANDOM = "random"
    FORMAT = "format"
    FLIPPED = "flipped"


def begun_from(name: str, source: Recipe) -> Recipe:
    """The same reward under a new name, without `extends`."""
    return Recipe.model_validate({**_own(source), "recipe": name, "reward": dict(source.reward)})


def control(name: str, kind: Control, source: Recipe) -> Recipe:
    """A control of a recipe: it reads completions as the recipe does and pays for something else.

    Raises:
        UsageError: for `flipped`, if no term prices right and wrong answers differently.
    """
    makers: dict[Control, tuple[str, Callable[[Recipe], dict[str, Term]]]] = {
        Control.RANDOM: ("1 or 0 by chance", _random),
        Control.FORMAT: ("format alone, whatever the answer", _form),
        Control.FLIPPED: ("the prices of right and wrong answers exchanged", flipped),
    }
    what, make = makers[kind]
    about = f"A control of {source.ref}: {what}. Not meant for real training."
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


def _form(source: Recipe) -> dict[str, Term]:
    """The terms that look at layout and format alone, never at whether the answer is right."""
    form = {"layout", "form"}
    kept = {
        label: term
        for label, term in source.reward.items()
        if term.when is None and term.looks_at and term.looks_at <= form
    }
    return kept or {"format": Format.model_validate({})}


OPPOSITES = {
    name: other
    for one, two in (("correct", "wrong"), ("none_correct", "none_missed"))
    for name, other in ((one, two), (two, one))
}
"""Facts in conditions that mean right and wrong."""


def flipped(source: Recipe) -> dict[str, Term]:
    """The terms with the prices of right and wrong exchanged, in conditions too."""
    flips = {path: term.flipped() for path, term in source.walk() if not isinstance(term, Combinator)}
    for path, term in source.walk():
        if flips.get(path, term) is None:
            why = (
                "does not say what it looks at: let the kind set `looks_at`, or write `flipped()`; else"
                if "anything" in term.looks_at
                else "always pays a right answer more and has no opposite;"
            )
            raise UsageError(
                f"{source.ref} cannot be flipped: '{path}' ({term.kind}) {why} take the random or the format control, "
                "or flip a version without that term"
            )
    if all(term is flips.get(path, term) for path, term in source.walk()):
        raise UsageError(
            f"{source.ref} cannot be flipped: none of its terms prices right and wrong answers differently, as "
            "correctness and outcome do"
        )
    return {label: _flip(term) for label, term in source.reward.items()}


def _flip(term: Term) -> Term:
    found = term.flipped() or term
    changed: dict[str, Any] = {}
    if isinstance(term, Combinator):
        changed["terms"] = {label: _flip(child) for label, child in term.terms.items()}
    if term.when is not None:
        changed["when"] = term.when.renamed(OPPOSITES)
    return found.model_copy(update=changed)
