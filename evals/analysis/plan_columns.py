"""Columns of an ablation table, taken from the plan of the training run that made each model."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rewardkit.config.source import read_file
from rewardkit.errors import UsageError

from ..run.folder import EvaluationRun

DEEP = 4
"""How many folders above a checkpoint its plan may be."""


def plan_columns(folders: Sequence[EvaluationRun], names: Sequence[str]) -> list[tuple[str, list[str]]]:
    """(name, its value in each run) for dotted names such as `stages.0.learning_rate`; – where there is none.

    Raises UsageError where no run has a plan with that name.
    """
    if not names:
        return []
    plans = [_plan(folder) for folder in folders]
    made = [(name, [_at(plan, name) for plan in plans]) for name in names]
    for name, values in made:
        if set(values) == {"–"}:
            raise UsageError(
                f"no plan of these runs has '{name}'; a plan.yaml is looked for beside each checkpoint"
            )
    return made


def _plan(folder: EvaluationRun) -> Any:
    """The nearest plan.yaml at or above the checkpoint that the last session loaded."""
    sessions = folder.rows("sessions.jsonl")
    path = sessions[-1]["environment"].get("path") if sessions else None
    if path is None:
        return None
    checkpoint = Path(path)
    for place in (checkpoint, *list(checkpoint.parents)[:DEEP]):
        if (place / "plan.yaml").is_file():
            return read_file(place / "plan.yaml").plain()
    return None


def _at(tree: Any, name: str) -> str:
    for step in name.split("."):
        if isinstance(tree, dict) and step in tree:
            tree = tree[step]
        elif isinstance(tree, list) and step.isdigit() and int(step) < len(tree):
            tree = tree[int(step)]
        else:
            return "–"
    return str(tree)
