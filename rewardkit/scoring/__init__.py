"""Scoring groups of rollouts from files and frames: resumable, summarised, explained.

    from rewardkit import load_recipe
    from rewardkit.rows import read_rollouts
    from rewardkit.scoring import score_into

    summary = score_into("scores.jsonl", load_recipe("math-none@2"), read_rollouts("rows.jsonl"))

`score_into` is what `rewardkit score -o` calls; `score_all` scores without writing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .run import score_all, score_into

__all__ = ["score_all", "score_into"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    return getattr(import_module(".run", __name__), name)
