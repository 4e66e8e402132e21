"""What a cases file may contain: completions, what they earn, and orders that must hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from ..terms.base import Price
from ..types import Finish, Outcome


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Repeat(_Part):
    """A piece of a completion that is written once and occurs often.

    Args:
        repeat: the string.
        times: how often it occurs.
    """

    repeat: str
    times: Annotated[int, Field(ge=0, le=10_000_000)]


def _pieces(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Text = Annotated[tuple[str | Repeat, ...], BeforeValidator(_pieces)]
"""A string, or a list of strings and repetitions that are joined."""


def _every(value: Any) -> Any:
    return value if isinstance(value, Mapping) else {"*": value}


def _plain_table(value: Any) -> Any:
    """A table of labels without versions applies to every version."""
    if isinstance(value, Mapping) and not all(str(key).isdigit() for key in value):
        return {"*": value}
    return value


ByVersion = Annotated[dict[str, Price], BeforeValidator(_every)]
TermsByVersion = Annotated[dict[str, dict[str, Price]], BeforeValidator(_plain_table)]


class Facts(_Part):
    """What is known about a rollout besides its text; a case's own facts override the file's `defaults`.

    Args:
        gold: the accepted answer, or a list of them; null means a null in the data.
        tokens: the number of tokens without the end-of-sequence token.
        token_ids: the ids themselves, for terms that read them.
        finish: stop, length (truncated) or unknown.
        reasoning: if a server returns it separately from the completion.
        prompt: the prompt's text.
        fields: other columns of the row.
    """

    gold: str | tuple[str | None, ...] | None = None
    tokens: Annotated[int, Field(ge=0)] | None = None
    token_ids: tuple[int, ...] | None = None
    finish: Finish = Finish.UNKNOWN
    reasoning: str | None = None
    prompt: str = ""
    fields: dict[str, Any] = {}


class Sample(Facts):
    """One completion and what it should earn.

    Args:
        name: how orders and reports refer to it.
        completion: a string, or a list of strings and {repeat, times} that are joined.
        expect: the total, by version or for all; null if nothing is paid at all.
        terms: what single labels pay, by version or for all.
        outcome: the cell of the outcome table.
    """

    name: str = ""
    completion: Text
    expect: ByVersion = {}
    terms: TermsByVersion = {}
    outcome: Outcome | None = None

    @property
    def text(self) -> str:
        """The completion."""
        return "".join(p if isinstance(p, str) else p.repeat * p.times for p in self.completion)

    def wanted(self, version: int) -> tuple[bool, float | None]:
        """Whether a total is stated for this version, and which."""
        for key in (str(version), "*"):
            if key in self.expect:
                return True, self.expect[key]
        return False, None

    def wanted_terms(self, version: int) -> Mapping[str, float | None]:
        """Label to payment, as far as stated for this version."""
        return {**self.terms.get("*", {}), **self.terms.get(str(version), {})}


class Case(Facts):
    """One completion, or the `completions` of one prompt, scored as a group.

    Args:
        name: unique in the file.
        why: the arithmetic, or the purpose of the case.
        completion: the text of a single completion.
        completions: the completions of one prompt, each with its own expectations.
        versions: versions the case applies to; by default all that the file covers.
        expect: the total, by version or for all; null if nothing is paid at all.
        terms: what single labels pay, by version or for all.
        outcome: the cell of the outcome table.
    """

    name: Annotated[str, Field(min_length=1)]
    why: str = ""
    completion: Text | None = None
    completions: tuple[Sample, ...] = ()
    versions: tuple[int, ...] = ()
    expect: ByVersion = {}
    terms: TermsByVersion = {}
    outcome: Outcome | None = None

    @model_validator(mode="after")
    def _one_or_many(self) -> Case:
        if (self.completion is None) == (not self.completions):
            raise ValueError(
                f"case '{self.name}' needs `completion`, or `completions` for a group, and not both"
            )
        if self.completions and (self.expect or self.terms or self.outcome):
            raise ValueError(
                f"case '{self.name}' is a group: write expect, terms and outcome on each completion"
            )
        return self

    def samples(self) -> list[Sample]:
        """The completions, each with its own facts over the case's."""
        if self.completion is not None:
            own = {name: getattr(self, name) for name in self.model_fields_set & set(Sample.model_fields)}
            return [Sample.model_construct(**{**own, "name": self.name})]
        return list(self.completions)


class Order(_Part):
    """Names of cases whose totals fall strictly, first to last.

    Args:
        order: names of single cases, or of named completions in groups; the best first.
        versions: versions it applies to; by default all that the file covers.
        why: what the order protects.
    """

    order: Annotated[tuple[str, ...], Field(min_length=2)]
    versions: tuple[int, ...] = ()
    why: str = ""


def _orders(value: Any) -> Any:
    if isinstance(value, list):
        if value and all(isinstance(step, str) for step in value):
            value = [value]
        return [{"order": step} if isinstance(step, list) else step for step in value]
    return value


class Cases(_Part):
    """A file of cases.

    Args:
        versions: versions that the cases test; by default every v*.yaml beside the file.
        defaults: facts of every rollout whose case does not state them.
        cases: completions and what they earn.
        prefer: orders that hold however the weights are tuned: one list of names, or several, each with
            `versions` if it does not apply to all.
    """

    versions: tuple[int, ...] = ()
    defaults: Facts = Facts()
    cases: Annotated[tuple[Case, ...], Field(min_length=1)]
    prefer: Annotated[tuple[Order, ...], BeforeValidator(_orders)] = ()
