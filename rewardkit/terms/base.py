"""Terms: what a recipe is made of.

A term reads readings and pays numbers. Most read one rollout at a time (subclass `Term` and write
`pay`); some read all completions of a prompt at once (subclass `GroupTerm` and write `pay_group`).
Both look the same from outside: `score(label, readings)` takes one prompt's readings and returns
one `TermScore` each, after the modifiers `when`, `weight` and `clip`; an each-term is lifted to the
group in this one place. Beside the number every term declares, for the audits, the axes it reads
(`axes`) and what it can pay in a cell (`pays`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, NamedTuple

from pydantic import AfterValidator, ConfigDict, Field, field_validator

from ..kinds import Kind
from ..types import Reading, TermScore
from .cells import Axis, Cell, Pays, exactly
from .conditions.parse import When

Number = Annotated[float, Field(strict=True)]
"""A number; a text or a yes/no that could be read as one is an error."""

Count = Annotated[int, Field(strict=True, ge=0)]
"""A whole number from 0."""


def _at_most_nothing(floor: float) -> float:
    if floor > 0:
        raise ValueError(f"the floor is the lowest payment, so at most 0; write {-floor:g}")
    return floor


Floor = Annotated[Number, AfterValidator(_at_most_nothing)]
"""The lowest payment of a price that grows without end."""

Price = Number | None
"""What an outcome pays; null pays nothing at all, which is not 0."""


class Payment(NamedTuple):
    """What a term pays before its modifiers (None: it does not apply), and the reason in few words."""

    value: float | None
    note: str = ""


class Term(Kind):
    """One priced thing. Parameters common to every kind:

    Args:
        when: a condition; where it does not hold the term pays `otherwise`.
        otherwise: a number, or null (the default) for "does not apply".
        weight: factor on the payment.
        clip: [lowest, highest] payment, after the weight.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    when: When | None = Field(None, description="condition under which the term pays")
    otherwise: Price = Field(None, description="what it pays where `when` does not hold; null: nothing")
    weight: Number = Field(1.0, description="factor on the payment")
    clip: tuple[Number, Number] | None = Field(None, description="[lowest, highest], after the weight")

    reads_group: ClassVar[bool] = False

    @field_validator("clip")
    @classmethod
    def _clip_rises(cls, clip: tuple[float, float] | None) -> tuple[float, float] | None:
        if clip is not None and clip[0] > clip[1]:
            raise ValueError(f"clip is [lowest, highest]; {clip[0]:g} is above {clip[1]:g}: swap them")
        return clip

    # --- what a kind writes -------------------------------------------------------------------

    def pay(self, reading: Reading) -> Payment:
        """The payment for one rollout, before modifiers."""
        raise NotImplementedError(f"{type(self).__name__} has no pay()")

    def pays(self, cell: Cell) -> Pays:
        """Every payment possible in a cell, before modifiers. Must hold all of them."""
        raise NotImplementedError(f"{type(self).__name__} has no pays()")

    def axes(self) -> tuple[Axis, ...]:
        """The axes `pays` reads, beside outcome and truncation."""
        return ()

    def needs(self) -> frozenset[str]:
        """Facts a rollout must carry for this term: `tokens`, `token_ids`."""
        return frozenset(axis.name for axis in self.axes() if axis.name == "tokens")

    def columns(self) -> Mapping[str, Any]:
        """Columns of the row that it cannot do without, each with a value for the completions that audits write."""
        return {}

    # --- what is built on it ------------------------------------------------------------------

    def pay_group(self, readings: Sequence[Reading]) -> list[Payment]:
        """Payments for all readings of one prompt: the lift of an each-term to a group."""
        return [self.pay(reading) for reading in readings]

    def score(self, label: str, readings: Sequence[Reading]) -> list[TermScore]:
        """One score a reading of one prompt's group, after `when`, `weight` and `clip`."""
        held = [self.when is None or self.when.holds(reading) for reading in readings]
        if not any(held):
            return [self._modified(label, Payment(self.otherwise, f"not {self.when}")) for _ in readings]
        return self._score_held(label, readings, held)

    def _score_held(self, label: str, readings: Sequence[Reading], held: Sequence[bool]) -> list[TermScore]:
        if self.reads_group:
            payments = self.pay_group(readings)
        else:
            payments = [self.pay(r) if h else Payment(None) for r, h in zip(readings, held, strict=True)]
        return [
            self._modified(label, payment if holds else Payment(self.otherwise, f"not {self.when}"))
            for payment, holds in zip(payments, held, strict=True)
        ]

    def _modified(self, label: str, payment: Payment, children: tuple[TermScore, ...] = ()) -> TermScore:
        value = payment.value
        if value is not None:
            value = value * self.weight
            if self.clip is not None:
                value = min(max(value, self.clip[0]), self.clip[1])
            value += 0.0  # no negative zero in a log
        return TermScore(
            label=label, kind=self.kind, value=value, raw=payment.value, note=payment.note, children=children
        )

    def bounds(self, cell: Cell) -> Pays:
        """What the term can pay in a cell after its modifiers."""
        if self.when is not None and not self.when.holds_in(cell):
            pays = exactly(self.otherwise)
        else:
            pays = self.pays(cell)
        return self.modified(pays)

    def modified(self, pays: Pays) -> Pays:
        """What becomes of a payment under weight and clip."""
        pays = pays.scaled(self.weight)
        return pays.clipped(*self.clip) if self.clip is not None else pays

    def all_axes(self) -> tuple[Axis, ...]:
        """The axes of the term and of its condition."""
        return self.axes() + (self.when.axes() if self.when is not None else ())

    def all_needs(self) -> frozenset[str]:
        """What the term and its condition need of a rollout."""
        return self.needs() | (self.when.needs() if self.when is not None else frozenset())


class GroupTerm(Term):
    """A term that reads all completions of one prompt."""

    reads_group: ClassVar[bool] = True

    def pay_group(self, readings: Sequence[Reading]) -> list[Payment]:
        """One payment a reading."""
        raise NotImplementedError(f"{type(self).__name__} has no pay_group()")
