"""Recipes of an installed package: `package:name@version`, in commands, in Python and in `extends`."""

import json
import sys
from pathlib import Path

import pytest

from rewardkit import LockError, RecipeError, SetupError, UsageError, load_recipe
from rewardkit.__main__ import main

PARENT = """\
recipe: plain
version: 1
about: One for the right answer.
reward:
  correctness: {correct: 1.0, wrong: 0.0, no_answer: 0.0, false_none: 0.0}
"""
CASES = r"""
cases:
  - {name: right, gold: "42", completion: '\boxed{42}', expect: 1.0}
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A distribution `team-rewards` on the path, with recipes; the working directory is another project."""
    site = tmp_path / "site"
    folder = site / "team_recipes" / "plain"
    folder.mkdir(parents=True)
    (site / "team_recipes" / "__init__.py").write_text(
        "raise RuntimeError('reading recipes imports nothing')\n"
    )
    (folder / "v1.yaml").write_text(PARENT)
    (folder / "v2.yaml").write_text(
        "recipe: plain\nversion: 2\nextends: plain@1\nreward: {correctness: {wrong: -1.0}}\n"
    )
    (folder / "cases.yaml").write_text(CASES)
    info = site / "team_rewards-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: team-rewards\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[rewardkit.recipes]\nteam = team_recipes\nlost = no_such_package\n"
    )
    project = tmp_path / "project"
    project.mkdir()
    (project / "pyproject.toml").write_text("")
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.chdir(project)
    return site / "team_recipes"


def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *args: str
) -> tuple[int, str, str]:
    monkeypatch.setattr(sys, "argv", ["rewardkit", *args])
    with pytest.raises(SystemExit) as left:
        main()
    out, err = capsys.readouterr()
    return int(left.value.code or 0), out, err


def test_a_recipe_of_a_package_loads_by_its_name(package) -> None:
    assert load_recipe("team:plain@1").ref == "plain@1"
    assert load_recipe("team:plain@2").reward["correctness"].wrong == -1.0


def test_a_recipe_of_the_project_extends_one_of_a_package(package) -> None:
    own = Path("recipes/mine/v0.yaml")
    own.parent.mkdir(parents=True)
    own.write_text(
        "recipe: mine\nversion: 0\nextends: team:plain@1\nreward: {correctness: {no_answer: -0.5}}\n"
    )
    found = load_recipe("mine@0")
    assert (found.reward["correctness"].correct, found.reward["correctness"].no_answer) == (1.0, -0.5)


def test_the_lock_of_a_package_holds(package) -> None:
    (package / "recipes.lock").write_text("plain@1 0123456789abcdef\n")
    with pytest.raises(LockError, match="plain@1 is released with digest 0123456789abcdef"):
        load_recipe("team:plain@1")


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ("teem:plain@1", "no installed package brings recipes under the name 'teem'; did you mean 'team'?"),
        ("team:plane@1", "no recipe is called 'team:plane'; did you mean 'team:plain'?"),
        ("team:plain@7", "team:plain has no version 7; it has 1, 2"),
        ("team:plain", "'team:plain' needs a version: team:plain@1, team:plain@2"),
    ],
)
def test_a_wrong_name_is_answered_with_what_exists(package, reference: str, words: str) -> None:
    with pytest.raises(UsageError) as caught:
        load_recipe(reference)
    assert words in str(caught.value)


def test_an_entry_point_that_leads_nowhere_is_named(package) -> None:
    with pytest.raises(
        SetupError, match=r"the entry point lost = no_such_package .* is not a package; reinstall it"
    ):
        load_recipe("lost:plain@1")


def test_extending_an_unknown_package_is_said_at_its_place(package) -> None:
    own = Path("recipes/mine/v0.yaml")
    own.parent.mkdir(parents=True)
    own.write_text("recipe: mine\nversion: 0\nextends: nobody:plain@1\n")
    with pytest.raises(RecipeError, match=r"mine/v0\.yaml:3:10: missing parent: no installed package"):
        load_recipe("mine@0")


def test_commands_take_a_recipe_of_a_package(package, monkeypatch, capsys) -> None:
    (package.parent / "team_rewards-1.0.dist-info" / "entry_points.txt").write_text(
        "[rewardkit.recipes]\nteam = team_recipes\n"
    )
    code, out, _ = run(monkeypatch, capsys, "test", "team:plain@1")
    assert (code, out) == (0, "plain@1: 1 passed\n1 passed, 0 failed\n")
    code, out, _ = run(monkeypatch, capsys, "list", "--json")
    listed = {f"{one['name']}@{one['version']}": one["home"] for one in json.loads(out)}
    assert listed["team:plain@1"] == "package"
    assert listed["math-none@0"] == "shipped"


def test_a_recipe_outside_its_project_says_where_its_kinds_are_named(tmp_path, monkeypatch) -> None:
    theirs = tmp_path / "theirs"
    path = theirs / "recipes" / "odd" / "v0.yaml"
    path.parent.mkdir(parents=True)
    (theirs / "pyproject.toml").write_text('[tool.rewardkit]\nplugins = ["team_rewards"]\n')
    path.write_text("recipe: odd\nversion: 0\nreward: {apologie: {price: -0.1}}\n")
    here = tmp_path / "here"
    here.mkdir()
    (here / "pyproject.toml").write_text("")
    monkeypatch.chdir(here)
    with pytest.raises(RecipeError) as caught:
        load_recipe(path)
    first, second = str(caught.value).splitlines()
    assert "unknown kind 'apologie'" in first
    assert f"{theirs / 'pyproject.toml'} names its kinds" in second
    assert f"run in {theirs}" in second


def test_an_unknown_kind_at_home_is_only_that(tmp_path, monkeypatch) -> None:
    path = tmp_path / "recipes" / "odd" / "v0.yaml"
    path.parent.mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text("")
    path.write_text("recipe: odd\nversion: 0\nreward: {apologie: {price: -0.1}}\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RecipeError) as caught:
        load_recipe(path)
    assert len(str(caught.value).splitlines()) == 1
