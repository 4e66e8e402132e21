"""The evidence: figures by hand arithmetic, claims that fail when they should, work that is not done twice."""

import json
import sys
from pathlib import Path

import pytest

pytest.importorskip("trl")
sys.path.append(str(Path(__file__).parent))  # for evidence

from evidence import __main__ as evidence
from evidence.measure import Sheet, changes, claims, figures
from evidence.page import page, summary

pytestmark = pytest.mark.train

LEVELS = ["easy", "easy", "medium", "hard", "hard", "easy", "hard", "medium", "medium", "medium"]
ANSWERABLE = [True] * 8 + [False] * 2


def sheet(right, none, samples_right):
    return Sheet(
        level=LEVELS,
        answerable=ANSWERABLE,
        right=right,
        none=none,
        samples=8,
        samples_right=samples_right,
        samples_none=[0] * 10,
    )


SFT = sheet([1, 0, 0, 0, 0, 0, 0, 0, 1, 1], [0, 0, 0, 0, 0, 0, 0, 0, 1, 1], [3, 1, 2, 0, 0, 4, 0, 1, 8, 8])
V0 = sheet([1, 1, 1, 0, 0, 1, 0, 1, 1, 1], [0, 0, 0, 1, 1, 0, 0, 0, 1, 1], [8, 8, 8, 0, 0, 8, 0, 8, 8, 8])
V1 = sheet([1, 1, 1, 0, 0, 1, 0, 1, 1, 1], [0, 0, 0, 0, 0, 0, 0, 0, 1, 1], [8, 8, 8, 0, 0, 8, 0, 8, 8, 8])


def test_figures_by_hand():
    found = figures(V0)
    expected = {
        "greedy": 7 / 10,
        "pass@8": 7 / 10,
        "mean@8": 7 / 10,
        "gap": 0.0,
        "none recall": 1.0,
        "false none": 2 / 8,
        "false none hard": 2 / 3,
        "false none easy": 0.0,
        "greedy easy": 1.0,
        "greedy medium": 1.0,
        "greedy hard": 0.0,
    }
    assert {name: found[name].value for name in expected} == pytest.approx(expected)
    assert (found["greedy"].low, found["greedy"].high) == pytest.approx(
        (0.397, 0.892), abs=1e-3
    )  # Wilson, 7/10
    assert figures(SFT)["gap"].value == pytest.approx(0.7 - 0.3)


def test_changes_are_paired():
    moved = changes(SFT, V0)
    assert moved["greedy"].value == pytest.approx(0.4)
    assert moved["gap"].value == pytest.approx(-0.4)
    assert moved["greedy"].low < 0.4 < moved["greedy"].high


def test_all_claims_hold_on_a_run_that_shows_them():
    assert all(claims({"sft": SFT, "v0": V0, "v1": V1}).values())


@pytest.mark.parametrize(
    ("sheets", "failing"),
    [
        ({"sft": V1, "v0": V0, "v1": V1}, {"raises greedy", "narrows"}),
        ({"sft": SFT, "v0": V1, "v1": V1}, {"v0: false None"}),
        ({"sft": SFT, "v0": V0, "v1": V0}, {"v1: false None"}),
        ({"sft": SFT, "v0": V0, "v1": sheet(V1.right, [0] * 10, V1.samples_right)}, {"None recall"}),
    ],
)
def test_a_claim_that_does_not_hold_is_told(sheets, failing):
    lost = [name for name, held in claims(sheets).items() if not held]
    assert len(lost) == len(failing)
    assert all(any(part in name for name in lost) for part in failing)


def test_the_page_says_in_words_where_a_claim_fails():
    sheets = {1: {"sft": SFT, "v0": V0, "v1": V1}, 2: {"sft": SFT, "v0": V1, "v1": V1}}
    seconds = {seed: {"sft": 100.0, "v0": 40.0, "v1": 50.0} for seed in sheets}
    record = {
        "settings": evidence.settings(),
        "digest": "d1ce57",
        "machine": "a machine",
        "seeds": summary(sheets, seconds),
    }
    told = page(json.loads(json.dumps(record)))
    assert "1 of 2 (not in seed 2) | **does not hold**" in told
    assert "2.5 to 2.5 minutes" in told
    assert "66.7 (20.8 to 93.9)" in told  # Wilson, 2 of 3


def test_what_is_done_is_not_done_again(tmp_path, monkeypatch):
    trained = []

    def train(folder, policy, seed, files):
        trained.append((seed, policy))
        if len(trained) == 2:
            raise KeyboardInterrupt
        return {"seconds": 1.0, "rewards": [], "sheet": {}}

    monkeypatch.setattr(evidence, "SIZES", {"eval": 2, "train": 2, "sft": 2})
    monkeypatch.setattr(evidence, "_train_and_measure", train)
    with pytest.raises(KeyboardInterrupt):
        evidence.run_seed(tmp_path, 1)
    evidence.run_seed(tmp_path, 1)
    evidence.run_seed(tmp_path, 1)
    assert trained == [(1, "sft"), (1, "v0"), (1, "v0"), (1, "v1")]


def test_other_settings_have_another_digest(monkeypatch):
    before = evidence.digest(evidence.settings())
    monkeypatch.setattr("rewardkit.trainers.playground.texts.GUESS_SHARE", 0.9)
    assert evidence.digest(evidence.settings()) != before
