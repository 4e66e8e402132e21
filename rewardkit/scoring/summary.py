"""A summary of scores: mean and spread of each term, shares of outcomes, routes, groups without spread.

It is built from the records of a score file, group by group, and prints as a table of 80 columns and as
JSON. Memory does not grow with the records.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

from ..documents import OMITTED, computed, written_as
from ..formatting import number_of, printable, signed, terminal_table
from ..types import Outcome
from .moments import Moments

if TYPE_CHECKING:
    from rich.console import RenderableType

NAMED = 20
"""Bad rows and unusable golds that a summary names; the others are only counted."""


def _by_label(terms: Mapping[str, Moments]) -> dict[str, Any]:
    return {label: moments.plain() for label, moments in terms.items()}


def _in_order(outcomes: Counter[str]) -> dict[str, int]:
    """Outcomes in the order of their table."""
    return {str(o): outcomes[o] for o in Outcome if outcomes[o]}


def _by_count(counts: Counter[str]) -> dict[str, int]:
    return dict(counts.most_common())


@dataclass(slots=True)
class Summary:
    """The summary of one recipe's scores on one file. Its document has shares of all scored completions."""

    recipe: str
    digest: str
    file: str
    columns: Mapping[str, str] = field(default_factory=dict)
    notes: Sequence[str] = ()
    warnings: list[str] = field(default_factory=list)
    rows: int = 0
    completions: int = 0
    total: Moments = field(default_factory=Moments, metadata=written_as(Moments.plain))
    terms: dict[str, Moments] = field(default_factory=dict, metadata=written_as(_by_label))
    outcomes: Counter[str] = field(default_factory=Counter, metadata=written_as(_in_order))
    routes: Counter[str] = field(default_factory=Counter, metadata=written_as(_by_count))
    groups: int = field(default=0, metadata=OMITTED)
    compared: int = field(default=0, metadata=OMITTED)
    """Groups with at least two totals."""
    flat: int = field(default=0, metadata=OMITTED)
    """Those of them whose totals are all equal: they give no gradient."""
    faults: Counter[str] = field(default_factory=Counter, metadata=OMITTED)
    bad: list[str] = field(default_factory=list, metadata=OMITTED)
    undecided: list[str] = field(default_factory=list, metadata=OMITTED)
    ceilings: int = 0
    """How often a verification reached its wall-clock ceiling: the machine was overloaded, or a worker slept."""

    def add_group(self, records: Sequence[Mapping[str, Any]]) -> None:
        """Add the records of one prompt."""
        for label in records[0]["terms"] if records else ():
            self.terms.setdefault(label, Moments()).add_all([record["terms"][label] for record in records])
        self.outcomes.update([record["outcome"] for record in records])
        self.routes.update([record["route"] for record in records])
        self.add_totals([record["total"] for record in records])

    def add_totals(self, totals: Sequence[float | None]) -> None:
        """Add the totals of one prompt."""
        self.completions += len(totals)
        self.total.add_all(totals)
        self.groups += bool(totals)
        paid = [total for total in totals if total is not None]
        if len(paid) > 1:
            self.compared += 1
            self.flat += max(paid) - min(paid) < 1e-12

    def merge(self, part: Mapping[str, Any]) -> None:
        """Add what `state` wrote down of the next part of the input."""
        for label, state in part["terms"].items():
            self.terms.setdefault(label, Moments()).merge(Moments.from_state(state))
        self.total.merge(Moments.from_state(part["total"]))
        self.outcomes.update(part["outcomes"])
        self.routes.update(part["routes"])
        for name in ("completions", "groups", "compared", "flat", "ceilings"):
            setattr(self, name, getattr(self, name) + part[name])
        self.take_faults(part["faults"], part["bad"])
        self.name_undecided(part["undecided"])
        self.warnings += part["warnings"]

    def state(self) -> dict[str, Any]:
        """What was added, as JSON, for `merge`."""
        plain = ("completions", "groups", "compared", "flat", "ceilings", "bad", "undecided", "warnings")
        return {
            **{name: getattr(self, name) for name in plain},
            "faults": dict(self.faults),
            "outcomes": dict(self.outcomes),
            "routes": dict(self.routes),
            "total": self.total.state(),
            "terms": {label: moments.state() for label, moments in self.terms.items()},
        }

    def leave_out(self, kind: str, what: str) -> None:
        """Count a bad row and keep its message."""
        self.take_faults({kind: 1}, [what])

    def take_faults(self, kinds: Mapping[str, int], what: Iterable[str]) -> None:
        """Count bad rows by kind and name the first of them."""
        self.faults.update(kinds)
        self.bad += islice(what, NAMED - len(self.bad))

    def name_undecided(self, what: Iterable[str]) -> None:
        """Name rollouts whose gold is unusable (they are counted by their outcome)."""
        self.undecided += islice(what, NAMED - len(self.undecided))

    @property
    @computed("shares")
    def shares(self) -> dict[str, float]:
        """The share of each outcome among all scored completions."""
        return {name: count / self.completions for name, count in _in_order(self.outcomes).items()}

    @property
    @computed("groups")
    def grouped(self) -> dict[str, int]:
        """How many groups there were, how many have two totals or more, and how many of these have no spread."""
        return {"count": self.groups, "compared": self.compared, "zero_spread": self.flat}

    @property
    @computed("bad_rows")
    def left_out(self) -> dict[str, Any]:
        """The rows that were not scored: how many, by kind, and the first of them."""
        return {"count": self.faults.total(), "by_kind": _by_count(self.faults), "first": self.bad}

    @property
    @computed("undecided")
    def without_total(self) -> dict[str, Any]:
        """The rollouts whose gold is unusable: how many, and the first of them."""
        return {"count": self.outcomes[Outcome.UNDECIDED], "first": self.undecided}


def render(plain: Mapping[str, Any]) -> Iterable[RenderableType]:
    """The tables of a summary's JSON, made for 80 columns."""
    from rich.text import Text

    head = f"{plain['recipe']} ({plain['digest']}) on {plain['file']}: "
    yield Text(head + f"{number_of(plain['completions'], 'completion')} in {number_of(plain['rows'], 'row')}")
    if plain["completions"]:
        yield from _tables(plain)
    for said in plain.get("warnings", ()):
        yield ""
        yield Text(printable(f"warning: {said}"), style="bold")
    yield from _named("unusable gold", plain["undecided"], "got no reward, and no total")
    yield from _named("bad row", plain["bad_rows"], "left out, and not scored")


def _tables(plain: Mapping[str, Any]) -> Iterable[RenderableType]:
    """Rewards, outcomes, routes, and the groups without spread."""
    from rich.text import Text

    yield ""
    header = ["reward", "mean", "spread", "lowest", "highest", "paid"]
    rows: list[list[Text]] = []
    for label, one in [("total", plain["total"]), *plain["terms"].items()]:
        spread = "–" if one["spread"] is None else f"{one['spread']:.4f}"
        mean = "–" if one["mean"] is None else f"{one['mean']:+.4f}"
        ends = (signed(one["lowest"]), signed(one["highest"]))
        style = "" if rows else "bold"  # the total's
        rows.append([Text(cell, style) for cell in (label, mean, spread, *ends, str(one["paid"]))])
    yield terminal_table(header, rows, words=(0,), whole=range(1, 6))
    yield ""
    yield _counts("outcome", plain["outcomes"], plain["completions"])
    yield ""
    yield _counts("route", plain["routes"], plain["completions"])
    ceilings = plain.get("ceilings", 0)
    if ceilings:
        yield Text(
            f"{number_of(ceilings, 'verification')} reached the wall-clock ceiling and {'was' if ceilings == 1 else 'were'} tried "
            "once more; those that reached it twice are routed as 'ceiling' and count as timeouts. Is this machine overloaded?"
        )
    groups = plain["groups"]
    if groups["compared"]:
        share = groups["zero_spread"] / groups["compared"]
        yield ""
        yield Text(
            f"{groups['zero_spread']:,} of {number_of(groups['compared'], 'group')} ({share:.1%}) have zero spread: all totals "
            "equal, nothing to learn"
        )


def _counts(title: str, counts: Mapping[str, int], whole: int) -> RenderableType:
    rows = [[name, str(n), f"{n / whole:.1%}" if whole else "–"] for name, n in counts.items()]
    return terminal_table([title, "count", "share"], rows, words=(0,))


def _named(noun: str, found: Mapping[str, Any], what: str) -> Iterable[RenderableType]:
    from rich.text import Text

    count = found["count"]
    if not count:
        return
    kinds = found.get("by_kind")
    of = f" ({', '.join(f'{kind}: {n}' for kind, n in kinds.items())})" if kinds else ""
    yield ""
    yield Text(f"{number_of(count, noun)} {what}{of}", style="bold")
    for line in found["first"]:
        yield Text(f"  {printable(line)}")
    if count > len(found["first"]):
        yield Text(f"  and {count - len(found['first'])} more")
