"""Evaluation runs that can be compared with each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..analysis.board import Board, common_items
from ..analysis.paired import RunComparison, compare, objections_to
from ..run.folder import EvaluationRun


@dataclass(slots=True)
class Runs:
    """Runs that can be compared with each other, the baseline first. Every mapping is by the run's name."""

    folders: dict[str, EvaluationRun]
    boards: dict[str, Board]
    objections: list[str] = field(default_factory=list)
    """Why these runs are not compared with the first ones, or what was overruled to compare them."""
    comparison: RunComparison | None = None

    @property
    def suite(self) -> str:
        """The suite's name."""
        return next(iter(self.boards.values())).suite.suite


def comparable(folders: Mapping[str, EvaluationRun], boards: Mapping[str, Board], anyway: bool) -> list[Runs]:
    """Runs in groups that can be compared; with `anyway` one group, as far as they share questions."""
    groups: list[Runs] = []
    for name, board in boards.items():
        reasons: list[str] = []
        for runs in groups:
            base = next(iter(runs.boards.values()))
            reasons = objections_to(base, board, name)
            if common_items([base, board]) and (anyway or not reasons):
                runs.folders[name], runs.boards[name] = folders[name], board
                runs.objections += reasons
                break
        else:
            groups.append(Runs({name: folders[name]}, {name: board}, reasons))
    for runs in groups:
        if len(runs.boards) > 1:
            runs.comparison = compare(list(runs.boards.values()), list(runs.boards), anyway=True)
    return groups
