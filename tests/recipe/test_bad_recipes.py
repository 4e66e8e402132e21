"""Every fault of a recipe is answered with file:line:column, what was found, and what would be right."""

import pytest

from rewardkit import LockError, Recipe, RecipeError, load_recipe
from rewardkit.recipe.lock import release

HEAD = "recipe: bad\nversion: 0\n"
CORRECTNESS = "  correctness: {correct: 1.0, wrong: 0.0, no_answer: 0.0, false_none: 0.0}\n"


# what is written below the head -> where the fault is, and words of the answer
FAULTS = [
    pytest.param("reward:\n  charcters: {price: -0.01}\n", "4:3", ["unknown kind 'charcters'", "did you mean 'characters'?"], id="unknown kind as a label"),
    pytest.param("reward:\n  stray: {kind: charcters, price: -0.01}\n", "4:17", ["unknown kind 'charcters'", "'characters'"], id="unknown kind"),
    pytest.param("reward:\n  length: {above: 5, pennalty: -0.1, penalty: -0.1}\n", "4:22", ["unknown parameter 'pennalty' of 'length'", "'penalty'"], id="misspelt parameter"),
    pytest.param("reward:\n  length: {above: 5}\n", "4:3", ["'penalty' of 'length' is missing"], id="missing parameter"),
    pytest.param("reward:\n  length: {above: many, penalty: -0.1}\n", "4:19", ["must be a whole number", "'many'"], id="text for a whole number"),
    pytest.param("reward:\n  length: {above: 5.5, penalty: -0.1}\n", "4:19", ["whole number", "5.5"], id="number for a whole number"),
    pytest.param('reward:\n  length: {above: 5, penalty: "-0.1"}\n', "4:31", ["must be a number", "'-0.1'"], id="quoted number"),
    pytest.param("reward:\n  length: {above: 5, penalty: no}\n", "4:31", ["must be a number", "'no'"], id="`no` is text"),
    pytest.param("reward:\n  length: {above: 5, penalty: true}\n", "4:31", ["must be a number", "True"], id="yes or no for a number"),
    pytest.param("reward:\n  length: {above: 5, penalty: -0.1, unit: token}\n", "4:43", ["'tokens'", "'token'"], id="none of the choices"),
    pytest.param("reward:\n  length: -0.2\n", "4:11", ["a term must be a mapping", "-0.2"], id="number for a term"),
    pytest.param("reward:\n  length: {above: 5, penalty: -0.1}\n  length: {below: 5, penalty: -0.1}\n", "5:3", ["duplicate key 'length'", "line 4"], id="duplicate key"),
    pytest.param("answer: {extract: [boxd]}\nreward:\n" + CORRECTNESS, "3:20", ["unknown extractor 'boxd'", "'boxed'"], id="unknown extractor"),
    pytest.param("answer: {verify: maths}\nreward:\n" + CORRECTNESS, "3:18", ["unknown verifier 'maths'", "'math'"], id="unknown verifier"),
    pytest.param("answer: {extrakt: [boxed]}\nreward:\n" + CORRECTNESS, "3:10", ["unknown key 'extrakt'", "'extract'"], id="unknown key of answer"),
    pytest.param("rewards:\n" + CORRECTNESS, "1:1", ["'reward' is missing", "v0.yaml:3:1: unknown key 'rewards'; did you mean 'reward'?"], id="unknown key"),
    pytest.param("reward:\n  constant: {value: 1.0, when: corect}\n", "4:32", ["unknown fact 'corect'", "'correct'"], id="bad condition, unknown fact"),
    pytest.param("reward:\n  constant: {value: 1.0, when: correct and tokens}\n", "4:50", ["'tokens' is a number"], id="bad condition, pointing into it"),
    pytest.param('reward:\n  constant: {value: 1.0, when: "correct and or wrong"}\n', "4:45", ["expected a fact, found 'or'"], id="bad condition in quotes"),
    pytest.param("reward:\n  pattern: {pattern: '(unclosed'}\n", "4:22", ["bad regex", "missing )"], id="bad regex"),
    pytest.param("answer:\n  extract:\n    - {kind: pattern, regex: '(['}\nreward:\n" + CORRECTNESS, "5:30", ["regular expression"], id="bad regex of an extractor"),
    pytest.param("reward:\n  characters: {allow: [ascii, greekish], price: -0.01}\n", "4:31", ["unknown character set 'greekish'", "'greek'"], id="unknown character set"),
    pytest.param("reward:\n  first:\n    terms:\n      constant: {value: 1.0, when: correct}\n", "4:3", ["'first' at reward.first pays nothing", "end it with a term without `when`, such as {kind: constant, value: 0}"], id="hole in a first"),
    pytest.param("reward:\n  constant:\n", "4:12", ["as in {penalty: -0.2}; found None"], id="a term without parameters"),
    pytest.param("reward:\n  constant: {value: 1.0, when: '" + "(" * 60 + "correct" + ")" * 60 + "'}\n", "4:83", ["parentheses nested more than 50 deep"], id="condition too deep"),
    pytest.param("reward:\n  sum:\n    terms:\n      - {kind: length, above: 5}\n", "6:9", ["'penalty' of 'length' is missing"], id="inside a list of terms"),
    pytest.param("clip: [1, 0]\nreward:\n" + CORRECTNESS, "3:1", ["[lowest, highest]", "swap"], id="clip upside down"),
    pytest.param("reward: {}\n", "3:1", ["at least one term"], id="no term"),
    pytest.param("", "1:1", ["'reward' is missing"], id="no reward"),
    pytest.param("extends: nobody@3\n", "3:10", ["missing parent", "nobody"], id="missing parent"),
    pytest.param("extends: math-none\n", "3:10", ["name@version", "'math-none'"], id="parent without version"),
    pytest.param("extends: bad@0\n", "3:10", ["cycle in extends", "bad/v0.yaml -> bad/v0.yaml"], id="cycle of one"),
    pytest.param("remove: [x]\nreward:\n" + CORRECTNESS, "3:9", ["'remove' needs 'extends'"], id="remove without a parent"),
    pytest.param("extends: math-none@0\nremove: [too_lng]\n", "4:10", ["no term 'too_lng'", "'too_long'"], id="remove what is not there"),
    pytest.param("extends: math-none@0\nremove: [[too_long]]\n", "4:10", ["no term '['too_long']'"], id="remove a list"),
    pytest.param("extends: math-none@0\nremove: [{a: 1}]\n", "4:10", ["no term '{'a': 1}'"], id="remove a mapping"),
    pytest.param("reward:\n  constant: {value: 1.0, when: tokens > 1e999}\n", "4:41", ["'1e999' is too large"], id="infinity in a condition"),
    pytest.param("clip: [0, 1e999]\nreward:\n" + CORRECTNESS, "3:11", ["finite"], id="infinity in a clip"),
    pytest.param("reward:\n  constant: {value: *x}\n", "4:21", ["aliases"], id="alias"),
    pytest.param("reward: [\n", "4:1", ["not YAML"], id="not YAML"),
    pytest.param("reward:\n  constant: {value: .inf}\n", "4:21", ["must be a number"], id="infinity is text"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "where", "words"), FAULTS)
def test_fault_place_and_remedy(write, body: str, where: str, words: list[str]) -> None:
    write("bad/v0.yaml", HEAD + body)
    with pytest.raises(RecipeError) as caught:
        load_recipe("bad@0")
    said = str(caught.value)
    assert said.startswith(f"recipes/bad/v0.yaml:{where}: "), said
    for word in words:
        assert word in said, said


@pytest.mark.parametrize(
    ("version", "column"), [("1.0", 10), ("one", 10), ("'1'", 10), ("-1", 10), ("true", 10), ("null", 10)]
)
def test_a_version_is_a_whole_number(write, version: str, column: int) -> None:
    path = write("bad/some.yaml", f"recipe: bad\nversion: {version}\nreward:\n{CORRECTNESS}")
    with pytest.raises(RecipeError, match=f":2:{column}: a version must be a whole number from 0"):
        load_recipe(path)


def test_file_name_and_version_agree(write) -> None:
    write("bad/v1.yaml", HEAD + "reward:\n" + CORRECTNESS)
    with pytest.raises(RecipeError, match=r"v1\.yaml:2:10: the file is called v1\.yaml, but says version: 0"):
        load_recipe("bad@1")


def test_folder_and_name_agree(write) -> None:
    write("good/v0.yaml", HEAD + "reward:\n" + CORRECTNESS)
    with pytest.raises(RecipeError, match=r"v0\.yaml:1:9: the folder is called good"):
        load_recipe("good@0")


def test_a_cycle_of_two_is_told_in_full(write) -> None:
    write("a/v0.yaml", "recipe: a\nversion: 0\nextends: b@0\n")
    write("b/v0.yaml", "recipe: b\nversion: 0\nextends: a@0\n")
    with pytest.raises(
        RecipeError, match=r"b/v0\.yaml:3:10: cycle in extends: a/v0\.yaml -> b/v0\.yaml -> a/v0\.yaml"
    ):
        load_recipe("a@0")


def test_a_fault_in_a_parent_is_told_at_the_parent(write) -> None:
    write("a/v0.yaml", "recipe: a\nversion: 0\nreward:\n  length: {above: x, penalty: -0.1}\n")
    write("a/v1.yaml", "recipe: a\nversion: 1\nextends: a@0\n")
    with pytest.raises(RecipeError, match=r"^recipes/a/v0\.yaml:4:19: "):
        load_recipe("a@1")


def test_all_faults_are_told_together_in_order(write) -> None:
    write("bad/v0.yaml", HEAD + "reward:\n  length: {above: x, penalty: y}\n  nokind: {}\n")
    with pytest.raises(RecipeError) as caught:
        load_recipe("bad@0")
    places = [line.split(": ")[0] for line in str(caught.value).splitlines()]
    assert places == [f"recipes/bad/v0.yaml:{at}" for at in ("4:19", "4:31", "5:3")]


def test_not_utf8(write) -> None:
    path = write("bad/v0.yaml", "")
    path.write_bytes(b"recipe: b\xe9\n")
    with pytest.raises(RecipeError, match=r"not UTF-8 text.*save the file as UTF-8"):
        load_recipe("bad@0")


def test_a_released_version_changed(write) -> None:
    path = write("bad/v0.yaml", HEAD + "reward:\n" + CORRECTNESS)
    release(load_recipe("bad@0"), path.parent.parent)
    assert load_recipe("bad@0").version == 0
    path.write_text(path.read_text().replace("correct: 1.0", "correct: 2.0"))
    with pytest.raises(LockError) as caught:
        load_recipe("bad@0")
    said = str(caught.value)
    assert said.startswith("recipes/bad/v0.yaml:1:1: bad@0 is released with digest ")
    assert "copy your change to v1.yaml with `version: 1`" in said
    assert caught.value.exit_code == 1


def test_a_released_version_whose_parent_changed(write) -> None:
    parent = write("a/v0.yaml", "recipe: a\nversion: 0\nreward:\n" + CORRECTNESS)
    child = write("a/v1.yaml", "recipe: a\nversion: 1\nextends: a@0\nreward: {correctness: {wrong: -1.0}}\n")
    release(load_recipe("a@1"), child.parent.parent)
    parent.write_text(parent.read_text().replace("no_answer: 0.0", "no_answer: -1.0"))
    with pytest.raises(LockError, match="a@1 is released"):
        load_recipe("a@1")


def test_a_damaged_lock(write) -> None:
    write("bad/v0.yaml", HEAD + "reward:\n" + CORRECTNESS)
    write("recipes.lock", "# released\nbad@0 deadbeef\n")
    with pytest.raises(RecipeError, match=r"recipes\.lock:2:1: a line is `name@version digest`"):
        load_recipe("bad@0")


def test_a_hole_in_a_first_that_reads_many_axes_is_named_by_its_cell() -> None:
    """Two million cells: the children share no axis but `tokens`, and the hole is found without listing them."""
    whens = [
        "tokens > 9",
        "words > 9",
        "characters > 9",
        "steps > 9",
        'has_tag("a")',
        'has_tag("b")',
        "reasoned",
    ]
    terms = [
        {"kind": "length", "unit": "words", "below": at, "penalty": -0.1, "when": f"tokens == {at}"}
        for at in range(10, 40, 3)
    ]
    terms += [{"kind": "constant", "value": 1.0, "when": when} for when in whens]
    with pytest.raises(
        ValueError, match=r"'first' at reward.first pays nothing if the completion is correct"
    ) as caught:
        Recipe.model_validate({"recipe": "wide", "version": 0, "reward": {"first": {"terms": terms}}})
    assert "reasoned 0" in str(caught.value)


def test_a_first_need_not_price_outcomes_that_cannot_occur():
    terms = {
        kind: {"kind": "constant", "value": value, "when": kind}
        for kind, value in {"correct": 1.0, "wrong": 0.0, "no_answer": 0.0}.items()
    }
    made = {"recipe": "made", "version": 0, "reward": {"first": {"terms": terms}}}
    assert len(Recipe.model_validate(made).outcomes) == 3
    with pytest.raises(ValueError, match="pays nothing if the completion is false_none"):
        Recipe.model_validate({**made, "answer": {"none": ["None"]}})
