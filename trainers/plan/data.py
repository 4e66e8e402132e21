"""A plan's files, hub data sets, mixes and traces, loaded as the rows that TRL takes.

For `sft` a row has a `prompt` and a `completion`, both lists of messages (TRL then masks the prompt itself); for
`grpo` a `prompt`, the `gold`, the `id` and every other column, which the recipe may read. An error about a row names
its file and number.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from rewardkit.errors import DataError, nearest
from rewardkit.evals.suite.data import read_rows
from rewardkit.evals.suite.shared import hub_rows
from rewardkit.recipe.recipe import Recipe
from rewardkit.rows import GoldReader
from rewardkit.rows.columns import lacking
from rewardkit.rows.golds import WINDOW, doubts
from rewardkit.rows.values import RowFault, is_message, is_null
from rewardkit.scoring.oddities import MOST, oddities
from rewardkit.types import Outcome, Rollout, Score

from ..adapter.observe import Slices, slice_value
from ..trl import NOT_COLUMNS
from .loading import Resolved
from .mixing import mix
from .plan import DataSet, MixPart, Stage, Traces
from .templates import column, fill, kept

TAKEN = NOT_COLUMNS | {"prompt", "completion", "log_extra", "log_metric", "gold", "id"}
"""Names that a data column may not have when TRL gets it."""

MOST_SLICES = 20
"""Most values of a column that are watched separately; each adds metrics to every logged row."""

Row = dict[str, Any]


@dataclass
class Rows:
    """Rows for a stage, and what a person should know about them."""

    rows: list[Row]
    notes: list[str] = field(default_factory=list)
    slices: Slices | None = None


@dataclass(frozen=True)
class Loader:
    """Loads the data of a plan's stages.

    Args:
        resolved: the plan.
        raw: a data set's name to its raw rows; the smoke run makes them up.
        traces: a stage's traces entry to its rows.
        prompt_tokens: counts the tokens of a prompt; None if no tokenizer is at hand.
        room: the tokens that a prompt of a grpo stage may have for the model's window to hold prompt and completion.
        traces_are: what the notes call the rows of a traces entry; the smoke run's are stand-ins.
    """

    resolved: Resolved
    raw: Callable[[str], Iterable[Row]]
    traces: Callable[[Traces], list[Row]]
    prompt_tokens: Callable[[list[Row]], int] | None = None
    room: int | None = None
    traces_are: str = "right traces"

    def load(self, at: int, recipe: Recipe | None) -> Rows:
        """The rows of stage `at`. Raises DataError, or RecipeError with the place in the plan."""
        stage = self.resolved.plan.stages[at]
        system = self._system(stage, recipe)
        notes: list[str] = []
        parts: list[list[Row]] = []
        for part in stage.data:
            if isinstance(part, Traces):
                rows = self.traces(part)
                asked = f" ({part.count} asked for)" if part.count and part.count > len(rows) else ""
                notes.append(f"{len(rows)} {self.traces_are} of '{part.traces}'{asked}, {part.order} first")
            else:
                rows = self._set(part.set, stage, system, recipe, notes)
            parts.append(rows)
        mixed: list[Row] = []
        for part, rows, taken in zip(
            stage.data, parts, mix(self.resolved, at, list(map(len, parts))), strict=True
        ):
            if len(parts) > 1 and not isinstance(part, Traces):
                notes.append(f"{taken} rows of '{part.set}'")
            mixed += rows[:taken]
        if not mixed:
            raise self.resolved.fault("; ".join(["no row is left to train on", *notes]), "stages", at, "data")
        if stage.kind == "grpo" and recipe is not None:
            notes += _check_golds(recipe, mixed)
            said = lacking(
                recipe.fields(),
                mixed,
                ", ".join(part.set for part in stage.data if isinstance(part, MixPart)),
            )
            notes += [f"warning: {one}" for one in said]
            notes += self._probe(at, recipe)
        return Rows(mixed, notes, self._slices(at, mixed))

    def _probe(self, at: int, recipe: Recipe) -> list[str]:
        """What looks odd, if the recipe finds nearly all completions wrong that an earlier stage learns from."""
        stages = self.resolved.plan.stages[: at + 1]
        parts = [part for one in stages if one.kind == "sft" for part in one.data]
        names = dict.fromkeys(part.set for part in parts if isinstance(part, MixPart))
        notes = []
        for name in names:
            data = self.resolved.plan.data[name]
            if data.gold is None or data.completion is None:
                continue
            rollouts = self._learnt(name, data, stages[at], recipe)
            scores = [
                Score(total=None, terms=(), reading=one, recipe=recipe.ref, digest=recipe.digest)
                for one in recipe.read(rollouts)
            ]
            notes += [
                f"warning: nearly none of the completions of '{name}' is right for {recipe.ref}: {odd}"
                for odd in oddities(scores)
            ]
        return notes

    def _learnt(self, name: str, data: DataSet, stage: Stage, recipe: Recipe) -> list[Rollout]:
        """The first rows of a set that have a gold, each with the completion to learn as its answer."""
        source = data.path or data.hub or name
        numbered = list(enumerate(islice(self.raw(name), MOST), start=1))
        chosen = [
            (number, row) for number, row in numbered if kept(row, data.where, data.filter, source, number)
        ]
        golds = self._golds(name, stage, recipe, [row for _, row in chosen[:WINDOW]], source)
        rollouts = []
        for number, row in chosen:
            try:
                asked = _row(row, number, data, golds, None, source)
            except _NoGold:  # the stage that needs this gold reports it, or drops the row
                continue
            learnt = _row(row, number, data, None, None, source)["completion"][0]["content"]
            rollouts.append(_rollout(asked, learnt))
        return rollouts

    def _slices(self, at: int, rows: Sequence[Row]) -> Slices | None:
        """The slices of the stage's watch, over all its rows."""
        by = self.resolved.plan.stages[at].watch.get("by")
        if by is None:
            return None
        place = ("stages", at, "watch", "by")
        names = {name for row in rows for name in row} - {"prompt"}
        if by not in names:
            raise self.resolved.fault(f"no row has a column '{by}'; {nearest(by, names)}", *place)
        values = sorted({slice_value(row.get(by)) for row in rows})
        if len(values) > MOST_SLICES:
            raise self.resolved.fault(
                f"column '{by}' has {len(values)} values, and at most {MOST_SLICES} are watched separately; name a column of "
                "fewer",
                *place,
            )
        return Slices(by, tuple(values))

    def _system(self, stage: Stage, recipe: Recipe | None) -> str | None:
        for text in (stage.system_prompt, self.resolved.plan.system_prompt):
            if text is not None:
                return text or None
        return recipe.system_prompt if recipe is not None else None

    def _set(
        self, name: str, stage: Stage, system: str | None, recipe: Recipe | None, notes: list[str]
    ) -> list[Row]:
        data = self.resolved.plan.data[name]
        source = data.path or data.hub or name
        lacking = None
        if stage.kind == "sft" and data.completion is None:
            lacking = (
                f"an sft stage ('{stage.name}') learns from '{name}', which has no `completion` template"
            )
        if stage.kind == "grpo" and data.gold is None:
            lacking = f"a grpo stage ('{stage.name}') needs the gold of '{name}': write `gold: COLUMN`"
        if lacking:
            raise self.resolved.fault(lacking, "data", name, "prompt")
        raw = list(enumerate(self.raw(name), start=1))
        chosen = [(number, row) for number, row in raw if kept(row, data.where, data.filter, source, number)]
        if len(chosen) < len(raw):
            notes.append(f"'{name}': {len(chosen)} of {len(raw)} rows pass its filter")
        if data.id is not None:
            _check_ids(chosen, data.columns.get(data.id) or data.id, source)
        if data.shuffle is not None:
            random.Random(data.shuffle).shuffle(chosen)
        golds = self._golds(name, stage, recipe, [row for _, row in chosen[:WINDOW]], source)
        made: list[Row] = []
        dropped, long = 0, 0
        for number, row in chosen:
            if data.only is None and len(made) == data.limit:
                break
            try:
                one = _row(row, number, data, None if stage.kind == "sft" else golds, system, source)
            except _NoGold as fault:
                if data.unreadable_gold == "error":
                    raise DataError(
                        f"{fault}; or drop such rows: unreadable_gold: drop", source, number
                    ) from fault
                dropped += 1
                continue
            if self._too_long(name, one["prompt"], stage, source, number):
                long += 1
                continue
            made.append(one)
        if data.only is not None:
            made = _curriculum(made, self.resolved.file(data.only), name, notes)
        if dropped:
            notes.append(f"'{name}': {dropped} rows dropped, no gold found in them")
        if long:
            notes.append(f"'{name}': {long} prompts of over {data.max_prompt_tokens} tokens left out")
        if data.gold is not None and len({type(row.get(data.gold)) for row in made}) > 1:
            for row in made:  # a table's column has one type; `gold` holds the same as strings
                row.pop(data.gold, None)
        if stage.kind == "sft":
            made = [{"prompt": row["prompt"], "completion": row["completion"]} for row in made]
        return made[: data.limit]

    def _golds(
        self, name: str, stage: Stage, recipe: Recipe | None, rows: Sequence[Row], source: str
    ) -> GoldReader:
        """The reader of a set's golds, after a look at its first rows."""
        data = self.resolved.plan.data[name]
        judges = [recipe.answer] if recipe else []
        golds = GoldReader(data.gold_extract, judges=judges, option=f"data.{name}.gold_extract: {{}}")
        if stage.kind == "grpo" and data.gold is not None:
            held = data.columns.get(data.gold) or data.gold
            golds.look((row.get(held) for row in rows), data.gold, source)
        return golds

    def _too_long(self, name: str, prompt: list[Row], stage: Stage, source: str, number: int) -> bool:
        """Whether a prompt is left out. Raises DataError if it is kept and does not fit the model."""
        limit = self.resolved.plan.data[name].max_prompt_tokens
        room = self.room if stage.kind == "grpo" else None
        if self.prompt_tokens is None or (limit is None and room is None):
            return False
        tokens = self.prompt_tokens(prompt)
        if limit is not None and tokens > limit:
            return True
        if room is not None and tokens > room:
            raise DataError(
                f"the prompt has {tokens} tokens, and the model's window leaves room for {room} before the completion; "
                f"leave out such rows (data.{name}.max_prompt_tokens: {room}), or lower max_completion_length",
                source,
                number,
            )
        return False


def raw_rows(resolved: Resolved, name: str) -> Iterable[Row]:
    """The unchanged rows of a data set, from its file or from the hub."""
    data = resolved.plan.data[name]
    if data.path is not None:
        return read_rows(resolved.file(data.path))
    return hub_rows(
        data.hub or "",
        data.config,
        data.split,
        data.revision,
        place=str(resolved.place("data", name, "hub")),
        remedy=f"--set data.{name}.hub=null --set data.{name}.path=FILE",
    )


def at_hand(resolved: Resolved, name: str) -> bool:
    """Whether a data set's file exists. The hub is not asked."""
    path = resolved.plan.data[name].path
    return path is not None and resolved.file(path).exists()


class _NoGold(Exception):
    """The extractor finds nothing in the gold column."""


def _row(
    row: Row, number: int, data: DataSet, golds: GoldReader | None, system: str | None, source: str
) -> Row:
    """A row for TRL: with its gold if `golds` is given, else with a completion to learn."""
    fields = dict(row) | {
        new: column(row, old, source, number) for new, old in data.columns.items() if old is not None
    }
    made: Row = {"prompt": _prompt(fields, data, system, source, number)}
    made["id"] = str(number) if data.id is None else str(column(fields, data.id, source, number))
    if golds is None:
        text = fill(data.completion or "", fields, source, number)
        return made | {"completion": [{"role": "assistant", "content": text}]}
    assert data.gold is not None  # a set without one is refused for grpo
    cell = column(fields, data.gold, source, number)
    try:
        made["gold"] = golds.read(cell)
    except RowFault as fault:
        if fault.kind == "no gold in the text":
            raise _NoGold(str(fault)) from fault
        raise DataError(str(fault), source, number) from fault
    left_out = TAKEN | {name for name, old in data.columns.items() if old is None}
    return made | {name: value for name, value in fields.items() if name not in left_out}


def _check_ids(rows: Sequence[tuple[int, Row]], name: str, source: str) -> None:
    seen: dict[str, int] = {}
    for number, row in rows:
        cell = column(row, name, source, number)
        if is_null(cell):
            raise DataError(f"column '{name}', the id, is null", source, number)
        if str(cell) in seen:
            raise DataError(
                f"the id '{cell}' is also in row {seen[str(cell)]}; name a column of unique ids, or leave out `id`",
                source,
                number,
            )
        seen[str(cell)] = number


def _prompt(fields: Row, data: DataSet, system: str | None, source: str, number: int) -> list[Row]:
    if data.messages is not None:
        messages = column(fields, data.messages, source, number)
        if not isinstance(messages, (list, tuple)) or not messages or not all(map(is_message, messages)):
            raise DataError(f"column '{data.messages}' does not hold chat messages", source, number)
        messages = [dict(one) for one in messages]
    else:
        messages = [{"role": "user", "content": fill(data.prompt, fields, source, number)}]
    if system is not None and messages[0]["role"] != "system":
        messages = [{"role": "system", "content": system}, *messages]
    return messages


def _curriculum(rows: list[Row], path: Path, name: str, notes: list[str]) -> list[Row]:
    """The rows that a list names, in its order."""
    by_id = {row["id"]: row for row in rows}
    wanted = [
        str(column(entry, "id", str(path), number)) for number, entry in enumerate(read_rows(path), start=1)
    ]
    found = [by_id[one] for one in wanted if one in by_id]
    if not found:
        raise DataError(
            f"none of its ids ({', '.join(wanted[:3])} ..) is among the {len(rows)} ids of the data "
            f"({', '.join(list(by_id)[:3])} ..); check data.{name}.id",
            str(path),
        )
    notes.append(f"'{name}': {len(found)} rows chosen by {path.name}, which names {len(wanted)}")
    return found


def _check_golds(recipe: Recipe, rows: Sequence[Row]) -> list[str]:
    """A warning about golds that no answer can be compared with. A null that the recipe does not allow is an error."""
    rollouts = [_rollout(row, "") for row in rows]
    unusable = [
        f"{reading.rollout.id} ({reading.verdict.details.get('fault', '') if reading.verdict else ''})"
        for reading in recipe.read(rollouts)
        if reading.outcome == Outcome.UNDECIDED
    ]
    own = [f"{rollout.id} ({why})" for rollout, why in doubts(recipe.answer.verify, rollouts)]
    found = {"unusable, and": unusable, "equal to their own text alone, and other": own}
    told = "warning: {} of {} golds are {} completions of those rows get no reward; the first is row {}"
    return [told.format(len(ids), len(rows), what, ids[0]) for what, ids in found.items() if ids]


def _rollout(row: Row, completion: str) -> Rollout:
    return Rollout(
        completion=completion,
        gold=row["gold"],
        id=row["id"],
        fields={name: value for name, value in row.items() if name not in ("prompt", "gold")},
    )


def to_dataset(rows: Sequence[Row]) -> Any:
    """A `datasets.Dataset`. Raises DataError for a column that holds values of different types."""
    import datasets

    datasets.disable_progress_bars()
    several = any(isinstance(row.get("gold"), (list, tuple)) for row in rows)
    names = dict.fromkeys(name for row in rows for name in row)
    columns: dict[str, list[Any]] = {name: [row.get(name) for row in rows] for name in names}
    if several:
        columns["gold"] = [list(one) if isinstance(one, (list, tuple)) else [one] for one in columns["gold"]]
    try:
        return datasets.Dataset.from_dict(columns)
    except (TypeError, ValueError, OverflowError):
        for name, cells in columns.items():
            try:
                datasets.Dataset.from_dict({name: cells})
            except (TypeError, ValueError, OverflowError) as wrong:
                raise DataError(
                    f"column '{name}' holds values of different types ({wrong}); convert them to one type, or leave the "
                    f"column out: columns: {{{name}: null}}"
                ) from wrong
        raise
