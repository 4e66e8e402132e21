"""Groups of rollouts from a file of rows, and a report of what was taken and what was left out.

A row that holds a list of completions is a group, named by its id or else by its row number. Rows of
one completion are grouped by the group column and must be adjacent: a group that comes back later in
the file is a fault of the later rows, since the earlier ones have already been handed on. `group_by` reads
the whole file first and puts the rows of each group together, in the order in which groups first occur.

A bad row leaves its group without that completion: the others are compared among themselves, since a
missing completion is not a wrong one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Any, Literal

from ..errors import DataError, MissingFact, UsageError, nearest
from ..types import Rollout
from . import values
from .columns import Chosen, Columns, Fields, check_fields, missing
from .golds import IN_PYTHON, GoldReader, Judge, refuse_written_lists
from .report import Group, RowReport
from .seen import Seen
from .sources import Row, Source, open_rows
from .values import RowFault

PEEK = 100
"""Rows that are looked at for the names of the columns and for what they hold."""


@dataclass(slots=True)
class _Held:
    """The rollouts of one row."""

    group: str
    rollouts: list[Rollout]
    joins: bool
    """Whether rows beside it may belong to the same group."""
    named: bool
    """Whether the group's name comes from the data; else it is the row's number, or there is none."""
    counted: bool
    """Whether sample numbers come from the data; else they are counted within the group."""


class Groups:
    """An iterator over groups of rollouts, usable once. `report` grows as they are read."""

    def __init__(
        self,
        source: Source,
        columns: Columns,
        *,
        golds: GoldReader,
        needs: frozenset[str],
        fields: Fields = frozenset(),
        group_by: str | None,
        strict: bool,
        limit: int | None,
    ) -> None:
        self.source = source
        self.report = RowReport(source.name)
        self.seen = Seen()
        """The groups whose names come from the data."""
        self.unnamed: list[int] = []
        """As `Seen.key` has them, the names that rows got from their number."""
        self._columns = columns
        self._golds, self._needs, self._fields = golds, needs, fields
        self._group_by, self._strict, self._limit = group_by, strict, limit
        self._chosen: Chosen | None = None

    @property
    def divisible(self) -> bool:
        """Whether groups can be read range by range: nothing asks for the file as a whole."""
        return self._group_by is None and self._limit is None

    def open(self) -> Chosen:
        """Choose the columns and look at the first rows, as iterating does."""
        if self._chosen is None:
            for _ in self._opened():
                break
        assert self._chosen is not None
        return self._chosen

    def within(self, source: Source, seen: Seen | None = None) -> Groups:
        """The groups of a range of the opened file.

        Args:
            source: the range, whose rows have the numbers that they have in the file.
            seen: names of the groups before the range; those of the range are added.
        """
        part = copy(self)
        part.source, part.seen, part.unnamed = source, seen if seen is not None else Seen(), []
        part._chosen = self.open()
        return part

    def parted(self, before: Row, after: Row) -> bool:
        """Whether both of two rows that follow each other can be used, and belong to different groups."""
        self.report = RowReport(self.source.name, self.open())
        try:
            one, other = (self._rollouts(row.number, row.cells) for row in (before, after) if row.cells)
        except (RowFault, ValueError):  # ValueError: not two
            return False
        return not (one.joins and one.group == other.group)

    def __iter__(self) -> Iterator[Group]:
        whole = self._chosen is None
        self.report = RowReport(self.source.name, self._chosen)
        yield from self._grouped(self._opened() if whole else self.source)
        if whole and not self.report.rows:
            raise DataError("the file holds no rows", self.source.name)

    def _opened(self) -> Iterator[Row]:
        """The rows, once the columns are chosen and the first rows looked at."""
        rows = iter(self.source)
        names = self.source.names()
        head = list(islice(rows, PEEK if names is None or self._limit is None else min(PEEK, self._limit)))
        if names is None:
            names = list(dict.fromkeys(name for row in head for name in row.cells or ()))
            if not head:
                raise DataError("the file holds no rows", self.source.name)
            if not names:
                first = head[0]
                raise DataError(first.fault or "the row has no columns", self.source.name, first.number)
        self._take(self._choose(names))
        self._look(head[: self._limit])
        yield from islice(chain(head, rows), self._limit)

    def _take(self, chosen: Chosen) -> None:
        """Look up once per file what is asked for in every row."""
        self._chosen = self.report.chosen = chosen
        self._column = column = chosen.columns
        self._taken = frozenset(column.values())
        self._split = column.get("prompt") == column["completion"]
        self._counted = "sample" in column
        self._facts = [(role, column[role], read) for role, read in PER_SAMPLE.items() if role in column]

    def _choose(self, names: Sequence[str]) -> Chosen:
        if self._group_by is not None and self._group_by not in names:
            raise UsageError(
                f"--group-by {self._group_by}: no such column in {self.source.name}; {nearest(self._group_by, names)}"
            )
        chosen = self._columns.choose(names, file=self.source.name)
        if self._group_by is not None:
            chosen = Chosen({**chosen.columns, "group": self._group_by}, chosen.notes)
        check_fields(self._fields, names, self.source.name, chosen.columns)
        has = set(chosen.columns)
        if "token_ids" in self._needs and "token_ids" not in has:
            raise MissingFact(
                f"{self.source.name} has no column of token ids and this recipe reads them; name it with --column "
                "token_ids=NAME, or name a tokenizer (--tokenizer NAME)"
            )
        if "tokens" in self._needs and not has & {"tokens", "token_ids"}:
            raise MissingFact(
                f"{self.source.name} has no token counts and this recipe prices tokens; name the column with --column "
                "tokens=NAME, or name a tokenizer (--tokenizer NAME)"
            )
        return chosen

    def _look(self, head: Sequence[Row]) -> None:
        """Refuse columns that hold something other than their role, before anything is scored."""
        assert self.report.chosen is not None
        cells = [row.cells for row in head if row.cells is not None]
        name, json = self.source.name, not self.source.lists
        completion, gold = (self.report.chosen.columns[role] for role in ("completion", "gold"))
        said = [row.get(completion) for row in cells]
        refuse_written_lists(said, f"the completion column '{completion}'", name, json=json)
        self._golds.look((row.get(gold) for row in cells), gold, name, json=json)

    # --- rows into groups ---------------------------------------------------------------------

    def _grouped(self, rows: Iterable[Row]) -> Iterator[Group]:
        group: Group | None = None
        for number, held in self._together(self._held(rows)):
            joins = group is not None and held.joins and group.name == held.group
            if not joins and (held.group or held.named):
                key = Seen.key(held.group)
                if key in self.seen:
                    self._bad(
                        number,
                        RowFault(
                            "group not contiguous",
                            f"group '{held.group}' was in a row above, and comes back here after other groups; put its "
                            "rows together (--group-by COLUMN does), or give rows that are groups of their own an id of "
                            "their own",
                        ),
                    )
                    continue
                if held.named:
                    self.seen.add(key)
                else:
                    self.unnamed.append(key)
            if not joins:
                if group:
                    yield self._done(group)
                group = Group(held.group)
            assert group is not None
            before = group[-1].sample + 1 if group and not held.counted else 0
            for rollout in held.rollouts:
                if before:  # nobody else has it yet; a copy of every rollout is time
                    object.__setattr__(rollout, "sample", rollout.sample + before)
                group.append(rollout)
                group.rows.append(number)
            if not held.group:
                yield self._done(group)
                group = None
        if group:
            yield self._done(group)

    def _together(self, rows: Iterable[tuple[int, _Held]]) -> Iterable[tuple[int, _Held]]:
        if self._group_by is None:
            return rows
        kept = list(rows)
        order = {name: at for at, name in enumerate(dict.fromkeys(held.group for _, held in kept))}
        return sorted(kept, key=lambda pair: order[pair[1].group])

    def _done(self, group: Group) -> Group:
        self.report.groups += 1
        self.report.rollouts += len(group)
        return group

    def _bad(self, row: int, fault: RowFault) -> None:
        if self._strict:
            raise DataError(fault.fault, self.source.name, row)
        self.report.leave_out(row, fault.kind, fault.fault)

    # --- a row into rollouts ------------------------------------------------------------------

    def _held(self, rows: Iterable[Row]) -> Iterator[tuple[int, _Held]]:
        for row in rows:
            self.report.rows += 1
            try:
                if row.cells is None:
                    raise RowFault("not readable", row.fault)
                yield row.number, self._rollouts(row.number, row.cells)
            except RowFault as fault:
                self._bad(row.number, fault)

    def _rollouts(self, number: int, cells: dict[str, Any]) -> _Held:
        columns = self._column
        if columns["completion"] not in cells:
            raise RowFault("missing completion", f"the row has no '{columns['completion']}', the completion")
        if columns["gold"] not in cells:
            raise RowFault("missing gold", f"the row has no '{columns['gold']}', the gold")
        said = cells[columns["completion"]]
        answers, several = ([said], False) if type(said) is str else values.completions(said)
        gold = self._golds.read(cells[columns["gold"]])
        has_id, own = self._name(cells, "id", number)
        group = self._group(cells, own if several else "")
        prompt = "" if self._split or "prompt" not in columns else values.prompt(cells.get(columns["prompt"]))
        extra = {name: value for name, value in cells.items() if name not in self._taken}
        if self._fields:
            self.report.lacking.update(missing(self._fields, extra))
        facts = [
            (role, read, _each(cells.get(column), role, len(answers)) if several else (cells.get(column),))
            for role, column, read in self._facts
        ]
        rollouts: list[Rollout] = []
        for at, answer in enumerate(answers):
            try:
                own_facts: dict[str, Any] = {"sample": at}
                text, asked = answer, prompt
                if type(answer) is not str:
                    found = values.said(answer)
                    text, own_facts["reasoning"] = found.text, found.reasoning
                    asked = (found.prompt or "") if self._split else prompt
                for role, read, column in facts:
                    fact = read(column[at])
                    if fact is not None and (fact != "" or role != "reasoning"):
                        own_facts[role] = fact
                rollout = Rollout(
                    completion=text, gold=gold, prompt=asked, id=own, group=group, fields=extra, **own_facts
                )
                if self._needs:
                    self._check_needs(rollout)
                rollouts.append(rollout)
            except RowFault as fault:
                if not several:
                    raise
                self._bad(number, RowFault(fault.kind, f"sample {at}: {fault.fault}"))
        if not rollouts:
            raise RowFault("missing completion", "none of the row's completions can be used")
        joins = "group" in columns
        return _Held(group, rollouts, joins, joins or (several and has_id), self._counted)

    def _name(self, cells: dict[str, Any], role: str, number: int) -> tuple[bool, str]:
        """Whether the row has an id of its own, and the one that it goes by."""
        cell = cells.get(self._column.get(role, ""))
        return (False, str(number)) if values.is_null(cell) else (True, values.name(cell, role))

    def _group(self, cells: dict[str, Any], own: str) -> str:
        column = self._column.get("group")
        if column is None:
            return own
        cell = cells.get(column)
        if values.is_null(cell):
            raise RowFault("missing group", f"'{column}', the group, is null; every row needs one")
        return values.name(cell, "group")

    def _check_needs(self, rollout: Rollout) -> None:
        if "token_ids" in self._needs and rollout.token_ids is None:
            raise RowFault("missing token ids", "no token ids, and the recipe reads them")
        if "tokens" in self._needs and rollout.tokens is None and rollout.token_ids is None:
            raise RowFault("missing token count", "no token count, and the recipe prices tokens")


PER_SAMPLE: Mapping[str, Callable[[Any], Any]] = {
    "sample": partial(values.count, role="sample"),
    "tokens": partial(values.count, role="tokens"),
    "token_ids": values.token_ids,
    "finish": values.finish,
    "reasoning": values.optional_text,
}
"""What reads the cell of one completion, by role."""


def _each(cell: Any, role: str, size: int) -> list[Any]:
    """One value per completion."""
    if values.is_null(cell):
        return [cell] * size
    found = values.as_list(cell)
    if found is None or len(found) != size:
        what = "no list" if found is None else f"a list of {len(found)}"
        raise RowFault(
            f"{role} does not fit", f"the row has {size} completions, and {role} is {what}; it needs one each"
        )
    return found


def read_rollouts(
    path: str | Path,
    columns: Columns | None = None,
    *,
    gold_extract: str | None = None,
    null_gold: Literal["error", "unanswerable"] = "error",
    judges: Sequence[Judge] = (),
    option: str = IN_PYTHON,
    needs: Iterable[str] = (),
    fields: Fields = frozenset(),
    group_by: str | None = None,
    strict: bool = False,
    limit: int | None = None,
) -> Groups:
    """The groups of a file of rows.

    Args:
        path: .jsonl, .json, .csv, .tsv or .parquet; '-' for JSONL on standard input.
        columns: the column of each role; those not named are looked for under their usual names.
        gold_extract: the extractor that finds the gold inside its column, as in `hash`.
        null_gold: what a null gold means; a recipe says it as `recipe.answer.null_gold`.
        judges: what will compare the golds, as `[recipe.answer]`; a column of whole solutions is then refused.
        option: how the user would write `gold_extract` (see `rewardkit.rows.golds`).
        needs: facts that every rollout must carry, as `recipe.needs()` returns them; leave empty where a
            tokenizer will supply them.
        fields: columns that conditions read, as `recipe.fields()` returns them; a file without one is refused.
        group_by: the group column; its rows may be anywhere (the file is then held in memory).
        strict: raise DataError at the first bad row, instead of leaving it out and counting it.
        limit: read at most this many rows.

    Raises:
        UsageError: the file, a column or the extractor does not exist. The file itself is read on iteration.
    """
    return Groups(
        open_rows(path),
        columns or Columns(),
        golds=GoldReader(
            gold_extract, judges=judges, null_is_gold=null_gold == "unanswerable", option=option
        ),
        needs=frozenset(needs),
        fields=fields,
        group_by=group_by,
        strict=strict,
        limit=limit,
    )
