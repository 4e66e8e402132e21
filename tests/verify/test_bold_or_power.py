"""`**` is Markdown's bold at the edges of a word and never a character to be dropped inside one."""

import pytest

from rewardkit import Equality, Extraction, Question, Rollout
from rewardkit.verify.math.verifier import Math


@pytest.mark.parametrize(
    ("answer", "gold", "equal"),
    [
        ("**42**", "42", True),
        ("**42**.", "42", True),
        ("**42** apples", "42", True),
        ("4**2", "42", False),
        ("9**9**9**9", "9999", False),
        ("2**-3", "-1", False),
        ("2**.5", "2.5", False),
        ("2 ** 3", "23", False),
    ],
)
def test_bold_or_power(answer, gold, equal):
    found = Extraction(text=answer, span=(0, len(answer)), extractor="whole")
    question = Question(
        extraction=found, golds=(gold,), text=answer, rollout=Rollout(completion=answer, gold=gold)
    )
    [verdict] = Math().verify([question])
    assert (verdict.equality == Equality.EQUAL) is equal
