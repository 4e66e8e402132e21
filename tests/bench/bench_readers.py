"""How the time of everything that reads a completion grows with its length: seconds at 5,000, 10,000 and 20,000
adversarial characters, and the exponent between the last two (1 is linear).

    python tests/bench/bench_readers.py [READER ...]
"""

from __future__ import annotations

import math
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "repository"))
from repetitions import FEW, UNITS, readers  # type: ignore[import-not-found]

LENGTHS = (5_000, 10_000, 20_000)


def seconds(reader, frame: str, unit: str, length: int) -> float:
    text = frame % (unit * ((length - len(frame)) // len(unit)))
    began = time.process_time()
    reader(text)
    return time.process_time() - began


def main() -> None:
    asked = sys.argv[1:] or list(readers())
    for name in asked:
        reader = readers()[name]
        worst = max(
            (seconds(reader, frame, unit, LENGTHS[-1]), frame, unit) for frame in FEW for unit in UNITS
        )
        took = [min(seconds(reader, *worst[1:], length) for _ in range(3)) for length in LENGTHS]
        grows = math.log2(max(took[2], 1e-6) / max(took[1], 1e-6))
        shown = "  ".join(f"{one * 1e3:8.2f} ms" for one in took)
        print(f"{name:<22}{shown}  exponent {grows:5.2f}  {worst[1] % worst[2]!r}", flush=True)


if __name__ == "__main__":
    main()
