"""A factory of readings: a text and an outcome as if they had been read and verified."""

import pytest

from rewardkit.types import Extraction, Outcome, Reading, Rollout, Says, Verdict

NOTHING = (Outcome.NO_ANSWER, Outcome.NONE_NO_ANSWER)
NONE = (Outcome.FALSE_NONE, Outcome.NONE_CORRECT)


def make_reading(
    text: str = "",
    outcome: Outcome | str = Outcome.WRONG,
    *,
    tokens: int | None = None,
    token_ids: tuple[int, ...] | None = None,
    answer: str | None = None,
    extractor: str = "boxed",
    span: tuple[int, int] | None = None,
    verdict: Verdict | None = None,
    prefilled: bool = False,
    answer_from: int = 0,
    **rollout,
) -> Reading:
    outcome = Outcome(outcome)
    says = Says.NOTHING if outcome in NOTHING else Says.NONE if outcome in NONE else Says.VALUE
    if span is None:
        at = text.rfind(answer) if answer else 0
        span = (at, at + len(answer or ""))
    found = None if says == Says.NOTHING else Extraction(text=answer or "0", span=span, extractor=extractor)
    return Reading(
        rollout=Rollout(completion=text, gold="42", tokens=tokens, token_ids=token_ids, **rollout),
        text=text,
        outcome=outcome,
        says=says,
        extraction=found,
        verdict=verdict,
        prefilled=prefilled,
        answer_from=answer_from,
    )


@pytest.fixture(scope="session")
def reading():
    """Make a reading: `reading("text", "correct", tokens=100)`."""
    return make_reading
