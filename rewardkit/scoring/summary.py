"""A summary of scores: mean and spread of each term, shares of outcomes, routes, groups without spread.

It is built from the records of a score file, group by group, and prints as a table of 80 columns and as
JSON. Memory does not grow with the records.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

from ..formatting import number_of, printable, signed
from ..types import Outcome

if TYPE_CHECKING:
    from rich.console import RenderableType

NAMED = 20
"""Bad rows and unusable golds that a summary names; the others are only counted."""


@dataclass(slots=True)
class Moments:
    """Count, mean and spread of numbers, in one pass (Welford 1962)."""

    count: int = 0
    mean: float = 0.0
    squares: float = 0.0
    lowest: float = math.inf
    highest: float = -math.inf

    def add(self, value: float) -> None:
        """Add a number."""
        self.count += 1
        step = value - self.mean
        self.mean += step / self.count
        self.squares += step * (value - self.mean)
        self.lowest, self.highest = min(self.lowest, value), max(self.highest, value)

    @property
    def spread(self) -> float | None:
        """The sample standard deviation (n - 1); None below two numbers."""
        return math.sqrt(self.squares / (self.count - 1)) if self.count > 1 else None

    def plain(self) -> dict[str, float | int | None]:
        """As JSON; null where there are no numbers."""
        some = self.count > 0
        return {
            "paid": self.count,
            "mean": self.mean if some else None,
            "spread": self.spread,
            "lowest": self.lowest if some else None,
            "highest": self.highest if some else None,
        }


@dataclass(slots=True)
class Summary:
    """The summary of one recipe's scores on one file."""

    recipe: str
    digest: str
    file: str
    columns: Mapping[str, str] = field(default_factory=dict)
    notes: Sequence[str] = ()
    warnings: list[str] = field(default_factory=list)
    rows: int = 0
    completions: int = 0
    total: Moments = field(default_factory=Moments)
    terms: dict[str, Moments] = field(default_factory=dict)
    outcomes: Counter[str] = field(default_factory=Counter)
    routes: Counter[str] = field(default_factory=Counter)
    groups: int = 0
    compared: int = 0
    """Groups with at least two totals."""
    flat: int = 0
    """Those of them whose totals are all equal: they give no gradient."""
    faults: Counter[str] = field(default_factory=Counter)
    bad: list[str] = field(default_factory=list)
    undecided: list[str] = field(default_factory=list)
    ceilings: int = 0
    """How often a verification reached its wall-clock ceiling: the machine was overloaded, or a worker slept."""

    def add_group(self, records: Sequence[Mapping[str, Any]]) -> None:
        """Add the records of one prompt."""
        totals = []
        for record in records:
            self.completions += 1
            self.outcomes[record["outcome"]] += 1
            self.routes[record["route"]] += 1
            for label, value in record["terms"].items():
                moments = self.terms.setdefault(label, Moments())
                if value is not None:
                    moments.add(value)
            if record["total"] is not None:
                self.total.add(record["total"])
                totals.append(record["total"])
        self.groups += bool(records)
        if len(totals) > 1:
            self.compared += 1
            self.flat += max(totals) - min(totals) < 1e-12

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

    def plain(self) -> dict[str, Any]:
        """As JSON. Shares are of all scored completions; `spread` is a sample standard deviation."""
        return {
            "recipe": self.recipe,
            "digest": self.digest,
            "file": self.file,
            "columns": dict(self.columns),
            "notes": list(self.notes),
            "warnings": list(self.warnings),
            "rows": self.rows,
            "completions": self.completions,
            "total": self.total.plain(),
            "terms": {label: moments.plain() for label, moments in self.terms.items()},
            "outcomes": {str(o): self.outcomes[o] for o in Outcome if self.outcomes[o]},
            "shares": {str(o): self.outcomes[o] / self.completions for o in Outcome if self.outcomes[o]},
            "routes": dict(self.routes.most_common()),
            "ceilings": self.ceilings,
            "groups": {"count": self.groups, "compared": self.compared, "zero_spread": self.flat},
            "bad_rows": {
                "count": self.faults.total(),
                "by_kind": dict(self.faults.most_common()),
                "first": self.bad,
            },
            "undecided": {"count": self.outcomes[Outcome.UNDECIDED], "first": self.undecided},
        }


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
    from rich.table import Table
    from rich.text import Text

    yield ""
    pays = Table("reward", box=None, pad_edge=False, header_style="bold")
    for name in ("mean", "spread", "lowest", "highest", "paid"):
        pays.add_column(name, justify="right", no_wrap=True)
    for label, one in [("total", plain["total"]), *plain["terms"].items()]:
        spread = "–" if one["spread"] is None else f"{one['spread']:.4f}"
        mean = "–" if one["mean"] is None else f"{one['mean']:+.4f}"
        ends = (signed(one["lowest"]), signed(one["highest"]))
        pays.add_row(
            Text(label), mean, spread, *ends, str(one["paid"]), style="bold" if label == "total" else None
        )
    yield pays
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
    from rich.table import Table
    from rich.text import Text

    table = Table(title, box=None, pad_edge=False, header_style="bold")
    table.add_column("count", justify="right")
    table.add_column("share", justify="right")
    for name, count in counts.items():
        table.add_row(Text(name), str(count), f"{count / whole:.1%}" if whole else "–")
    return table


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
