"""`check --rollouts`: completions that nobody could have written, as witnesses."""

import json

import pytest
from typer.testing import CliRunner

from rewardkit.__main__ import app

KIND = '''
from rewardkit import term


@term(pays=(-2.0, 0.0), name="grumpy", looks_at=("text",))
def grumpy(reading) -> float:
    """Nobody guesses what it takes away for."""
    return -2.0 if "xyzzy" in reading.text else 0.0
'''
RECIPE = """
recipe: grumpy
version: 0
reward:
  correctness: {correct: 1.0, wrong: 0.0, no_answer: 0.0, false_none: 0.0}
  grumpy: {}
"""
ROWS = (
    {
        "prompt": "6 times 7?",
        "gold": "42",
        "completions": ["xyzzy \\boxed{42}", "\\boxed{41}", "xyzzy \\boxed{40}"],
    },
    {"prompt": "6 times 8?", "gold": "48", "completions": ["\\boxed{48}", "\\boxed{41}"]},
)


@pytest.fixture
def project(tmp_path, monkeypatch):
    (tmp_path / "grumpy_kind.py").write_text(KIND, encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text(
        '[tool.rewardkit]\nplugins = ["grumpy_kind"]\n', encoding="utf-8"
    )
    (tmp_path / "recipe.yaml").write_text(RECIPE, encoding="utf-8")
    lines = "".join(json.dumps(row) + "\n" for row in ROWS)
    (tmp_path / "rows.jsonl").write_text(lines, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def verdicts(*words):
    found = CliRunner().invoke(app, ["check", "recipe.yaml", *words, "--json"])
    assert found.exit_code in (0, 1), found.output
    [audit] = json.loads(found.stdout)["audits"]
    return {one["code"]: one for one in audit["findings"] if one["verdict"]}


def test_what_no_written_completion_shows_is_shown_by_real_ones(project):
    without, given = verdicts(), verdicts("--rollouts", "rows.jsonl")
    assert {without[code]["verdict"] for code in ("ordering", "group")} == {"unknown"}
    assert {given[code]["verdict"] for code in ("ordering", "group")} == {"refuted"}
    shown = [row["completion"] for row in given["ordering"]["witness"]["rollouts"]]
    assert shown == ["xyzzy \\boxed{42}", "\\boxed{41}"]
    assert {row["prompt"] for row in given["group"]["witness"]["rollouts"]} == {"6 times 7?"}
