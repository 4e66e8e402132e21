"""Parity with the reward functions of the installed TRL, on the same completions."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rewardkit.terms.labels import build

pytestmark = pytest.mark.train
rewards = pytest.importorskip("trl.rewards")

PIECES = ["<think>", "</think>", "\n", " ", "x", "<answer>", "</answer>"]


@given(st.lists(st.sampled_from(PIECES), max_size=10).map("".join))
def test_think_format(reading, text):
    (theirs,) = rewards.think_format_reward([[{"content": text}]])
    assert build("format", {"preset": "trl"}).pay(reading(text)).value == theirs


@given(st.integers(1, 60), st.integers(0, 60), st.integers(0, 90))
def test_soft_overlong(reading, length, cache, tokens):
    cache = min(cache, length)
    (theirs,) = rewards.get_soft_overlong_punishment(length, cache)(completion_ids=[[1] * tokens])
    ours = build("soft_overlong", {"preset": "trl", "max_length": length, "cache": cache})
    assert ours.pay(reading(tokens=tokens)).value == pytest.approx(theirs)


@given(st.lists(st.integers(0, 3), max_size=40), st.integers(1, 6), st.sampled_from([-1.0, -0.05, 0.0]))
def test_repetition(reading, ids, ngram, penalty):
    (theirs,) = rewards.get_repetition_penalty_reward(ngram, penalty)(completion_ids=[ids])
    ours = build("repetition", {"preset": "trl", "ngram": ngram, "max_penalty": penalty})
    assert ours.pay(reading(token_ids=tuple(ids))).value == pytest.approx(theirs)


@settings(deadline=None, max_examples=15)
@given(st.integers(1, 50), st.integers(0, 120), st.booleans())
def test_cosine(reading, max_length, tokens, right):
    answer = r"\boxed{42}" if right else r"\boxed{41}"
    theirs = rewards.get_cosine_scaled_reward(max_length)(
        completions=[[{"content": answer}]], solution=["42"], completion_ids=[[1] * tokens]
    )
    ours = build("cosine_length", {"preset": "trl", "max_length": max_length})
    assert [ours.pay(reading(answer, "correct" if right else "wrong", tokens=tokens)).value] == pytest.approx(
        theirs
    )
