"""When nearly nothing is right: what looks odd about the golds, the answers, and how they fit together.

    doubts = oddities(scores)      # ["the median gold has 240 characters and the median answer 2; ..."]

A model may really be wrong every time. A gold that holds more than the answer, an extractor that looks in the wrong
place, and letters compared with numbers look the same in a table of outcomes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from statistics import median

from ..kinds import EXTRACTORS
from ..rows.golds import MARKS
from ..types import Outcome, Score

FEWEST = 20
"""Fewer answerable completions than this, and nothing is said."""
MOST = 300
"""Completions that are looked at."""
NEARLY_NOTHING = 0.02
"""The share of right answers up to which nearly nothing is right."""
FAR = 5
"""How many times longer golds or answers must be to look odd."""
LONG = 20
"""Characters below which no length looks odd."""

_NUMBER = re.compile(r"[-+$]*[\d.,\s]*\d[\d.,/%\s]*")
_LETTER = re.compile(r"\(?[A-Ja-j]\)?\.?")
KINDS: tuple[tuple[str, Callable[[str], object]], ...] = (
    ("numbers", _NUMBER.fullmatch),
    ("single letters", _LETTER.fullmatch),
)


def oddities(scores: Sequence[Score]) -> list[str]:
    """What looks odd, in sentences; empty where enough is right, too little was seen, or nothing looks odd.

    Args:
        scores: of some completions; the first `MOST` of those with an answer to give are looked at.
    """
    open_ = [score for score in scores if score.outcome == Outcome.UNDECIDED]
    if len(scores) >= FEWEST and len(open_) * 2 > len(scores):
        return [
            f"{len(open_)} of {len(scores)} completions are undecided, because the verifier cannot read their golds (as "
            f"{open_[0].reading.rollout.golds[0]!r}): do the golds hold more than the answer, or need another verifier?"
        ]
    seen = [score for score in scores if score.outcome.answerable and score.outcome != Outcome.UNDECIDED][
        :MOST
    ]
    if len(seen) < FEWEST or sum(score.outcome.right for score in seen) > NEARLY_NOTHING * len(seen):
        return []
    golds = [gold for score in seen if (gold := score.reading.rollout.golds[0]) is not None]
    answers = [answer for score in seen if (answer := score.reading.prediction) is not None]
    return [*_unread(seen), *_lengths(golds, answers), *_kinds(golds, answers)]


def _unread(seen: Sequence[Score]) -> list[str]:
    """Answers that the recipe's extractors miss and another one finds."""
    blind = [score for score in seen if score.outcome == Outcome.NO_ANSWER]
    if len(blind) * 2 < len(seen):
        return []
    hits = {mark.extractor: sum(_says_gold(mark.extractor, score) for score in blind) for mark in MARKS}
    name, most = max(hits.items(), key=lambda pair: pair[1])
    if not most:
        return []
    return [
        f"{len(blind)} of {len(seen)} completions have no answer where the recipe looks, and '{name}' finds the gold "
        f"itself in {most} of them; add it to answer.extract"
    ]


def _says_gold(extractor: str, score: Score) -> bool:
    found = EXTRACTORS.get(extractor)().find(
        score.reading.text, min(score.reading.answer_from, len(score.reading.text))
    )
    return found is not None and found.text in score.reading.rollout.golds


def _lengths(golds: Sequence[str], answers: Sequence[str]) -> list[str]:
    if not golds or not answers:
        return []
    gold, answer = median(map(len, golds)), median(map(len, answers))
    sizes = f"the median gold has {gold:g} characters and the median answer {answer:g}"
    if gold >= max(LONG, FAR * answer):
        return [f"{sizes}: do the golds hold more than the answer? (gold_extract takes it out)"]
    if answer >= max(LONG, FAR * gold):
        return [f"{sizes}: does the extractor take more than the answer? (answer.extract)"]
    return []


def _kinds(golds: Sequence[str], answers: Sequence[str]) -> list[str]:
    """Golds nearly all of one kind, and answers of another."""
    of_golds, of_answers = _kind(golds), _kind(answers)
    if None in (of_golds, of_answers) or of_golds == of_answers:
        return []
    return [
        f"the golds are {of_golds} (as {golds[0]!r}) and the answers {of_answers} (as {answers[0]!r}): is it the right "
        "gold column, and does the prompt ask for what the golds are?"
    ]


def _kind(texts: Sequence[str]) -> str | None:
    """What at least nine in ten strings are, None where that has no name."""
    for name, is_one in KINDS:
        if texts and sum(is_one(text.strip()) is not None for text in texts) >= 0.9 * len(texts):
            return name
    return None
