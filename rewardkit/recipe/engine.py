"""Read once, pay once.

Reading is the expensive part and the part that goes wrong: the gold is checked, the answer extracted and verified
exactly once per rollout, in one batch, before any term. Scoring goes through the prompts' groups and asks each term
for its payments. The engine gets an `Answer` and a `Reward`, and knows neither recipes nor trainers nor files.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import fsum
from typing import NamedTuple

from ..errors import DataError, MissingFact
from ..extract import extract
from ..extract.reasoning import answer_start
from ..kinds import Extractor, Question, Verifier
from ..terms.base import Term
from ..types import Equality, Extraction, Outcome, Reading, Rollout, Says, Score, TermScore, Verdict
from .answer import Answer


class _Gold(NamedTuple):
    """The golds of a rollout, sorted out: whether there is an answer, which are usable, and why not."""

    answerable: bool
    usable: tuple[str, ...] = ()
    fault: str = ""


def read(answer: Answer, rollouts: Iterable[Rollout]) -> list[Reading]:
    """One reading per rollout, in order.

    Raises:
        DataError: a gold is missing, or null where null is not declared to mean unanswerable, or the
            completion is not a string.
    """
    verifier: Verifier = answer.verify
    extractors: tuple[Extractor, ...] = answer.extract
    abstains = bool(answer.none or answer.none_patterns)
    drafts: list[tuple[Rollout, _Gold, str, int | None, bool, bool, Extraction | None, Says]] = []
    asked: list[Question] = []
    at: list[int] = []
    for rollout in rollouts:
        if not isinstance(rollout.completion, str):
            raise DataError(
                f"rollout {rollout.id or '?'}: the completion is {type(rollout.completion).__name__}, not a string"
            )
        gold = _gold(answer, rollout, verifier, abstains)
        text, start, reasoned, prefilled = _parts(answer, rollout)
        found = None if start is None else extract(text, extractors, start)
        if found is None or found.text is None:
            says = Says.NOTHING
        elif abstains and answer.says_none(found.text):
            says = Says.NONE
        else:
            says = Says.VALUE
            if gold.usable and found is not None:
                asked.append(Question(extraction=found, golds=gold.usable, text=text, rollout=rollout))
                at.append(len(drafts))
        drafts.append((rollout, gold, text, start, reasoned, prefilled, found, says))
    verdicts: list[Verdict | None] = [None] * len(drafts)
    if asked:
        for index, verdict in zip(at, verifier.verify(asked), strict=True):
            verdicts[index] = verdict
    return [_reading(*draft, verdict) for draft, verdict in zip(drafts, verdicts, strict=True)]


def _reading(
    rollout: Rollout,
    gold: _Gold,
    text: str,
    start: int | None,
    reasoned: bool,
    prefilled: bool,
    found: Extraction | None,
    says: Says,
    verdict: Verdict | None,
) -> Reading:
    if gold.fault:
        verdict = Verdict(equality=Equality.UNDECIDED, route="gold", details={"fault": gold.fault})
    return Reading(
        rollout=rollout,
        text=text,
        outcome=_outcome(gold, says, verdict),
        says=says,
        extraction=found,
        verdict=verdict,
        answer_from=len(text) if start is None else start,
        reasoned=reasoned,
        prefilled=prefilled,
    )


def _parts(answer: Answer, rollout: Rollout) -> tuple[str, int | None, bool, bool]:
    """The text, where its answer part begins (None: never), whether it reasoned, whether prefilled."""
    tags = answer.reasoning
    text = rollout.completion
    if tags is None:
        return text, 0, False, False
    if rollout.reasoning is not None:
        text = f"{tags.open}{rollout.reasoning}{tags.close}{text}"
        start, reasoned = answer_start(text, tags.open, tags.close, False)
        return text, start, reasoned, False
    start, reasoned = answer_start(text, tags.open, tags.close, tags.prefilled)
    return text, start, reasoned, tags.prefilled


def _gold(answer: Answer, rollout: Rollout, verifier: Verifier, abstains: bool) -> _Gold:
    gold = rollout.gold
    if isinstance(gold, str):  # one gold, as nearly always
        if abstains and answer.says_none(gold):
            return _UNANSWERABLE
        fault = verifier.gold_fault(str(gold), rollout)
        return _Gold(True, (), fault) if fault else _Gold(True, (str(gold),))
    golds = rollout.golds
    if not golds:
        raise DataError(f"rollout {rollout.id or '?'} has no gold")
    nothing = [gold is None or answer.says_none(gold) for gold in golds]
    if any(gold is None for gold in golds) and answer.null_gold == "error":
        raise DataError(
            f"rollout {rollout.id or '?'} has a null gold; if null means that the problem cannot be answered, "
            "say so in the recipe (answer.null_gold: unanswerable), else fix the data"
        )
    if all(nothing):
        return _UNANSWERABLE
    if any(nothing):
        raise DataError(
            f"rollout {rollout.id or '?'} has both a value and None among its golds {golds!r}; keep one"
        )
    faults: list[str] = []
    usable: list[str] = []
    for gold in golds:
        fault = verifier.gold_fault(str(gold), rollout)
        (faults.append(fault) if fault else usable.append(str(gold)))
    return _Gold(True, tuple(usable), "" if usable else "; ".join(faults))


def _outcome(gold: _Gold, says: Says, verdict: Verdict | None) -> Outcome:
    if gold.fault:
        return Outcome.UNDECIDED
    if not gold.answerable:
        return _UNANSWERABLE_TABLE[says]
    if says is Says.NONE:
        return Outcome.FALSE_NONE
    if says is Says.NOTHING or verdict is None:
        return Outcome.NO_ANSWER
    if verdict.equality == Equality.UNDECIDED:
        return Outcome.UNDECIDED
    return Outcome.CORRECT if verdict.equality == Equality.EQUAL else Outcome.WRONG


_UNANSWERABLE = _Gold(answerable=False)
_UNANSWERABLE_TABLE = {
    Says.NONE: Outcome.NONE_CORRECT,
    Says.VALUE: Outcome.NONE_MISSED,
    Says.NOTHING: Outcome.NONE_NO_ANSWER,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reward:
    """What is paid for a reading: the terms, the clip of their sum, and the name and digest for the scores."""

    terms: Mapping[str, Term]
    clip: tuple[float, float] | None
    reads_groups: bool
    ref: str
    digest: str


def score_readings(reward: Reward, readings: Sequence[Reading]) -> list[Score]:
    """One score per reading, in order, group by group.

    Raises:
        MissingFact: a term compares the completions of one prompt, and a rollout has no group.
        DataError: the rollouts of a group are not contiguous.
    """
    return [score for group in _groups(reward, readings) for score in _score_group(reward, group)]


class Paid(NamedTuple):
    """What a reading is paid: the total, and what each top-level term paid, in the recipe's order."""

    total: float | None
    values: tuple[float | None, ...]


def pay_readings(reward: Reward, readings: Sequence[Reading]) -> list[Paid]:
    """`score_readings` without what explains a payment, in a fraction of the time. Raises the same."""
    return [paid for group in _groups(reward, readings) for paid in _pay_group(reward, group)]


def _groups(reward: Reward, readings: Sequence[Reading]) -> Iterable[list[Reading]]:
    if not reward.reads_groups:
        yield list(readings)
        return
    seen: set[str] = set()
    group: list[Reading] = []
    for reading in readings:
        name = reading.rollout.group
        if not name:
            raise MissingFact(
                f"rollout {reading.rollout.id or '?'} has no group, and {reward.ref} compares the completions of one "
                "prompt; name the group column (--column group=NAME, or --group-by NAME to sort by it), or give a row's "
                "completions as a list"
            )
        if group and name != group[0].rollout.group:
            yield group
            group = []
        if not group:
            if name in seen:
                raise DataError(
                    f"group '{name}' is not contiguous: completions of other groups lie between its own; sort the data "
                    "by group (--group-by COLUMN does)"
                )
            seen.add(name)
        group.append(reading)
    if group:
        yield group


def _score_group(reward: Reward, readings: Sequence[Reading]) -> list[Score]:
    live = [reading for reading in readings if reading.outcome != Outcome.UNDECIDED]
    columns = [term.score(label, live) for label, term in reward.terms.items()]
    paid = iter(zip(*columns, strict=True))
    skipped = tuple(
        TermScore(label=label, kind=term.kind, value=None, raw=None, note="undecided: the gold is unusable")
        for label, term in reward.terms.items()
    )
    scores = []
    for reading in readings:
        terms = skipped if reading.outcome == Outcome.UNDECIDED else tuple(next(paid))
        value = _total(reward, [term.value for term in terms])
        scores.append(
            Score(total=value, terms=terms, reading=reading, recipe=reward.ref, digest=reward.digest)
        )
    return scores


def _pay_group(reward: Reward, readings: Sequence[Reading]) -> list[Paid]:
    live = [reading for reading in readings if reading.outcome is not Outcome.UNDECIDED]
    rows = zip(*(term.values(live) for term in reward.terms.values()), strict=True)
    paid = [Paid(_total(reward, row), row) for row in rows]
    if len(live) == len(readings):
        return paid
    skipped, found = Paid(None, (None,) * len(reward.terms)), iter(paid)
    return [skipped if reading.outcome is Outcome.UNDECIDED else next(found) for reading in readings]


def _total(reward: Reward, values: Sequence[float | None]) -> float | None:
    """The sum of what the terms paid, exact in any order, within the recipe's clip; None where none applies."""
    present = [value for value in values if value is not None]
    value = fsum(present) if present else None
    if value is not None and reward.clip is not None:
        value = min(max(value, reward.clip[0]), reward.clip[1])
    return value
