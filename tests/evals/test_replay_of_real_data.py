"""Real completions replayed: every figure equals what hand arithmetic on their labels gives."""

import itertools
import json
from collections import defaultdict

import numpy as np
import pytest

from rewardkit.evals.analysis.board import load_board
from rewardkit.evals.analysis.summary import summarise
from rewardkit.evals.backends import open_backend
from rewardkit.evals.profiles import load_reader
from rewardkit.evals.run import EvaluationRun, generate_run
from rewardkit.evals.run.score import score_run
from rewardkit.evals.suite.suite import Suite

pytestmark = pytest.mark.data

WRONG_LABEL = "10{,}000"


def replayed(tmp_path, path, data, n, slices=(), options=None, recipe="accuracy"):
    suite = Suite(
        suite="replay",
        data={"path": str(path), **data},
        prompt={"user": "{{ question }}", "chat": False},
        recipe=recipe,
        arms={"sampled": {"n": n, "temperature": 1.0}},
        k=tuple(range(1, n + 1)),
        slices=slices,
    )
    folder = EvaluationRun(tmp_path / "run")
    given = {"match": "question", "completion": "completions", **(options or {})}
    with open_backend("replay", str(path), given) as backend:
        report = generate_run(folder, suite, backend)
    assert report.missing == 0
    score_run(folder, load_reader(recipe), asked=recipe)
    return folder


def read(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def qwen(shared_data, tmp_path_factory):
    path = shared_data / "math" / "qwen_rollouts.jsonl"
    folder = replayed(tmp_path_factory.mktemp("qwen"), path, {"gold": "gold"}, 8, ("level",))
    return read(path), load_board(folder)


def by_hand(rows, k):
    """pass@k over every k-subset of the labels."""
    return np.mean([np.mean([any(s) for s in itertools.combinations(row["labels"], k)]) for row in rows])


def test_every_verdict_is_the_label_except_the_known_wrong_one(qwen):
    rows, board = qwen
    right = board.arms["sampled"].right
    differ = [row["gold"] for row, found in zip(rows, right, strict=True) if found.tolist() != row["labels"]]
    assert set(differ) <= {WRONG_LABEL}


def test_mean_and_pass_at_k_by_level(qwen):
    rows, board = qwen
    usable = np.array([row["gold"] != WRONG_LABEL for row in rows])
    made = {m.name: m for m in summarise_measures(board)}
    for level in [None, *sorted({row["level"] for row in rows})]:
        mask = usable & np.array([level in (None, row["level"]) for row in rows])
        chosen = [row for row, kept in zip(rows, mask, strict=True) if kept]
        labels = np.array([row["labels"] for row in chosen])
        assert made["mean@8"].estimate(mask).value == pytest.approx(labels.mean(), abs=1e-12)
        for k in range(1, 9):
            assert made[f"pass@{k}"].estimate(mask).value == pytest.approx(by_hand(chosen, k), abs=1e-12)


def summarise_measures(board):
    from rewardkit.evals.analysis.measures import measures

    return measures(board)


def test_the_slices_of_the_summary_are_the_levels(qwen):
    rows, board = qwen
    made = summarise(board)
    assert made.columns() == ["level"]
    found = {row.value for row in made.rows if row.column == "level"}
    assert found == {row["level"] for row in rows}


def brute_majority(predictions, right, k):
    paid = []
    for subset in itertools.combinations(range(len(predictions)), k):
        piles = defaultdict(list)
        for i in subset:
            if predictions[i] is not None:
                piles[predictions[i]].append(i)
        if not piles:
            paid.append(0.0)
            continue
        top = max(map(len, piles.values()))
        tied = [p for p in piles if len(piles[p]) == top]
        share = [np.mean([right[i] for i, q in enumerate(predictions) if q == p]) for p in tied]
        paid.append(np.mean(share))
    return np.mean(paid)


def test_majority_by_brute_force_over_the_votes(qwen):
    _, board = qwen
    arm = board.arms["sampled"]
    made = {m.name: m for m in summarise_measures(board)}
    for k in range(2, 9):
        expected = [brute_majority(arm.votes[i], arm.right[i], k) for i in range(len(board.items))]
        assert made[f"maj@{k}"].estimate().value == pytest.approx(np.mean(expected), abs=1e-12)


def test_gsm8k_accuracy_of_each_model_is_that_of_its_labels(shared_data, tmp_path):
    source = shared_data / "gsm8k" / "model_solutions.jsonl"
    rows = read(source)
    folder = replayed(tmp_path, source, {"gold": "gold"}, 4)
    right = load_board(folder).arms["sampled"].right
    labels = np.array([row["labels"] for row in rows])
    for place, model in enumerate(rows[0]["models"]):
        assert all(row["models"][place] == model for row in rows)
        assert right[:, place].mean() == labels[:, place].mean(), model
