"""What guessing alone would score, to be printed beside pass@k where guessing helps."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def chance_floor(guess: ArrayLike, k: int) -> NDArray[np.float64]:
    """pass@k of independent guesses that are right with probability `guess`: 1 - (1 - p)^k, in its shape.

    >>> chance_floor([0.25, 0.1], 8).round(3)
    array([0.9 , 0.57])
    """
    p = np.asarray(guess, dtype=np.float64)
    if np.any((p < 0) | (p > 1)):
        raise ValueError("the chance of a right guess lies between 0 and 1")
    return 1 - (1 - p) ** k
