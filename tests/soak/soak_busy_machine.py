"""True identities that need about a second of processor time each, beside eight busy processes, in three passes:
every pass must find the same, and find them true."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rewardkit.verify.math.verifier import CACHE, Math

PARTS = 6
SLICE = 1
BUSY = 8
PASSES = 3


def identity(start: int, step: int, terms: int) -> tuple[str, str]:
    """Sines of equally spaced angles over their cosines: the tangent of the angle in the middle."""
    angles = [start + step * at for at in range(terms)]
    upper, lower = ("+".join(rf"\{name} {angle}x" for angle in angles) for name in ("sin", "cos"))
    return rf"\frac{{{upper}}}{{{lower}}}", rf"\tan\frac{{{angles[0] + angles[-1]}x}}{{2}}"


@contextmanager
def busy(count: int) -> Iterator[None]:
    """So many processes that do nothing but compute."""
    spinning = [
        subprocess.Popen([sys.executable, "-c", "while True: pass"], start_new_session=True)
        for _ in range(count)
    ]
    try:
        yield
    finally:
        for process in spinning:
            process.kill()
            process.wait()


def part(number: int) -> dict[str, Any]:
    """The verdicts of every pass over four identities."""
    pairs = [identity(start, 1 + number % 3, 4 + number // 3) for start in (1, 2, 3, 4)]
    found: list[list[str]] = []
    slowest, ceilings = 0.0, 0
    with busy(BUSY):
        for _ in range(PASSES):
            CACHE.clear()
            verdicts = [Math().compare(*pair) for pair in pairs]
            found.append([f"{verdict.equality} by {verdict.route}" for verdict in verdicts])
            slowest = max(slowest, *(verdict.seconds for verdict in verdicts))
            ceilings += sum(verdict.details.get("ceilings", 0) for verdict in verdicts)
    assert found == [["equal by symbolic"] * len(pairs)] * PASSES, found
    return {"verdicts": PASSES * len(pairs), "slowest_wall_s": round(slowest, 1), "ceilings": ceilings}
