"""The playground's claims, measured: `make evidence`, or `python -m tests.docs.evidence`.

For each seed: a world, one SFT, then GRPO twice from there, with `playground-none` versions 0 and 1; each of
the three policies is measured on problems that none was trained on. Everything is written under `runs/evidence`,
in a folder named by the digest of the settings, so that changed settings never mix with old results. An
interrupted run resumes at the first policy that was not measured. `docs/evidence.md` and `docs/evidence.json` are
written from those results alone.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.metadata
import json
import logging
import os
import platform
import random
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import datasets
import torch
import transformers
from transformers import AutoTokenizer

from rewardkit.recipe.loading import load_recipe
from rewardkit.trainers.playground.policy import SHAPE, VOCABULARY
from rewardkit.trainers.playground.texts import lessons
from rewardkit.trainers.playground.training import (
    GRPO_OPTIONS,
    SFT_OPTIONS,
    grpo_config,
    train_grpo,
    train_sft,
)
from rewardkit.trainers.playground.world import make_splits, make_world, read_rows
from rewardkit.trainers.trl import reward_functions

from .measure import Sheet, measure
from .page import page, summary

SIZES = {"eval": 1000, "train": 800, "sft": 10000}
SEEDS = (1, 2, 3, 4, 5)
POLICIES = ("sft", "v0", "v1")
RECIPES = {"v0": "playground-none@0", "v1": "playground-none@1"}
PACKAGES = ("torch", "transformers", "trl", "datasets", "tokenizers")

log = logging.getLogger(__name__)


def settings() -> dict[str, Any]:
    """Everything that determines the results: sizes, TRL's options, the policy, the rewards, versions, and the world.

    The world and its texts are represented by the digest of a sample, so that a changed generator shows.
    """
    problems = make_splits(0, {"sample": 200})["sample"]
    sample = [*(problem.row() for problem in problems), *lessons(problems, random.Random(0))]
    return {
        "sizes": SIZES,
        "policy": {**SHAPE, "vocabulary": VOCABULARY},
        "sft": SFT_OPTIONS,
        "grpo": GRPO_OPTIONS,
        "recipes": {name: load_recipe(name).digest for name in RECIPES.values()},
        "world": {"sample": digest(sample)},
        "versions": {name: importlib.metadata.version(name) for name in PACKAGES},
    }


def digest(tree: Any) -> str:
    """The digest of a plain tree, as twelve hexadecimal digits."""
    return hashlib.sha256(json.dumps(tree, sort_keys=True).encode()).hexdigest()[:12]


def run_seed(folder: Path, seed: int) -> dict[str, dict[str, Any]]:
    """Train and measure the three policies of one seed, or read what is done; results by policy.

    A result holds `seconds` of training, the `sheet` of figures, and for GRPO the mean `rewards` by step.
    """
    files = {name: folder / "world" / f"{name}.jsonl" for name in SIZES}
    if not all(file.exists() for file in files.values()):
        make_world(folder / "world", seed, SIZES)
    results = {}
    for policy in POLICIES:
        done = folder / f"{policy}.json"
        if not done.exists():
            result = _train_and_measure(folder, policy, seed, files)
            unfinished = done.with_suffix(".tmp")
            unfinished.write_text(json.dumps(result), encoding="utf-8")
            os.replace(unfinished, done)
        results[policy] = json.loads(done.read_text(encoding="utf-8"))
    return results


def _train_and_measure(folder: Path, policy: str, seed: int, files: dict[str, Path]) -> dict[str, Any]:
    log.info("seed %d: training %s", seed, policy)
    began = time.perf_counter()
    if policy == "sft":
        history = train_sft(folder / "sft", files["sft"], seed=seed)
    else:
        rewards = reward_functions(
            RECIPES[policy], grpo_config(folder / policy, seed), AutoTokenizer.from_pretrained(folder / "sft")
        )
        history = train_grpo(folder / policy, folder / "sft", files["train"], rewards, seed=seed)
    seconds = time.perf_counter() - began
    log.info("seed %d: trained %s in %.0f s; measuring", seed, policy, seconds)
    return {
        "seconds": seconds,
        "rewards": [float(entry["reward"]) for entry in history if "reward" in entry],
        "sheet": asdict(measure(folder / policy, read_rows(files["eval"]))),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the seeds that are not done, then write the page and the JSON beside it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=SEEDS)
    parser.add_argument("--runs", type=Path, default=Path("runs/evidence"))
    parser.add_argument("--docs", type=Path, default=Path("docs"))
    parser.add_argument("--threads", type=int, default=1, help="threads of torch; timings vary less with one")
    parser.add_argument("--machine", default=platform.machine(), help="named on the page; times depend on it")
    args = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    datasets.disable_progress_bars()
    transformers.utils.logging.disable_progress_bar()
    torch.set_num_threads(args.threads)
    made_with = settings()
    name = digest(made_with)
    results = {seed: run_seed(args.runs / name / f"seed-{seed}", seed) for seed in args.seeds}
    sheets = {
        seed: {policy: Sheet(**result["sheet"]) for policy, result in policies.items()}
        for seed, policies in results.items()
    }
    machine = f"{args.machine}, {args.threads} thread{'s' if args.threads > 1 else ''}"
    seconds = {
        seed: {policy: result["seconds"] for policy, result in policies.items()}
        for seed, policies in results.items()
    }
    told = summary(sheets, seconds)
    args.docs.mkdir(parents=True, exist_ok=True)
    record = {"settings": made_with, "digest": name, "machine": machine, "seeds": told}
    (args.docs / "evidence.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    (args.docs / "evidence.md").write_text(page(record), encoding="utf-8")
    print(f"written: {args.docs / 'evidence.md'} and {args.docs / 'evidence.json'}")


if __name__ == "__main__":
    main()
