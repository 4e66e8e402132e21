"""A verifier's error rates on your own data, from a few labels by hand, and what they do to learning.

A sample of judged completions, stratified by route and verdict, is written to be labelled; its labels give
false-positive and false-negative rates with Wilson intervals. Rare routes are sampled as
often as common ones and weighted back, because that is where verifiers err.

With p the true share of right answers, FN the share of right ones called wrong and FP of wrong ones called
right, q = p(1-FN) + (1-p)FP are called right and the learning signal of a group-normalised reward shrinks
to J sqrt(p(1-p) / (q(1-q))) with J = 1 - FN - FP (the correlation of verdict and truth).
"""

from __future__ import annotations

import math
import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from ...errors import DataError
from ...statistics import wilson

TAIL = 600
"""Characters of the completion's end that the one who labels sees."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """One completion to be labelled: `label` is whether its final answer truly is the gold."""

    id: str
    gold: str
    answer: str | None
    verdict: str
    route: str
    stratum: str
    stratum_size: int
    completion_end: str
    label: bool | None = None


@dataclass(frozen=True, slots=True)
class Rate:
    """A share with its 95% interval; `value` None where nothing was labelled that it is a share of."""

    value: float | None
    low: float | None
    high: float | None
    labelled: int


@dataclass(frozen=True, slots=True)
class Noise:
    """Error rates and what they do to the learning signal."""

    labelled: int
    right: Rate
    false_positive: Rate
    false_negative: Rate
    youden: float | None
    """J = 1 - FN - FP."""
    called_right: float | None
    signal_kept: float | None


def draw(judged: Sequence[Drawn], per_stratum: int, seed: int) -> list[Drawn]:
    """Up to `per_stratum` of each stratum, the same for the same seed; `stratum_size` is filled in."""
    strata: dict[str, list[Drawn]] = defaultdict(list)
    for one in judged:
        strata[one.stratum].append(one)
    chance = random.Random(seed)
    found: list[Drawn] = []
    for name in sorted(strata):
        held = strata[name]
        for one in chance.sample(held, min(per_stratum, len(held))):
            found.append(replace(one, stratum_size=len(held)))
    return found


def _rate(weights: Sequence[tuple[float, bool]]) -> Rate:
    """A weighted share with Wilson's interval at the effective number of trials (Kish)."""
    if not weights:
        return Rate(None, None, None, 0)
    total = sum(weight for weight, _ in weights)
    share = sum(weight for weight, hit in weights if hit) / total
    effective = total**2 / sum(weight**2 for weight, _ in weights)
    low, high = wilson(share * effective, effective)
    return Rate(share, low, high, len(weights))


def signal_kept(p: float, false_negative: float, false_positive: float) -> float | None:
    """J sqrt(p(1-p)/(q(1-q))); None where every answer is, or is called, the same.

    >>> round(signal_kept(0.5, 0.14, 0.01), 3), round(signal_kept(0.5, 0.38, 0.01), 3)
    (0.857, 0.657)
    """
    q = p * (1 - false_negative) + (1 - p) * false_positive
    if not 0 < p < 1 or not 0 < q < 1:
        return None
    return (1 - false_negative - false_positive) * math.sqrt(p * (1 - p) / (q * (1 - q)))


def read_labels(rows: Sequence[dict[str, Any]], file: str = "") -> list[Drawn]:
    """A labelled sample as it was written by `draw`. Raises DataError where a row is not one."""
    names = {"id", "gold", "answer", "verdict", "route", "stratum", "stratum_size", "completion_end", "label"}
    found = []
    for number, row in enumerate(rows, 1):
        missing = names - row.keys()
        if missing:
            raise DataError(
                f"not a row of a labelling set: {', '.join(sorted(missing))} missing", file, number
            )
        if row["label"] is not None and not isinstance(row["label"], bool):
            raise DataError(f"label must be true, false or null; found {row['label']!r}", file, number)
        found.append(Drawn(**{name: row[name] for name in names}))
    return found


def noise(rows: Sequence[Drawn]) -> Noise:
    """Rates over the labelled rows, each weighted by how many of its stratum it stands for."""
    labelled = [row for row in rows if row.label is not None]
    counts: dict[str, int] = defaultdict(int)
    for row in labelled:
        counts[row.stratum] += 1
    weighted = [(row.stratum_size / counts[row.stratum], row) for row in labelled]
    right = _rate([(weight, bool(row.label)) for weight, row in weighted])
    positive = _rate([(weight, row.verdict == "equal") for weight, row in weighted if not row.label])
    negative = _rate([(weight, row.verdict != "equal") for weight, row in weighted if row.label])
    p, fp, fn = right.value, positive.value, negative.value
    rates = (right, positive, negative)
    if p is None or fp is None or fn is None:
        return Noise(len(labelled), *rates, youden=None, called_right=None, signal_kept=None)
    return Noise(
        len(labelled),
        *rates,
        youden=1 - fn - fp,
        called_right=p * (1 - fn) + (1 - p) * fp,
        signal_kept=signal_kept(p, fn, fp),
    )
