"""Extraction profiles: ways of reading an answer that the field uses, beside our own.

A profile is a recipe file whose reward is plain accuracy. `lm-eval/...` and `minerva` follow their
originals to the letter, known faults included, so that a figure can be set beside a published one and the
difference that the format alone makes can be seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rewardkit.errors import UsageError
from rewardkit.recipe.loading import load_recipe
from rewardkit.recipe.recipe import Recipe

from . import kinds as kinds  # registers the kinds that profiles name

FOLDER = Path(__file__).parent


def shipped_profiles() -> dict[str, Path]:
    """Name to file; the `--` of a file's name is the `/` of the profile's."""
    return {path.stem.replace("--", "/"): path for path in sorted(FOLDER.glob("*.yaml"))}


def load_reader(reference: str, settings: Sequence[str] = ()) -> Recipe:
    """A recipe (name@version or a path), or an extraction profile by its name, with `--set` settings."""
    profiles = shipped_profiles()
    if reference in profiles:
        return load_recipe(profiles[reference], settings)
    try:
        return load_recipe(reference, settings)
    except UsageError as unknown:
        raise UsageError(f"{unknown}\nextraction profiles: {', '.join(profiles)}") from unknown
