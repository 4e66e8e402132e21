"""Terms: what a recipe pays for, each kind with the bounds that proofs rely on.

    from rewardkit.terms import Constant, Format

Every kind that comes with rewardkit can be imported from here; it is loaded on first use.
"""

from __future__ import annotations

from typing import Any

from ..kinds import TERMS

_HOMES = {where.partition(":")[2]: name for name, where in TERMS.built_in.items()}
__all__ = sorted(_HOMES)  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'rewardkit.terms' has no attribute '{name}'")
    return TERMS.get(_HOMES[name])


def __dir__() -> list[str]:
    return __all__
