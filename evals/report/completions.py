"""The completions that a page lets one browse, as plain data.

Each row is one completion with its outcome, its reward's tree and the place of its answer. A page holds a
bounded number: greedy ones first, then samples in order; what is left out is said.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rewardkit.answer import Reasoning

from ..board import choose_scoring, load_board
from ..compare import Flip
from ..export import rows
from ..run.folder import RunFolder

COLUMNS = (
    "run",
    "item",
    "arm",
    "sample",
    "outcome",
    "gold",
    "prediction",
    "reward",
    "tokens",
    "finish",
    "flipped",
)
COLUMNS += ("prompt", "text", "span", "terms", "recipe", "slices")


class CompletionTable:
    """Rows of several runs; `add` them, then `plain()` is what `Page.completions` takes."""

    def __init__(self, limit: int = 5000) -> None:
        self.limit = limit
        self._rows: list[list[Any]] = []
        self._prompts: dict[str, int] = {}
        self._slices: list[str] = []
        self._seen = 0

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, row: dict[str, Any]) -> None:
        """Add a row with every name of `COLUMNS`; `prompt` as text, `slices` a mapping of column to value."""
        self._seen += 1
        if len(self._rows) >= self.limit:
            return
        for column in row["slices"]:
            if column not in self._slices:
                self._slices.append(column)
        place = self._prompts.setdefault(row["prompt"], len(self._prompts))
        self._rows.append([place if name == "prompt" else row[name] for name in COLUMNS])

    def skip(self) -> None:
        """Count a row that is left out."""
        self._seen += 1

    def plain(self) -> dict[str, Any]:
        """Prompts once each, rows as lists."""
        at = COLUMNS.index("slices")
        made = [[*row[:at], [str(row[at].get(column, "")) for column in self._slices]] for row in self._rows]
        note = "Each with its reward, term by term, and the extracted answer marked in its text."
        if self._seen > len(self._rows):
            note += f" {len(self._rows)} of {self._seen} are in this page: greedy ones first, then samples in order."
        return {
            "columns": list(COLUMNS),
            "rows": made,
            "prompts": list(self._prompts),
            "slices": self._slices,
            "note": note,
        }


def add_runs(
    table: CompletionTable,
    folders: Sequence[RunFolder],
    names: Sequence[str],
    flips: Sequence[Flip] = (),
    scoring: str | None = None,
) -> None:
    """Add the completions of evaluation runs, greedy ones of every run before any sample."""
    flipped = {(flip.run, flip.item): "gained" if flip.gained else "lost" for flip in flips}
    touched = {flip.item for flip in flips}
    held = []
    for folder, name in zip(folders, names, strict=True):
        board = load_board(folder, scoring)
        tags = _tags(board.scoring["tree"])
        for row in rows(folder, choose_scoring(folder, scoring)):
            mark = flipped.get((name, row["id"]), "flips" if row["id"] in touched else "")
            made = {
                "run": name,
                "item": row["id"],
                "arm": row["arm"],
                "sample": row["sample"],
                "outcome": row["outcome"],
                "gold": _text(row["gold"]),
                "prediction": row["prediction"],
                "reward": row["reward"],
                "tokens": row["tokens"],
                "finish": row["finish"],
                "flipped": mark if row["arm"] == "greedy" else "",
                "prompt": _prompt(row["prompt"]),
                "text": _whole(row, tags),
                "span": row["span"],
                "terms": row["terms"],
                "recipe": board.scoring["recipe"],
                "slices": {column: row["fields"].get(column) for column in board.suite.slices},
            }
            if row["arm"] == "greedy":
                table.add(made)
            elif len(held) < table.limit:
                held.append(made)
            else:
                table.skip()
    for made in held:
        table.add(made)


def _tags(tree: dict[str, Any]) -> Reasoning | None:
    given = tree.get("answer", {}).get("reasoning", {})
    return None if given is None else Reasoning(**given)


def _whole(row: dict[str, Any], tags: Reasoning | None) -> str:
    """The text that the span points into: with the reasoning put back where a server returned it apart."""
    if row["reasoning"] is None or tags is None:
        return row["completion"]
    return f"{tags.open}{row['reasoning']}{tags.close}{row['completion']}"


def _text(gold: Any) -> str:
    return " | ".join(map(str, gold)) if isinstance(gold, list) else str(gold)


def _prompt(prompt: Any) -> str:
    if isinstance(prompt, str):
        return prompt
    return "\n".join(f"{message['role']}: {message['content']}" for message in prompt)
