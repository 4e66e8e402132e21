"""`rewardkit new`: what it writes passes at once, and nothing is overwritten."""

import pytest

from rewardkit import Outcome, Rollout, load_recipe
from rewardkit.cases import read_cases

RIGHT, WRONG = r"<think>six sevens</think> \boxed{42}", r"<think>six sevens</think> \boxed{41}"


def totals(reference: str, *completions: str, **facts) -> list[float | None]:
    rollouts = [
        Rollout(completion=text, gold="42", tokens=100, group="g", id=str(at), **facts)
        for at, text in enumerate(completions)
    ]
    return [score.total for score in load_recipe(reference).score(rollouts)]


def test_from_scratch(project, rewardkit) -> None:
    ran = rewardkit("new", "mine")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("wrote recipes/mine/v0.yaml and recipes/mine/cases.yaml\n")
    assert rewardkit("test", "mine", "-q").out == "9 passed, 0 failed\n"
    folder = project / "recipes"
    assert {path.name for path in folder.iterdir()} == {"mine", "rewardkit.schema.json", "cases.schema.json"}
    for file, schema in (("v0", "rewardkit"), ("cases", "cases")):
        text = (folder / "mine" / f"{file}.yaml").read_text()
        assert text.startswith(f"# yaml-language-server: $schema=../{schema}.schema.json\n")


@pytest.mark.parametrize(
    "source", ["math-none@0", "math-none@3", "countdown@1", "open-r1-stack@2", "open-r1-stack@5"]
)
def test_from_another_is_the_same_reward_with_its_cases(project, rewardkit, source: str) -> None:
    assert rewardkit("new", "mine", "--from", source).code == 0
    mine, theirs = load_recipe("mine@0"), load_recipe(source)
    assert (mine.reward, mine.answer, mine.clip) == (theirs.reward, theirs.answer, theirs.clip)
    assert rewardkit("test", "mine", "-q").code == 0
    assert len(read_cases(project / "recipes/mine/cases.yaml").cases.cases) >= 8
    assert theirs.digest in (project / "recipes/mine/v0.yaml").read_text()


def test_flipped_exchanges_right_and_wrong_in_prices_and_conditions(project, rewardkit) -> None:
    assert rewardkit("new", "flip", "--from", "math-none@3", "--control", "flipped").code == 0
    assert totals("flip@0", RIGHT, WRONG) == pytest.approx([-0.1, 1.0])
    flip = load_recipe("flip@0")
    assert str(flip.reward["too_long"].when) == "wrong or none_missed"
    assert (flip.reward["none"].correct, flip.reward["none"].missed) == (-0.5, 1.0)
    assert rewardkit("test", "flip", "-q").code == 0


def test_flipped_goes_into_combinators(project, rewardkit) -> None:
    folder = project / "recipes" / "deep"
    folder.mkdir(parents=True)
    (folder / "v0.yaml").write_text(
        "recipe: deep\nversion: 0\nreward:\n  first:\n    terms:\n"
        "      a: {kind: correctness, correct: 1.0, wrong: 0.0, no_answer: 0.0, false_none: 0.0, when: not truncated}\n"
        "      b: {kind: constant, value: 0.5, when: correct and truncated}\n      c: {kind: constant, value: 0}\n"
    )
    (folder / "cases.yaml").write_text(
        'cases:\n  - {name: one, completion: "\\\\boxed{42}", gold: "42", expect: 1.0}\n'
    )
    assert rewardkit("new", "flip", "--from", "deep@0", "--control", "flipped").code == 0
    assert totals("flip@0", RIGHT, WRONG) == [0.0, 1.0]
    assert totals("flip@0", RIGHT, WRONG, finish="length") == [0.0, 0.5]


def test_format_pays_for_form_alone(project, rewardkit) -> None:
    assert rewardkit("new", "form", "--from", "r1-triplet@1", "--control", "format").code == 0
    assert list(load_recipe("form@0").reward) == ["format"]
    assert totals("form@0", RIGHT, WRONG, r"\boxed{42}") == [0.5, 0.5, 0.0]


def test_format_of_a_recipe_without_form(project, rewardkit) -> None:
    assert rewardkit("new", "form", "--from", "math-none@0", "--control", "format").code == 0
    assert totals("form@0", "<think>a</think><answer>1</answer>", RIGHT) == [1.0, 0.0]


@pytest.mark.parametrize("source", [[], ["--from", "countdown@1"]])
def test_random_knows_nothing_and_is_the_same_every_time(project, rewardkit, source: list[str]) -> None:
    assert rewardkit("new", "chance", *source, "--control", "random").code == 0
    assert rewardkit("test", "chance", "-q").code == 0
    recipe = load_recipe("chance@0")
    assert list(recipe.reward) == ["random"]
    rollouts = [
        Rollout(completion=r"<answer>1+1</answer>", gold="2", id=str(at), fields={"nums": [1, 1]})
        for at in range(400)
    ]
    paid = [score.total for score in recipe.score(rollouts)]
    assert set(paid) == {0.0, 1.0}
    assert 150 < sum(paid) < 250
    assert {score.outcome for score in recipe.score(rollouts)} <= {Outcome.CORRECT, Outcome.NO_ANSWER}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ["countdown-flip", "--from", "countdown@1", "--control", "flipped"],
            "'countdown' (countdown) always pays a right answer more and has no opposite",
        ),
        (["x", "--from", "nothing@0"], "no recipe is called 'nothing'"),
        (["a/b"], "is not a valid recipe name"),
        (["-x"], "No such option"),
        (["x", "--control", "sideways"], "sideways"),
        (["9"], "is not a valid recipe name"),
        (["true"], "is not a valid recipe name"),
        (["mine.yaml"], "is not a valid recipe name"),
        (["math-none"], "'math-none' is a recipe that comes with rewardkit"),
    ],
)
def test_what_is_refused(project, rewardkit, arguments: list[str], words: str) -> None:
    ran = rewardkit("new", *arguments)
    assert ran.code == 2
    assert words in ran.err
    assert not (project / "recipes").exists()


def test_nothing_is_overwritten(project, rewardkit) -> None:
    rewardkit("new", "mine")
    path = project / "recipes/mine/v0.yaml"
    path.write_text(path.read_text() + "# my own\n")
    ran = rewardkit("new", "mine")
    assert ran.code == 2
    assert "recipes/mine already exists" in ran.err
    assert path.read_text().endswith("# my own\n")
