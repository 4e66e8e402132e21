"""Scoring a data frame: the columns of a score file, under the frame's own index."""

import numpy as np
import pandas as pd
import pytest

from rewardkit import Recipe, UsageError
from rewardkit.errors import DataError, MissingFact
from rewardkit.scoring.record import COLUMNS

ANSWER = {"extract": ["whole"], "verify": "exact"}
PRICES = {"correct": 1.0, "wrong": -0.1, "no_answer": -0.2, "false_none": -0.5}
PLAIN = Recipe.model_validate(
    {"recipe": "r", "version": 0, "answer": ANSWER, "reward": {"correctness": PRICES}}
)
KIMI = Recipe.model_validate(
    {"recipe": "k", "version": 0, "answer": ANSWER, "reward": {"kimi_length": {"unit": "characters"}}}
)


def test_a_row_a_completion_under_the_same_index():
    frame = pd.DataFrame({"response": ["18", "7", ""], "answer": [18, 18, 18]}, index=["x", "y", "z"])
    scores = PLAIN.score_frame(frame)
    assert list(scores.columns) == list(COLUMNS)
    assert list(scores.index) == ["x", "y", "z"]
    assert list(scores.total) == [1.0, -0.1, -0.2]
    assert list(scores.outcome) == ["correct", "wrong", "no_answer"]
    assert scores.terms["x"] == {"correctness": 1.0}
    assert set(scores.digest) == {PLAIN.digest}


def test_lists_give_a_row_a_completion_each_under_the_label_of_its_row():
    frame = pd.DataFrame({"completions": [["18", "7"], np.array(["3"])], "gold": ["18", "3"]}, index=[10, 20])
    scores = PLAIN.score_frame(frame)
    assert list(scores.index) == [10, 10, 20]
    assert list(scores["sample"]) == [0, 1, 0]
    assert list(scores.total) == [1.0, -0.1, 1.0]


def test_the_rows_of_a_group_may_stand_anywhere_in_a_frame():
    frame = pd.DataFrame(
        {"completion": ["1", "22", "1  ", "22  "], "gold": ["1", "22", "1", "22"], "group": list("abab")}
    )
    together = frame.sort_values("group", kind="stable")
    apart = KIMI.score_frame(frame)
    assert list(apart.index) == [0, 1, 2, 3]
    assert list(apart.total) == list(KIMI.score_frame(together).total.sort_index())
    assert list(apart["sample"]) == [0, 0, 1, 1]


def test_an_error_names_the_label_of_the_row():
    frame = pd.DataFrame({"completion": ["1", "2"], "gold": [1, None]}, index=["good", "bad"])
    with pytest.raises(DataError, match="row 'bad': the gold is null"):
        PLAIN.score_frame(frame)


def test_so_does_one_that_only_the_engine_finds():
    recipe = PLAIN.model_copy(update={"answer": PLAIN.answer.model_copy(update={"none": ("None",)})})
    frame = pd.DataFrame({"completion": ["1", "2"], "gold": ["1", ["2", "None"]]}, index=["good", "bad"])
    with pytest.raises(DataError, match=r"row 'bad': .*both a value and None"):
        recipe.score_frame(frame)


def test_columns_by_name_and_a_gold_in_a_text():
    frame = pd.DataFrame({"text": ["72"], "solution": ["so\n#### 72"]})
    assert list(PLAIN.score_frame(frame, completion="text", gold="solution", gold_extract="hash").total) == [
        1.0
    ]
    with pytest.raises(UsageError, match="no role 'golt'; did you mean 'gold'"):
        PLAIN.score_frame(frame, golt="solution")


def test_an_empty_frame_gives_an_empty_frame():
    scores = PLAIN.score_frame(pd.DataFrame({"completion": [], "gold": []}))
    assert list(scores.columns) == list(COLUMNS)
    assert len(scores) == 0


def test_tokens_are_never_guessed():
    recipe = Recipe.model_validate(
        {
            "recipe": "t",
            "version": 0,
            "answer": ANSWER,
            "reward": {"length": {"above": 3, "penalty": -1.0, "unit": "tokens"}},
        }
    )
    frame = pd.DataFrame({"completion": ["a b"], "gold": ["1"]})
    with pytest.raises(MissingFact):
        recipe.score_frame(frame)
    assert list(recipe.score_frame(frame.assign(tokens=[4])).total) == [-1.0]


def test_two_columns_of_one_name_are_refused():
    frame = pd.DataFrame([["1", "2", "1"]], columns=["completion", "gold", "gold"])
    with pytest.raises(UsageError, match="several columns called 'gold'"):
        PLAIN.score_frame(frame)
