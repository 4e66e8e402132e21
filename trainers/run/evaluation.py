"""Evaluations of a plan: a suite of `rewardkit.evals`, after a stage and every so many steps.

The evaluation's run folder is in `STAGE/evals/`; a row with its figures goes into the table of metrics, under `kind:
suite`. Training is not affected: the random states are restored, and the model that is evaluated is a copy on disk.
"""

from __future__ import annotations

import math
import random
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import TrainerCallback

from rewardkit.documents import document, json_text
from rewardkit.errors import UsageError
from rewardkit.evals.analysis.board import load_board
from rewardkit.evals.analysis.summary import summarise
from rewardkit.evals.backends import open_backend
from rewardkit.evals.profiles import load_reader
from rewardkit.evals.run import EvaluationRun, generate_run
from rewardkit.evals.run.score import score_run
from rewardkit.evals.suite.suite import Suite, load_suite
from rewardkit.files import write_whole
from rewardkit.runs.log import append_row

from ..plan.loading import Resolved
from ..plan.options import Checked
from ..plan.plan import Eval

SHOWN = ("accuracy", "mean@", "pass@", "none_recall", "false_none", "no_answer", "truncated")


def check_eval(resolved: Resolved, at: int, checked: Checked) -> None:
    """Read the suite of a stage, if it names one. Raises if there is no such suite or it cannot run within the stage."""
    eval_ = resolved.plan.stages[at].eval
    if eval_ is None:
        return
    open_suite(resolved, eval_)
    if eval_.every and (checked["fsdp"] or checked["deepspeed"]):
        raise resolved.fault(
            "the model is sharded over processes and cannot be copied within a stage; leave out `every` (the "
            "evaluation after the stage remains)",
            "stages",
            at,
            "eval",
        )


def open_suite(resolved: Resolved, eval_: Eval) -> Suite:
    """The suite, by a shipped name or by a path relative to the plan's file."""
    reference = eval_.suite
    if reference.endswith((".yaml", ".yml")):
        reference = str(resolved.file(reference))
    suite = load_suite(reference, eval_.set)
    suite.check_decoding()
    return suite


def evaluate(suite: Suite, model: str, out: Path, adapter: str | None = None) -> dict[str, float]:
    """Run and score a suite with a model folder; figures by `SUITE/METRIC/ARM`. Resumes where it was stopped."""
    folder = EvaluationRun(out)
    options = {"adapter": adapter} if adapter is not None else {}
    with open_backend("transformers", model, options) as backend:
        report = generate_run(folder, suite, backend)
    if report.missing:
        raise UsageError(f"{out}: {report.missing} completions are missing: {'; '.join(report.reasons[:3])}")
    score_run(folder, load_reader(suite.recipe, []), None, asked=suite.recipe)
    made = summarise(load_board(folder, None))
    write_whole(out / "metrics.json", json_text(document("metrics", made)))
    return {
        f"{suite.suite}/{row.measure.name}/{row.measure.arm}": row.estimate.value
        for row in made.rows
        if not row.column and math.isfinite(row.estimate.value)
    }


def headlines(figures: dict[str, float]) -> str:
    """The headlines on one line."""
    shown = [
        f"{name.partition('/')[2]} {value:.3f}"
        for name, value in figures.items()
        if name.split("/")[1].startswith(SHOWN)
    ]
    return ", ".join(shown)


@contextmanager
def random_states_kept() -> Iterator[None]:
    """Restore the random states of Python, NumPy and PyTorch afterwards."""
    python, numpy_state, cpu = random.getstate(), np.random.get_state(), torch.get_rng_state()
    cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_available() else []
    try:
        yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy_state)
        torch.set_rng_state(cpu)
        if cuda:
            torch.cuda.set_rng_state_all(cuda)


class EvalCallback(TrainerCallback):
    """Evaluates a copy of the model every so many steps, on the main process; the others wait."""

    def __init__(
        self,
        suite: Suite,
        every: int,
        stage: str,
        path: Path,
        start: str,
        table: Path,
        tokenizer: Any,
        is_main: bool,
        wait: Callable[[], None],
        say: Callable[[str], None],
    ) -> None:
        self.suite, self.every, self.stage, self.path, self.start = suite, every, stage, path, start
        self.table, self.tokenizer, self.is_main, self.wait, self.say = table, tokenizer, is_main, wait, say

    def on_step_end(self, args: Any, state: Any, control: Any, model: Any = None, **kwargs: Any) -> None:
        """Evaluate if the step is due; the last step is evaluated after the stage."""
        if state.global_step % self.every or state.global_step >= state.max_steps:
            return
        if self.is_main:
            with random_states_kept():
                self._evaluate(getattr(model, "module", model), state.global_step)
        self.wait()

    def _evaluate(self, model: Any, step: int) -> None:
        out = self.path / "evals" / f"step-{step}"
        shutil.rmtree(out, ignore_errors=True)  # a killed run may have left an evaluation of other weights
        copy = self.path / "evals" / "model.part"
        model.save_pretrained(copy)
        self.tokenizer.save_pretrained(copy)
        adapter = (copy / "adapter_config.json").is_file()
        figures = evaluate(
            self.suite, self.start if adapter else str(copy), out, str(copy) if adapter else None
        )
        shutil.rmtree(copy)
        append_row(self.table, {"stage": self.stage, "step": step, "kind": "suite", **figures})
        self.say(f"{self.stage}, step {step}: {self.suite.suite}: {headlines(figures)}")
