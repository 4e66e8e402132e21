"""A price on repetition: `max_penalty` times the share of n-grams that are not new."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import ClassVar, Literal

from pydantic import Field, field_validator

from ...errors import MissingFact
from ...types import Reading
from ..base import Number, Payment
from ..cells import Axis, Cell, Pays, hull
from ..presets import WithPresets
from .length import Positive, Unit, penalty_not_above_zero


def distinct_ngrams(items: Sequence[Hashable], n: int) -> int:
    """The number of distinct runs of n items among all len(items) - n + 1 of them.

    Runs are named by number and doubled in length: two runs of n are equal if and only if their first
    and their last p items are, for a power of 2 p of at least n / 2. Time and memory grow with
    len(items) * log(n), not with len(items) * n.

    >>> distinct_ngrams("ABCABC", 3)
    3
    """
    names: Sequence[Hashable] = items
    length = 1
    while length * 2 < n:
        numbered: dict[Hashable, int] = {}
        names = [
            numbered.setdefault(pair, len(numbered)) for pair in zip(names, names[length:], strict=False)
        ]
        length *= 2
    return len(set(zip(names, names[n - length :], strict=False)))


def repeated_share(items: Sequence[Hashable], n: int) -> float:
    """The share of n-grams that repeat an earlier one; 0 where there are fewer than n items.

    >>> repeated_share("ABCABC", 3)
    0.25
    """
    total = len(items) - n + 1
    return 1 - distinct_ngrams(items, n) / total if total > 0 else 0.0


class Repetition(WithPresets):
    """(1 - different / all n-grams) * max_penalty; 0 for a completion shorter than n.

    Args:
        ngram: length of the runs compared, in `unit`.
        max_penalty: the limit for a completion that only repeats itself, at most 0.
        unit: `words` (lower-cased, between white space), `tokens` (their ids, which the rollout must have:
            a count is not enough) or `characters` (for scripts without spaces).
        preset: `trl` counts token ids, `open-r1` and `ms-swift` lower-cased words; all three use
            trigrams and -1.

    Source: Demystifying Long Chain-of-Thought Reasoning, arXiv 2502.03373, appendix C.2.
    """

    kind: ClassVar[str] = "repetition"
    looks_at: ClassVar[frozenset[str]] = frozenset({"text"})
    PRESETS: ClassVar = {
        "trl": {"unit": "tokens"},
        "open-r1": {"unit": "words"},
        "ms-swift": {"unit": "words"},
    }

    preset: Literal["trl", "open-r1", "ms-swift"] | None = Field(
        None, description="a project's version; explicit parameters win"
    )
    ngram: Positive = Field(3, description="length of the runs compared, in `unit`")
    max_penalty: Number = Field(
        -1.0, description="the limit for a completion that only repeats itself, at most 0"
    )
    unit: Unit = Field("words", description="what the runs are made of")

    @field_validator("max_penalty")
    @classmethod
    def _sign(cls, penalty: float) -> float:
        return penalty_not_above_zero(penalty)

    def share(self, reading: Reading) -> float:
        """The share of n-grams that occurred before, from 0 to below 1."""
        items = self._items(reading)
        return repeated_share(items, self.ngram)

    def pay(self, reading: Reading) -> Payment:  # noqa: D102
        share = self.share(reading)
        return Payment(
            share * self.max_penalty + 0.0, f"{share:.0%} of {self.ngram}-grams of {self.unit} repeat"
        )

    def axes(self) -> tuple[Axis, ...]:  # noqa: D102
        again, ids = ("so it is ",), self.unit == "tokens"
        return (
            Axis(self._axis(), self.share, cuts=(0.0,), hi=1.0, integer=False, fillers=again, of_ids=ids),
        )

    def pays(self, cell: Cell) -> Pays:  # noqa: D102
        part = cell.ranges[self._axis()]
        return hull((part.lo * self.max_penalty + 0.0, part.hi * self.max_penalty + 0.0))

    def needs(self) -> frozenset[str]:  # noqa: D102
        return frozenset({"token_ids"} if self.unit == "tokens" else ())

    def _items(self, reading: Reading) -> Sequence[Hashable]:
        if self.unit == "characters":
            return reading.text
        if self.unit == "words":
            return reading.text.lower().split()
        ids = reading.rollout.token_ids
        if ids is None:
            raise MissingFact(
                f"rollout {reading.rollout.id or '(without id)'} has no token ids and this recipe prices "
                "repeated tokens; give it `token_ids`, count them with a tokenizer, or count `unit: words`"
            )
        return ids

    def _axis(self) -> str:
        return f"repeated({self.ngram} {self.unit})"
