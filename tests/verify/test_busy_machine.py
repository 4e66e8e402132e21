"""What a busy machine may change: how long a verdict takes, and nothing else. The whole of it is a soak."""

from contextlib import contextmanager

import pytest

from rewardkit import load_recipe
from rewardkit.recipe import stream
from rewardkit.rows import read_rollouts
from rewardkit.scoring.run import score_into
from rewardkit.scoring.summary import render
from rewardkit.verify.math import verifier
from rewardkit.verify.math.verifier import CACHE, Math
from rewardkit.verify.workers.pool import Reply
from tests.soak.soak_busy_machine import BUSY, busy, identity


def test_identities_that_need_a_second_are_true_beside_eight_busy_processes():
    pairs = [identity(1, 2, 4), identity(3, 2, 4)]
    CACHE.clear()
    with busy(BUSY):
        verdicts = [Math().compare(*pair) for pair in pairs]
    assert [(str(verdict.equality), verdict.route) for verdict in verdicts] == [("equal", "symbolic")] * 2


class Starved:
    """A pool whose every job is at the wall ceiling, in the first worker and in the second."""

    def run(self, jobs, deadline_s):
        return [Reply("ceiling", None, 120.0, 2) for _ in jobs]


def test_the_summary_of_a_score_file_counts_ceilings_and_so_does_that_of_a_resumed_one(tmp_path, monkeypatch):
    CACHE.clear()
    monkeypatch.setattr(verifier, "pool", Starved)
    monkeypatch.setattr(stream.chunks, "__defaults__", (1,))
    (tmp_path / "rows.jsonl").write_text(
        '{"completion": "\\\\boxed{\\\\cos 2x}", "gold": "1-2\\\\sin^2 x"}\n'
        '{"completion": "\\\\boxed{4}", "gold": "4"}\n'
        '{"completion": "\\\\boxed{\\\\cos 4x}", "gold": "1-2\\\\sin^2(2x)"}\n'
    )
    (tmp_path / "r.yaml").write_text(
        "recipe: r\nversion: 0\nreward:\n  correctness: {correct: 1.0, wrong: 0, no_answer: 0, false_none: 0}\n"
    )
    recipe = load_recipe(tmp_path / "r.yaml")

    class Stop(Exception):
        pass

    @contextmanager
    def stopping(groups):
        def advance(scored):
            raise Stop

        yield advance

    with pytest.raises(Stop):
        score_into(
            tmp_path / "scores.jsonl", recipe, read_rollouts(tmp_path / "rows.jsonl"), progress=stopping
        )
    summary = score_into(tmp_path / "scores.jsonl", recipe, read_rollouts(tmp_path / "rows.jsonl"))
    assert summary["routes"] == {"ceiling": 2, "literal": 1}
    assert summary["ceilings"] == 4
    assert summary["outcomes"] == {"correct": 1, "wrong": 2}
    assert "4 verifications reached the wall-clock ceiling" in "".join(str(line) for line in render(summary))
