"""The extraction panel: the same completions under several ways of reading an answer.

When training changes the format, a strict reader sees accuracy fall that a lenient one does not. The
panel shows accuracy under each profile, how often each pair disagrees, and the bounds between "every
profile says right" and "any profile says right".
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from rewardkit.formatting import number_of
from rewardkit.pages.tables import Table, interval
from rewardkit.statistics import Estimate

from ..profiles import load_reader
from ..run.folder import EvaluationRun
from ..run.score import pass_name, score_run
from .board import Board, load_board
from .measures import Measure


@dataclass(frozen=True, slots=True)
class Panel:
    """Accuracy of each arm under each profile, bounds, and disagreements.

    `accuracy[arm][profile]`; `bounds[arm]` is (all agree it is right, any says it is right);
    `disagree[a][b]` counts completions that profile a calls right and b does not; `examples` lists some of
    them as (item, arm, sample, profiles that say right, profiles that do not).
    """

    profiles: list[str]
    accuracy: dict[str, dict[str, Estimate]]
    bounds: dict[str, tuple[Estimate, Estimate]]
    disagree: dict[str, dict[str, int]]
    examples: list[tuple[str, str, int, list[str], list[str]]]
    completions: int

    def tables(self) -> list[Table]:
        """Accuracy under each profile with the bounds; then who disagrees with whom."""
        arms = list(self.accuracy)
        rows = [[name, *(interval(self.accuracy[arm][name]) for arm in arms)] for name in self.profiles]
        rows.append(["all say right", *(interval(self.bounds[arm][0]) for arm in arms)])
        rows.append(["any says right", *(interval(self.bounds[arm][1]) for arm in arms)])
        first = Table(["profile", *arms], rows, title="accuracy by way of reading")
        crossed = [
            [a, *("" if a == b else str(self.disagree[a][b]) for b in self.profiles)] for a in self.profiles
        ]
        note = (
            f"of {number_of(self.completions, 'completion')}: right by the row's profile, not by the column's"
        )
        return [first, Table(["right by / not by", *self.profiles], crossed, notes=[note])]

    def _repr_html_(self) -> str:
        return "".join(table.html() for table in self.tables())


def panel(folder: EvaluationRun, profiles: Sequence[str], *, examples: int = 20) -> Panel:
    """Read a run under each profile (recipes do too); existing passes are used again."""
    boards: dict[str, Board] = {}
    for profile in profiles:
        boards[profile] = board_under(folder, profile)
    names = list(boards)
    first = boards[names[0]]
    accuracy: dict[str, dict[str, Estimate]] = {}
    bounds: dict[str, tuple[Estimate, Estimate]] = {}
    disagree = {a: dict.fromkeys(names, 0) for a in names}
    found: list[tuple[str, str, int, list[str], list[str]]] = []
    total = 0
    for arm in first.arms:
        right: Any = np.stack([boards[name].arms[arm].right for name in names])
        present: Any = np.stack(
            [boards[name].arms[arm].present & ~boards[name].arms[arm].undecided[:, None] for name in names]
        ).all(axis=0)
        total += int(present.sum())
        accuracy[arm] = {name: _rate(right[i], present, arm) for i, name in enumerate(names)}
        bounds[arm] = _rate(right.all(axis=0), present, arm), _rate(right.any(axis=0), present, arm)
        for i, a in enumerate(names):
            for j, b in enumerate(names):
                disagree[a][b] += int((right[i] & ~right[j] & present).sum())
        split = present & right.any(axis=0) & ~right.all(axis=0)
        for place, sample in zip(*np.nonzero(split), strict=True):
            if len(found) < examples:
                yes = [name for i, name in enumerate(names) if right[i, place, sample]]
                no = [name for name in names if name not in yes]
                found.append((first.items[place].id, arm, int(sample), yes, no))
    return Panel(names, accuracy, bounds, disagree, found, total)


def board_under(folder: EvaluationRun, profile: str) -> Board:
    """A run as this profile (or recipe) reads it; a pass that is there and fresh is used again."""
    recipe = load_reader(profile)
    name = pass_name(recipe)
    if not (folder.scores / f"{name}.json").exists() or not _fresh(folder, name, recipe.digest):
        score_run(folder, recipe, name, asked=profile)
    return load_board(folder, name)


def _fresh(folder: EvaluationRun, name: str, digest: str) -> bool:
    """Whether a pass was made by this recipe from the log as it is."""
    about = json.loads((folder.scores / f"{name}.json").read_text(encoding="utf-8"))
    scored = folder.scores / f"{name}.jsonl"
    return about["digest"] == digest and scored.stat().st_mtime >= folder.log_path.stat().st_mtime


def _rate(right: np.ndarray, present: np.ndarray, arm: str) -> Estimate:
    """Share right over completions, resampled by question."""
    num = (right & present).sum(axis=1).astype(float)
    den = present.sum(axis=1).astype(float)
    if not den.sum():
        return Estimate(value=math.nan, method="no data")
    return Measure(name="accuracy", arm=arm, num=num, den=den, about="").estimate()
