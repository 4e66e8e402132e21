"""The board: a scoring pass as rectangular arrays, items by samples, which every metric reads.

A cell that was not generated is missing, which is not the same as wrong: its outcome is -1 and its
numbers are NaN.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rewardkit.errors import UsageError, nearest
from rewardkit.types import Outcome

from ..run.folder import EvaluationRun
from ..run.score import read_scores
from ..suite.data import Item
from ..suite.suite import Suite

OUTCOMES = tuple(Outcome)
CODE = {str(outcome): place for place, outcome in enumerate(OUTCOMES)}
MISSING = -1


class Lost(IntEnum):
    """Why a completion is missing, as far as the run knows; see `Refusal.kind`."""

    UNKNOWN = 0
    ABORTED = 1
    REFUSED = 2


@dataclass(slots=True)
class ArmBoard:
    """One arm. Every array has shape (items, n); `terms` maps a reward's label to such an array.

    `truncated` is NaN where the finish reason is unknown; `predictions` holds the answers in normal form,
    None where there is none, and `votes` the one that stands for all that are equal to it. `lost` says of a missing
    one why (`Lost`).
    """

    name: str
    n: int
    outcome: NDArray[np.int8]
    reward: NDArray[np.float64]
    tokens: NDArray[np.float64]
    truncated: NDArray[np.float64]
    characters: NDArray[np.float64]
    unusual: NDArray[np.float64]
    predictions: list[list[str | None]]
    votes: list[list[str | None]]
    lost: NDArray[np.int8]
    terms: dict[str, NDArray[np.float64]] = field(default_factory=dict)

    @classmethod
    def empty(cls, name: str, items: int, n: int, labels: Iterable[str] = ()) -> ArmBoard:
        """A board on which everything is missing."""

        def blank() -> NDArray[np.float64]:
            return np.full((items, n), math.nan)

        return cls(
            name=name,
            n=n,
            outcome=np.full((items, n), MISSING, dtype=np.int8),
            reward=blank(),
            tokens=blank(),
            truncated=blank(),
            characters=blank(),
            unusual=blank(),
            predictions=[[None] * n for _ in range(items)],
            votes=[[None] * n for _ in range(items)],
            lost=np.zeros((items, n), dtype=np.int8),
            terms={label: blank() for label in labels},
        )

    def is_(self, *outcomes: Outcome) -> NDArray[np.bool_]:
        """Where the outcome is one of these."""
        table = np.zeros(len(OUTCOMES) + 1, dtype=np.bool_)
        table[[CODE[str(outcome)] for outcome in outcomes]] = True
        return table[self.outcome]  # MISSING is -1: the last cell, always False

    @property
    def present(self) -> NDArray[np.bool_]:
        """Where there is a completion."""
        return self.is_(*OUTCOMES)

    @property
    def right(self) -> NDArray[np.bool_]:
        """Where the completion says what the gold says."""
        return self.is_(Outcome.CORRECT, Outcome.NONE_CORRECT)

    @property
    def undecided(self) -> NDArray[np.bool_]:
        """Which items have an unusable gold, shape (items,)."""
        return np.any(self.is_(Outcome.UNDECIDED), axis=1)

    @property
    def usable(self) -> NDArray[np.bool_]:
        """Which items have a sample at least and a usable gold, shape (items,)."""
        return self.present.any(axis=1) & ~self.undecided


@dataclass(slots=True)
class Board:
    """A scored run: its items, its arms, and what it was made from.

    `left_out` says what a replayed file has that the suite does not ask for.
    """

    name: str
    suite: Suite
    items: list[Item]
    arms: dict[str, ArmBoard]
    meta: dict[str, Any]
    scoring: dict[str, Any]
    left_out: list[str] = field(default_factory=list)

    @property
    def clusters(self) -> list[str]:
        """A label for each item; items of one label are resampled together."""
        if self.suite.cluster is None:
            return [item.id for item in self.items]
        return [str(_field(item, self.suite.cluster)) for item in self.items]

    def slices(self) -> dict[tuple[str, str], NDArray[np.bool_]]:
        """(column, value) to the items that have it, columns in the suite's order, values sorted."""
        made: dict[tuple[str, str], NDArray[np.bool_]] = {}
        for column in self.suite.slices:
            values = [_field(item, column) for item in self.items]
            for value in sorted(set(map(_name, values)), key=_natural):
                made[column, value] = np.array([_name(found) == value for found in values])
        return made

    def chances(self) -> NDArray[np.float64] | None:
        """Each item's chance of being guessed, or None where the suite declares none."""
        chance = self.suite.chance
        if chance is None:
            return None
        if isinstance(chance, str):
            return np.array([float(_field(item, chance)) for item in self.items])
        return np.full(len(self.items), chance)


def load_board(folder: EvaluationRun, scoring: str | None = None) -> Board:
    """The board of a scoring pass; without a name, of the suite's own recipe or of the only one there is."""
    name = choose_scoring(folder, scoring)
    about = _about(folder, name)
    suite = folder.suite()
    items = [item for item, _ in folder.items()]
    arms = {
        arm: ArmBoard.empty(arm, len(items), n, about["labels"]) for arm, (_, n) in suite.sampling().items()
    }
    ids = {item.id: place for place, item in enumerate(items)}
    for row in read_scores(folder.scores / f"{name}.jsonl"):
        board, place, sample = arms.get(row["arm"]), ids.get(row["item"]), row["sample"]
        if board is None or place is None or sample >= board.n:
            continue  # the suite was cut down after this pass
        put(board, place, sample, row)
    _put_losses(folder, arms, ids)
    sessions = folder.rows("sessions.jsonl")
    return Board(
        name=folder.path.name,
        suite=suite,
        items=items,
        arms=arms,
        meta=folder.manifest(),
        scoring=about,
        left_out=sessions[-1].get("left_out", []) if sessions else [],
    )


def _put_losses(folder: EvaluationRun, arms: Mapping[str, ArmBoard], ids: Mapping[str, int]) -> None:
    """Write what was refused to the boards; of several refusals of a sample the last one counts."""
    rows = folder.rows("refusals.jsonl")
    keys = folder.keys() if rows else {}
    for row in rows:
        arm, place = arms.get(row["arm"]), ids.get(row["item"])
        stale = "key" in row and row["key"] not in keys  # of another prompt or decoding
        if arm is not None and place is not None and row["sample"] < arm.n and not stale:
            aborted = row.get("kind") == "aborted"
            arm.lost[place, row["sample"]] = Lost.ABORTED if aborted else Lost.REFUSED


def put(board: ArmBoard, place: int, sample: int, row: Mapping[str, Any]) -> None:
    """Write a row of a scoring pass to its cell."""
    at = place, sample
    board.outcome[at] = CODE[row["outcome"]]
    board.reward[at] = number(row["total"])
    board.tokens[at] = number(row["tokens"])
    board.truncated[at] = math.nan if row["finish"] == "unknown" else float(row["finish"] == "length")
    board.characters[at] = row["characters"]
    board.unusual[at] = row["unusual"]
    board.predictions[place][sample] = row["prediction"]
    board.votes[place][sample] = row.get("vote", row["prediction"])
    for term in row["terms"]:
        if term["label"] in board.terms:
            board.terms[term["label"]][at] = number(term["value"])


def scorings(folder: EvaluationRun) -> list[str]:
    """The names of a run's scoring passes."""
    return sorted(path.stem for path in folder.scores.glob("*.jsonl")) if folder.scores.is_dir() else []


def choose_scoring(folder: EvaluationRun, scoring: str | None) -> str:
    """The name of a scoring pass. Raises UsageError where it does not exist, or is ambiguous."""
    names = scorings(folder)
    if not names:
        raise UsageError(f"{folder.path} is not scored yet; run rewardkit eval score {folder.path}")
    if scoring is not None:
        if scoring not in names:
            raise UsageError(f"{folder.path} has no scoring pass '{scoring}'; {nearest(scoring, names)}")
        return scoring
    own = [name for name in names if _about(folder, name)["asked"] == folder.suite().recipe]
    if len(own) == 1:
        return own[0]
    if len(names) > 1:
        raise UsageError(f"{folder.path} was scored several times; choose with --scores: {', '.join(names)}")
    return names[0]


def _about(folder: EvaluationRun, name: str) -> dict[str, Any]:
    return json.loads((folder.scores / f"{name}.json").read_text(encoding="utf-8"))


def _field(item: Item, column: str) -> Any:
    if column not in item.fields:
        raise UsageError(f"item {item.id} has no column '{column}'; it has {', '.join(item.fields)}")
    return item.fields[column]


def _name(value: Any) -> str:
    return "null" if value is None else str(value)


def _natural(text: str) -> tuple[int, float, str]:
    """Numbers by size, then strings."""
    try:
        return 0, float(text), text
    except ValueError:
        return 1, 0.0, text


def number(value: float | None) -> float:
    """A number of a row as arrays hold it: NaN for None."""
    return math.nan if value is None else float(value)


def common_items(boards: Sequence[Board]) -> list[str]:
    """Ids that every board has, in the first one's order."""
    shared = set.intersection(*({item.id for item in board.items} for board in boards))
    return [item.id for item in boards[0].items if item.id in shared]
