"""Variants of a recipe by `--set` assignments, for mends that are tried before they are offered."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import Place
from ..loading import build
from ..recipe import Recipe
from ..source import assign, from_plain


def variant(recipe: Recipe, settings: Sequence[str]) -> Recipe:
    """The recipe with `path=value` assignments applied. Raises RecipeError or UsageError as `--set` does."""
    node = from_plain(recipe.tree(), Place(recipe.ref))
    for setting in settings:
        assign(node, setting)
    return build(node)
