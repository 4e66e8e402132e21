"""Sections about training runs: curves by term and outcome, stages, and what the watch said."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from rewardkit.config.source import read_file
from rewardkit.extract.reasoning import answer_start
from rewardkit.pages.blocks import Block, Heading, Picture, Pictures, Prose, Tabled
from rewardkit.pages.completions import Completions, gold_text, prompt_text
from rewardkit.pages.page import Section
from rewardkit.pages.plots import shades
from rewardkit.pages.tables import Table, figure
from rewardkit.recipe.answer import Answer
from rewardkit.recipe.loading import load_recipe
from rewardkit.runs.log import read_rows

from . import curves
from .checkpoints import checkpoints_section

STAGE = re.compile(r"(\d\d)-(.+)")


@dataclass(frozen=True, slots=True)
class LoggedStage:
    """A stage of a run: its logged rows, its recipe, its warnings and its folder.

    `label` is the run's name, with the stage's if the run has several.
    """

    run: str
    name: str
    label: str
    kind: str
    recipe: str
    rows: Any
    """A data frame, one row per logged step."""
    warnings: list[dict[str, Any]]
    folder: Path


def training_sections(
    runs: Mapping[str, Path], completions: Completions, evaluated: Sequence[str] = ()
) -> list[Section]:
    """Every section about these runs; the logged completions are added to `completions`.

    `evaluated` names the page's evaluation runs: a training run of the same name has the same colour.
    """
    stages = [stage for name, path in runs.items() for stage in read_stages(name, path)]
    names = list(dict.fromkeys([*evaluated, *runs]))
    sections = [curves_section(stages, dict(zip(names, shades(names), strict=True)))]
    asked = checkpoints_section([(stage.label, stage.folder) for stage in stages])
    if asked is not None:
        sections.append(asked)
    watched = [stage for stage in stages if stage.kind == "grpo"]
    if watched:
        sections.append(warnings_section(watched))
    for stage in stages:
        add_logged(stage, completions)
    return sections


def read_stages(run: str, path: Path) -> list[LoggedStage]:
    """The stages of a run that have begun, in order."""
    plan: Any = read_file(path / "plan.yaml").plain()
    about = json.loads((path / "run.json").read_text(encoding="utf-8"))
    rows = read_rows(path / "metrics.jsonl")
    made = []
    for stage in plan["stages"]:
        found = [row for row in rows if row["stage"] == stage["name"] and row.get("kind", "train") == "train"]
        folders = [
            one for one in path.iterdir() if (m := STAGE.fullmatch(one.name)) and m[2] == stage["name"]
        ]
        if not found or not folders:
            continue
        recipe = about.get("recipes", {}).get(stage["name"])
        made.append(
            LoggedStage(
                run=run,
                name=stage["name"],
                label=f"{run}: {stage['name']}" if len(plan["stages"]) > 1 else run,
                kind=stage["kind"],
                recipe=f"{recipe['ref']} {recipe['digest'][:8]}" if recipe else "",
                rows=pd.DataFrame(found),
                warnings=read_rows(folders[0] / "warnings.jsonl"),
                folder=folders[0],
            )
        )
    return made


def curves_section(stages: list[LoggedStage], shade: Mapping[str, str]) -> Section:
    """What each stage did, step by step: all stages together, then each by its terms and outcomes."""
    blocks: list[Block] = [Tabled(_table(stages))]
    for kind, title in (("grpo", "Reinforcement learning"), ("sft", "Supervised fine-tuning")):
        chosen = {stage.label: stage for stage in stages if stage.kind == kind}
        own = [shade[stage.run] for stage in chosen.values()]
        hues = own if len(set(own)) == len(own) else shades(own)  # two stages of a run need two colours
        drawn = curves.overlays({label: stage.rows for label, stage in chosen.items()}, kind, hues)
        if drawn:
            blocks += [
                Heading(title),
                Pictures([Picture(f"training-{n}", chart, caption) for n, chart, caption in drawn]),
            ]
    labels = curves.term_labels(stage.rows for stage in stages if stage.kind == "grpo")
    for stage in stages:
        if stage.kind != "grpo":
            continue
        parts = [
            (
                f"terms-{_file(stage)}",
                curves.terms(stage.rows, labels),
                f"{stage.label}: what each term pays on average",
            ),
            (
                f"training-outcomes-{_file(stage)}",
                curves.outcomes(stage.rows),
                f"{stage.label}: the share of each outcome among the completions of a step",
            ),
        ]
        pictures = [Picture(name, chart, caption) for name, chart, caption in parts if chart is not None]
        if pictures:
            heading = f"{stage.label}, paid by {stage.recipe}" if stage.recipe else stage.label
            blocks += [Heading(heading), Pictures(pictures)]
    lead = "Means over the completions of a step; thin lines as logged, thick ones smoothed."
    plain = [
        {
            "run": stage.run,
            "stage": stage.name,
            "recipe": stage.recipe,
            "steps": int(stage.rows["step"].max()),
            "metrics": json.loads(stage.rows.to_json(orient="records")),
        }
        for stage in stages
    ]
    return Section("Training", blocks, lead, plain)


def warnings_section(stages: list[LoggedStage]) -> Section:
    """What the watch reported during training."""
    rows = [
        [stage.label, str(row["step"]), row["warning"], row["text"], row["audit"]]
        for stage in stages
        for row in stage.warnings
    ]
    blocks: list[Block] = [Prose("No metric of these runs passed its limit.")]
    if rows:
        blocks = [
            Tabled(Table(["run", "step", "warning", "what was seen", "look at"], rows, words=(0, 2, 3, 4)))
        ]
    plain = [{"run": stage.run, "stage": stage.name, **row} for stage in stages for row in stage.warnings]
    lead = "The watch checks every logged step for what you would want to know at once."
    return Section("Warnings", blocks, lead, plain)


def add_logged(stage: LoggedStage, completions: Completions) -> None:
    """Add the completions that a stage logged, in order of their steps."""
    recipe = stage.folder.parent / "recipes" / f"{stage.name}.yaml"
    answer = load_recipe(recipe).answer if recipe.is_file() else None
    for path in sorted((stage.folder / "completions").glob("*.parquet")):
        frame = pd.read_parquet(path)
        for row in frame.to_dict("records"):
            text = _said(row["completion"])
            terms = [key for key in row if str(key).startswith("terms/")]
            completions.add(
                {
                    "run": stage.label,
                    "item": _text(row.get("id")) or "",
                    "arm": "training",
                    "sample": int(row["step"]),
                    "outcome": row["outcome"],
                    "gold": gold_text(_text(row.get("gold"))),
                    "prediction": _text(row.get("prediction")),
                    "reward": _number(row["total"]),
                    "tokens": _number(row.get("tokens")),
                    "finish": _text(row.get("finish")) or "",
                    "flipped": "",
                    "note": _text(row.get("explanation")) or "",
                    "prompt": prompt_text(row["prompt"]),
                    "text": text,
                    "span": _span(answer, text) if answer is not None else None,
                    "terms": [
                        {"label": key.removeprefix("terms/"), "kind": "", "value": _number(row[key])}
                        for key in map(str, terms)
                    ],
                    "recipe": stage.recipe.partition(" ")[0],
                    "slices": {},
                },
                tier=2,
            )


def _table(stages: list[LoggedStage]) -> Table:
    rows = []
    for stage in stages:
        cells = [stage.label, stage.kind, stage.recipe or "–", str(int(stage.rows["step"].max()))]
        for name in ("reward", "outcomes/right", "loss"):
            cells.append(_moved(stage.rows, name))
        rows.append(cells)
    headers = ["run", "stage", "recipe", "steps", "reward", "right", "loss"]
    note = "from the mean of the first tenth of the steps to that of the last"
    return Table(headers, rows, notes=[note], words=(0, 1, 2))


def _moved(rows: Any, name: str) -> str:
    if name not in rows or rows[name].notna().sum() == 0:
        return "–"
    values = rows[name].dropna()
    tenth = max(1, len(values) // 10)
    return f"{figure(float(values.head(tenth).mean()), 'reward')} → {figure(float(values.tail(tenth).mean()), 'reward')}"


def _span(answer: Answer, text: str) -> list[int] | None:
    """Where the recipe finds the answer: the first tier that is present, after the reasoning."""
    tags = answer.reasoning
    start = 0 if tags is None else answer_start(text, tags.open, tags.close, tags.prefilled)[0]
    if start is None:
        return None
    for tier in answer.extract:
        found = tier.find(text, start)
        if found is not None:
            return list(found.span)
    return None


def _said(completion: Any) -> str:
    if isinstance(completion, str):
        return completion
    return "".join(str(message["content"]) for message in completion)


def _number(value: Any) -> float | None:
    return None if value is None or pd.isna(value) else float(value)


def _text(value: Any) -> str | None:
    """A string from a data frame, which has NaN for a missing value."""
    return None if value is None or isinstance(value, float) else str(value)


def _file(stage: LoggedStage) -> str:
    return "-".join(re.findall(r"[A-Za-z0-9.]+", stage.label))
