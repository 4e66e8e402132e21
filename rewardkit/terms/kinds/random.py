"""The random control: a reward that knows nothing.

The number is drawn from the rollout's id, place and text, so it is the same on every machine and in
every run. Some models improve on it (Spurious Rewards, arXiv 2506.10947), so a recipe
that does no better has shown nothing. `rewardkit new --control random` makes such a control.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Annotated, ClassVar

from pydantic import Field, model_validator

from ...types import Reading
from ..base import Count, Number, Payment, Term
from ..cells import Cell, Pays

Chance = Annotated[float, Field(strict=True, ge=0, le=1)]
"""A probability from 0 to 1."""


class Random(Term):
    """Pays a number that has nothing to do with the answer.

    Args:
        low: the lowest payment.
        high: the highest payment.
        chance: if given, `high` is paid with this probability and `low` otherwise, nothing in between;
            the paper's control is 0.5 with 0 and 1.
        seed: another seed draws other numbers.

    The draw depends only on the rollout's id, group, sample and text, so scoring again, in any order,
    gives the same numbers.
    """

    kind: ClassVar[str] = "random"
    looks_at: ClassVar[frozenset[str]] = frozenset({"chance"})

    low: Number = Field(0.0, description="the lowest payment")
    high: Number = Field(1.0, description="the highest payment")
    chance: Chance | None = Field(
        None, description="pay `high` with this probability, else `low`; null: a number between"
    )
    seed: Count = Field(0, description="another seed draws other numbers")

    @model_validator(mode="after")
    def _rises(self) -> Random:
        if self.low > self.high:
            raise ValueError(f"low {self.low:g} is above high {self.high:g}: swap them")
        return self

    def draw(self, reading: Reading) -> float:
        """A number from 0 to below 1, uniform over rollouts."""
        rollout = reading.rollout
        key = repr((self.seed, rollout.id, rollout.group, rollout.sample)) + "\0" + reading.text
        digest = blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).digest()
        return (int.from_bytes(digest, "big") >> 11) / 2**53

    def pay(self, reading: Reading) -> Payment:  # noqa: D102
        drawn = self.draw(reading)
        if self.chance is not None:
            return Payment(self.high if drawn < self.chance else self.low, "drawn by chance")
        return Payment(self.low + (self.high - self.low) * drawn, "drawn by chance")

    def pays(self, cell: Cell) -> Pays:  # noqa: D102
        if self.chance is None or 0 < self.chance < 1:
            return Pays(self.low, self.high)
        sure = self.high if self.chance == 1 else self.low
        return Pays(sure, sure)
