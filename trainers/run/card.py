"""The model card: what a trained model came from, so that it can be judged and made again."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from ..plan.loading import Resolved

PACKAGES = (
    "rewardkit",
    "trl",
    "transformers",
    "torch",
    "accelerate",
    "peft",
    "datasets",
    "bitsandbytes",
    "vllm",
    "unsloth",
    "deepspeed",
    "math-verify",
    "sympy",
)
TOLD = (
    "reward",
    "outcomes/right",
    "outcomes/false_none",
    "outcomes/no_answer",
    "loss",
    "completions/mean_length",
)


def versions() -> dict[str, str]:
    """Python, the machine, and every installed package that affects training."""
    found = {"python": platform.python_version(), "machine": f"{platform.system()} {platform.machine()}"}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    import torch

    if torch.cuda.is_available():
        found["gpu"] = f"{torch.cuda.device_count()} x {torch.cuda.get_device_name(0)}"
    return found


def card(
    resolved: Resolved,
    record: Mapping[str, Any],
    done: Sequence[Mapping[str, Any]],
    last_rows: Mapping[str, Mapping[str, Any]],
    warnings: Sequence[tuple[str, Mapping[str, Any]]],
    smoke: bool,
) -> str:
    """The card as Markdown, with the front matter of the hub.

    Args:
        resolved: the plan.
        record: what `run.json` says.
        done: what each finished stage's `done.json` says.
        last_rows: stage to its last logged row.
        warnings: (stage, row) of everything the watch said.
        smoke: whether the model comes from a smoke run.
    """
    plan = resolved.plan
    base = Path(plan.model.name).name if smoke else plan.model.name
    sections = [
        _head(resolved, base, smoke),
        _stages(resolved, done, last_rows),
        _origin(resolved, base),
        _data(resolved, done),
        _watched(warnings),
        ["## Made with", "", ", ".join(f"{name} {version}" for name, version in record["versions"].items())],
    ]
    return "\n\n".join("\n".join(lines) for lines in sections if lines) + "\n"


def _head(resolved: Resolved, base: str, smoke: bool) -> list[str]:
    kinds = dict.fromkeys(stage.kind for stage in resolved.plan.stages)
    lines = [
        "---",
        f"base_model: {json.dumps(base)}",
        "library_name: transformers",
        f"tags: [{', '.join(['trl', 'rewardkit', *kinds])}]",
        "---",
        f"# {resolved.name}",
        "",
        resolved.plan.about.strip() or "Trained by a rewardkit plan.",
    ]
    if smoke:
        lines += [
            "",
            "**A smoke run: a random model, trained for two steps per stage. It has learnt nothing.**",
        ]
    return lines


def _stages(
    resolved: Resolved, done: Sequence[Mapping[str, Any]], last_rows: Mapping[str, Mapping[str, Any]]
) -> list[str]:
    lines = ["| stage | kind | rows | steps | recipe | digest | last row |", "|---|---|---|---|---|---|---|"]
    kinds = {stage.name: stage.kind for stage in resolved.plan.stages}
    for one in done:
        recipe = one.get("recipe") or {}
        row = last_rows.get(one["stage"], {})
        told = ", ".join(
            f"{name} {row[name]:.3g}" for name in TOLD if isinstance(row.get(name), (int, float))
        )
        steps = str(one["steps"]) + (f" (ended by {one['stopped_by']})" if one.get("stopped_by") else "")
        lines.append(
            f"| {one['stage']} | {kinds[one['stage']]} | {one['rows']} | {steps} | "
            f"{recipe.get('ref', '-')} | {recipe.get('digest', '-')} | {told or '-'} |"
        )
    return lines


def _origin(resolved: Resolved, base: str) -> list[str]:
    plan = resolved.plan
    lines = [f"Base: `{base}`" + (f" at `{plan.model.revision}`." if plan.model.revision else ".")]
    if plan.model.peft is not None:
        lines.append(f"LoRA `{json.dumps(plan.model.peft)}`, merged into the weights after every stage.")
    return [*lines, "", f"Seed {plan.seed}. Plan: `plan.yaml` beside this card; recipes: `recipes/`."]


def _data(resolved: Resolved, done: Sequence[Mapping[str, Any]]) -> list[str]:
    lines = ["## Data", ""]
    for name, data in resolved.plan.data.items():
        lines.append(f"- `{name}`: {data.hub or data.path}" + (f", split `{data.split}`" if data.hub else ""))
    for one in done:
        lines += [f"- {one['stage']}: {note}" for note in one.get("notes", ())]
    return lines


def _watched(warnings: Sequence[tuple[str, Mapping[str, Any]]]) -> list[str]:
    said = [f"- {stage}, step {row['step']}: {row['warning']}: {row['text']}" for stage, row in warnings]
    return ["## What the watch said", "", *said] if said else []
