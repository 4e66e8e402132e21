"""A recipe is one thing, however it is written: as YAML, as Python, resolved, pickled."""

import pickle
import subprocess
import sys

import pytest

from rewardkit import Recipe, RewardkitError, load_recipe
from rewardkit.kinds import TERMS
from rewardkit.recipe.discovery import all_recipes, shipped_folder
from rewardkit.terms.kinds.length import Length
from rewardkit.terms.kinds.outcomes import Correctness

SEEDS = sorted(found.ref for found in all_recipes([shipped_folder()]))
CORRECTNESS = "correctness: {correct: 1.0, wrong: 0.0, no_answer: 0.0, false_none: 0.0}"


def recipe_of(write, body: str, name: str = "x", version: int = 0) -> Recipe:
    path = write(f"{name}/v{version}.yaml", f"recipe: {name}\nversion: {version}\n{body}")
    return load_recipe(path)


@pytest.mark.parametrize("reference", SEEDS)
def test_prints_as_yaml_and_python_that_read_back(write, reference: str) -> None:
    recipe = load_recipe(shipped_folder() / f"{reference.replace('@', '/v')}.yaml")
    again = load_recipe(write("copy/some.yaml", recipe.to_yaml()))
    space: dict = {}
    exec(recipe.to_python(), space)
    unpickled = pickle.loads(pickle.dumps(recipe))
    for other in (again, space["recipe"], unpickled):
        assert other == recipe
        assert other.digest == recipe.digest
        assert other.ref == recipe.ref
        assert hash(other) == hash(recipe)


def test_the_digest_is_the_same_in_another_process() -> None:
    code = "from rewardkit import load_recipe; print(load_recipe('math-none@2').digest)"
    env_seed = {"PYTHONHASHSEED": "7"}
    printed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=env_seed, check=True
    )
    assert printed.stdout.strip() == load_recipe("math-none@2").digest


def test_yaml_and_python_are_the_same_tree(write) -> None:
    written = recipe_of(
        write, f"reward:\n  {CORRECTNESS}\n  too_long: {{kind: length, above: 512, penalty: -0.2}}\n"
    )
    built = Recipe(
        name="x",
        version=0,
        reward={
            "correctness": Correctness(correct=1.0, wrong=0.0, no_answer=0.0, false_none=0.0),
            "too_long": Length(above=512, penalty=-0.2),
        },
    )
    assert written == built
    assert written.digest == built.digest


BASE = f"reward:\n  {CORRECTNESS}\n  length: {{above: 512, penalty: -0.2}}\n"
SAME = {
    "about": "about: something else\n" + BASE,
    "allow": BASE + "allow: [{code: X1, reason: on purpose}]\n",
    "a default written out": BASE.replace("above: 512", "above: 512, unit: tokens, shape: flat, weight: 1.0"),
    "answer defaults written out": "answer: {extract: [boxed, answer_tag], verify: math, none: []}\n" + BASE,
    "the order of a sum's terms": f"reward:\n  length: {{penalty: -0.2, above: 512}}\n  {CORRECTNESS}\n",
    "a whole number for a number": BASE.replace("correct: 1.0", "correct: 1"),
    "a kind that the label says": BASE.replace("{above", "{kind: length, above"),
}
OTHER = {
    "a price": BASE.replace("-0.2", "-0.3"),
    "a label": BASE.replace("  length: {", "  long: {kind: length, "),
    "a condition": BASE.replace("above: 512", "above: 512, when: correct"),
    "an extractor": "answer: {extract: [boxed]}\n" + BASE,
    "the order of the tiers": "answer: {extract: [answer_tag, boxed]}\n" + BASE,
    "a None word": "answer: {none: [None]}\n" + BASE,
    "a verifier": "answer: {verify: exact}\n" + BASE,
    "a clip": "clip: [-1, 1]\n" + BASE,
    "a system prompt": "system_prompt: Think.\n" + BASE,
}


@pytest.mark.parametrize("what", SAME)
def test_does_not_change_the_digest(write, what: str) -> None:
    assert recipe_of(write, SAME[what]).digest == recipe_of(write, BASE).digest


@pytest.mark.parametrize("what", OTHER)
def test_changes_the_digest(write, what: str) -> None:
    assert recipe_of(write, OTHER[what]).digest != recipe_of(write, BASE).digest


def test_two_spellings_of_a_condition_are_one(write) -> None:
    one = recipe_of(write, BASE.replace("above", "when: 'correct and not (tokens>5)', above"))
    two = recipe_of(write, BASE.replace("above", "when: correct  and not(tokens > 5.0), above"))
    assert one.digest == two.digest
    assert one == two


def test_the_order_of_a_first_changes_the_digest(write) -> None:
    text = "reward:\n  first:\n    terms:\n{}"
    a, b = (
        "      a: {kind: constant, value: 1, when: correct}\n",
        "      b: {kind: constant, value: 2, when: correct}\n",
    )
    last = "      c: {kind: constant, value: 0}\n"
    one, two = (recipe_of(write, text.format(body)) for body in (a + b + last, b + a + last))
    assert one.digest != two.digest


def test_a_changed_behaviour_breaks_the_digest(write, monkeypatch: pytest.MonkeyPatch) -> None:
    before = recipe_of(write, BASE).digest
    monkeypatch.setattr(TERMS.get("length"), "revision", TERMS.get("length").revision + 1)
    assert recipe_of(write, BASE).digest != before


@pytest.mark.parametrize("part", ["extract", "verify"])
def test_a_changed_reading_breaks_the_digest(write, monkeypatch: pytest.MonkeyPatch, part: str) -> None:
    before = recipe_of(write, BASE)
    digest = before.digest
    kind = before.answer.verify if part == "verify" else before.answer.extract[0]
    monkeypatch.setattr(type(kind), "revision", type(kind).revision + 1)
    assert recipe_of(write, BASE).digest != digest


# --- extends, remove, --set -------------------------------------------------------------------------


def test_extends_merges_parameter_by_parameter(write) -> None:
    recipe_of(write, "about: the first\nallow: [{code: X, reason: y}]\n" + BASE)
    child = recipe_of(
        write, "extends: x@0\nreward:\n  correctness: {wrong: -1.0}\n  length: {above: 256}\n", version=1
    )
    assert child.reward["correctness"] == Correctness(correct=1.0, wrong=-1.0, no_answer=0.0, false_none=0.0)
    assert child.reward["length"] == Length(above=256, penalty=-0.2)
    assert (child.about, child.allow, child.version) == ("", (), 1)


def test_a_label_whose_kind_changes_is_replaced(write) -> None:
    recipe_of(write, BASE)
    child = recipe_of(write, "extends: x@0\nreward:\n  length: {kind: constant, value: 0.5}\n", version=1)
    assert child.tree()["reward"]["length"] == {"kind": "constant", "value": 0.5}


def test_remove_drops_labels(write) -> None:
    recipe_of(write, BASE)
    child = recipe_of(write, "extends: x@0\nremove: [length]\n", version=1)
    assert list(child.reward) == ["correctness"]


def test_a_null_parameter_takes_back_what_the_parent_set(write) -> None:
    recipe_of(write, BASE.replace("above", "when: correct, above"))
    child = recipe_of(write, "extends: x@0\nreward: {length: {when: null}}\n", version=1)
    assert child.reward["length"].when is None


def test_extends_may_cross_recipes(write) -> None:
    recipe_of(write, "extends: math-none@2\n", name="mine")
    mine = load_recipe("mine@0")
    assert mine.name == "mine"
    assert list(mine.reward) == list(load_recipe("math-none@2").reward)


def test_set_derives_a_variant(write) -> None:
    plain = load_recipe("math-none@1")
    variant = load_recipe(
        "math-none@1", ["reward.too_long.above=512", "reward.bonus={kind: constant, value: 1e-3}"]
    )
    assert variant.reward["too_long"].above == 512
    assert variant.reward["bonus"].value == 0.001
    assert variant.digest != plain.digest
    assert variant.ref == (
        "math-none@1 with reward.too_long.above=512, reward.bonus={kind: constant, value: 1e-3}"
    )
    assert load_recipe("math-none@1").digest == plain.digest


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        (
            "reward.too_long.abvoe=512",
            "--set reward.too_long.abvoe=512: unknown parameter 'abvoe' of 'length'",
        ),
        ("reward.too_long.above=x", "must be a whole number"),
        ("reward.too_long", "write it as path=value"),
        ("version.x=1", "is a single value"),
    ],
)
def test_a_bad_setting_says_which(setting: str, words: str) -> None:
    from rewardkit import RewardkitError

    with pytest.raises(RewardkitError) as caught:
        load_recipe("math-none@1", [setting])
    assert words in str(caught.value)


def test_the_projects_own_recipe_hides_the_shipped_one(write) -> None:
    path = write("math-none/v0.yaml", f"recipe: math-none\nversion: 0\nreward:\n  {CORRECTNESS}\n")
    assert list(load_recipe("math-none@0").reward) == ["correctness"]
    path.unlink()
    assert "none" in load_recipe("math-none@0").reward


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ("math-none", "'math-none' needs a version: math-none@0, math-none@1"),
        ("math-none@9", "math-none has no version 9; it has 0, 1, 2"),
        ("mathnone@0", "did you mean 'math-none'?"),
        ("recipes/x.yaml", "no such file"),
        ("zzz", "neither a file nor name@version"),
        ("rows.jsonl", "'rows.jsonl' is a file, but not a recipe"),
        ("./mine", "./mine is a folder; name a version in it, as in mine/v10.yaml"),
        ("./", "./ is a folder; name a version in it, as in FOLDER/v0.yaml"),
    ],
)
def test_a_name_that_does_not_exist(tmp_path, monkeypatch, reference: str, words: str) -> None:
    from rewardkit import UsageError

    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine").mkdir()
    for name in ("rows.jsonl", "mine/v9.yaml", "mine/v10.yaml"):
        (tmp_path / name).touch()
    with pytest.raises(UsageError) as caught:
        load_recipe(reference)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("reward.too_lng.above=3", "the reward has no term 'too_lng'; did you mean 'too_long'?"),
        ("reward.bonus.value=3", "--set reward.bonus.kind=KIND too"),
        ("too_long.above=5", "terms belong under `reward`; write --set reward.too_long.above=5"),
        ("reward.too_long.abve=5", "unknown parameter 'abve' of 'length'; did you mean 'above'?"),
        ("reward.too_long.above=abc", "must be a whole number, found 'abc'"),
    ],
)
def test_a_setting_that_names_nothing(setting: str, words: str) -> None:
    with pytest.raises(RewardkitError) as caught:
        load_recipe("math-none@1", [setting])
    assert words in str(caught.value)
    assert f"--set {setting}" in str(caught.value)


@pytest.mark.parametrize(
    "settings",
    [
        ["reward.bonus.kind=constant", "reward.bonus.value=0.5"],
        ["reward.bonus.value=0.5", "reward.bonus.kind=constant"],
        ["reward.bonus={kind: constant, value: 0.5}"],
        ["reward.constant.value=0.5"],
    ],
)
def test_a_setting_may_add_a_term(settings: list[str]) -> None:
    assert len(load_recipe("math-none@1", settings).reward) == len(load_recipe("math-none@1").reward) + 1
