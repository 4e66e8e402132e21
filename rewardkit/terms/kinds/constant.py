"""The simplest term: the same payment for every rollout; with `when`, a bonus or a price."""

from __future__ import annotations

from typing import ClassVar

from ...types import Reading
from ..base import Number, Payment, Term
from ..cells import Cell, Pays, exactly


class Constant(Term):
    """Pays the same number for every completion.

    Args:
        value: the number. A payment that is the same for a whole group cancels in GRPO's baseline.
    """

    kind: ClassVar[str] = "constant"
    looks_at: ClassVar[frozenset[str]] = frozenset()

    value: Number

    def pay(self, reading: Reading) -> Payment:  # noqa: D102
        return Payment(self.value, "constant")

    def pays(self, cell: Cell) -> Pays:  # noqa: D102
        return exactly(self.value)
