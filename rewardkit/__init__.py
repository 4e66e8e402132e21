"""rewardkit: rewards for RL with verifiable rewards, as versioned recipes.

    from rewardkit import load_recipe, Rollout

    recipe = load_recipe("math-none@2")
    [score] = recipe.score([Rollout(completion=r"\\boxed{42}", gold="42", tokens=100)])
    score.total, score.outcome, score.values

A *recipe* here is a reward, not a training script. Names are imported when first used, so that
`import rewardkit` is fast and never imports sympy or torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .errors import DataError, LockError, MissingFact, RecipeError, RewardkitError, SetupError, UsageError
    from .kinds import EXTRACTORS, TERMS, VERIFIERS, Doubt, Extractor, Kind, Problem, Question, Verifier
    from .recipe.answer import Answer, Reasoning
    from .recipe.loading import load_recipe
    from .recipe.recipe import Allow, Recipe
    from .terms.base import GroupTerm, Payment, Term
    from .terms.cells import Axis, Cell, Pays, Range
    from .terms.functions import reward_function, term
    from .types import (
        Equality,
        Extraction,
        Finish,
        Outcome,
        Reading,
        Rollout,
        Says,
        Score,
        TermScore,
        Verdict,
    )

_HOMES = {
    "recipe.answer": ("Answer", "Reasoning"),
    "terms.cells": ("Axis", "Cell", "Pays", "Range"),
    "errors": (
        "DataError",
        "LockError",
        "MissingFact",
        "RecipeError",
        "RewardkitError",
        "SetupError",
        "UsageError",
    ),
    "terms.functions": ("reward_function", "term"),
    "kinds": (
        "EXTRACTORS",
        "TERMS",
        "VERIFIERS",
        "Doubt",
        "Extractor",
        "Kind",
        "Problem",
        "Question",
        "Verifier",
    ),
    "recipe.loading": ("load_recipe",),
    "recipe.recipe": ("Allow", "Recipe"),
    "terms.base": ("GroupTerm", "Payment", "Term"),
    "types": (
        "Equality",
        "Extraction",
        "Finish",
        "Outcome",
        "Reading",
        "Rollout",
        "Says",
        "Score",
        "TermScore",
        "Verdict",
    ),
}
_WHERE = {name: home for home, names in _HOMES.items() for name in names}

__version__ = "0.1.0"
__all__ = [
    "EXTRACTORS",
    "TERMS",
    "VERIFIERS",
    "Allow",
    "Answer",
    "Axis",
    "Cell",
    "DataError",
    "Doubt",
    "Equality",
    "Extraction",
    "Extractor",
    "Finish",
    "GroupTerm",
    "Kind",
    "LockError",
    "MissingFact",
    "Outcome",
    "Payment",
    "Pays",
    "Problem",
    "Question",
    "Range",
    "Reading",
    "Reasoning",
    "Recipe",
    "RecipeError",
    "RewardkitError",
    "Rollout",
    "Says",
    "Score",
    "SetupError",
    "Term",
    "TermScore",
    "UsageError",
    "Verdict",
    "Verifier",
    "load_recipe",
    "reward_function",
    "term",
]


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module 'rewardkit' has no attribute '{name}'")
    value = getattr(import_module(f".{_WHERE[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
