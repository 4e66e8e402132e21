"""Sections about score files: what `rewardkit score` wrote, by term and by outcome.

A score file does not hold the completions. If the file it was made from is still there and unchanged, completions, prompts and
golds are taken from it; otherwise the page says so.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from rewardkit.errors import DataError
from rewardkit.formatting import number_of
from rewardkit.pages.blocks import Block, Picture, Pictures, Prose, Tabled
from rewardkit.pages.completions import Completions, gold_text, prompt_text
from rewardkit.pages.page import Section
from rewardkit.pages.plots import outcome_bars
from rewardkit.pages.tables import Table, figure
from rewardkit.rows import Columns, read_rollouts
from rewardkit.scoring.file import fingerprint
from rewardkit.statistics import ratio_interval, wilson
from rewardkit.types import Outcome, Rollout

from ..analysis.board import number

NEEDED = ("total", "outcome", "terms", "recipe")


def read_score_file(path: Path) -> list[dict[str, Any]]:
    """The rows of a score file. Raises DataError for a file of another kind."""
    if path.suffix == ".parquet":
        import pandas as pd

        rows = json.loads(str(pd.read_parquet(path).to_json(orient="records")))
    else:
        rows = []
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, start=1):
                try:
                    rows.append(json.loads(line))
                except ValueError as wrong:
                    raise DataError(f"not a line of JSON: {wrong}", str(path), number) from wrong
    for number, row in enumerate(rows, start=1):
        missing = [name for name in NEEDED if not isinstance(row, dict) or name not in row]
        if missing:
            fault = (
                f"not a score file (no {', '.join(missing)}); rewardkit score RECIPE FILE -o OUT writes one"
            )
            raise DataError(fault, str(path), number)
    if not rows:
        raise DataError("contains no scores", str(path))
    return rows


def score_section(name: str, path: Path, completions: Completions) -> Section:
    """Terms, outcomes and routes of a score file; its completions are added to `completions`."""
    rows = read_score_file(path)
    recipe = f"{rows[0]['recipe']} {str(rows[0].get('digest', ''))[:8]}".strip()
    counts = Counter(row["outcome"] for row in rows)
    shares = [{"bar": name, "part": part, "share": count / len(rows)} for part, count in counts.items()]
    picture = Picture(f"outcomes-{name}", outcome_bars(shares), f"{name}: the share of each outcome")
    texts = _texts(path)
    blocks: list[Block] = [Pictures([picture]), Tabled(_paid(rows)), Tabled(_outcomes(counts))]
    if texts is None:
        blocks.append(
            Prose("The file that was scored is not where it was, or has changed: texts are not shown.")
        )
    for row in rows:
        completions.add(_row(name, row, (texts or {}).get((str(row.get("id")), row.get("sample")))), tier=1)
    lead = f"{number_of(len(rows), 'completion')}, scored by {recipe}."
    plain = {"recipe": recipe, "completions": len(rows), "outcomes": dict(counts)}
    return Section(f"Scores: {name}", blocks, lead, plain)


def _paid(rows: Sequence[Mapping[str, Any]]) -> Table:
    """The total and each term: mean with its interval over prompts, extremes, and how often it applies."""
    labels = list(dict.fromkeys(label for row in rows for label in row["terms"]))
    groups = [str(row.get("group") or row.get("id") or place) for place, row in enumerate(rows)]
    cells = []
    for label in ("total", *labels):
        paid = np.array(
            [number(row["total"] if label == "total" else row["terms"].get(label)) for row in rows]
        )
        kept = paid[np.isfinite(paid)]
        if not len(kept):
            cells.append([label, "–", "–", "–", "0"])
            continue
        one = ratio_interval(paid, np.ones(len(paid)), clusters=groups, unit=False)
        mean = f"{figure(one.value, 'difference')} [{figure(one.low, 'difference')}, {figure(one.high, 'difference')}]"
        cells.append(
            [label, mean, figure(kept.min(), "difference"), figure(kept.max(), "difference"), str(len(kept))]
        )
    note = "mean with its 95 % interval over prompts; paid: completions to which a term applies"
    return Table(["reward", "mean", "lowest", "highest", "paid"], cells, notes=[note])


def _outcomes(counts: Counter[str]) -> Table:
    total = sum(counts.values())
    rows = []
    for outcome in Outcome:
        if counts[str(outcome)]:
            low, high = wilson(counts[str(outcome)], total)
            share = f"{counts[str(outcome)] / total:.1%} [{low:.1%}, {high:.1%}]"
            rows.append([str(outcome), str(counts[str(outcome)]), share])
    return Table(["outcome", "count", "share"], rows)


def _texts(path: Path) -> dict[tuple[str, Any], Rollout] | None:
    """(id, sample) to the rollout that was scored; None where the input is gone, changed, or has no ids."""
    side = path.with_name(path.name + ".summary.json")
    if not side.is_file():
        return None
    about = json.loads(side.read_text(encoding="utf-8"))
    made_from, source = about["made_from"], Path(about["summary"]["file"])
    if not source.is_file() or fingerprint(str(source)) != made_from["input"]:
        return None
    columns = Columns(**about["summary"]["columns"])
    groups = read_rollouts(
        str(source),
        columns,
        gold_extract=made_from["gold-extract"],
        group_by=made_from["group-by"],
        limit=made_from["limit"],
    )
    found: dict[tuple[str, Any], Rollout] = {}
    for group in groups:
        for rollout in group:
            key = (rollout.id, rollout.sample)
            if key in found:
                return None  # ids that are not of one row say nothing
            found[key] = rollout
    return found


def _row(name: str, row: Mapping[str, Any], rollout: Rollout | None) -> dict[str, Any]:
    terms = [{"label": label, "kind": "", "value": value} for label, value in row["terms"].items()]
    return {
        "run": name,
        "item": str(row.get("id", "")),
        "arm": "scored",
        "sample": row.get("sample", 0),
        "outcome": row["outcome"],
        "gold": gold_text(rollout.golds if rollout and len(rollout.golds) > 1 else rollout.gold)
        if rollout
        else None,
        "prediction": row.get("prediction"),
        "reward": row["total"],
        "tokens": rollout.tokens if rollout else None,
        "finish": str(rollout.finish) if rollout else "",
        "flipped": "",
        "note": "" if rollout else "the text is not here: the scored file is gone or has changed",
        "prompt": prompt_text(rollout.prompt) if rollout else "",
        "text": rollout.completion if rollout else "",
        "span": None,
        "terms": terms,
        "recipe": row["recipe"],
        "slices": {},
    }
