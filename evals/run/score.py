"""The scoring pass: the log's completions, read and paid by a recipe, into a file of scores.

It is separate from generation and can be run again with another recipe or extraction profile; each pass
has a name and its own file. Completions are scored prompt by prompt, so that a term which compares the
completions of a prompt sees all of them.
"""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from rewardkit import __version__
from rewardkit.errors import DataError, UsageError
from rewardkit.files import write_whole
from rewardkit.kinds import Verifier
from rewardkit.recipe.recipe import Recipe
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
    folder: EvaluationRun, recipe: Recipe, name: str | None = None, *, asked: str = ""
) -> ScoringReport:
    """Score every completion of a run's log. The file is put in place when it is whole.

    `asked` is the reference by which the recipe was asked for; the pass whose reference is the suite's own
    is the one that is shown where there are several.

    Raises:
        UsageError: there is nothing to score, or the name is not a valid file name.
        DataError, MissingFact: a gold or a fact that the recipe needs is missing.
    """
    name = name or pass_name(recipe)
    if "/" in name or name.startswith("."):
        raise UsageError(f"the name of a scoring pass must be a valid file name; found '{name}'")
    folder.scores.mkdir(parents=True, exist_ok=True)
    target = folder.scores / f"{name}.jsonl"
    draft = target.with_name(f".{name}.{os.getpid()}.tmp")
    scored, usual = 0, folder.suite().characters
    first: list[Score] = []
    with draft.open("w", encoding="utf-8") as file:
        prompts = groupby(score_stream(folder, recipe), key=lambda one: (one[1].arm, one[0]))
        for made in (list(group) for _, group in prompts):
            cast = votes([score for _, _, score in made], recipe.answer.verify)
            for (place, record, score), vote in zip(made, cast, strict=True):
                row = _row(place, record, score, usual)
                if vote != row["prediction"]:
                    row["vote"] = vote
                file.write(json.dumps(row) + "\n")
            scored += len(made)
            first += [score for _, _, score in made][: MOST - len(first)]
    if not scored:
        draft.unlink()
        raise UsageError(f"{folder.path} holds no completions yet; run rewardkit eval run first")
    os.replace(draft, target)
    about = {"name": name, "recipe": recipe.ref, "digest": recipe.digest, "asked": asked, "scored": scored}
    about |= {"labels": list(recipe.reward), "tree": recipe.tree(), "rewardkit": __version__}
    write_whole(folder.scores / f"{name}.json", json.dumps(about, indent=2, ensure_ascii=False) + "\n")
    odd = tuple(oddities(first))
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


def score_stream(folder: EvaluationRun, recipe: Recipe) -> Iterator[tuple[int, Record, Score]]:
    """(place of the item, record, score) of every completion, prompt by prompt and arm by arm."""
    pairs = folder.items()
    places: dict[tuple[str, int], list[tuple[int, int]]] = defaultdict(list)
    for offset, place, record in folder.completions():
        places[record.arm, place].append((record.sample, offset))
    batch: list[tuple[int, Record, Rollout]] = []
    with _log(folder.log_path) as log:
        for (arm, place), samples in sorted(places.items()):
            item, prompt = pairs[place]
            for _, offset in sorted(samples):
                log.seek(offset)
                record = record_of(log.readline(), folder.log_path)
                batch.append((place, record, rollout_of(item, prompt, record, arm)))
            if len(batch) >= BATCH:
                yield from _scored(batch, recipe)
                batch = []
    yield from _scored(batch, recipe)


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


def _log(path: Path) -> Any:
    if not path.exists():
        raise UsageError(
            f"{path} does not exist: nothing has been generated yet; run rewardkit eval run first"
        )
    return path.open("rb")


def _scored(
    batch: Sequence[tuple[int, Record, Rollout]], recipe: Recipe
) -> Iterator[tuple[int, Record, Score]]:
    scores = recipe.score([rollout for _, _, rollout in batch])
    for (place, record, _), score in zip(batch, scores, strict=True):
        yield place, record, score


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
