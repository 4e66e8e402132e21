"""The story, step by step: a recipe, its cases, what it pays for, and what a policy learns from it.

The folder holds the world, the plans, the trained policies, the evaluations, the figures and one page. Every step
looks for its own result first, so that the same command resumes after Ctrl-C: training from its last checkpoint,
evaluation from its last completion.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.syntax import Syntax

from rewardkit.config.source import dump
from rewardkit.documents import document, json_text
from rewardkit.files import write_whole

from .figures import StoryClaim, claims, policy_of, table
from .settings import RECIPE, SAMPLES, WHOLE, DemoSize, grpo_plan, sft_plan, suite


def tell(folder: Path, seed: int, versions: Sequence[int], size: DemoSize, console: Console) -> Path:
    """Run the story; returns the path of its page."""
    began = time.monotonic()
    _recipe(console)
    _cases(console, versions)
    _world(folder, size, seed, console)
    _audit(folder, versions, console)
    _train(folder, sft_plan(size, seed), "sft", "4. A tiny policy learns to answer (SFT)", console)
    for version in versions:
        caption = f"5. The same policy, GRPO with {RECIPE}@{version}"
        _train(folder, grpo_plan(size, seed, version), f"v{version}", caption, console)
    names = ["sft", *(f"v{version}" for version in versions)]
    _evaluate(folder, seed, names, console)
    found = _compare(folder, names, size, console)
    page = _page(folder, names, found, size, console)
    console.print(f"\nDone in {time.monotonic() - began:.0f} s. Everything is in {folder}/", highlight=False)
    return page


def _caption(console: Console, text: str, more: str = "") -> None:
    console.print()
    console.rule(f"[bold]{text}", align="left", style="dim")
    if more:
        console.print(more, style="dim", highlight=False)


def _recipe(console: Console) -> None:
    from rewardkit.recipe.loading import load_recipe

    _caption(console, "1. A reward one can read", f"rewardkit show {RECIPE}@0 --resolved")
    text = load_recipe(f"{RECIPE}@0").to_yaml()
    console.print(Syntax(text, "yaml", theme="ansi_dark", background_color="default", word_wrap=True))


def _cases(console: Console, versions: Sequence[int]) -> None:
    from rewardkit.cases.checks import run
    from rewardkit.cases.files import read_cases
    from rewardkit.recipe.loading import find

    _caption(
        console,
        "2. Its cases pass",
        "Completions, and what each version should pay for them, worked by hand.",
    )
    file = read_cases(find(f"{RECIPE}@0").parent / "cases.yaml")
    for version in versions:
        recipe = file.recipe(version)
        failed = [check for check in file.checks([version]) if run(file, check, recipe)]
        count = len(list(file.checks([version])))
        console.print(f"  {recipe.ref}: {count - len(failed)} passed, {len(failed)} failed", highlight=False)


def _world(folder: Path, size: DemoSize, seed: int, console: Console) -> None:
    from ..playground.policy import build_policy
    from ..playground.world import make_world, read_rows

    sizes = {"eval": size.evaluate, "train": size.train, "sft": size.lessons}
    if not all((folder / "world" / f"{name}.jsonl").is_file() for name in sizes):
        with console.status("writing word problems"):
            make_world(folder / "world", seed, sizes)
    if not (folder / "policy" / "tokenizer_config.json").is_file():
        rows = read_rows(folder / "world" / "sft.jsonl")
        texts = (message["content"] for row in rows for message in [*row["prompt"], *row["completion"]])
        build_policy(folder / "policy", texts, seed)
    write_whole(folder / "suite.yaml", dump(suite(seed)))


def _audit(folder: Path, versions: Sequence[int], console: Console) -> None:
    from rewardkit.audit import check
    from rewardkit.recipe.loading import load_recipe

    from ..playground.world import read_rows

    rows = read_rows(folder / "world" / "train.jsonl")
    share = sum(not row["answerable"] for row in rows) / len(rows)
    _caption(
        console,
        "3. What it pays for, before anything is trained",
        f"rewardkit check {RECIPE}@V --unanswerable {share:.2f}, the share of this world's problems that have no answer.",
    )
    for version in versions:
        audit = check(load_recipe(f"{RECIPE}@{version}"), unanswerable=share)
        write_whole(folder / f"check-v{version}.json", json_text(document("check", {"audits": [audit]})))
        wanted = {"abstention", "ordering", "group"}
        shown = [found for found in audit.findings if found.code in wanted]
        for found in shown:
            console.print(
                f"  {audit.recipe}, {found.code}: {found.sentence}", highlight=False, soft_wrap=False
            )
    console.print(
        "  (all of it: ", f"rewardkit check {RECIPE}@{versions[0]})", sep="", style="dim", highlight=False
    )


def _train(folder: Path, plan: dict[str, Any], name: str, caption: str, console: Console) -> None:
    from ..plan.loading import load_plan
    from ..run.run import run_plan

    path = folder / f"plan-{name}.yaml"
    steps = plan["stages"][0]["max_steps"]
    _caption(console, caption, f"rewardkit train {path} --out {folder / name}")
    write_whole(path, dump(plan))
    with _bars(console) as bars:
        task = bars.add_task(plan["stages"][0]["name"], total=steps)
        run_plan(load_plan(path), folder / name, callbacks=[_bar(bars, task)], say=_nothing)
        bars.update(task, completed=steps)


def _nothing(text: str) -> None:
    """The runner logs its lines in its folder; here the bar is enough."""


def _bars(console: Console) -> Progress:
    columns = (TextColumn("  {task.description:12}"), BarColumn(bar_width=30), MofNCompleteColumn())
    return Progress(
        *columns, TextColumn("steps"), TimeElapsedColumn(), TimeRemainingColumn(), console=console
    )


def _bar(bars: Progress, task: Any) -> Any:
    from transformers import TrainerCallback

    class Bar(TrainerCallback):
        """Moves a progress bar."""

        def on_step_end(self, args: Any, state: Any, control: Any, **rest: Any) -> None:
            bars.update(task, completed=state.global_step)

    return Bar()


def _evaluate(folder: Path, seed: int, names: Sequence[str], console: Console) -> None:
    from rewardkit.evals.backends import open_backend
    from rewardkit.evals.profiles import load_reader
    from rewardkit.evals.run import EvaluationRun, generate_run
    from rewardkit.evals.run.progress import Bars
    from rewardkit.evals.run.score import score_run
    from rewardkit.evals.suite.suite import load_suite

    _caption(
        console,
        "6. Greedy beside pass@k",
        f"Problems that no policy was trained on; one greedy answer and {SAMPLES} samples each. "
        f"rewardkit eval run {folder / 'suite.yaml'} --model MODEL",
    )
    made = load_suite(folder / "suite.yaml")
    for name in names:
        model = next((folder / name).glob("01-*")) / "model"
        run = EvaluationRun(folder / "eval" / name)
        console.print(f"  {name}", highlight=False)
        with (
            open_backend("transformers", str(model), {"batch_size": 64, "device": "cpu"}) as backend,
            Bars(console) as bars,
        ):
            generate_run(run, made, backend, progress=bars)
        score_run(run, load_reader(made.recipe, []))


def _compare(folder: Path, names: Sequence[str], size: DemoSize, console: Console) -> list[StoryClaim]:
    from rewardkit.evals.analysis.board import load_board
    from rewardkit.evals.run import EvaluationRun

    _caption(console, "7. What the reward bought")
    policies = {name: policy_of(load_board(EvaluationRun.existing(folder / "eval" / name))) for name in names}
    table(policies).print()
    found = claims(policies)
    console.print()
    for claim in found:
        mark = "[green]✓[/]" if claim.holds else "[yellow]–[/]"
        console.print(mark, claim.line(), highlight=False)
    if size != WHOLE:
        console.print(
            "\nThis was a shorter tour: too few steps to teach anything and too few problems to see it. Left out: "
            f"{WHOLE.sft_steps - size.sft_steps} of {WHOLE.sft_steps} SFT steps, "
            f"{WHOLE.grpo_steps - size.grpo_steps} of {WHOLE.grpo_steps} GRPO steps, "
            f"{WHOLE.evaluate - size.evaluate} of {WHOLE.evaluate} problems. The whole story: rewardkit demo",
            style="dim",
            highlight=False,
        )
    write_whole(folder / "claims.json", json_text(found))
    write_whole(folder / "table.md", table(policies).markdown() + "\n")
    return found


def _page(
    folder: Path, names: Sequence[str], found: Sequence[StoryClaim], size: DemoSize, console: Console
) -> Path:
    from rewardkit.evals.report import build

    _caption(console, "8. One page")
    shorter = (
        ""
        if size == WHOLE
        else " This was a shorter tour, which teaches nothing; its numbers are only a rehearsal."
    )
    intro: list[Any] = [
        "A tiny policy was taught to answer arithmetic word problems, then trained twice by GRPO from the same "
        f"start: with version 0 of {RECIPE}, and with versions that fix it. Every figure here is from this run. It "
        "shows RL eliciting a way of reasoning that the policy already had; it teaches it no new facts."
        + shorter,
        *found,
    ]
    sources = [
        *(folder / "eval" / name for name in names),
        *(folder / name for name in names),
        *sorted(folder.glob("check-v*.json")),
    ]
    with console.status("making the page"):
        return build(sources, folder / "page.html", title=f"What {RECIPE} paid for", intro=intro)
