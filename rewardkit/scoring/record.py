"""A score as a row: the columns of a score file and of `score_frame`."""

from __future__ import annotations

from ..types import Score


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
