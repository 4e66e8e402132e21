"""A released recipe whose `@term` has different code now: the lock knows, and `lock` and `test` say so."""

import json
import subprocess
import sys

import pytest

PLUGIN = """\
from rewardkit import term


@term(pays=(-1.0, 0.0))
def apology(reading, *, price: float = -0.1) -> float:
    return max(price * reading.text.lower().count("sorry"), -1.0)
"""
RECIPE = """\
recipe: polite
version: 0
reward:
  correctness: {correct: 1.0, wrong: 0.0, no_answer: 0.0, false_none: 0.0}
  shaped:
    kind: sum
    terms: {apology: {price: -0.1}}
"""
CASES = r"""
cases:
  - {name: right, gold: "42", completion: '\boxed{42}', expect: 1.0}
"""


@pytest.fixture
def run(project):
    """A project with a plugin; every command in a process of its own, so that the plugin is read again."""
    (project / "pyproject.toml").write_text('[tool.rewardkit]\nplugins = ["team_rewards"]\n')
    (project / "team_rewards.py").write_text(PLUGIN)
    folder = project / "recipes" / "polite"
    folder.mkdir(parents=True)
    (folder / "v0.yaml").write_text(RECIPE)
    (folder / "cases.yaml").write_text(CASES)

    def ran(*args):
        command = [sys.executable, "-B", "-m", "rewardkit", *args]
        return subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)

    return ran


def edit(project, old: str, new: str) -> None:
    path = project / "team_rewards.py"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


def test_changed_code_is_said_by_lock_and_test_and_leaves_the_digest_alone(project, run) -> None:
    assert run("lock", "--release", "polite@0").returncode == 0
    [before] = [one for one in json.loads(run("lock", "--json").stdout) if one["recipe"] == "polite@0"]
    assert before["state"] == "released"
    edit(project, 'count("sorry")', 'count("sorry") * 2')

    seen = run("lock", "--json")
    assert seen.returncode == 1
    [after] = [one for one in json.loads(seen.stdout) if one["recipe"] == "polite@0"]
    assert after["state"] == "code changed"
    assert after["digest"] == before["digest"]
    assert "the code of 'apology' is not what was released" in after["note"]
    assert "`revision`" in after["note"]
    tested = run("test", "polite")
    assert tested.returncode == 0
    assert "warning: polite@0: the code of 'apology' is not what was released" in tested.stderr


def test_the_same_code_again_is_quiet(project, run) -> None:
    run("lock", "--release", "polite@0")
    edit(project, "from rewardkit", "# elsewhere in the file, anything may change\nfrom rewardkit")
    assert run("lock").returncode == 0
    assert "warning" not in run("test", "polite").stderr


def test_code_that_pays_the_same_is_recorded_by_releasing_again(project, run) -> None:
    run("lock", "--release", "polite@0")
    lock = project / "recipes" / "recipes.lock"
    before = lock.read_text()
    edit(project, "    return max(", "    # a comment\n    return max(")
    assert run("lock").returncode == 1
    assert run("lock", "--release", "polite@0").returncode == 0
    assert run("lock").returncode == 0
    assert lock.read_text() != before


def test_a_lock_from_before_says_nothing_of_code(project, run) -> None:
    run("lock", "--release", "polite@0")
    lock = project / "recipes" / "recipes.lock"
    assert " apology=" in lock.read_text()
    lock.write_text(lock.read_text().partition(" apology=")[0] + "\n")
    edit(project, 'count("sorry")', 'count("sorry") * 2')
    assert run("lock").returncode == 0
