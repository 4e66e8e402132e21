"""The texts of evaluation runs: rows for the browser of completions, and flips side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rewardkit.pages.blocks import FlipCard, Flips
from rewardkit.pages.completions import Completions, gold_text, interleaved, prompt_text
from rewardkit.recipe.answer import Reasoning

from ..analysis.board import choose_scoring
from ..analysis.export import rows
from ..analysis.paired import RunComparison

if TYPE_CHECKING:
    from .runs import Runs

SHOWN = 12
"""Flips of a pair of runs that are printed; all of them can be found in the table of completions."""

Texts = dict[tuple[str, str], dict[str, Any]]
"""(run, item) to its greedy row."""


def add_runs(runs: Runs, table: Completions, scoring: str | None = None) -> Texts:
    """Add the completions of evaluation runs, and return the greedy ones."""
    flips = runs.comparison.flips if runs.comparison is not None else []
    flipped = {(flip.run, flip.item): "gained" if flip.gained else "lost" for flip in flips}
    touched = {flip.item for flip in flips}
    greedy: Texts = {}
    samples: list[tuple[int, dict[str, Any]]] = []
    for name, folder in runs.folders.items():
        board = runs.boards[name]
        tags = _tags(board.scoring["tree"])
        for row in rows(folder, choose_scoring(folder, scoring)):
            mark = flipped.get((name, row["id"]), "elsewhere" if row["id"] in touched else "")
            made = {
                "run": name,
                "item": row["id"],
                "arm": row["arm"],
                "sample": row["sample"],
                "outcome": row["outcome"],
                "gold": gold_text(row["gold"]),
                "prediction": row["prediction"],
                "reward": row["reward"],
                "tokens": row["tokens"],
                "finish": row["finish"],
                "flipped": mark if row["arm"] == "greedy" else "",
                "note": "",
                "prompt": prompt_text(row["prompt"]),
                "text": _whole(row, tags),
                "span": row["span"],
                "terms": row["terms"],
                "recipe": board.scoring["recipe"],
                "slices": {column: row["fields"].get(column) for column in board.suite.slices},
            }
            if row["arm"] == "greedy":
                greedy[name, row["id"]] = made
            else:
                samples.append((row["sample"], made))
    for made in greedy.values():
        table.add(made, tier=0)
    for made in interleaved(samples):
        table.add(made, tier=1)
    return greedy


def flips_of(made: RunComparison, texts: Mapping[tuple[str, str], Any]) -> list[Flips]:
    """A block for each run that is compared with the first: as many gained ones as lost ones, in turn."""
    base = made.names[0]
    blocks = []
    for run in made.names[1:]:
        gained = [flip for flip in made.flips if flip.run == run and flip.gained]
        lost = [flip for flip in made.flips if flip.run == run and not flip.gained]
        if not gained and not lost:
            continue
        many = max(SHOWN // 2, SHOWN - min(len(gained), len(lost)))
        chosen = (gained[:many] + lost[: SHOWN - min(many, len(gained))])[:SHOWN]
        shown = []
        for flip in chosen:
            left, right = texts[base, flip.item], texts[run, flip.item]
            shown.append(
                FlipCard(
                    item=flip.item,
                    gained=flip.gained,
                    question=left["prompt"],
                    gold=left["gold"],
                    left=left["text"],
                    right=right["text"],
                    left_answer=flip.before,
                    right_answer=flip.after,
                )
            )
        blocks.append(Flips(base, run, len(gained), len(lost), shown))
    return blocks


def _tags(tree: Mapping[str, Any]) -> Reasoning | None:
    given = tree.get("answer", {}).get("reasoning", {})
    return None if given is None else Reasoning(**given)


def _whole(row: Mapping[str, Any], tags: Reasoning | None) -> str:
    """The text that the span points into: with the reasoning put back where a server returned it apart."""
    if row["reasoning"] is None or tags is None:
        return row["completion"]
    return f"{tags.open}{row['reasoning']}{tags.close}{row['completion']}"
