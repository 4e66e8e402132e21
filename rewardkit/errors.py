"""Everything rewardkit raises on purpose.

    RewardkitError                 the root; the command line prints it and exits with `exit_code`
    ├── RecipeError                a recipe, cases file, suite or plan is wrong; knows file, line, column
    │   └── LockError              a released version changed
    ├── DataError                  a row of data is wrong; knows file and row
    ├── MissingFact                a term needs a fact (tokens, a group) that a rollout does not have
    ├── SetupError                 a package, tokenizer or server that is needed is missing
    └── UsageError                 arguments that contradict each other

Every message has the place, what was found, and the remedy.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches


class RewardkitError(Exception):
    """The root of rewardkit's exceptions; `exit_code` is what the command line returns."""

    exit_code = 2


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a file. `line` and `column` count from 1; 0 means unknown."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        if not self.line:
            return self.file
        return f"{self.file}:{self.line}:{self.column}"


class RecipeError(RewardkitError):
    """A declarative file is wrong. Prints as `file:line:column: fault; remedy`."""

    def __init__(self, fault: str, place: Place | None = None) -> None:
        self.fault = fault
        self.place = place
        super().__init__(f"{place}: {fault}" if place else fault)

    def __reduce__(self):  # exceptions with two arguments do not pickle on their own
        return type(self), (self.fault, self.place)


class LockError(RecipeError):
    """A released version differs from the lock."""

    exit_code = 1


class DataError(RewardkitError):
    """A row of data cannot be used; `row` counts from 1 as an editor does."""

    def __init__(self, fault: str, file: str = "", row: int | None = None) -> None:
        self.fault, self.file, self.row = fault, file, row
        where = ":".join(str(part) for part in (file, row) if part not in ("", None))
        super().__init__(f"{where}: {fault}" if where else fault)

    def __reduce__(self):
        return type(self), (self.fault, self.file, self.row)


class MissingFact(RewardkitError):
    """A term needs something that the rollout does not have. Nothing is guessed."""


class SetupError(RewardkitError):
    """Something outside rewardkit (a package, a tokenizer, a server) is needed and missing."""


class UsageError(RewardkitError):
    """The arguments given do not fit together."""


def nearest(name: str, valid: Iterable[str]) -> str:
    """The tail of an error message: a suggestion if one is close, and the valid names.

    >>> nearest("charcters", ["characters", "length"])
    "did you mean 'characters'?"
    >>> nearest("zzz", ["characters", "length"])
    'valid: characters, length'
    """
    names = sorted(valid)
    close = get_close_matches(name, names, n=1, cutoff=0.6)
    if close:
        return f"did you mean '{close[0]}'?"
    return "valid: " + ", ".join(names)


class ConditionError(ValueError):
    """A condition cannot be read; `offset` counts characters from its start."""

    def __init__(self, fault: str, offset: int) -> None:
        super().__init__(fault)
        self.offset = offset
