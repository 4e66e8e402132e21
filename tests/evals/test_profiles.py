"""The field's ways of reading an answer: what they give, and the faults they are known for."""

import pytest

from rewardkit import Outcome, Rollout
from rewardkit.evals.profiles import load_reader, shipped_profiles


def outcome(profile, completion, gold):
    [reading] = load_reader(profile).read([Rollout(completion=completion, gold=gold)])
    return reading


@pytest.mark.parametrize(
    ("profile", "completion", "gold", "answer", "right"),
    [
        ("lm-eval/gsm8k-strict", "so\n#### 18", "18", "18", True),
        ("lm-eval/gsm8k-strict", "so\n#### 1,800.", "1800", "1800", True),
        ("lm-eval/gsm8k-strict", "#### 17 no\n#### 18", "18", "17", False),  # the first match counts
        ("lm-eval/gsm8k-strict", "so\n#### $18", "18", None, False),  # known fault
        ("lm-eval/gsm8k-flexible", "that is $18", "18", "18", True),
        ("lm-eval/gsm8k-flexible", "it is 18, which helps...", "18", "..", False),  # known fault
        ("lm-eval/gsm8k-flexible", "it is 18.00", "18", "18.00", False),  # known fault
        ("lm-eval/gsm8k-flexible", "so 17 + 1 = 18", "18", "18", True),
        ("lm-eval/gsm8k-cot-strict", "The answer is 18.", "18", "18", True),
        ("lm-eval/gsm8k-cot-strict", "The answer is 18", "18", "1", False),  # its last dot is unescaped
        ("minerva", "Final Answer: The final answer is $18$. I hope it is correct.", "18", "18", True),
        ("minerva", "so \\boxed{18}", "18", None, False),
        ("minerva", "Final Answer: The final answer is $18$. ", "18", "18", True),
        ("minerva", "Final Answer: The final answer is $18$.", "18", None, False),
        ("last-boxed", "\\boxed{17} no, \\boxed{18}", "18", "18", True),
        ("last-boxed", "\\boxed{18", "18", None, False),
        ("last-boxed", "it is 18", "18", None, False),
        ("last-boxed", "\\boxed 18$ it is", "18", "18", True),
        ("accuracy", "#### $18", "18", "18", True),
    ],
)
def test_what_a_profile_reads(profile, completion, gold, answer, right):
    reading = outcome(profile, completion, gold)
    assert (reading.outcome == Outcome.CORRECT) == right
    if answer is None:
        assert reading.outcome == Outcome.NO_ANSWER
    else:
        assert reading.prediction.strip("$") == answer


def test_the_numeric_profiles_can_never_say_none():
    assert outcome("lm-eval/gsm8k-strict", "#### None", "None").outcome == Outcome.NO_ANSWER
    assert outcome("accuracy", "#### None", "None").outcome == Outcome.NONE_CORRECT


def test_every_shipped_profile_loads_and_has_its_own_digest():
    digests = {load_reader(name).digest for name in shipped_profiles()}
    assert len(digests) == len(shipped_profiles())
