"""The audits on the command line: exit codes, JSON, what fits in 80 columns."""

import json

import pytest
from typer.testing import CliRunner

from rewardkit.__main__ import app
from rewardkit.errors import RewardkitError

NARROW = CliRunner(env={"COLUMNS": "80", "TERM": "dumb", "NO_COLOR": "1"})


def run(*args):
    return NARROW.invoke(app, [str(arg) for arg in args], catch_exceptions=True)


def code(*args):
    """The exit code that the process would end with: errors of ours carry their own."""
    found = run(*args)
    return found.exception.exit_code if isinstance(found.exception, RewardkitError) else found.exit_code


@pytest.fixture
def rollouts(tmp_path):
    path = tmp_path / "rollouts.jsonl"
    rows = [
        {
            "id": f"p{at}",
            "gold": "42",
            "completions": [r"\boxed{42}", r"\boxed{41}", r"\boxed{41}" + "語" * at, r"\boxed{None}"],
            "tokens": [100, 100, 900, 100],
            "step": ["100", "200", "100", "200"],
            "labels": [True, False, False, False],
        }
        for at in range(4)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_check_fails_where_a_finding_is_an_error():
    assert run("check", "math-none@2").exit_code == 1
    assert run("check", "math-none@3").exit_code == 0
    assert run("check", "math-none@3", "math-none@0").exit_code == 1
    assert run("check", "math-none@0", "--allow", "group").exit_code == 0


def test_check_says_it_in_80_columns():
    found = run(
        "check", "math-none@2", "--all", "--unanswerable", "0.13", "--threshold", "0.5", "--chance", "0.55"
    )
    lines = found.output.splitlines()
    assert max(len(line) for line in lines if "fix: --set" not in line) <= 80
    text = " ".join(found.output.split())
    assert "not sound: 4 errors" in text
    assert "語(x91)" in text
    assert "reward.false_positive.penalty=-0.995" in text
    assert "fix: --set reward.characters.floor=-0.3" in text


def test_check_prints_json():
    [audit] = json.loads(run("check", "math-none@2", "--json").stdout)["audits"]
    assert audit["recipe"] == "math-none@2"
    assert audit["failed"]
    [found] = [one for one in audit["findings"] if one["code"] == "ordering"]
    assert found["verdict"] == "refuted"
    assert found["facts"]["least_right"] == "-inf"
    assert found["witness"]["rollouts"][0]["total"] == pytest.approx(-0.11)


def test_check_takes_the_length_from_a_plan(tmp_path):
    plan = tmp_path / "plan.yaml"
    plan.write_text("stages:\n  - {grpo: {max_completion_length: 512}}\n", encoding="utf-8")
    assert "begins past 768" in " ".join(run("check", "math-none@3", "--plan", plan).output.split())


def test_check_on_data(rollouts):
    found = run("check", "math-none@0", "--data", rollouts, "--json", "--allow", "group")
    [audit] = json.loads(found.stdout)["audits"]
    assert {one["policy"] for one in audit["policies"]["policies"]} >= {
        "always None",
        "always 0",
        "nothing",
        "ten boxes",
    }
    assert audit["policies"]["honest"] == pytest.approx(0.45)
    text = run("check", "math-none@0", "--data", rollouts, "--all").output
    assert max(len(line) for line in text.splitlines() if "fix: --set" not in line) <= 80
    assert "What policies earn on this mix" in text


def test_a_variant_is_checked():
    found = run("check", "math-none@2", "--set", "reward.characters.floor=-0.3", "--allow", "group")
    assert "math-none@2 with reward.characters.floor=-0.3" in " ".join(found.output.split())
    assert found.exit_code == 0


def test_redteam(rollouts):
    assert run("redteam", "math-none@3", "--rollouts", rollouts).exit_code == 0
    broken = run("redteam", "gsm8k-shaped@1", "--json")
    assert broken.exit_code == 1
    attacks = {one["code"]: one for one in json.loads(broken.stdout)["attacks"]}
    assert attacks["another_answer_after"]["status"] == "broken"
    shown = run("redteam", "gsm8k-shaped@1").output
    assert max(map(len, shown.splitlines())) <= 80
    assert "\n  2.75  correct    <think>" in shown  # the witness, printed as `check` prints it


def test_diff(rollouts):
    assert "false_none" in run("diff", "math-none@0", "math-none@1").output
    found = run(
        "diff", "math-none@0", "math-none@2", "--rollouts", rollouts, "--checkpoint", "step", "--json"
    )
    held = json.loads(found.stdout)["comparison"]
    assert held["completions"] == 16
    assert set(held["checkpoints"]) == {"100", "200"}
    shown = run("diff", "math-none@0", "math-none@2", "--rollouts", rollouts, "--checkpoint", "step").output
    assert max(map(len, shown.splitlines())) <= 80
    assert code("diff", "math-none@0") == 2


def test_advantages(rollouts):
    found = json.loads(run("advantages", "math-none@2", "--rollouts", rollouts, "--json").stdout)
    assert len(found["groups"]) == 4
    assert found["frac_reward_zero_std"] == 0.0
    assert sum(found["variance_shares"]["all"].values()) == pytest.approx(1.0)
    assert max(map(len, run("advantages", "math-none@2", "--rollouts", rollouts).output.splitlines())) <= 80


def test_signal(rollouts, tmp_path):
    out = tmp_path / "ids.jsonl"
    found = run("signal", "--rollouts", rollouts, "--export", out)
    assert found.exit_code == 0
    assert "all 4 problems, so nothing was filtered out" in " ".join(found.output.split())
    assert max(map(len, found.output.splitlines())) <= 80
    assert [json.loads(line)["id"] for line in out.read_text().splitlines()] == ["p0", "p1", "p2", "p3"]
    by_recipe = json.loads(run("signal", "--rollouts", rollouts, "--recipe", "math-none@0", "--json").stdout)
    by_label = json.loads(run("signal", "--rollouts", rollouts, "--json").stdout)
    assert by_recipe["sizes"] == by_label["sizes"]
    assert by_recipe["sizes"][1]["dead_unbiased"]["value"] == 0.0


def test_bad_input_is_exit_code_2(tmp_path):
    missing = tmp_path / "none.jsonl"
    for args in (
        ("advantages", "math-none@0", "--rollouts", missing),
        ("signal", "--rollouts", missing),
        ("check", "nothing@0"),
        ("signal", "--rollouts", missing, "--recipe", "math-none@0", "--labels", "x"),
    ):
        assert code(*args) == 2, args
