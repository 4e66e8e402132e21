"""The plans, the suite and the sizes of the demo, as plain trees.

The demo writes them as the YAML files that a person would write for `rewardkit train` and `rewardkit eval run`, so that
every step can be repeated by hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..playground.training import GRPO_OPTIONS, SFT_OPTIONS

RECIPE = "playground-none"
SAMPLES = 8


@dataclass(frozen=True, slots=True)
class DemoSize:
    """Rows of each split and steps of each stage."""

    evaluate: int
    train: int
    lessons: int
    sft_steps: int
    grpo_steps: int


WHOLE = DemoSize(
    evaluate=400,
    train=800,
    lessons=10000,
    sft_steps=SFT_OPTIONS["max_steps"],
    grpo_steps=GRPO_OPTIONS["max_steps"],
)
QUICK = DemoSize(evaluate=60, train=160, lessons=2000, sft_steps=100, grpo_steps=8)

OURS = {"disable_tqdm", "save_strategy", "use_cpu"}
"""Options that the plan's runner sets."""


def _options(options: dict[str, Any], steps: int, save: int) -> dict[str, Any]:
    kept = {name: value for name, value in options.items() if name not in OURS}
    return {**kept, "max_steps": steps, "save_steps": save, "save_total_limit": 1}


def sft_plan(size: DemoSize, seed: int) -> dict[str, Any]:
    """The first stage: a policy that can reason carefully and mostly does not."""
    lessons = {
        "path": "world/sft.jsonl",
        "messages": "prompt",
        "completion": "{{ completion[0].content }}",
        "id": "id",
    }
    stage = {"name": "sft", "kind": "sft", "data": "lessons"}
    return {
        "plan": "demo-sft",
        "seed": seed,
        "model": {"name": "policy"},
        "data": {"lessons": lessons},
        "stages": [{**stage, **_options(SFT_OPTIONS, size.sft_steps, max(1, size.sft_steps // 4))}],
    }


def grpo_plan(size: DemoSize, seed: int, version: int) -> dict[str, Any]:
    """GRPO from the same policy with one version of the recipe."""
    problems = {"path": "world/train.jsonl", "messages": "prompt", "gold": "gold", "id": "id"}
    stage = {"name": f"grpo-v{version}", "kind": "grpo", "data": "problems", "recipe": f"{RECIPE}@{version}"}
    return {
        "plan": f"demo-grpo-v{version}",
        "seed": seed,
        "model": {"name": "sft/01-sft/model"},
        "data": {"problems": problems},
        "stages": [{**stage, **_options(GRPO_OPTIONS, size.grpo_steps, max(1, size.grpo_steps // 4))}],
    }


def suite(seed: int) -> dict[str, Any]:
    """Greedy beside eight samples, on problems that no policy was trained on; answers are read as version 1 does."""
    return {
        "suite": "playground",
        "about": "Arithmetic word problems nobody was trained on; one in eight cannot be answered.",
        "data": {"path": "world/eval.jsonl", "id": "id", "gold": "gold"},
        "prompt": {"user": "{{ question }}"},
        "recipe": f"{RECIPE}@1",
        "arms": {"greedy": {}, "sampled": {"n": SAMPLES, "temperature": 1.0, "seed": seed}},
        "max_new_tokens": GRPO_OPTIONS["max_completion_length"],
        "slices": ["level", "answerable"],
    }


def folder_of(root: Path, seed: int, quick: bool) -> Path:
    """The folder of a run of the demo."""
    return root / (f"seed-{seed}-quick" if quick else f"seed-{seed}")
