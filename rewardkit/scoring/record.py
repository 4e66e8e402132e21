"""A score as a row: the columns of a score file and of `score_frame`."""

from __future__ import annotations

from collections.abc import Iterable
from json.encoder import encode_basestring_ascii as quoted
from math import isfinite

from ..recipe.engine import Paid
from ..types import Reading, Score


def record(score: Score) -> dict[str, object]:
    """A score as a row of a score file: `COLUMNS`, in that order."""
    reading = score.reading
    rollout = reading.rollout
    return {
        "id": rollout.id or None,
        "group": rollout.group or None,
        "sample": rollout.sample,
        "total": score.total,
        "outcome": str(score.outcome),
        "prediction": reading.prediction,
        "route": reading.route,
        "terms": score.values,
        "recipe": score.recipe,
        "digest": score.digest,
    }


COLUMNS = ("id", "group", "sample", "total", "outcome", "prediction", "route", "terms", "recipe", "digest")


class Lines:
    """Writes the rows of one recipe's scores as lines of JSON in ASCII.

    The lines are those of `json.dumps(record(score))`, byte for byte; nothing in them is looked up or laid out twice.
    """

    def __init__(self, labels: Iterable[str], recipe: str, digest: str) -> None:
        self._labels = [f"{', ' if at else ''}{quoted(label)}: " for at, label in enumerate(labels)]
        self._end = f'}}, "recipe": {quoted(recipe)}, "digest": {quoted(digest)}}}\n'
        self._written: dict[float | None, str] = {}

    def line(self, reading: Reading, paid: Paid) -> str:
        """A row. Raises ValueError where a payment is not finite, which JSON cannot say."""
        rollout = reading.rollout
        said = reading.prediction
        terms = "".join(
            [label + self._number(value) for label, value in zip(self._labels, paid.values, strict=True)]
        )
        return (
            f'{{"id": {quoted(rollout.id) if rollout.id else "null"}, '
            f'"group": {quoted(rollout.group) if rollout.group else "null"}, '
            f'"sample": {rollout.sample}, "total": {self._number(paid.total)}, '
            f'"outcome": "{reading.outcome._value_}", '
            f'"prediction": {"null" if said is None else quoted(said)}, '
            f'"route": {quoted(reading.route)}, "terms": {{{terms}{self._end}'
        )

    def _number(self, value: float | None) -> str:
        """A payment; the same ones come again and again."""
        text = self._written.get(value)
        if text is None:
            if value is not None and not isfinite(value):
                raise ValueError(f"a payment of {value!r} cannot be written as JSON")
            text = "null" if value is None else float.__repr__(value)
            if len(self._written) < MOST_WRITTEN:
                self._written[value] = text
        return text


MOST_WRITTEN = 4096
"""Numbers whose text is kept."""
