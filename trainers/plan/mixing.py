"""How many rows a stage takes from each part of a mix.

A part with a `count` gives that many rows; one with a `share` makes up that share of all the stage's rows; any other is
taken whole.
"""

from __future__ import annotations

from collections.abc import Sequence

from .loading import Resolved
from .plan import MixPart, Traces

ROUNDING = 0.015
"""How far shares may be from 1 in all: a third is written 0.33."""


def mix(resolved: Resolved, at: int, sizes: Sequence[int]) -> list[int]:
    """Rows taken from each part of stage `at`, whose parts have `sizes` rows.

    If every part has a share, the mix is as large as the sets allow. Otherwise the parts without one fix how many rows
    the shares are of.

    Raises:
        RecipeError: with the part's place in the plan.
    """
    parts = resolved.plan.stages[at].data
    shares = [part.share if isinstance(part, MixPart) else None for part in parts]
    fixed = [_fixed(part, size) for part, size in zip(parts, sizes, strict=True)]
    total = sum(share for share in shares if share is not None)
    held = sum(many for many, share in zip(fixed, shares, strict=True) if share is None)
    whole = 0.0
    if total and None in shares:
        if total >= 1:
            raise resolved.fault(
                f"the shares add up to {total:g}, which leaves nothing for the parts without one",
                "stages",
                at,
                "data",
            )
        whole = held / (1 - total)
    elif total:
        if abs(total - 1) > ROUNDING:
            raise resolved.fault(f"the shares of the mix add up to {total:g}, not to 1", "stages", at, "data")
        whole = min(int(size / share + 1e-9) for share, size in zip(shares, sizes, strict=True) if share)
    taken = []
    for place, (part, share) in enumerate(zip(parts, shares, strict=True)):
        wanted = fixed[place] if share is None else round(whole * share)
        name = part.set if isinstance(part, MixPart) else part.traces
        if wanted > sizes[place]:
            asked = "" if share is None else f" (a share of {share:g} of {whole:.0f})"
            raise resolved.fault(
                f"{wanted} rows{asked} are asked for from '{name}', which has {sizes[place]}",
                "stages",
                at,
                "data",
                place,
            )
        if share is not None and not wanted:
            raise resolved.fault(
                f"a share of {share:g} of {whole:.0f} rows is less than one row of '{name}'",
                "stages",
                at,
                "data",
                place,
            )
        taken.append(wanted)
    return taken


def _fixed(part: MixPart | Traces, size: int) -> int:
    if isinstance(part, Traces):
        return min(part.count or size, size)
    return part.count or size
