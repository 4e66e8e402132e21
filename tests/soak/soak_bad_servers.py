"""Runs against a server that aborts 30 % of its completions, fails one prompt for ever, breaks one answer in ten and is
gone for 20 s: each ends by itself, every completion is accounted for, and the same command fills what can be filled."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

PARTS = 5
SLICE = 1
GONE_S = 20.0


def part(number: int) -> dict[str, Any]:
    """One run of 300 questions, greedy and 16 samples each."""
    sys.path.append(str(Path(__file__).parents[1] / "evals"))
    from bad_server import endure

    with tempfile.TemporaryDirectory() as scratch:
        run = Path(scratch) / "run"
        figures, _ = endure(run, seconds=GONE_S, questions=300, samples=16, seed=number)
    return figures
