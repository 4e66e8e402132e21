"""Work with a recipe shared out over processes; its results come in order, and are those that one process finds.

    for scores in spread(scorer, recipe, recipe, chunks, completions=len(rollouts)):
        ...

`make(job)` is called once in each process and returns the function of a task: `make` is a function of a module, and job,
tasks and results are pickled.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from ..errors import UsageError
from ..runs.processes import Processes, cores
from ..verify.workers.pool import borrow, lend
from .recipe import Recipe

Job = TypeVar("Job")
Task = TypeVar("Task")
Result = TypeVar("Result")

MANY = 20_000
"""Completions below which the start of another process costs more than it saves."""


def spread(
    make: Callable[[Job], Callable[[Task], Result]],
    job: Job,
    recipe: Recipe,
    tasks: Sequence[Task],
    *,
    completions: int,
    workers: int | None = None,
    name: Callable[[int], str] = "task {}".format,
) -> Iterator[Result]:
    """The result of every task, in order.

    Args:
        make: makes the function of a task out of the job.
        job: all that the tasks need.
        recipe: the recipe among it; where the job cannot be pickled, its kinds are looked through for the reason.
        tasks: what is shared out.
        completions: how many completions the tasks hold in all.
        workers: how many processes; None: the cores that this process may use, and one for fewer than `MANY`
            completions or where the job cannot be pickled.
        name: says what a task is, for messages.

    Raises:
        UsageError: several processes were asked for, and the job cannot be pickled.
        SetupError: processes keep dying with one task.
    """
    count = min(workers if workers is not None else cores() if completions >= MANY else 1, len(tasks))
    payload = b""
    if count > 1:
        try:
            payload = pickled(recipe, (make, job))
        except UsageError:
            if workers is not None:
                raise
            count = 1
    if count < 2:
        yield from map(make(job), tasks)
        return
    with Processes(count, f"{__name__}:prepare", payload, answer=lend, name=name) as processes:
        early: dict[int, Result] = {}
        at = 0
        for index, result in processes.run(tasks):
            early[index] = result
            while at in early:
                yield early.pop(at)
                at += 1


def prepare(payload: bytes, ask: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """What a process does first; its verifications go to the parent's workers."""
    make, job = pickle.loads(payload)
    borrow(ask)
    return make(job)


def pickled(recipe: Recipe, job: Any, rest: str = "the recipe") -> bytes:
    """A job for another process.

    Args:
        recipe: the recipe that the job holds.
        job: what is sent.
        rest: what is to blame where every kind of the recipe can be pickled.

    Raises:
        UsageError: it cannot be pickled; the message names the kind.
    """
    kinds = list(_kinds(recipe))
    strangers = [kind.kind for _, kind in kinds if type(kind).__module__ == "__main__"]
    if strangers:
        raise UsageError(
            f"the kind '{strangers[0]}' is defined in __main__, which other processes do not import; define it in a "
            "module, or score with one worker"
        )
    try:
        return pickle.dumps(job)
    except (pickle.PicklingError, AttributeError, TypeError) as wrong:
        name = next((f"{path} (the kind '{kind.kind}')" for path, kind in kinds if not _can(kind)), rest)
        raise UsageError(
            f"{name} cannot be pickled, so other processes cannot have it ({wrong}); define what it needs at the top of "
            "a module, or score with one worker"
        ) from None


def _can(kind: Any) -> bool:
    try:
        pickle.dumps(kind)
    except Exception:  # noqa: BLE001 - whatever its class raises
        return False
    return True


def _kinds(recipe: Recipe) -> Iterator[tuple[str, Any]]:
    """Every kind that a recipe is made of, with its path."""
    for at, extractor in enumerate(recipe.answer.extract):
        yield f"answer.extract.{at}", extractor
    yield "answer.verify", recipe.answer.verify
    for path, term in recipe.walk():
        yield f"reward.{path}", term
