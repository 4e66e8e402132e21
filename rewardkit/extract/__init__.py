"""Finding the final answer in a completion: at most one `Extraction`.

Tiers are tried in the recipe's order, and the first that is *present* is final, even if it has no
readable answer: a model that opened a box and left it empty has said nothing, and the prose around the
box is not read instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..types import Extraction

if TYPE_CHECKING:
    from ..kinds import Extractor

__all__ = ["extract"]


def extract(text: str, tiers: Sequence[Extractor], start: int = 0) -> Extraction | None:
    """The answer found by the first present tier in `text[start:]`, None if no tier is present."""
    for tier in tiers:
        found = tier.find(text, start)
        if found is not None:
            return found
    return None
