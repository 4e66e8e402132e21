"""The demo: its claims are read off the run, and the same command goes on where it was."""

import json

import numpy as np
import pytest
from rich.console import Console

pytest.importorskip("trl", reason="TRL is not installed")

from rewardkit.trainers.demo.figures import EvaluatedPolicy, claims, figures
from rewardkit.trainers.demo.settings import DemoSize
from rewardkit.trainers.demo.story import tell

pytestmark = [pytest.mark.train, pytest.mark.slow]


def policy(right, reachable, said_none) -> EvaluatedPolicy:
    """Ten problems: four hard ones, four others, two without an answer."""
    return EvaluatedPolicy(
        right=np.array(right, dtype=float),
        reachable=np.array(reachable, dtype=float),
        said_none=np.array(said_none, dtype=bool),
        answerable=np.arange(10) < 8,
        hard=np.arange(10) < 4,
    )


SFT = policy([0] * 8 + [1, 1], [0] * 4 + [1] * 6, [0] * 8 + [1, 1])
SPAM = policy([0] * 4 + [1] * 6, [0] * 4 + [1] * 6, [1] * 4 + [0] * 4 + [1, 1])
CURED = policy([0] * 4 + [1] * 6, [0] * 4 + [1] * 6, [0] * 8 + [1, 1])


def test_claims_hold_where_the_figures_say_so():
    told = {claim.text: claim.holds for claim in claims({"sft": SFT, "v0": SPAM, "v1": CURED})}
    assert told == {
        "v0: greedy accuracy rises": True,
        "v0: the gap to pass@8 narrows": True,
        "v0: false None takes over on hard problems while accuracy still rises": True,
        "v1: greedy accuracy rises": True,
        "v1: the gap to pass@8 narrows": True,
        "v1: false None does not take over on hard problems as under v0": True,
    }


def test_a_claim_that_does_not_hold_says_so_in_words():
    told = claims({"sft": SFT, "v0": SFT, "v1": SPAM})
    lines = [claim.line() for claim in told if not claim.holds]
    assert len(lines) == 4
    assert all(line.startswith("NOT in this run: ") for line in lines)
    assert "100% [51%, 100%] under v1" in lines[-1]


def test_figures_by_hand():
    found = figures(SPAM)
    assert found["greedy"].value == 0.6
    assert found["gap"].value == 0.0
    assert found["false None, hard"].value == 1.0
    assert found["None recall"].value == 1.0


@pytest.mark.timeout(280)
def test_the_whole_flow_small_and_again_without_doing_anything_twice(tmp_path):
    size = DemoSize(evaluate=6, train=16, lessons=200, sft_steps=3, grpo_steps=1)
    page = tell(tmp_path / "run", 3, [0, 1], size, Console(width=80, quiet=True))
    assert "What playground-none paid for" in page.read_text(encoding="utf-8")
    logs = sorted((tmp_path / "run" / "eval").glob("*/*.jsonl"))
    before = {path: path.read_bytes() for path in logs if "session" not in path.name}
    weights = sorted((tmp_path / "run").glob("*/01-*/model/model.safetensors"))
    stamps = {path: path.stat().st_mtime_ns for path in weights}
    assert len(weights) == 3
    tell(tmp_path / "run", 3, [0, 1], size, Console(width=80, quiet=True))
    assert {path: path.read_bytes() for path in before} == before
    assert {path: path.stat().st_mtime_ns for path in weights} == stamps
    assert len(json.loads((tmp_path / "run" / "claims.json").read_text())) == 6
