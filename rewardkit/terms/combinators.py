"""Combinators: terms made of other terms.

`sum`, `first`, `min`, `max` and `product` hold `terms`, a mapping of labels to terms or a list. They
score one prompt's group child by child, so that terms on one rollout and on groups mix freely. None means
"does not apply": `first` takes the first child that is not None, the others leave None out; if all are
None, the combinator pays None.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import product as cross
from math import fsum, inf, prod
from typing import Any, ClassVar, Self

from ..types import Reading, TermScore
from .base import Payment, Term
from .cells import NOTHING, Axis, Cell, Pays
from .labels import Terms

Span = tuple[float, float]
"""The least and the most that is paid."""


class Combinator(Term):
    """What the five have in common."""

    terms: Terms

    looks_at: ClassVar[frozenset[str]] = frozenset()
    adds: ClassVar[bool] = False
    """Whether it pays the sum of what its children pay."""
    must_pay: ClassVar[bool] = False
    """Whether it is an error if no child pays for some outcome."""

    def combine(self, values: Sequence[float | None]) -> Payment:
        """One payment from the children's values."""
        raise NotImplementedError

    def combine_pays(self, children: Sequence[Pays]) -> Pays:
        """What the combination can pay if each child pays within its bounds."""
        raise NotImplementedError

    def _score_held(self, label: str, readings: Sequence[Reading], held: Sequence[bool]) -> list[TermScore]:
        columns = [term.score(name, readings) for name, term in self.terms.items()]
        scores = []
        for row, holds in zip(zip(*columns, strict=True), held, strict=True):
            payment = (
                self.combine([child.value for child in row])
                if holds
                else Payment(self.otherwise, f"not {self.when}")
            )
            scores.append(self._modified(label, payment, tuple(row) if holds else ()))
        return scores

    def amounts(self, readings: Sequence[Reading]) -> list[float | None]:  # noqa: D102
        return self._paid(readings, None)

    def _paid(self, readings: Sequence[Reading], held: Sequence[bool] | None) -> list[float | None]:
        columns = [term.values(readings) for term in self.terms.values()]
        rows = zip(*columns, strict=True)
        if held is None:
            return [self.combine(row).value for row in rows]
        return [
            self.combine(row).value if holds else self.otherwise
            for row, holds in zip(rows, held, strict=True)
        ]

    def pay(self, reading: Reading) -> Payment:
        """The payment for a group of one."""
        return self.combine([term.score(name, [reading])[0].value for name, term in self.terms.items()])

    def pays(self, cell: Cell) -> Pays:  # noqa: D102
        return self.combine_pays([term.bounds(cell) for term in self.terms.values()])

    def axes(self) -> tuple[Axis, ...]:  # noqa: D102
        return tuple(axis for term in self.terms.values() for axis in term.all_axes())

    def needs(self) -> frozenset[str]:  # noqa: D102
        return frozenset().union(*(term.all_needs() for term in self.terms.values()))

    def flipped(self) -> Self | None:  # noqa: D102
        children = {name: child.flipped() for name, child in self.terms.items()}
        if None in children.values():
            return None
        same = all(child is self.terms[name] for name, child in children.items())
        return self if same else self.model_copy(update={"terms": children})

    @property
    def reads_outcome(self) -> bool:  # noqa: D102
        return super().reads_outcome or any(term.reads_outcome for term in self.terms.values())

    @property
    def reads_truncation(self) -> bool:  # noqa: D102
        return super().reads_truncation or any(term.reads_truncation for term in self.terms.values())

    def identity(self) -> dict[str, Any]:
        """As for every kind, with the children in order."""
        own = {"kind": self.kind, "revision": self.revision}
        own |= self.model_dump(mode="json", exclude_defaults=True, exclude={"terms"})
        return own | {"terms": [[name, term.identity()] for name, term in self.terms.items()]}


class Sum(Combinator):
    """The sum of the children that apply."""

    kind: ClassVar[str] = "sum"
    adds: ClassVar[bool] = True

    def combine(self, values: Sequence[float | None]) -> Payment:  # noqa: D102
        return total(values)

    def combine_pays(self, children: Sequence[Pays]) -> Pays:  # noqa: D102
        return total_pays(children)


class First(Combinator):
    """The first child that applies. In a reward it must give every outcome a payment."""

    kind: ClassVar[str] = "first"
    must_pay: ClassVar[bool] = True

    def combine(self, values: Sequence[float | None]) -> Payment:  # noqa: D102
        for name, value in zip(self.terms, values, strict=True):
            if value is not None:
                return Payment(value, name)
        return Payment(None, "no child applies")

    def combine_pays(self, children: Sequence[Pays]) -> Pays:  # noqa: D102
        found = Pays(inf, -inf)
        for child in children:
            found = Pays(min(found.lo, child.lo), max(found.hi, child.hi))
            if not child.absent:
                return found
        return Pays(found.lo, found.hi, absent=True)


class Min(Combinator):
    """The lowest child that applies."""

    kind: ClassVar[str] = "min"

    def combine(self, values: Sequence[float | None]) -> Payment:  # noqa: D102
        return _pick(self.terms, values, min)

    def combine_pays(self, children: Sequence[Pays]) -> Pays:  # noqa: D102
        return _extreme(children, min)


class Max(Combinator):
    """The highest child that applies."""

    kind: ClassVar[str] = "max"

    def combine(self, values: Sequence[float | None]) -> Payment:  # noqa: D102
        return _pick(self.terms, values, max)

    def combine_pays(self, children: Sequence[Pays]) -> Pays:  # noqa: D102
        return _extreme(children, max)


class Product(Combinator):
    """The product of the children that apply: a gate, when one child pays 0 or 1."""

    kind: ClassVar[str] = "product"

    def combine(self, values: Sequence[float | None]) -> Payment:  # noqa: D102
        present = [value for value in values if value is not None]
        return Payment(prod(present)) if present else Payment(None, "no child applies")

    def combine_pays(self, children: Sequence[Pays]) -> Pays:  # noqa: D102
        return _fold(children, _product)


def total(values: Iterable[float | None]) -> Payment:
    """The sum that leaves None out, exact in any order (fsum)."""
    present = [value for value in values if value is not None]
    return Payment(fsum(present)) if present else Payment(None, "no term applies")


def total_pays(children: Sequence[Pays]) -> Pays:
    """What a sum can pay. If every child may be absent, at least one applies when anything is paid.

    >>> total_pays([Pays(0.5, 0.5, absent=True), Pays(0.25, 0.25, absent=True)])
    Pays(lo=0.25, hi=0.75, absent=True)
    """
    return _fold(children, lambda a, b: (a[0] + b[0], a[1] + b[1]))


def _fold(children: Sequence[Pays], step: Callable[[Span, Span], Span]) -> Pays:
    """Combine the ranges of children, counting those that may be absent both ways."""
    paid, absent = NOTHING, True  # what those so far pay if any applies; whether all may be absent
    for child in children:
        if child.never:
            continue
        found = paid if child.absent else NOTHING
        if absent:
            found = found.or_else(child)
        if not paid.never:
            found = found.or_else(Pays(*step((paid.lo, paid.hi), (child.lo, child.hi))))
        paid, absent = found, absent and child.absent
    return Pays(paid.lo, paid.hi, absent)


def _product(a: Span, b: Span) -> Span:
    ends = [0.0 if 0.0 in pair else pair[0] * pair[1] for pair in cross(a, b)]
    return min(ends), max(ends)


def _pick(terms: Any, values: Sequence[float | None], choose: Any) -> Payment:
    present = [(value, name) for name, value in zip(terms, values, strict=True) if value is not None]
    if not present:
        return Payment(None, "no child applies")
    value, name = choose(present, key=lambda pair: pair[0])
    return Payment(value, name)


def _extreme(children: Sequence[Pays], choose: Any) -> Pays:
    live = [child for child in children if not child.never]
    if not live:
        return NOTHING
    certain = [child for child in live if not child.absent]
    # min: the low end is the lowest of all; the high end the lowest high end among those that always
    # apply (one that may be absent can only lower the result further). max mirrors it.
    if choose is min:
        hi = min(child.hi for child in certain) if certain else max(child.hi for child in live)
        return Pays(min(child.lo for child in live), hi, not certain)
    lo = max(child.lo for child in certain) if certain else min(child.lo for child in live)
    return Pays(lo, max(child.hi for child in live), not certain)
