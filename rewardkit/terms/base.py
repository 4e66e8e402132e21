"""Terms: what a recipe is made of.

A term turns readings into payments. Most look at one rollout at a time (subclass `Term` and write
`pay`); some look at all completions of a prompt at once (subclass `GroupTerm` and write `pay_group`).
Both are called the same way: `score(label, readings)` takes one prompt's readings and returns one
`TermScore` each, after the modifiers `when`, `weight` and `clip`; a term on one rollout is lifted to the
group only here. For the audits every term also declares the axes it reads (`axes`) and what it can pay
in a cell (`pays`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, Self, get_args

from pydantic import AfterValidator, ConfigDict, Field, field_validator

from ..errors import UsageError, nearest
from ..kinds import Kind
from ..types import Outcome, Reading, TermScore
from .cells import Axis, Cell, Pays, exactly
from .conditions.facts import NUMBERS
from .conditions.parse import When

Number = Annotated[float, Field(strict=True)]
"""A number, not a string or boolean that could be read as one."""

Count = Annotated[int, Field(strict=True, ge=0)]
"""A whole number from 0."""


def _at_most_nothing(floor: float) -> float:
    if floor > 0:
        raise ValueError(f"the floor is the lowest payment, so at most 0; write {-floor:g}")
    return floor


Floor = Annotated[Number, AfterValidator(_at_most_nothing)]
"""The lowest payment of a price that would otherwise be unbounded."""

Price = Number | None
"""What an outcome pays; null pays nothing, which is not 0."""

Look = Literal["outcome", "answer", "layout", "form", "text", "length", "truncation", "chance", "anything"]
"""What a payment may depend on: the *outcome* (right, wrong, None, nothing); the *answer* itself (how close it
is); the *layout* (tags, boxes, patterns: what an example in the prompt can show); other *form* (visible steps, an
integer); what the *text* is made of (characters, repetition); the *length*; *truncation*; *chance*; *anything*, if a
kind does not say."""
LOOKS: frozenset[str] = frozenset(get_args(Look))
STYLE = frozenset({"layout", "form", "text", "length", "truncation"})
"""What two completions of one style share, whatever their outcomes."""
SWAPPED = {Outcome.CORRECT: Outcome.WRONG, Outcome.NONE_CORRECT: Outcome.NONE_MISSED}
"""Right and wrong, on both sides of the outcome table."""


SHORT_FORMS = {
    "score": "values",
    "_score_held": "_paid",
    "_modified": "_final",
    "pay": "amounts",
    "pay_group": "amounts",
}
"""What explains a payment, and what gives the number alone."""


class Payment(NamedTuple):
    """What a term pays before its modifiers (None: it does not apply), and a short reason."""

    value: float | None
    note: str = ""


class Term(Kind):
    """One part of a reward. Parameters common to every kind:

    Args:
        when: a condition; if it does not hold, the term pays `otherwise`.
        otherwise: a number, or null (the default) for "does not apply".
        weight: factor on the payment.
        clip: [lowest, highest] payment, after the weight.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    when: When | None = Field(None, description="condition under which the term pays")
    otherwise: Price = Field(None, description="what it pays if `when` does not hold; null: nothing")
    weight: Number = Field(1.0, description="factor on the payment")
    clip: tuple[Number, Number] | None = Field(None, description="[lowest, highest], after the weight")

    reads_group: ClassVar[bool] = False
    looks_at: ClassVar[frozenset[str]] = frozenset({"anything"})
    """Everything that the payment depends on, as values of `Look`; empty for a constant."""
    priced: ClassVar[Mapping[Outcome, str]] = {}
    """For kinds that price outcomes one by one: outcome to the parameter with its price."""
    bounded_by: ClassVar[tuple[str, Any] | None] = None
    """The parameter, with a value, that bounds the payment or keeps it from rising again; None for `clip`."""

    _amounts_hold: ClassVar[bool] = True
    """Whether `values` gives what `score` gives without asking it: no class below those that define it overrides one of
    the methods that it stands for."""

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        cls.looks_at = frozenset([cls.looks_at] if isinstance(cls.looks_at, str) else cls.looks_at)
        for unknown in sorted(cls.looks_at - LOOKS):
            raise UsageError(
                f"looks_at of {cls.__qualname__}: a term does not look at '{unknown}'; {nearest(unknown, LOOKS)}"
            )

        def depth(name: str) -> int:
            return next(at for at, base in enumerate(cls.__mro__) if name in vars(base))

        cls._amounts_hold = all(depth(short) <= depth(long) for long, short in SHORT_FORMS.items())

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
        """Every payment possible in a cell, before modifiers; none may be missing."""
        raise NotImplementedError(f"{type(self).__name__} has no pays()")

    def axes(self) -> tuple[Axis, ...]:
        """The axes that `pays` reads, besides outcome and truncation."""
        return ()

    def needs(self) -> frozenset[str]:
        """Facts that a rollout must have for this term: `tokens`, `token_ids`."""
        return frozenset(axis.name for axis in self.axes() if axis.name == "tokens")

    def columns(self) -> Mapping[str, Any]:
        """Columns that the row must have, each with a value for the completions that audits write."""
        return {}

    def prices(self) -> Mapping[Outcome, Price]:
        """Outcome to price, if outcomes are priced one by one; the term does not apply to an outcome that is not listed."""
        return {outcome: getattr(self, name) for outcome, name in self.priced.items()}

    def flipped(self) -> Self | None:
        """The term with the prices of right and wrong exchanged; itself if it looks at neither, None if it has no
        opposite or does not say what it looks at."""
        swaps = {
            self.priced[one]: getattr(self, self.priced[other])
            for right, wrong in SWAPPED.items()
            if right in self.priced and wrong in self.priced
            for one, other in ((right, wrong), (wrong, right))
        }
        if swaps:
            return self.model_copy(update=swaps)
        blind = self.priced or self.looks_at <= STYLE | {"chance"}
        return self if blind else None

    def layouts(self) -> tuple[tuple[str, str], ...]:
        """Ways to write a completion that this term pays in full, for the audits: the text before the reasoning, and
        the text after it, with `{}` for the answer."""
        return ()

    def amounts(self, readings: Sequence[Reading]) -> list[float | None]:
        """What `pay` (`pay_group` for a group term) pays for each reading, without the reasons.

        Scoring many rollouts asks for no reasons. A kind whose notes take longer than its payments overrides this
        beside `pay`.
        """
        if self.reads_group:
            return [payment.value for payment in self.pay_group(readings)]
        return [self.pay(reading).value for reading in readings]

    # --- what is built on it ------------------------------------------------------------------

    def values(self, readings: Sequence[Reading]) -> list[float | None]:
        """The values of `score`, without what explains them."""
        if not self._amounts_hold:
            return [score.value for score in self.score("", readings)]
        if self.when is None:
            return self._final(self._paid(readings, None))
        held = [self.when.holds(reading) for reading in readings]
        if not any(held):
            return self._final([self.otherwise] * len(held))
        return self._final(self._paid(readings, held))

    def _paid(self, readings: Sequence[Reading], held: Sequence[bool] | None) -> list[float | None]:
        """The payments before weight and clip; `held` says where the condition holds, None: everywhere."""
        if held is None:
            return self.amounts(readings)
        if self.reads_group:
            paid = iter(self.amounts(readings))
            return [amount if holds else self.otherwise for amount, holds in zip(paid, held, strict=True)]
        paid = iter(self.amounts([r for r, holds in zip(readings, held, strict=True) if holds]))
        return [next(paid) if holds else self.otherwise for holds in held]

    def _final(self, amounts: Sequence[float | None]) -> list[float | None]:
        """Payments after weight and clip, as `_modified` has them."""
        weight, clip = self.weight, self.clip
        if clip is None:
            return [None if amount is None else amount * weight + 0.0 for amount in amounts]
        low, high = clip
        return [None if amount is None else min(max(amount * weight, low), high) + 0.0 for amount in amounts]

    def pay_group(self, readings: Sequence[Reading]) -> list[Payment]:
        """Payments for all readings of one prompt, made one by one."""
        return [self.pay(reading) for reading in readings]

    def score(self, label: str, readings: Sequence[Reading]) -> list[TermScore]:
        """One score per reading of one prompt's group, after `when`, `weight` and `clip`."""
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
        """A payment after weight and clip."""
        pays = pays.scaled(self.weight)
        return pays.clipped(*self.clip) if self.clip is not None else pays

    def all_axes(self) -> tuple[Axis, ...]:
        """The axes of the term and of its condition."""
        return self.axes() + (self.when.axes() if self.when is not None else ())

    @property
    def prices_outcome(self) -> bool:
        """Whether the outcome alone decides the payment."""
        return self.looks_at == {"outcome"}

    @property
    def prices_length(self) -> bool:
        """Whether the payment, or its condition, depends on a count that padding moves."""
        counted = any(axis.name in NUMBERS for axis in self.all_axes())
        return counted or self.reads_group or "length" in self.looks_at

    @property
    def reads_outcome(self) -> bool:
        """Whether it may pay two outcomes differently when the style is the same."""
        facts = self.when.facts() if self.when is not None else frozenset()
        return not (self.looks_at <= STYLE and facts <= {"truncated", "reasoned"})

    @property
    def reads_truncation(self) -> bool:
        """Whether truncation may change the payment, directly or through the condition."""
        told = self.when is not None and "truncated" in self.when.facts()
        return told or bool(self.looks_at & {"truncation", "anything"})

    def all_needs(self) -> frozenset[str]:
        """What the term and its condition need from a rollout."""
        return self.needs() | (self.when.needs() if self.when is not None else frozenset())


class GroupTerm(Term):
    """A term that reads all completions of one prompt."""

    reads_group: ClassVar[bool] = True

    def pay_group(self, readings: Sequence[Reading]) -> list[Payment]:
        """One payment per reading."""
        raise NotImplementedError(f"{type(self).__name__} has no pay_group()")
