"""Which column plays which role.

A role that is named (`Columns(gold="answer")`, `--column gold=answer`) is read from that column. One that
is not is looked for under its usual names, in the order below; the first that exists is taken, and
the choice is reported. Nothing is ever read from the prompt's text.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from typing import Any

from ..errors import UsageError, nearest
from .values import is_null

USUAL: Mapping[str, tuple[str, ...]] = {
    "prompt": ("prompt", "question", "problem"),
    "completion": ("completion", "completions", "response", "responses", "output", "outputs"),
    "gold": ("gold", "golden", "answer", "solution", "ground_truth", "target"),
    "id": ("id", "unique_id", "problem_id", "question_id"),
    "group": ("group", "group_id", "prompt_id"),
    "sample": ("sample", "sample_id", "sample_index"),
    "tokens": ("tokens", "num_tokens", "completion_tokens", "token_count"),
    "token_ids": ("token_ids", "completion_ids"),
    "finish": ("finish", "finish_reason", "finish_reasons", "stop_reason", "truncated"),
    "reasoning": ("reasoning_content", "reasoning"),
}
"""The names under which a role is looked for, best first."""

ROLES = tuple(USUAL)
MESSAGES = "messages"
"""A whole conversation: prompt and completion in one column."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """The column of each role; None means: look under the usual names (`USUAL`).

    `completion` holds a string, a list of strings (the row is then a group), a list of chat messages, or
    a list of those. `gold` holds a string, a number, null, or a list (several accepted golds).
    `tokens` is a count without the end-of-sequence token. `finish` holds a finish reason, or a boolean
    for "was cut". Where `completion` holds a list, so do `sample`, `tokens`, `token_ids`, `finish`
    and `reasoning`. Every other column goes into `Rollout.fields`, whole.
    """

    prompt: str | None = None
    completion: str | None = None
    gold: str | None = None
    id: str | None = None
    group: str | None = None
    sample: str | None = None
    tokens: str | None = None
    token_ids: str | None = None
    finish: str | None = None
    reasoning: str | None = None

    def choose(
        self, names: Iterable[str], required: Sequence[str] = ("completion", "gold"), file: str = ""
    ) -> Chosen:
        """The column of each role among `names`, those of `file` (for messages).

        Raises:
            UsageError: a named column does not exist, or a required role has none.
        """
        present = list(names)
        where = f"{file}: " if file else ""
        taken: dict[str, str] = {}
        notes: list[str] = []
        for entry in fields(self):
            role, wanted = entry.name, getattr(self, entry.name)
            if wanted is not None:
                if wanted not in present:
                    raise UsageError(
                        f"{where}no column '{wanted}' for the {role}; {nearest(wanted, present)}"
                    )
                taken[role] = wanted
        claimed = set(taken.values())
        for role, usual in USUAL.items():
            if role in taken:
                continue
            found = [name for name in usual if name in present and name not in claimed]
            if found:
                taken[role] = found[0]
                notes += [f"'{other}' is not read as the {role}" for other in found[1:]]
        if MESSAGES in present:
            for role in ("completion", "prompt"):
                taken.setdefault(role, MESSAGES)
        for role in required:
            if role not in taken:
                free = [name for name in present if name not in taken.values()]
                raise UsageError(
                    f"{where}no column holds the {role}: looked for {', '.join(USUAL[role])} among "
                    f"{', '.join(map(repr, present)) or 'no columns at all'}; name it with --column "
                    f"{role}={_likely(role, free)}"
                )
        return Chosen({role: taken[role] for role in ROLES if role in taken}, tuple(notes))


def _likely(role: str, names: Sequence[str]) -> str:
    """Which of `names` looks like a usual name of the role, for a message; else NAME."""
    plain = {name.strip().casefold(): name for name in names}
    close = (get_close_matches(usual, plain, n=1, cutoff=0.8) for usual in USUAL[role])
    found = next((plain[match[0]] for match in close if match), None)
    return "NAME" if found is None else found if found.isidentifier() else f"'{found}'"


@dataclass(frozen=True, slots=True)
class Chosen:
    """Role to column, for the roles that have one, and notes about the choice."""

    columns: Mapping[str, str]
    notes: tuple[str, ...] = field(default=())

    def __str__(self) -> str:
        pairs = ", ".join(f"{role} = {column}" for role, column in self.columns.items())
        return f"columns: {pairs}" + "".join(f"; {note}" for note in self.notes)


Fields = frozenset[tuple[str, bool]]
"""Columns that conditions read, and whether they are compared with null, as `recipe.fields()` returns them."""


def check_fields(
    fields: Fields, names: Iterable[str], where: str = "", roles: Mapping[str, str] | None = None
) -> None:
    """Refuse data without a column that a condition reads: the condition would silently never hold.

    Args:
        fields: columns that conditions read.
        names: the columns of the data.
        where: the file or other source, for the message.
        roles: role to column, for columns that are read as something else.

    Raises:
        UsageError: a column does not exist, or is read as a role and so not available to conditions.
    """
    present = list(names)
    at = f"{where}: " if where else ""
    for name, _ in sorted(fields):
        if name not in present:
            raise UsageError(
                f"{at}no row has a column '{name}', which a condition of the recipe reads: field(\"{name}\"); "
                f"{nearest(name, present) if present else 'the rows have no other columns'}"
            )
        role = next((role for role, column in (roles or {}).items() if column == name), None)
        if role is not None:
            raise UsageError(
                f"{at}column '{name}' is read as the {role}, so the recipe's condition field(\"{name}\") never holds; "
                "copy it to a column of another name for the condition"
            )


def lacking(fields: Fields, rows: Sequence[Mapping[str, Any]], where: str = "") -> list[str]:
    """Warnings about columns that conditions read and some rows lack, with counts.

    Args:
        fields: columns that conditions read.
        rows: the rows' columns.
        where: as for `check_fields`.

    Raises:
        UsageError: no row has a column.
    """
    if rows:
        check_fields(fields, dict.fromkeys(name for row in rows for name in row), where)
    counts = Counter(name for row in rows for name in missing(fields, row))
    return [lacks(name, count, len(rows)) for name, count in sorted(counts.items())]


def missing(fields: Fields, row: Mapping[str, Any]) -> set[str]:
    """The columns that conditions read and a row does not have. A null counts as none, unless null is compared."""
    compared = {name for name, with_null in fields if with_null}
    return {name for name, _ in fields if name not in row or (name not in compared and is_null(row[name]))}


def lacks(name: str, count: int, of: int) -> str:
    """The warning about a column that some rows do not have."""
    return f"{count:,} of {of:,} rows have no '{name}', which a condition of the recipe reads: it does not hold for them"


def parse_columns(settings: Sequence[str]) -> Columns:
    """`Columns` from `role=name` strings, as given on the command line.

    >>> parse_columns(["gold=answer"]).gold
    'answer'
    """
    named: dict[str, str] = {}
    for setting in settings:
        role, equals, name = setting.partition("=")
        role = role.strip().replace("-", "_")
        if not equals or not name:
            raise UsageError(f"--column {setting}: write it as role=name, as in --column gold=answer")
        if role not in ROLES:
            raise UsageError(f"--column {setting}: no role '{role}'; {nearest(role, ROLES)}")
        if named.get(role, name) != name:
            raise UsageError(f"--column: {role} is given twice, as '{named[role]}' and '{name}'; keep one")
        named[role] = name
    return Columns(**named)
