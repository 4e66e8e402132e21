"""`rewardkit.scoring.score_into`: what `rewardkit score -o` does, from Python."""

import json
from contextlib import contextmanager

import pytest

from rewardkit import Recipe, UsageError
from rewardkit.recipe.stream import CHUNK
from rewardkit.rows import read_rollouts
from rewardkit.scoring import score_into

RECIPE = Recipe.model_validate(
    {
        "recipe": "r",
        "version": 0,
        "answer": {"extract": ["boxed"], "verify": "exact"},
        "reward": {"correctness": {"correct": 1.0, "wrong": -0.1, "no_answer": -0.2, "false_none": -0.5}},
    }
)
ROWS = 3 * CHUNK


@pytest.fixture
def rows(tmp_path):
    path = tmp_path / "rows.jsonl"
    lines = (
        json.dumps({"completion": f"\\boxed{{{at % 2}}}", "gold": "1", "group": str(at)})
        for at in range(ROWS)
    )
    path.write_text("\n".join(lines) + "\n")
    return path


@contextmanager
def stopped_after_one_chunk(groups):
    def advance(scored: int) -> None:
        raise KeyboardInterrupt

    yield advance


def test_an_interrupted_run_resumes_and_ends_as_one_that_was_not(rows, tmp_path) -> None:
    whole = score_into(tmp_path / "whole.jsonl", RECIPE, read_rollouts(str(rows)))
    said: list[str] = []
    out = tmp_path / "scores.jsonl"
    with pytest.raises(KeyboardInterrupt):
        score_into(out, RECIPE, read_rollouts(str(rows)), say=said.append, progress=stopped_after_one_chunk)
    assert not out.exists()
    assert "resumes" in said[-1]
    summary = score_into(out, RECIPE, read_rollouts(str(rows)), say=said.append)
    assert any(line.startswith("resuming ") for line in said)
    assert out.read_bytes() == (tmp_path / "whole.jsonl").read_bytes()
    assert summary == whole
    assert summary["outcomes"] == {"correct": ROWS // 2, "wrong": ROWS // 2}


def test_a_complete_file_is_not_scored_again(rows, tmp_path) -> None:
    out = str(tmp_path / "scores.jsonl")
    first = score_into(out, RECIPE, read_rollouts(str(rows)))
    said: list[str] = []
    assert score_into(out, RECIPE, read_rollouts(str(rows)), say=said.append) == first
    assert said == [f"{out} is already complete; --overwrite scores it again"]


def test_the_input_is_never_overwritten(rows) -> None:
    before = rows.read_bytes()
    with pytest.raises(UsageError, match="is the input"):
        score_into(rows, RECIPE, read_rollouts(str(rows)), overwrite=True)
    assert rows.read_bytes() == before
