"""Kimi's length reward: within a prompt's completions, the shorter is paid more.

The price of a completion depends on its place between the shortest and the longest of its group; only right
answers can get a positive one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from pydantic import Field

from ...types import Reading
from ..base import GroupTerm, Payment
from ..cells import Cell, Pays
from ..conditions.facts import NUMBERS
from ..presets import WithPresets
from .length import Unit


class KimiLength(WithPresets, GroupTerm):
    """lambda = 0.5 - (length - shortest) / (longest - shortest), over the completions of one prompt.

    A right answer is paid lambda, from +0.5 to -0.5; any other min(0, lambda). If all lengths are
    equal, every completion is paid 0. Alone it pays a long right answer less than a short wrong one: add a
    correctness of 1.0 or more.

    Args:
        unit: tokens, words or characters.
        preset: `kimi` counts tokens, `open-r1` characters. open-r1 takes the shortest and longest of
            the whole call, whatever prompts are in it; this term always those of the prompt's own group.

    Source: Kimi k1.5, arXiv 2501.12599, section 2.3.3.
    """

    kind: ClassVar[str] = "kimi_length"
    looks_at: ClassVar[frozenset[str]] = frozenset({"outcome", "length"})
    PRESETS: ClassVar = {"kimi": {"unit": "tokens"}, "open-r1": {"unit": "characters"}}

    preset: Literal["kimi", "open-r1"] | None = Field(
        None, description="a project's version; explicit parameters win"
    )
    unit: Unit = Field("tokens", description="what is counted")

    def pay_group(self, readings: Sequence[Reading]) -> list[Payment]:  # noqa: D102
        counts = [NUMBERS[self.unit](reading) for reading in readings]
        shortest, longest = min(counts), max(counts)
        if shortest == longest:
            return [Payment(0.0, f"all {shortest} {self.unit}") for _ in readings]
        payments = []
        for reading, count in zip(readings, counts, strict=True):
            price = 0.5 - (count - shortest) / (longest - shortest)
            note = f"{count} {self.unit} in {shortest} to {longest}"
            payments.append(Payment(price if reading.outcome.right else min(0.0, price), note))
        return payments

    def pays(self, cell: Cell) -> Pays:  # noqa: D102
        return Pays(-0.5, 0.5 if cell.outcome.right else 0.0)

    def needs(self) -> frozenset[str]:  # noqa: D102
        return frozenset({"tokens"} if self.unit == "tokens" else ())
