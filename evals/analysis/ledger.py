"""The ledger of a run: what was asked, and what became of each completion, before any figure is believed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from rewardkit.pages.tables import Table
from rewardkit.types import Outcome

from .board import ArmBoard, Board, Lost

NOTE = (
    "of the answered: truncated (cut by the length limit) and unread (no answer found); of the missing: aborted or "
    "filtered by the server, and refused or failed"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """Completions of one arm: asked = answered + missing. `truncated` is None where no finish reason is known.

    `truncated` and `unread` are of the answered; `aborted` and `refused` (rejected by the server, or failed in every
    try) are of the missing; the rest of the missing was not asked for yet, or is not in the file that is replayed.
    """

    arm: str
    asked: int
    answered: int
    truncated: int | None
    unread: int
    missing: int
    aborted: int
    refused: int


def ledgers(board: Board) -> list[Ledger]:
    """One for each arm."""
    return [_ledger(arm) for arm in board.arms.values()]


def ledger_table(boards: Mapping[str, Board]) -> Table:
    """One row for each run and arm."""
    title = f"{next(iter(boards))}: what became of the completions" if len(boards) == 1 else "Completions"
    rows = [
        [*([name] if len(boards) > 1 else []), *map(_shown, asdict(made).values())]
        for name, board in boards.items()
        for made in ledgers(board)
    ]
    headers = [*(["run"] if len(boards) > 1 else []), *Ledger.__dataclass_fields__]
    return Table(headers, rows, title, notes=[NOTE], words=(0, 1) if len(boards) > 1 else (0,))


def _ledger(arm: ArmBoard) -> Ledger:
    present = arm.present
    known = present & np.isfinite(arm.truncated)
    return Ledger(
        arm=arm.name,
        asked=present.size,
        answered=int(present.sum()),
        truncated=int((known & (arm.truncated == 1)).sum()) if known.any() or not present.any() else None,
        unread=int(arm.is_(Outcome.NO_ANSWER, Outcome.NONE_NO_ANSWER).sum()),
        missing=int((~present).sum()),
        aborted=int((~present & (arm.lost == Lost.ABORTED)).sum()),
        refused=int((~present & (arm.lost == Lost.REFUSED)).sum()),
    )


def _shown(value: Any) -> str:
    return "–" if value is None else f"{value:,}" if isinstance(value, int) else str(value)
