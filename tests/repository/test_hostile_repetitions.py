"""Nothing of ours that reads a completion takes more than linear time: 20,000 adversarial characters are no hang.

Each reader runs in a process that is killed after a time no linear reader needs; how time grows is a benchmark
(tests/bench/bench_readers.py).
"""

import subprocess
import sys
from pathlib import Path

import pytest

from rewardkit.evals.profiles.kinds import StringMatch
from rewardkit.extract.boxed import Boxed
from rewardkit.types import Equality
from rewardkit.verify.choice import letters

from .repetitions import question, readers

SCRIPT = Path(__file__).with_name("repetitions.py")
KILLED_AFTER_S = 240


@pytest.mark.parametrize("name", readers())
def test_twenty_thousand_adversarial_characters_are_read_in_linear_time(name):
    done = subprocess.run(
        [sys.executable, str(SCRIPT), name],
        capture_output=True,
        text=True,
        timeout=KILLED_AFTER_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def killed_if_slow(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    return done.stdout.strip() or done.stderr


def test_forty_words_joined_by_and_are_no_choice_and_no_hang():
    code = "from rewardkit.verify.choice import letters; print(len(letters(' and '.join(['ab'] * 40) + '!')))"
    assert killed_if_slow(code) == "0"


def test_and_still_joins_options():
    assert letters("A and C") == letters("A, C") == {"A", "C"}
    assert letters("a,and d") == {"A", "D"}


def test_assignments_between_two_boxes_are_no_hang():
    code = (
        "from rewardkit.extract.boxed import Boxed; "
        "print(Boxed().find(r'\\boxed{1}' + 'x=  ' * 15 + '!' + r'\\boxed{2}').text)"
    )
    assert killed_if_slow(code) == "2"
    assert Boxed().find(r"\boxed{1} or x = \boxed{2}").parts == ("1", "2")


def test_a_pattern_of_a_profile_that_takes_too_long_is_a_timeout():
    verifier = StringMatch(remove=(r"(a|aa)+$",))
    slow = "a" * 4_000 + "b"
    assert verifier.verify([question(slow, ("b",))])[0].equality == Equality.TIMEOUT
    assert "takes over 1 s" in (verifier.gold_fault(slow, question(slow, ("b",)).rollout) or "")


def test_nested_mixed_numbers_are_no_hang():
    """Each level was read twice: forty levels in two hundred characters would have taken days."""
    code = (
        "from rewardkit import Recipe, Rollout\n"
        "recipe = Recipe.model_validate({'recipe': 'r', 'version': 0, 'reward': {'correctness': {'correct': 1.0, "
        "'wrong': 0.0, 'no_answer': 0.0, 'false_none': 0.0}}})\n"
        r"nested = r'2\frac{' * 40 + '1' + '}{3}' * 40"
        "\n"
        r"[score] = recipe.score([Rollout(completion=r'\boxed{' + nested + '}', gold='42')])"
        "\n"
        "print(score.outcome)\n"
    )
    assert killed_if_slow(code) == "wrong"
