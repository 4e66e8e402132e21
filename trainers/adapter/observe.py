"""What is logged about a batch of scores: scalar metrics, and columns for the table of completions.

The scores are one process's slice of a generation batch. The names depend on the recipe and on nothing in the batch, so
that every process reports the same ones; every metric is a finite mean over completions (or groups), so that averaging
over processes with equal slices is exact.

    terms/LABEL, terms/LABEL/applies      mean payment (no payment counts as 0 here), share of completions it pays
    outcomes/OUTCOME, outcomes/right      shares; `right` is correct and none_correct together
    routes/ROUTE                          share of completions decided by a verifier's route
    verifier/seconds                      mean seconds of verification per completion
    variance/total, variance/LABEL        within-group variance of the total, and each term's covariance with it:
                                          the terms' parts sum to the total's unless the recipe's clip applies
    text/characters, text/script, text/repetition
                                          shares of completions with a stray character, of letters of another script
                                          than Latin or Greek, and of repeated word 4-grams
    slices/COLUMN=VALUE/share             share of completions whose row has this value in the column of a slice
    slices/COLUMN=VALUE/outcomes/OUTCOME  of all completions: those with this value and this outcome

With `totals` the terms, the routes and the verifier's seconds are left out: the rest is what the watch reads.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from rewardkit.recipe.recipe import Recipe
from rewardkit.terms.charsets import charsets
from rewardkit.terms.kinds.repetition import repeated_share
from rewardkit.types import DECIDED, Outcome, Score

ROUTES = (
    "literal",
    "numeric",
    "text",
    "symbolic",
    "choice",
    "arithmetic",
    "unread",
    "refused",
    "timeout",
    "ceiling",
    "crash",
    "gold",
    "none",
    "nothing",
)
"""Routes that have a metric of their own; all others, such as a plugin's, are counted as `other`."""

NGRAM = 4
ALLOWED = ("ascii", "greek", "math_operators", "arrows")
OTHER_LETTER = re.compile(r"[^\W\d_A-Za-z\u00aa-\u024f\u0370-\u03ff\u1e00-\u1fff]")
LETTER = re.compile(r"[^\W\d_]")


Log = Literal["all", "totals"]
"""Which metrics are logged."""


@dataclass(frozen=True, slots=True)
class Slices:
    """A column whose values split the outcomes, and all its values in the data."""

    column: str
    values: tuple[str, ...]


def slice_value(cell: Any) -> str:
    """The name of a cell's slice."""
    return "null" if cell is None else str(cell)


def metrics(
    recipe: Recipe,
    scores: Sequence[Score],
    group_size: int | None,
    log: Log = "all",
    slices: Slices | None = None,
) -> dict[str, float]:
    """Scalar metrics of one process's scores, named as in the module's docstring.

    `group_size` is the number of completions of each prompt; without it the variances are left out.
    """
    n = len(scores)
    values = [score.values for score in scores]
    found = _terms(recipe, values) if log == "all" else {}
    found.update(_outcomes(scores, n))
    if log == "all":
        found.update(_routes(scores))
    if slices is not None:
        for value in slices.values:
            inside = [s for s in scores if slice_value(s.reading.rollout.fields.get(slices.column)) == value]
            name = f"slices/{slices.column}={value}"
            found[f"{name}/share"] = len(inside) / n
            found.update({f"{name}/{outcome}": share for outcome, share in _outcomes(inside, n).items()})
    if group_size is not None:
        found.update(_variances(list(recipe.reward), scores, values, group_size))
    texts = [score.reading.text for score in scores]
    found["text/characters"] = sum(1 for text in texts if _stray().search(text)) / n
    found["text/script"] = sum(map(_other_script, texts)) / n
    found["text/repetition"] = sum(repeated_share(score.reading.words, NGRAM) for score in scores) / n
    return found


def _outcomes(scores: Sequence[Score], n: int) -> dict[str, float]:
    outcomes = Counter(score.outcome for score in scores)
    found = {f"outcomes/{outcome}": outcomes[outcome] / n for outcome in (*DECIDED, Outcome.UNDECIDED)}
    found["outcomes/right"] = sum(outcomes[outcome] for outcome in DECIDED if outcome.right) / n
    return found


def _terms(recipe: Recipe, values: Sequence[Mapping[str, float | None]]) -> dict[str, float]:
    n = len(values)
    found: dict[str, float] = {}
    for label in recipe.reward:
        paid = [value for row in values if (value := row[label]) is not None]
        found[f"terms/{label}"] = sum(paid) / n
        found[f"terms/{label}/applies"] = len(paid) / n
    return found


def _routes(scores: Sequence[Score]) -> dict[str, float]:
    n = len(scores)
    routes = Counter(score.reading.route for score in scores)
    found = {f"routes/{route}": routes.pop(route, 0) / n for route in ROUTES}
    found["routes/other"] = sum(routes.values()) / n
    verdicts = [score.reading.verdict for score in scores]
    found["verifier/seconds"] = sum(verdict.seconds for verdict in verdicts if verdict is not None) / n
    return found


def columns(recipe: Recipe, scores: Sequence[Score]) -> dict[str, list[Any]]:
    """Columns for the table of completions, one value per completion; the same names for every batch."""
    found: dict[str, list[Any]] = {
        "id": [score.reading.rollout.id for score in scores],
        "gold": [_gold(score.reading.rollout.golds) for score in scores],
        "tokens": [score.reading.rollout.tokens for score in scores],
        "finish": [str(score.reading.rollout.finish) for score in scores],
        "prediction": [score.reading.prediction for score in scores],
        "outcome": [str(score.outcome) for score in scores],
        "route": [score.reading.route for score in scores],
        "total": [score.total for score in scores],
        "explanation": [explanation(score) for score in scores],
    }
    values = [score.values for score in scores]
    return found | {f"terms/{label}": [row[label] for row in values] for label in recipe.reward}


def explanation(score: Score) -> str:
    """The score's tree on one line, as in `correctness 1 (correct); too_long -0.2 (812 tokens)`."""
    parts = [
        f"{term.label} {'-' if term.value is None else format(term.value, 'g')}"
        + (f" ({term.note})" if term.note else "")
        for term in score.terms
    ]
    return "; ".join(parts)


def _gold(golds: Sequence[str | None]) -> str | None:
    return golds[0] if len(golds) == 1 else " | ".join("null" if gold is None else gold for gold in golds)


def _variances(
    labels: Sequence[str], scores: Sequence[Score], values: Sequence[Mapping[str, float | None]], size: int
) -> dict[str, float]:
    sums = dict.fromkeys(["total", *labels], 0.0)
    groups = range(0, len(scores), size)
    for start in groups:
        group = [at for at in range(start, min(start + size, len(scores))) if scores[at].total is not None]
        totals = _centred([scores[at].total or 0.0 for at in group])
        if len(group) < 2 or not any(totals):
            continue
        sums["total"] += _dot(totals, totals) / (len(group) - 1)
        for label in labels:
            sums[label] += _dot([values[at][label] or 0.0 for at in group], totals) / (len(group) - 1)
    return {f"variance/{name}": value / len(groups) for name, value in sums.items()}


def _centred(values: Sequence[float]) -> list[float]:
    mean = sum(values) / max(len(values), 1)
    return [value - mean for value in values]


def _dot(left: Sequence[float], right: Sequence[float]) -> float:
    return sum(a * b for a, b in zip(left, right, strict=True))


@cache
def _stray() -> re.Pattern[str]:
    """Any character outside the sets that `math-none` version 2 allows, white space aside."""
    known: Mapping[str, Any] = charsets()
    ranges = "".join(
        f"{re.escape(chr(low))}-{re.escape(chr(high))}"
        for name in ALLOWED
        for low, high in known[name].ranges
    )
    return re.compile(f"[^{ranges}\\s]")


def _other_script(text: str) -> float:
    if text.isascii():
        return 0.0
    letters = LETTER.findall(text)
    return sum(1 for letter in letters if OTHER_LETTER.match(letter)) / len(letters) if letters else 0.0
