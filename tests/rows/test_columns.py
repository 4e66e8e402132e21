"""Which column plays which role, and what is said about it."""

import pytest

from rewardkit.errors import UsageError
from rewardkit.rows import Columns, parse_columns


@pytest.mark.parametrize(
    ("names", "chosen", "notes"),
    [
        (
            ["question", "gold", "completions"],
            {"prompt": "question", "completion": "completions", "gold": "gold"},
            0,
        ),
        (
            ["problem", "golden", "response"],
            {"prompt": "problem", "completion": "response", "gold": "golden"},
            0,
        ),
        (
            ["prompt", "ground_truth", "output"],
            {"prompt": "prompt", "completion": "output", "gold": "ground_truth"},
            0,
        ),
        (["answer", "gold", "completion"], {"completion": "completion", "gold": "gold"}, 1),
        (["solution", "answer", "completion"], {"completion": "completion", "gold": "answer"}, 1),
        (["messages", "target"], {"prompt": "messages", "completion": "messages", "gold": "target"}, 0),
        (
            ["messages", "completion", "target"],
            {"prompt": "messages", "completion": "completion", "gold": "target"},
            0,
        ),
        (
            ["id", "group", "sample", "tokens", "finish_reason", "completion", "gold"],
            {
                "completion": "completion",
                "gold": "gold",
                "id": "id",
                "group": "group",
                "sample": "sample",
                "tokens": "tokens",
                "finish": "finish_reason",
            },
            0,
        ),
    ],
)
def test_columns_are_found_under_their_usual_names(names, chosen, notes):
    found = Columns().choose(names)
    assert dict(found.columns) == chosen
    assert len(found.notes) == notes


def test_of_two_candidates_the_better_known_is_taken_and_the_other_is_said():
    found = Columns().choose(["answer", "gold", "completion"])
    assert str(found) == "columns: completion = completion, gold = gold; 'answer' is not read as the gold"


def test_a_named_column_is_taken_at_its_word():
    assert Columns(gold="answer").choose(["answer", "gold", "completion"]).columns["gold"] == "answer"


def test_a_column_named_for_one_role_is_not_taken_for_another():
    found = Columns(completion="answer").choose(["answer", "solution"])
    assert dict(found.columns) == {"completion": "answer", "gold": "solution"}


@pytest.mark.parametrize(
    ("columns", "names", "says"),
    [
        (
            Columns(gold="anwser"),
            ["answer", "completion"],
            "no column 'anwser' for the gold; did you mean 'answer'?",
        ),
        (
            Columns(),
            ["question", "answer"],
            "no column holds the completion: looked for completion, completions",
        ),
        (Columns(), ["completion", "label"], "name it with --column gold=NAME"),
    ],
)
def test_a_column_that_is_not_there_is_said_with_the_remedy(columns, names, says):
    with pytest.raises(UsageError) as error:
        columns.choose(names)
    assert says in str(error.value)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        (["gold"], "write it as role=name"),
        (["golt=answer"], "no role 'golt'; did you mean 'gold'?"),
        (["gold=a", "gold=b"], "gold is given twice"),
    ],
)
def test_bad_column_options(settings, says):
    with pytest.raises(UsageError, match=says.replace("?", r"\?")):
        parse_columns(settings)


def test_column_options_read_as_columns():
    assert parse_columns(["gold=answer", "token-ids=ids"]) == Columns(gold="answer", token_ids="ids")
