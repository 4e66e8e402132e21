"""Compressed files, data sets of the hub's kind, and lists that a CSV file wrote as strings."""

import gzip
import json

import pandas as pd
import pytest

from rewardkit import load_recipe
from rewardkit.errors import DataError, RewardkitError
from rewardkit.rows import GoldReader, read_rollouts
from rewardkit.rows.values import RowFault

ROWS = [{"question": "q", "gold": "18", "completion": [r"\boxed{18}", f"no {n}"]} for n in range(300)]
LINES = "".join(json.dumps(row) + "\n" for row in ROWS).encode()

PLAIN = "reward={correctness: {correct: 1, wrong: 0, no_answer: 0, false_none: 0}}"


def right(groups):
    recipe = load_recipe(
        "math-none@0", ["reward={correctness: {correct: 1, wrong: 0, no_answer: 0, false_none: 0}}"]
    )
    return sum(score.outcome == "correct" for group in groups for score in recipe.score(group))


def compressed(path):
    if path.suffix == ".gz":
        return gzip.compress(LINES)
    zstandard = pytest.importorskip("zstandard", reason="needs zstandard: pip install 'rewardkit[zstd]'")
    half = len(LINES) // 2  # two frames, as parallel compressors write them
    return b"".join(zstandard.compress(part) for part in (LINES[:half], LINES[half:]))


@pytest.mark.parametrize("ending", [".jsonl.gz", ".jsonl.zst"])
def test_compressed_lines_are_read(tmp_path, ending):
    path = tmp_path / f"rows{ending}"
    path.write_bytes(compressed(path))
    groups = read_rollouts(path)
    assert [group.name for group in groups] == [str(n + 1) for n in range(300)]
    assert groups.report.rollouts == 600


@pytest.mark.parametrize("ending", [".jsonl.gz", ".jsonl.zst"])
@pytest.mark.parametrize("damage", [lambda data: data[:-20], lambda data: LINES])
def test_a_damaged_file_is_named(tmp_path, ending, damage):
    path = tmp_path / f"rows{ending}"
    path.write_bytes(damage(compressed(path)))
    with pytest.raises(DataError, match=rf"rows{ending}:\d+: .*cannot be decompressed"):
        list(read_rollouts(path))


def test_without_zstandard_the_extra_is_named(tmp_path, monkeypatch):
    path = tmp_path / "rows.jsonl.zst"
    path.write_bytes(b"x")
    monkeypatch.setitem(__import__("sys").modules, "zstandard", None)
    with pytest.raises(RewardkitError, match=r"pip install 'rewardkit\[zstd\]'"):
        list(read_rollouts(path))


def test_a_data_set_is_scored_as_the_frame_of_the_same_rows():
    datasets = pytest.importorskip("datasets")
    recipe = load_recipe("math-none@0", [PLAIN, "answer.extract=last_number"])
    rows = [{"question": "q", "gold": str(n), "completion": f"it is {n % 3}"} for n in range(6)]
    found = recipe.score_frame(datasets.Dataset.from_list(rows))
    assert found.outcome.tolist() == ["correct"] * 3 + ["wrong"] * 3
    pd.testing.assert_frame_equal(found, recipe.score_frame(pd.DataFrame(rows)))


# --- lists as strings -----------------------------------------------------------------------------


def test_a_frame_written_as_csv_has_no_lists_left(tmp_path):
    path = tmp_path / "rows.csv"
    frame = pd.DataFrame(ROWS[:3])
    frame.to_csv(path, index=False)
    with pytest.raises(DataError, match=r"rows.csv: the completion column .*3 of 3.*Parquet or JSON Lines"):
        list(read_rollouts(path))
    frame.to_parquet(tmp_path / "rows.parquet")
    assert right(read_rollouts(tmp_path / "rows.parquet")) == 3


def test_json_lists_in_csv_are_refused_and_in_json_lines_they_are_completions(tmp_path):
    cells = ['["a", "b"]', '["c"]']
    pd.DataFrame({"gold": ["1", "2"], "completion": cells}).to_csv(tmp_path / "rows.csv", index=False)
    with pytest.raises(DataError, match="Parquet or JSON Lines"):
        list(read_rollouts(tmp_path / "rows.csv"))
    lines = "".join(json.dumps({"gold": "1", "completion": cell}) + "\n" for cell in cells)
    (tmp_path / "rows.jsonl").write_text(lines)
    assert [r.completion for group in read_rollouts(tmp_path / "rows.jsonl") for r in group] == cells


@pytest.mark.parametrize(
    "cell", ["[1, 2]", "[0, 1)", "{1, 2}", "[a]", r"\[x\]", "['a'] and more", "so ['a', 'b']"]
)
def test_intervals_and_prose_are_no_lists(tmp_path, cell):
    pd.DataFrame({"gold": [cell], "completion": [cell]}).to_csv(tmp_path / "rows.csv", index=False)
    [[rollout]] = read_rollouts(tmp_path / "rows.csv")
    assert (rollout.gold, rollout.completion) == (cell, cell)


# --- golds of other types -------------------------------------------------------------------------


def test_gold_columns_that_are_arrays_or_tensors():
    numpy, torch = pytest.importorskip("numpy"), pytest.importorskip("torch")
    from rewardkit.trainers.trl import reward_functions

    [function] = reward_functions("math-none@0", settings=[PLAIN, "answer.extract=last_number"])
    for golds in (
        numpy.array([7, 8]),
        torch.tensor([7, 8]),
        pd.Series(["7", "8"]),
        [torch.tensor(7), numpy.array(8)],
    ):
        assert function(completions=["so 7", "so 7"], answer=golds) == [1.0, 0.0]


def test_an_infinite_gold_is_named_with_its_row(tmp_path):
    (tmp_path / "rows.jsonl").write_text(
        '{"gold": 1, "completion": "1"}\n{"gold": 1e999, "completion": "1"}\n'
    )
    groups = read_rollouts(tmp_path / "rows.jsonl")
    assert len(list(groups)) == 1
    [bad] = groups.report.bad
    assert bad.row == 2
    assert "infinite number (JSON's 1e999" in bad.fault
    with pytest.raises(RowFault, match="infinite number"):
        GoldReader().read(float("-inf"))


# --- false alarms ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "golds",
    [
        ["Let n be even. Then n = 2k, and n^2 = 4k^2 is even."] * 3,
        ["def f(x):\n    answer = x + 1\n    return answer\n"] * 3,
        ["#### Results\nText about results.\n\n#### Methods\nText about methods."] * 3,
        ["18", "19", "20", "so it is 21\n#### 21"],
        ["A: Paris", "B: Rome", "A: Oslo"],
    ],
)
def test_long_golds_without_a_final_answer_are_taken(golds):
    GoldReader(judges=[load_recipe("math-none@0").answer]).look(golds)


def test_a_verifier_that_reads_solutions_itself_is_handed_them(tmp_path):
    from rewardkit import VERIFIERS
    from rewardkit.kinds import Verifier
    from rewardkit.types import Equality, Verdict

    class Last(Verifier):
        """The last word of the gold is the answer."""

        kind = "test_last_word"

        def verify(self, questions):
            def one(asked):
                same = asked.golds[0].split()[-1] == asked.extraction.text
                return Verdict(equality=Equality.EQUAL if same else Equality.DIFFERENT, route="last")

            return [one(asked) for asked in questions]

        def gold_fault(self, gold, rollout):
            return None

    VERIFIERS.register(Last)
    recipe = tmp_path / "last.yaml"
    recipe.write_text(
        "recipe: last\nversion: 0\nanswer: {verify: test_last_word}\n"
        "reward: {correctness: {correct: 1, wrong: 0, no_answer: 0, false_none: 0}}\n"
    )
    frame = pd.DataFrame({"gold": ["9 + 9\n#### 18"], "completion": [r"\boxed{18}"]})
    assert load_recipe(str(recipe)).score_frame(frame).outcome.tolist() == ["correct"]


def test_whole_takes_a_solution_as_the_gold():
    frame = pd.DataFrame({"gold": ["9 + 9\n#### 18"], "completion": [r"\boxed{18}"]})
    recipe = load_recipe("gsm8k-shaped@1")
    assert recipe.score_frame(frame, gold_extract="whole").outcome.tolist() == ["no_answer"]
