"""Bounds of a sum of terms over a space of cells, found by eliminating axes instead of listing cells.

Listing every cell costs the product of all axes. But terms that share no open axis are independent:
their sum is lowest where each of them is lowest. So only the axes that terms share are enumerated, the
one that most of them read first, and independent parts are then bounded one by one (bucket
elimination: Dechter, Artificial Intelligence 113, 1999). Combinators are taken apart in the same way.
The bounds are those that listing every cell would find, and no part is computed twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product
from math import inf, prod

from ..types import Outcome
from .base import Term
from .cells import Axis, Cell, Pays, Range, exactly
from .combinators import Combinator, total_pays

Ranges = Mapping[str, Range]


class Eliminator:
    """Finds bounds of terms.

    Args:
        axes: every axis that the terms read, with all its cuts.
    """

    def __init__(self, axes: Iterable[Axis]) -> None:
        self.ranges = {axis.name: axis.ranges for axis in axes}
        self._names: dict[int, frozenset[str]] = {}
        self._truncation: dict[int, bool] = {}
        self._known: dict[tuple[object, ...], Pays] = {}

    def names(self, term: Term) -> frozenset[str]:
        """The names of the axes that a term and its condition read."""
        if id(term) not in self._names:
            self._names[id(term)] = frozenset(axis.name for axis in term.all_axes())
        return self._names[id(term)]

    # --- bounds -------------------------------------------------------------------------------

    def total(self, terms: Sequence[Term], outcome: Outcome, truncated: bool, fixed: Ranges) -> Pays:
        """What the sum of `terms` can pay within `fixed`, whatever the other axes are."""
        key = self._key(terms, outcome, truncated, fixed)
        if key not in self._known:
            self._known[key] = self._total(terms, outcome, truncated, fixed)
        return self._known[key]

    def _total(self, terms: Sequence[Term], outcome: Outcome, truncated: bool, fixed: Ranges) -> Pays:
        parts = self.parts(terms, fixed)
        if len(parts) != 1:
            return total_pays([self.total(part, outcome, truncated, fixed) for part in parts])
        if len(terms) == 1:
            return self._one(terms[0], outcome, truncated, fixed)
        axis = self.hub(terms, fixed)
        return union(
            self.total(terms, outcome, truncated, {**fixed, axis: part}) for part in self.ranges[axis]
        )

    def _one(self, term: Term, outcome: Outcome, truncated: bool, fixed: Ranges) -> Pays:
        """What one term can pay after its modifiers: its condition's axes first, then its own."""
        found = Pays(inf, -inf)
        for ranges in self._product(self._first(term), fixed):
            cell = Cell(outcome, truncated, dict(ranges))
            if term.when is not None and not term.when.holds_in(cell):
                found = found.or_else(exactly(term.otherwise))
            elif isinstance(term, Combinator) and term.adds:
                found = found.or_else(self.total(list(term.terms.values()), outcome, truncated, ranges))
            elif isinstance(term, Combinator):
                children = [self.total([t], outcome, truncated, ranges) for t in term.terms.values()]
                found = found.or_else(term.combine_pays(children))
            else:
                for own in self._product(sorted(self.names(term)), ranges):
                    found = found.or_else(term.pays(Cell(outcome, truncated, dict(own))))
        return term.modified(found)

    def _first(self, term: Term) -> list[str]:
        """The axes that must be fixed before a term splits into independent parts: its condition's, and those that
        several children of a combinator other than a sum read."""
        names = {axis.name for axis in term.when.axes()} if term.when is not None else set()
        if isinstance(term, Combinator) and not term.adds:
            read = [self.names(child) for child in term.terms.values()]
            names |= {name for own in read for name in own if sum(name in other for other in read) > 1}
        return sorted(names)

    def _product(self, names: Iterable[str], fixed: Ranges) -> Iterator[Ranges]:
        open_ = [name for name in names if name not in fixed]
        for ranges in product(*(self.ranges[name] for name in open_)):
            yield {**fixed, **dict(zip(open_, ranges, strict=True))}

    def _key(self, terms: Sequence[Term], outcome: Outcome, truncated: bool, fixed: Ranges) -> tuple:
        names = frozenset().union(*(self.names(term) for term in terms))
        ids = tuple(id(term) for term in terms)
        cut = truncated and any(map(self._reads_truncation, terms))
        return (ids, outcome, cut, frozenset((name, part) for name, part in fixed.items() if name in names))

    def _reads_truncation(self, term: Term) -> bool:
        if id(term) not in self._truncation:
            self._truncation[id(term)] = term.reads_truncation
        return self._truncation[id(term)]

    # --- how terms are connected ----------------------------------------------------------------

    def parts(self, terms: Sequence[Term], fixed: Iterable[str]) -> list[list[Term]]:
        """Groups of terms connected by open axes, directly or through each other."""
        fixed = frozenset(fixed)
        groups: list[tuple[frozenset[str], list[Term]]] = []
        for term in terms:
            names, joined, rest = self.names(term) - fixed, [term], []
            for other, members in groups:
                if other & names:
                    names, joined = names | other, members + joined
                else:
                    rest.append((other, members))
            groups = [*rest, (names, joined)]
        return [members for _, members in groups]

    def hub(self, terms: Sequence[Term], fixed: Iterable[str]) -> str:
        """The open axis that most terms read; among several, the one with the fewest ranges."""
        fixed = frozenset(fixed)
        readers: dict[str, int] = {}
        for term in terms:
            for name in sorted(self.names(term) - fixed):
                readers[name] = readers.get(name, 0) + 1
        return min(readers, key=lambda name: (-readers[name], len(self.ranges[name]), name))

    def cost(self, terms: Sequence[Term], fixed: frozenset[str] = frozenset()) -> int:
        """The largest number of cells visited for one bound."""
        parts = self.parts(terms, fixed)
        if len(parts) != 1:
            return sum(self.cost(part, fixed) for part in parts)
        if len(terms) > 1:
            axis = self.hub(terms, fixed)
            return len(self.ranges[axis]) * self.cost(terms, fixed | {axis})
        [term] = terms
        first = frozenset(self._first(term))
        outer = self._size(first - fixed)
        if isinstance(term, Combinator) and term.adds:
            return outer * self.cost(list(term.terms.values()), fixed | first)
        if isinstance(term, Combinator):
            return outer * sum(self.cost([child], fixed | first) for child in term.terms.values())
        return outer * self._size(self.names(term) - fixed - first)

    def _size(self, names: Iterable[str]) -> int:
        return prod(len(self.ranges[name]) for name in names)


def union(pays: Iterable[Pays]) -> Pays:
    """Everything that any of several can pay."""
    found = Pays(inf, -inf)
    for one in pays:
        found = found.or_else(one)
    return found
