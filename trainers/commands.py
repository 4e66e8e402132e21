"""`rewardkit train` and `rewardkit serve`."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Annotated

import typer

from rewardkit.errors import UsageError
from rewardkit.files import write_whole


def train(
    plan: Annotated[str, typer.Argument(help="A plan's file, or the name of a shipped one.")] = "",
    variant: Annotated[str | None, typer.Option(help="One of the plan's variants.")] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="path=value, as in stages.1.learning_rate=1e-6.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="The run folder; runs/PLAN by default.")] = None,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run",
            help="Check and count everything, train nothing; fails if training could not start.",
        ),
    ] = False,
    smoke: Annotated[
        bool, typer.Option("--smoke", help="The whole plan with a tiny random model on the CPU.")
    ] = False,
    processes: Annotated[int, typer.Option(min=1, help="Processes to count with, in a dry run.")] = 1,
    plans: Annotated[bool, typer.Option("--list", help="List the shipped plans and their variants.")] = False,
    schema: Annotated[bool, typer.Option("--schema", help="Print the JSON Schema of plans.")] = False,
    traces: Annotated[
        Path | None, typer.Option(help="Write the right completions in a stage's folder (PLAN) to this file.")
    ] = None,
    order: Annotated[str, typer.Option(help="With --traces: shortest or diverse first.")] = "shortest",
    per_prompt: Annotated[int, typer.Option(min=1, help="With --traces: how many per prompt.")] = 1,
) -> None:
    """Train by a plan of stages.

    The same command resumes a run that was killed. SIGTERM and SIGUSR1 save a checkpoint first (exit code 143). For
    several GPUs: `accelerate launch -m rewardkit train PLAN.yaml`.

        rewardkit train plan.yaml --dry-run
        rewardkit train qwen3-0.6b-math-none --smoke
        rewardkit train qwen3-0.6b-ablations --variant raw_r16
        rewardkit train runs/mine/01-grpo --traces right.jsonl --order diverse --per-prompt 2
    """
    from .plan.loading import load_plan, plan_schema

    if schema:
        typer.echo(plan_schema(), nl=False)
        return
    if plans:
        _list_plans()
        return
    if not plan:
        raise UsageError("name a plan; rewardkit train --list shows the shipped ones")
    if traces is not None:
        _write_traces(Path(plan), traces, order, per_prompt)
        return
    resolved = load_plan(plan, variant, settings or ())
    logging.getLogger("bitsandbytes").setLevel(
        logging.ERROR
    )  # it reports on GPU kernels even on machines without a GPU
    from accelerate import PartialState

    from .run.folder import TrainingRun, resumes
    from .run.run import accelerator_here, run_plan, world
    from .run.stopping import Stopped, StopRequest

    _quiet()
    if dry_run:
        from .run.dry_run import DryRun

        report = DryRun(resolved, max(processes, world()), accelerator_here())
        for line in report.lines():
            typer.echo(line)
        if report.faults:
            raise UsageError("\n  ".join(["this plan cannot be trained here:", *report.faults]))
        return
    folder = out or Path("runs") / (resolved.name + ("-smoke" if smoke else ""))
    try:
        with StopRequest() as stop:
            model = run_plan(resolved, folder, smoke=smoke, say=typer.echo, stop=stop)
    except (KeyboardInterrupt, Stopped) as end:
        if PartialState().is_main_process:
            typer.echo(f"stopped; the same command {resumes(TrainingRun(folder), resolved)}", err=True)
        raise typer.Exit(getattr(end, "exit_code", 130)) from None
    if PartialState().is_main_process:
        typer.echo(f"the model: {model}")


def _quiet() -> None:
    """Leave the terminal to the run's own lines: no progress bars over weights, no warnings about TRL's renamed options."""
    import warnings

    from transformers.utils import logging as hub_logging

    hub_logging.disable_progress_bar()
    hub_logging.set_verbosity_error()
    warnings.filterwarnings("ignore", category=FutureWarning, module="transformers")
    warnings.filterwarnings("ignore", category=DeprecationWarning, module="torch")


def _list_plans() -> None:
    from .plan.loading import load_plan, shipped_plans

    for name, path in shipped_plans().items():
        plan = load_plan(path).plan
        typer.echo(f"{name}: {plan.about.strip()}")
        for variant, change in plan.variants.items():
            typer.echo(f"  --variant {variant}" + (f": {change.about}" if change.about else ""))


def _write_traces(stage: Path, out: Path, order: str, per_prompt: int) -> None:
    from rewardkit.evals.traces import right_traces

    from .run.traces import logged_completions

    if order not in ("shortest", "diverse"):
        raise UsageError(f"--order is shortest or diverse, found '{order}'")
    rows = right_traces(logged_completions(stage), order, per_prompt)  # type: ignore[arg-type]
    write_whole(out, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    typer.echo(f"{len(rows)} right traces in {out}")


def serve(
    recipe: Annotated[str, typer.Argument(help="name@version, or a path.")],
    host: Annotated[str, typer.Option(help="Address; only this machine by default.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535)] = 8765,
    settings: Annotated[list[str] | None, typer.Option("--set", help="path=value, on the recipe.")] = None,
    tokenizer: Annotated[
        str | None,
        typer.Option(
            help="The model's tokenizer (name or folder), to count tokens where a request does not."
        ),
    ] = None,
    gold_extract: Annotated[
        str | None,
        typer.Option(
            metavar="EXTRACTOR", help="Finds the gold inside a request's gold: hash, boxed, answer_line ..."
        ),
    ] = None,
    max_batch: Annotated[int, typer.Option(min=1, help="Most rollouts per request.")] = 4096,
    max_bytes: Annotated[int, typer.Option(min=1, help="Most bytes per request.")] = 64 * 2**20,
) -> None:
    """Serve a recipe over HTTP: POST /score, POST /openrlhf, GET /health."""
    from rewardkit.recipe.loading import load_recipe

    from .serve import run

    run(
        load_recipe(recipe, settings or ()),
        host,
        port,
        tokenizer=tokenizer,
        gold_extract=gold_extract,
        max_batch=max_batch,
        max_bytes=max_bytes,
    )
