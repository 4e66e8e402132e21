"""A policy of two layers that knows nothing, and the rows it is asked about."""

import os

os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest

TEXTS = [
    "What is 3 plus 4?",
    "<think>3 + 4 = 7</think><answer>7</answer>",
    "<think>one of the numbers is missing</think><answer>None</answer>",
    "0 1 2 3 4 5 6 7 8 9",
]


@pytest.fixture(scope="session")
def tiny(tmp_path_factory):
    """A model folder: Qwen3 architecture, random weights, ChatML."""
    pytest.importorskip("trl", reason="TRL is not installed: pip install 'rewardkit[train]'")
    from rewardkit.trainers.playground.policy import build_policy

    return build_policy(tmp_path_factory.mktemp("tiny") / "model", TEXTS * 20, seed=0)


@pytest.fixture
def sums(tmp_path):
    """Eight sums in a file, the last of them unanswerable, with texts to learn from."""
    import json

    path = tmp_path / "sums.jsonl"
    rows = []
    for a in range(1, 9):
        answer = "None" if a == 8 else str(a + 2)
        rows.append(
            {
                "id": f"s{a}",
                "question": f"What is {a} plus 2?",
                "answer": answer,
                "text": f"<answer>{answer}</answer>",
            }
        )
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path
