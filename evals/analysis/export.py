"""A scored run as a flat table, one row per completion, for use in other tools."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rewardkit.errors import UsageError
from rewardkit.files import write_whole

from ..run.folder import EvaluationRun
from ..run.log import record_of
from ..run.score import read_scores
from ..suite.prompts import Prompter
from ..traces import Order, right_traces
from .board import choose_scoring

FORMATS = (".jsonl", ".csv", ".parquet")


def rows(folder: EvaluationRun, scoring: str | None = None) -> Iterator[dict[str, Any]]:
    """Each scored completion with its prompt, gold, text and payments, in the order of the scores."""
    name = choose_scoring(folder, scoring)
    pairs = folder.items()
    offsets = {(place, record.arm, record.sample): offset for offset, place, record in folder.completions()}
    with folder.log_path.open("rb") as log:
        for row in read_scores(folder.scores / f"{name}.jsonl"):
            at = offsets.get((row["place"], row["arm"], row["sample"]))
            if at is None:
                raise UsageError(f"{folder.path} has changed since it was scored as '{name}'; score it again")
            log.seek(at)
            record = record_of(log.readline(), folder.log_path)
            item, prompt = pairs[row["place"]]
            yield {
                "id": item.id,
                "arm": row["arm"],
                "sample": row["sample"],
                "prompt": prompt,
                "gold": list(item.gold) if isinstance(item.gold, tuple) else item.gold,
                "completion": record.text,
                "reasoning": record.reasoning,
                "tokens": row["tokens"],
                "finish": row["finish"],
                "outcome": row["outcome"],
                "prediction": row["prediction"],
                "route": row["route"],
                "span": row["span"],
                "reward": row["total"],
                "terms": row["terms"],
                "fields": dict(item.fields),
            }


def export(folder: EvaluationRun, out: Path, scoring: str | None = None) -> int:
    """Write the rows to a .jsonl, .csv or .parquet file; returns their number.

    In CSV and parquet what is not flat (a chat prompt, fields, terms) is a JSON string.
    """
    if out.suffix not in FORMATS:
        raise UsageError(f"export to {', '.join(FORMATS)}; found '{out.suffix}'")
    count = 0
    if out.suffix == ".jsonl":
        with out.open("w", encoding="utf-8") as file:
            for row in rows(folder, scoring):
                file.write(json.dumps(row) + "\n")
                count += 1
        return count
    import pandas as pd

    frame = pd.DataFrame([_flat(row) for row in rows(folder, scoring)])
    if out.suffix == ".csv":
        frame.to_csv(out, index=False)
    else:
        frame.to_parquet(out, index=False)
    return len(frame)


def export_correct(
    folder: EvaluationRun,
    out: Path,
    scoring: str | None = None,
    order: Order = "shortest",
    per_prompt: int = 1,
) -> int:
    """Write an SFT set of the run's own right completions (.jsonl); returns the number of rows.

    Each text once for a prompt, shortest or most diverse first, as `rewardkit.evals.traces.right_traces` has it.
    """
    if out.suffix != ".jsonl":
        raise UsageError(f"right completions are written as .jsonl; found '{out.suffix}'")
    # The log's prompts have the chat template applied; a trainer applies it itself, to the messages.
    prompter = Prompter(folder.suite().prompt)
    asked = {item.id: prompter.render(item) for item, _ in folder.items()}
    made = ({**row, "prompt": asked[row["id"]]} for row in rows(folder, scoring))
    found = right_traces(made, order, per_prompt)
    write_whole(out, "".join(json.dumps(row) + "\n" for row in found))
    return len(found)


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    terms = {f"reward.{term['label']}": term["value"] for term in row["terms"]}
    plain = {
        name: json.dumps(value, ensure_ascii=False) if isinstance(value, (list, dict)) else value
        for name, value in row.items()
    }
    return plain | terms
