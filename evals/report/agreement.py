"""A section that compares the reward of evaluation runs with an independent reading of the same completions.

The suite's recipe is the reward and every other scoring pass a judge, with one table per judge.
"""

from __future__ import annotations

from collections.abc import Mapping

from rewardkit.pages.blocks import Block, Tabled
from rewardkit.pages.page import Section
from rewardkit.pages.tables import Table

from ..analysis.board import Board, load_board, scorings
from ..analysis.truth import reward_against_truth
from ..run.folder import EvaluationRun

LEAD = (
    "AUC: the chance that a right completion is paid more than a wrong one. high|wrong: wrong ones that are paid as "
    "much as a middling right one. low|right: right ones that are paid as little as a middling wrong one."
)


def agreement_section(folders: Mapping[str, EvaluationRun], boards: Mapping[str, Board]) -> Section | None:
    """The rewards of these runs against every other pass that all of them have; None where there is none."""
    own = {board.scoring["name"] for board in boards.values()}
    shared = set.intersection(*(set(scorings(folder)) for folder in folders.values())) - own
    if len(own) > 1 or not shared:
        return None
    reward = next(iter(own))
    blocks: list[Block] = []
    plain = []
    for judge in sorted(shared):
        pairs = [(board, load_board(folders[name], judge)) for name, board in boards.items()]
        table = reward_against_truth(pairs).table()
        headers = [*table.headers[:-1], "flag"]
        rows = [[name, *row[1:]] for name, row in zip(boards, table.rows, strict=True)]
        plain.append(
            {"reward": reward, "judge": judge, "runs": [dict(zip(headers, row, strict=True)) for row in rows]}
        )
        if not any(row[-1] for row in rows):
            headers, rows = headers[:-1], [row[:-1] for row in rows]
        blocks.append(Tabled(Table(headers, rows, title=f"{reward}, judged by {judge}", words=table.words)))
    return Section("Reward against truth", blocks, LEAD, plain)
