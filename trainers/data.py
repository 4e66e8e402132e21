"""Data sets of a plan as the rows that TRL takes.

Files, hub data sets, mixes and traces come in as the plan says; plain rows go out: for `sft` a `prompt` and a
`completion`, both lists of messages (TRL then masks the prompt by itself); for `grpo` a `prompt`, the `gold`, the
`id` and every other column, which the recipe may read. A row that cannot be used is named with its file and number.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import SandboxedEnvironment

from rewardkit.errors import DataError, SetupError
from rewardkit.evals.data import read_rows
from rewardkit.recipe import Recipe
from rewardkit.rows.values import RowFault, golds, is_message
from rewardkit.types import Outcome, Rollout

from .plan import DataSet, Gold, MixPart, Stage, Traces
from .planning import Resolved
from .trl import NOT_COLUMNS, make_extractor

JINJA = SandboxedEnvironment(undefined=StrictUndefined, keep_trailing_newline=True)
TAKEN = NOT_COLUMNS | {"prompt", "completion", "log_extra", "log_metric", "gold", "id"}
"""Names that a data column may not have when it is handed to TRL."""

Row = dict[str, Any]


@dataclass
class Rows:
    """Rows for a stage, and what a person should know about them."""

    rows: list[Row]
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Loader:
    """Loads the data of a plan's stages.

    Args:
        resolved: the plan.
        raw: a data set's name to its raw rows; the smoke run makes them up.
        traces: a traces entry of a stage to the rows it stands for.
        prompt_tokens: counts the tokens of a prompt; None where no tokenizer is at hand.
        traces_are: what the notes call the rows of a traces entry; the smoke run's are stand-ins.
    """

    resolved: Resolved
    raw: Callable[[str], Iterable[Row]]
    traces: Callable[[Traces], list[Row]]
    prompt_tokens: Callable[[list[Row]], int] | None = None
    traces_are: str = "right traces"

    def load(self, at: int, recipe: Recipe | None) -> Rows:
        """The rows of stage `at`. Raises DataError, or RecipeError with the place in the plan."""
        stage = self.resolved.plan.stages[at]
        system = self._system(stage, recipe)
        notes: list[str] = []
        parts: list[tuple[MixPart | Traces, list[Row]]] = []
        for part in stage.data:
            if isinstance(part, Traces):
                rows = self.traces(part)
                notes.append(f"{len(rows)} {self.traces_are} of '{part.traces}', {part.order} first")
                parts.append((part, rows[: part.count] if part.count else rows))
            else:
                rows = self._set(part.set, stage, system, recipe, notes)
                parts.append((part, rows))
        mixed = _mix(self.resolved, at, parts, notes)
        if not mixed:
            raise self.resolved.fault("no row is left to train on", "stages", at, "data")
        if stage.kind == "grpo" and recipe is not None:
            notes += _check_golds(recipe, mixed)
        return Rows(mixed, notes)

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
        if stage.kind == "sft" and data.completion is None:
            raise self.resolved.fault(
                f"an sft stage ('{stage.name}') learns from '{name}', which has no `completion` template",
                "data",
                name,
                "prompt",
            )
        if stage.kind == "grpo" and data.gold is None:
            raise self.resolved.fault(
                f"a grpo stage ('{stage.name}') needs the gold of '{name}': write `gold: COLUMN`",
                "data",
                name,
                "prompt",
            )
        kept: list[tuple[int, Row]] = [
            (number, row)
            for number, row in enumerate(self.raw(name), start=1)
            if _keep(row, data.where, source, number)
        ]
        if data.shuffle is not None:
            random.Random(data.shuffle).shuffle(kept)
        made: list[Row] = []
        dropped, long = 0, 0
        for number, row in kept:
            try:
                one = _row(row, number, data, stage.kind, system, source)
            except _NoGold as fault:
                if data.unreadable_gold == "error":
                    raise DataError(
                        f"{fault}; or drop such rows: unreadable_gold: drop", source, number
                    ) from fault
                dropped += 1
                continue
            limit = data.max_prompt_tokens
            if limit is not None and self.prompt_tokens and self.prompt_tokens(one["prompt"]) > limit:
                long += 1
                continue
            made.append(one)
        if data.only is not None:
            made = _curriculum(made, self.resolved.file(data.only))
        if dropped:
            notes.append(f"'{name}': {dropped} rows dropped, no gold found in them")
        if long:
            notes.append(f"'{name}': {long} prompts of over {data.max_prompt_tokens} tokens left out")
        return made[: data.limit]


def raw_rows(resolved: Resolved, name: str) -> Iterable[Row]:
    """The rows of a data set as they stand, from its file or from the hub."""
    data = resolved.plan.data[name]
    if data.path is not None:
        return read_rows(resolved.file(data.path))
    try:
        import datasets

        return datasets.load_dataset(data.hub or "", data.config, split=data.split, revision=data.revision)  # type: ignore[return-value]
    except (ConnectionError, OSError, ValueError, RuntimeError) as wrong:
        raise SetupError(
            f"{resolved.place('data', name, 'hub')}: the hub data set '{data.hub}' cannot be loaded "
            f"({type(wrong).__name__}: {str(wrong)[:200]}); with a copy of it at hand: "
            f"--set data.{name}.hub=null --set data.{name}.path=FILE"
        ) from wrong


def at_hand(resolved: Resolved, name: str) -> bool:
    """Whether a data set's file is there. A hub data set is not asked for."""
    path = resolved.plan.data[name].path
    return path is not None and resolved.file(path).is_file()


class _NoGold(Exception):
    """The extractor finds nothing in the gold column."""


def _row(row: Row, number: int, data: DataSet, kind: str, system: str | None, source: str) -> Row:
    fields = dict(row) | {new: _column(row, old, source, number) for new, old in data.columns.items()}
    made: Row = {"prompt": _prompt(fields, data, system, source, number)}
    if kind == "sft":
        text = fill(data.completion or "", fields, source, number)
        return made | {"completion": [{"role": "assistant", "content": text}]}
    gold = data.gold if isinstance(data.gold, Gold) else Gold(column=str(data.gold))
    cell = _column(fields, gold.column, source, number)
    try:
        made["gold"] = golds(cell, make_extractor(gold.extract), True)
    except RowFault as fault:
        if fault.kind == "no gold in the text":
            raise _NoGold(str(fault)) from fault
        raise DataError(str(fault), source, number) from fault
    made["id"] = str(number) if data.id is None else str(_column(fields, data.id, source, number))
    return made | {name: value for name, value in fields.items() if name not in TAKEN}


def _prompt(fields: Row, data: DataSet, system: str | None, source: str, number: int) -> list[Row]:
    if data.messages is not None:
        messages = _column(fields, data.messages, source, number)
        if not isinstance(messages, (list, tuple)) or not all(is_message(one) for one in messages):
            raise DataError(f"column '{data.messages}' holds no chat messages", source, number)
        messages = [dict(one) for one in messages]
    else:
        messages = [{"role": "user", "content": fill(data.prompt, fields, source, number)}]
    if system is not None and messages[0]["role"] != "system":
        messages = [{"role": "system", "content": system}, *messages]
    return messages


def fill(template: str, fields: Mapping[str, Any], source: str, number: int) -> str:
    """A template filled from a row; DataError names what the row lacks."""
    try:
        return JINJA.from_string(template).render(**fields)
    except TemplateError as wrong:
        raise DataError(f"{wrong}; the row has {', '.join(fields)}", source, number) from wrong


def _keep(row: Row, where: Mapping[str, Any], source: str, number: int) -> bool:
    return all(
        _column(row, column, source, number) in (wanted if isinstance(wanted, list) else [wanted])
        for column, wanted in where.items()
    )


def _column(row: Mapping[str, Any], column: str, source: str, number: int) -> Any:
    if column not in row:
        raise DataError(f"no column '{column}'; found {', '.join(row)}", source, number)
    return row[column]


def _curriculum(rows: list[Row], path: Path) -> list[Row]:
    """The rows that a list names, in its order."""
    by_id = {row.get("id"): row for row in rows}
    found = []
    for number, entry in enumerate(read_rows(path), start=1):
        name = str(_column(entry, "id", str(path), number))
        if name in by_id:
            found.append(by_id[name])
    if not found:
        raise DataError(f"none of its ids is among the data's {len(rows)}; check data.NAME.id", str(path))
    return found


def _mix(
    resolved: Resolved, at: int, parts: Sequence[tuple[MixPart | Traces, list[Row]]], notes: list[str]
) -> list[Row]:
    shares = [(part.share, rows) for part, rows in parts if isinstance(part, MixPart) and part.share]
    if shares and sum(share for share, _ in shares) > 1 + 1e-9:
        raise resolved.fault("the shares of a mix come to more than 1", "stages", at, "data")
    whole = min((int(len(rows) / share + 1e-9) for share, rows in shares), default=0)
    mixed: list[Row] = []
    for place, (part, rows) in enumerate(parts):
        wanted = len(rows)
        if isinstance(part, MixPart) and part.count is not None:
            wanted = part.count
        elif isinstance(part, MixPart) and part.share is not None:
            wanted = round(whole * part.share)
        if wanted > len(rows):
            name = part.set if isinstance(part, MixPart) else part.traces
            raise resolved.fault(
                f"{wanted} rows are asked of '{name}', which has {len(rows)}", "stages", at, "data", place
            )
        if len(parts) > 1 and isinstance(part, MixPart):
            notes.append(f"{wanted} rows of '{part.set}'")
        mixed += rows[:wanted]
    return mixed


def _check_golds(recipe: Recipe, rows: Sequence[Row]) -> list[str]:
    """What is to be said of golds that no answer can be compared with. A null where none may be is an error."""
    rollouts = [
        Rollout(
            completion="",
            gold=row["gold"],
            id=row["id"],
            fields={name: value for name, value in row.items() if name not in ("prompt", "gold")},
        )
        for row in rows
    ]
    unusable = [
        f"{reading.rollout.id} ({reading.verdict.details.get('fault', '') if reading.verdict else ''})"
        for reading in recipe.read(rollouts)
        if reading.outcome == Outcome.UNDECIDED
    ]
    if not unusable:
        return []
    return [
        f"warning: {len(unusable)} of {len(rows)} golds are unusable, and completions of those rows get no reward; "
        f"the first is row {unusable[0]}"
    ]


def to_dataset(rows: Sequence[Row]) -> Any:
    """A `datasets.Dataset`. Raises DataError where a column holds values of different types."""
    import datasets

    datasets.disable_progress_bars()
    several = any(isinstance(row.get("gold"), (list, tuple)) for row in rows)
    names = dict.fromkeys(name for row in rows for name in row)
    columns: dict[str, list[Any]] = {name: [row.get(name) for row in rows] for name in names}
    if several:
        columns["gold"] = [list(one) if isinstance(one, (list, tuple)) else [one] for one in columns["gold"]]
    try:
        return datasets.Dataset.from_dict(columns)
    except (TypeError, ValueError, OverflowError) as wrong:
        raise DataError(
            f"the columns {', '.join(names)} do not make a table ({wrong}); a column holds values of one type"
        ) from wrong
