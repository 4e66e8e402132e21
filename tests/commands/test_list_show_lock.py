"""`rewardkit list`, `show`, `lock` and `schema`."""

import json
import subprocess
import sys

import jsonschema
import pytest

from rewardkit import Recipe, load_recipe
from rewardkit.config.source import read_text

RECIPE = """\
recipe: mine
version: 0
about: One for the right answer.
reward:
  correctness: {correct: 1.0, wrong: 0.0, no_answer: 0.0, false_none: 0.0}   # a comment
"""


@pytest.fixture
def mine(project):
    folder = project / "recipes" / "mine"
    folder.mkdir(parents=True)
    (folder / "v0.yaml").write_text(RECIPE)
    return folder


def test_list_shows_the_projects_first(mine, rewardkit) -> None:
    ran = rewardkit("list")
    head, first, *rest = (line.rstrip() for line in ran.out.splitlines())
    assert head.split() == ["recipe", "state", "home", "about"]
    assert first.split(maxsplit=3) == ["mine@0", "unreleased", "project", "One for the right answer."]
    assert {line.split()[2] for line in rest} == {"shipped"}
    assert [line.split()[0] for line in rest][:2] == ["countdown@1", "gsm8k-shaped@1"]


def test_list_as_json(mine, rewardkit) -> None:
    found = json.loads(rewardkit("list", "--json").out)
    assert found[0] == {
        "name": "mine",
        "version": 0,
        "state": "unreleased",
        "home": "project",
        "about": "One for the right answer.",
        "path": "recipes/mine/v0.yaml",
    }


def test_a_file_that_cannot_be_read_does_not_hide_the_others(mine, rewardkit) -> None:
    (mine / "v1.yaml").write_text("recipe: [\n")
    states = {
        f"{e['name']}@{e['version']}": (e["state"], e["about"])
        for e in json.loads(rewardkit("list", "--json").out)
    }
    assert states["mine@0"][0] == "unreleased"
    assert states["mine@1"][0] == "broken"
    assert states["mine@1"][1].startswith("recipes/mine/v1.yaml:2:1: not YAML")


def test_without_a_project_nothing_is_released(project, rewardkit) -> None:
    assert "belongs to rewardkit" in rewardkit("lock", "--release", "countdown@1").err


def test_list_imports_nothing_heavy() -> None:
    code = (
        "import sys\nsys.argv = ['rewardkit', 'list']\nfrom rewardkit.__main__ import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print([m for m in ('sympy', 'pandas', 'torch', 'math_verify', 'rewardkit.recipe.recipe') if m in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[-1] == "[]"


def test_show_prints_the_file_under_a_line_of_facts(mine, rewardkit) -> None:
    ran = rewardkit("show", "mine@0")
    digest = load_recipe("mine@0").digest
    assert ran.out == f"# mine@0  digest {digest}  unreleased  recipes/mine/v0.yaml\n{RECIPE}"


def test_show_resolved_reads_back(project, rewardkit) -> None:
    ran = rewardkit("show", "math-none@2", "--resolved")
    assert "extends" not in ran.out
    assert Recipe.model_validate(read_text(ran.out).plain()) == load_recipe("math-none@2")


def test_show_python_reads_back(project, rewardkit) -> None:
    space: dict = {}
    exec(rewardkit("show", "open-r1-stack@4", "--python").out, space)
    assert space["recipe"] == load_recipe("open-r1-stack@4")


def test_show_a_variant(project, rewardkit) -> None:
    out = rewardkit("show", "math-none@1", "--set", "reward.too_long.above=512").out
    head, *_ = out.splitlines()
    variant = load_recipe("math-none@1", ["reward.too_long.above=512"])
    assert head.startswith(
        f"# math-none@1 with reward.too_long.above=512  digest {variant.digest}  a variant"
    )
    assert Recipe.model_validate(read_text(out).plain()).digest == variant.digest


def test_show_both_ways_at_once_is_refused(project, rewardkit) -> None:
    ran = rewardkit("show", "math-none@1", "--python", "--resolved")
    assert ran.code == 2
    assert "choose one" in ran.err


def test_lock_tells_states_and_releases_once(mine, rewardkit) -> None:
    digest = load_recipe("mine@0").digest
    assert ["mine@0", "unreleased", digest] in [line.split() for line in rewardkit("lock").out.splitlines()]
    assert (
        rewardkit("lock", "--release", "mine@0").out == f"released mine@0 {digest} in recipes/recipes.lock\n"
    )
    assert rewardkit("lock", "--release", "mine@0").out == f"mine@0 is already released, as {digest}\n"
    assert ["mine@0", "released", digest] in [line.split() for line in rewardkit("lock").out.splitlines()]
    assert rewardkit("lock").code == 0


def test_lock_finds_what_changed_and_what_is_gone(mine, rewardkit) -> None:
    (mine / "v1.yaml").write_text(RECIPE.replace("version: 0", "version: 1"))
    rewardkit("lock", "--release", "mine@0", "--release", "mine@1")
    (mine / "v0.yaml").write_text(RECIPE.replace("correct: 1.0", "correct: 2.0"))
    assert "copy your change to v2.yaml" in rewardkit("lock").out
    (mine / "v1.yaml").unlink()
    ran = rewardkit("lock", "--json")
    assert ran.code == 1
    states = {state["recipe"]: (state["state"], state["note"]) for state in json.loads(ran.out)}
    assert states["mine@0"][0] == "changed"
    assert "copy your change to v1.yaml" in states["mine@0"][1]
    assert states["mine@1"][0] == "missing"
    assert rewardkit("show", "mine@0").code == 1


def test_a_broken_recipe_does_not_hide_the_others(mine, rewardkit) -> None:
    (mine / "v1.yaml").write_text("recipe: mine\nversion: 1\nreward: {nokind: {}}\n")
    ran = rewardkit("lock")
    assert ran.code == 1
    assert "recipes/mine/v1.yaml:3:10: unknown kind 'nokind'" in ran.out


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ("mine@3", "mine has no version 3"),
        ("countdown@1", "belongs to rewardkit"),
        ("recipes/mine/v0.yaml", "the name@version of a recipe in this project"),
    ],
)
def test_what_cannot_be_released(mine, rewardkit, reference: str, words: str) -> None:
    ran = rewardkit("lock", "--release", reference)
    assert ran.code == 2
    assert words in ran.err


def test_a_parent_is_released_first(mine, rewardkit) -> None:
    (mine / "v1.yaml").write_text("recipe: mine\nversion: 1\nextends: mine@0\n")
    ran = rewardkit("lock", "--release", "mine@1")
    assert ran.code == 2
    assert "release mine@0 first" in ran.err
    assert rewardkit("lock", "--release", "mine@0", "--release", "mine@1").code == 0


@pytest.mark.parametrize("kind", ["recipe", "cases"])
def test_schema_to_a_file_and_to_the_screen(project, rewardkit, kind: str) -> None:
    printed = rewardkit("schema", "--kind", kind).out
    assert rewardkit("schema", "--kind", kind, "-o", "s.json").out == "wrote s.json\n"
    assert (project / "s.json").read_text() == printed
    jsonschema.Draft202012Validator.check_schema(json.loads(printed))


def test_schema_holds_the_projects_own_kinds(project) -> None:
    (project / "pyproject.toml").write_text('[tool.rewardkit]\nplugins = ["my_rewards"]\n')
    (project / "my_rewards.py").write_text(
        "from rewardkit import term\n\n@term(pays=(0.0, 1.0))\ndef polite(reading, *, word: str = 'please') -> float:\n"
        "    '''Pays for a word.'''\n    return float(word in reading.text)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-m", "rewardkit.__main__", "schema"],
        capture_output=True,
        text=True,
        check=True,
        cwd=project,
    )
    polite = json.loads(ran.stdout)["$defs"]["term_polite"]
    assert polite["description"] == "Pays for a word."
    assert polite["properties"]["word"]["default"] == "please"
