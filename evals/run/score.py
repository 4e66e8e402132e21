"""The scoring pass: the log's completions, read and paid by a recipe, into a file of scores.

It is separate from generation and can be run again with another recipe or extraction profile; each pass
has a name and its own file. Completions are scored prompt by prompt, so that a term which compares the
completions of a prompt sees all of them.
"""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rewardkit import __version__
from rewardkit.errors import DataError, UsageError
from rewardkit.files import write_whole
from rewardkit.kinds import Verifier
from rewardkit.recipe.recipe import Recipe
from rewardkit.recipe.spread import spread
from rewardkit.scoring.oddities import MOST, oddities
from rewardkit.terms.charsets import runs_inside
from rewardkit.types import Outcome, Rollout, Says, Score, TermScore

from ..backends.base import Prompt
from ..suite.data import Item
from .folder import EvaluationRun
from .log import record_of
from .record import Record

BATCH = 512
"""Completions read at once: enough to keep the verifier's workers busy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoringReport:
    """What a pass did: its name, how many completions it scored, and the recipe it used."""

    name: str
    scored: int
    recipe: str
    digest: str
    odd: tuple[str, ...] = ()
    """What looks odd where nearly nothing is right."""


def score_run(
    folder: EvaluationRun,
    recipe: Recipe,
    name: str | None = None,
    *,
    asked: str = "",
    workers: int | None = None,
) -> ScoringReport:
    """Score every completion of a run's log. The file is put in place when it is whole.

    `asked` is the reference by which the recipe was asked for; the pass whose reference is the suite's own
    is the one that is shown where there are several. `workers` is how many processes score; None: one for
    few completions, the cores at hand for many. The file is the same.

    Raises:
        UsageError: there is nothing to score, the name is not a valid file name, or several workers were asked for
            and the recipe cannot be sent to them.
        DataError, MissingFact: a gold or a fact that the recipe needs is missing.
    """
    name = name or pass_name(recipe)
    if "/" in name or name.startswith("."):
        raise UsageError(f"the name of a scoring pass must be a valid file name; found '{name}'")
    folder.scores.mkdir(parents=True, exist_ok=True)
    target = folder.scores / f"{name}.jsonl"
    draft = target.with_name(f".{name}.{os.getpid()}.tmp")
    tasks = _batches(folder)
    made = spread(
        _scorer,
        (folder.path, recipe),
        recipe,
        tasks,
        completions=sum(len(prompt.offsets) for batch in tasks for prompt in batch.prompts),
        workers=workers,
        name=lambda at: f"{folder.log_path} (items from the {tasks[at].prompts[0].place + 1}th)",
    )
    scored, odd = 0, ()
    with draft.open("w", encoding="utf-8") as file:
        for batch, (lines, doubts) in zip(tasks, made, strict=True):
            file.writelines(lines)
            scored += len(lines)
            odd = doubts if batch.first else odd
    if not scored:
        draft.unlink()
        raise UsageError(f"{folder.path} holds no completions yet; run rewardkit eval run first")
    os.replace(draft, target)
    about = {"name": name, "recipe": recipe.ref, "digest": recipe.digest, "asked": asked, "scored": scored}
    about |= {"labels": list(recipe.reward), "tree": recipe.tree(), "rewardkit": __version__}
    write_whole(folder.scores / f"{name}.json", json.dumps(about, indent=2, ensure_ascii=False) + "\n")
    return ScoringReport(name=name, scored=scored, recipe=recipe.ref, digest=recipe.digest, odd=odd)


def votes(scores: Sequence[Score], verifier: Verifier) -> list[str | None]:
    """What each completion of a prompt votes for, in its normal form, so that equal answers vote for one thing.

    All right answers are one; wrong ones are united where the verifier finds them equal. None for no answer.
    """
    said = [score.reading.prediction for score in scores]
    right = {name: None for name, score in zip(said, scores, strict=True) if score.outcome == Outcome.CORRECT}
    values = [name for name, score in zip(said, scores, strict=True) if score.reading.says == Says.VALUE]
    wrong = [name for name in dict.fromkeys(values) if name is not None and name not in right]
    stands = dict(zip(wrong, verifier.unite(wrong), strict=True)) | dict.fromkeys(
        right, next(iter(right), None)
    )
    return [stands.get(name, name) if name is not None else None for name in said]


def pass_name(recipe: Recipe) -> str:
    """The name a pass has if none is given: the recipe's, and its digest's head for a variant."""
    base = f"{recipe.name}@{recipe.version}"
    return f"{base}+{recipe.digest[:8]}" if recipe.settings else base


@dataclass(frozen=True, slots=True)
class _Prompt:
    """An item in an arm, and where the log has its completions, sample by sample."""

    arm: str
    place: int
    offsets: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Batch:
    """What is scored at once; the first is looked at for what is odd (it holds at least `MOST`, if the run does)."""

    first: bool
    prompts: tuple[_Prompt, ...]


def _batches(folder: EvaluationRun) -> list[_Batch]:
    """Every completion of a run, arm by arm and prompt by prompt, in batches of at least `BATCH`."""
    if not folder.log_path.exists():
        raise UsageError(
            f"{folder.log_path} does not exist: nothing has been generated yet; run rewardkit eval run first"
        )
    places: dict[tuple[str, int], list[tuple[int, int]]] = defaultdict(list)
    for offset, place, record in folder.completions():
        places[record.arm, place].append((record.sample, offset))
    found: list[_Batch] = []
    held: list[_Prompt] = []
    count = 0
    for (arm, place), samples in sorted(places.items()):
        held.append(_Prompt(arm, place, tuple(offset for _, offset in sorted(samples))))
        count += len(samples)
        if count >= BATCH:
            found.append(_Batch(not found, tuple(held)))
            held, count = [], 0
    if held:
        found.append(_Batch(not found, tuple(held)))
    return found


def _scorer(job: tuple[Path, Recipe]) -> Callable[[_Batch], tuple[list[str], tuple[str, ...]]]:
    """What scores a batch: the lines of the file of scores, and what looks odd in the first."""
    folder, recipe = EvaluationRun.existing(job[0]), job[1]
    pairs, usual = folder.items(), folder.suite().characters

    def score(batch: _Batch) -> tuple[list[str], tuple[str, ...]]:
        records: list[Record] = []
        rollouts: list[Rollout] = []
        with folder.log_path.open("rb") as log:
            for one in batch.prompts:
                item, prompt = pairs[one.place]
                for offset in one.offsets:
                    log.seek(offset)
                    records.append(record_of(log.readline(), folder.log_path))
                    rollouts.append(rollout_of(item, prompt, records[-1], one.arm))
        scores = recipe.score(rollouts)
        lines: list[str] = []
        for one in batch.prompts:
            mine = slice(len(lines), len(lines) + len(one.offsets))
            cast = votes(scores[mine], recipe.answer.verify)
            for record, found, vote in zip(records[mine], scores[mine], cast, strict=True):
                row = _row(one.place, record, found, usual)
                if vote != row["prediction"]:
                    row["vote"] = vote
                lines.append(json.dumps(row) + "\n")
        return lines, tuple(oddities(scores[:MOST])) if batch.first else ()

    return score


def rollout_of(item: Item, prompt: Prompt, record: Record, arm: str) -> Rollout:
    """A record of the log as the recipe's engine reads it."""
    return Rollout(
        completion=record.text,
        gold=item.gold,
        prompt=prompt,
        id=item.id,
        group=f"{item.id}/{arm}",
        sample=record.sample,
        tokens=record.tokens,
        token_ids=record.token_ids,
        finish=record.finish,
        reasoning=record.reasoning,
        fields=item.fields,
    )


def _row(place: int, record: Record, score: Score, usual: tuple[str, ...]) -> dict[str, Any]:
    reading = score.reading
    return {
        "place": place,
        "item": record.item,
        "arm": record.arm,
        "sample": record.sample,
        "outcome": str(score.outcome),
        "prediction": reading.prediction,
        "route": reading.route,
        "span": list(reading.extraction.span) if reading.extraction else None,
        "problem": reading.extraction.problem if reading.extraction else "",
        "total": score.total,
        "terms": [tree_of(term) for term in score.terms],
        "tokens": record.tokens,
        "finish": str(record.finish),
        "characters": len(reading.text),
        "unusual": unusual_characters(reading.text, usual),
    }


def unusual_characters(text: str, usual: tuple[str, ...]) -> int:
    """How many characters lie outside these sets (see charsets.yaml).

    >>> unusual_characters("x ≤ 3，是", ("ascii", "math_operators"))
    2
    """
    return len(runs_inside(usual).sub("", text))


def tree_of(term: TermScore) -> dict[str, Any]:
    """A term's payment as plain data, with those of the terms it is made of."""
    plain: dict[str, Any] = {"label": term.label, "kind": term.kind, "value": term.value, "raw": term.raw}
    if term.note:
        plain["note"] = term.note
    if term.children:
        plain["terms"] = [tree_of(child) for child in term.children]
    return plain


def read_scores(path: Path) -> Iterator[dict[str, Any]]:
    """The rows of a file of scores."""
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, start=1):
            try:
                yield json.loads(line)
            except ValueError as wrong:
                raise DataError(
                    f"not a line of JSON: {wrong}; score the run again", str(path), number
                ) from wrong
