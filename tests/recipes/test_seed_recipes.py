"""The seed recipes: what the design says of them, beside what their cases say."""

import json
import re
from collections import Counter
from functools import cache
from pathlib import Path

import jsonschema
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rewardkit import Outcome, Rollout, load_recipe
from rewardkit.cases import read_cases
from rewardkit.commands.schema import NAMES, File, text
from rewardkit.config.source import read_file
from rewardkit.recipe.discovery import all_recipes, shipped_folder
from rewardkit.recipe.lock import read_lock
from rewardkit.terms.cells import cells

FOLDER = shipped_folder()
SEEDS = {
    "math-none": (0, 1, 2, 3),
    "countdown": (1,),
    "r1-triplet": (1, 2),
    "gsm8k-shaped": (1,),
    "open-r1-stack": (1, 2, 3, 4, 5),
    "playground-none": (0, 1, 2, 3),
}
FILES = [found.path for found in all_recipes([FOLDER])]


def test_the_seeds_are_there() -> None:
    found = {(found.name, found.version) for found in all_recipes([FOLDER])}
    assert found >= {(name, version) for name, versions in SEEDS.items() for version in versions}


def test_every_seed_is_released() -> None:
    """The third versions of math-none and playground-none since the audits pass on them."""
    seeds = {f"{name}@{version}" for name, versions in SEEDS.items() for version in versions}
    assert seeds <= set(read_lock(FOLDER))


def test_every_version_loads_and_is_what_was_released() -> None:
    for path in FILES:
        load_recipe(path)


@pytest.mark.parametrize("name", SEEDS)
def test_every_version_has_eight_cases(name: str) -> None:
    checks = read_cases(FOLDER / name / "cases.yaml").checks()
    count = Counter(check.version for check in checks if check.case is not None)
    assert set(count) == set(SEEDS[name])
    assert min(count.values()) >= 8


# --- math-none, by the numbers of the report --------------------------------------------------------


@pytest.mark.parametrize(
    ("completion", "gold", "tokens", "totals"),
    [
        (r"\boxed{42}", "42", 100, (1.0, 1.0, 1.0, 1.0)),
        (r"\boxed{41}", "42", 100, (-0.1, -0.1, -0.1, -0.1)),
        (r"\boxed{None}", "None", 100, (1.0, 1.0, 1.0, 1.0)),
        (r"\boxed{42}", "None", 100, (-0.5, -0.5, -0.5, -0.5)),
        (r"\boxed{None}", "42", 100, (-0.1, -0.8, -0.8, -0.8)),
        ("＋" * 12 + r"\boxed{42}", "42", 100, (1.0, 1.0, 0.88, 0.9)),
        (r"\boxed{42}", "42", 20, (0.8, 0.8, 0.8, 0.8)),
        (r"\boxed{41}", "42", 900, (-0.3, -0.3, -0.3, -0.1)),
        (r"× π → ≤ \boxed{42}", "42", 100, (1.0, 1.0, 1.0, 1.0)),
        (r"＋ \boxed{42}", "42", 100, (1.0, 1.0, 0.99, 0.99)),
    ],
)
def test_math_none(completion: str, gold: str, tokens: int, totals: tuple[float, ...]) -> None:
    rollout = Rollout(completion=completion, gold=gold, tokens=tokens)
    for version, total in enumerate(totals):
        [score] = load_recipe(f"math-none@{version}").score([rollout])
        assert score.total == pytest.approx(total, abs=1e-12), version


@pytest.mark.parametrize("reference", ["math-none@3", "playground-none@3"])
def test_the_fixed_versions_let_style_reorder_right_answers_alone(reference: str) -> None:
    """No wrong answer passes a right one, and all wrong answers of a prompt earn the same, so that at no
    group size can one have a positive advantage beside a right one."""
    recipe = load_recipe(reference)
    pays: dict[Outcome, tuple[float, float]] = {}
    for cell in cells(recipe.axes()):
        bound = recipe.bounds(cell)
        assert not bound.absent, cell
        low, high = pays.get(cell.outcome, (bound.lo, bound.hi))
        pays[cell.outcome] = (min(low, bound.lo), max(high, bound.hi))
    assert pays[Outcome.CORRECT] == pytest.approx((0.7, 1.0))
    assert pays[Outcome.NONE_CORRECT] == pytest.approx((0.7, 1.0))
    assert pays[Outcome.WRONG] == pays[Outcome.NO_ANSWER] == pytest.approx((-0.1, -0.1))
    assert pays[Outcome.NONE_MISSED] == pays[Outcome.NONE_NO_ANSWER] == pytest.approx((-0.5, -0.5))
    assert pays[Outcome.FALSE_NONE] == pytest.approx((-0.8, -0.8))


def test_playground_none_is_math_none_with_another_window() -> None:
    for version in SEEDS["playground-none"]:
        window = [
            "reward.too_long.above=768",
            "reward.too_short.below=30",
            "answer.extract=[boxed, answer_tag]",
        ]
        played, meant = load_recipe(f"playground-none@{version}", window), load_recipe(f"math-none@{version}")
        assert played.reward == meant.reward
        assert played.answer == meant.answer


# --- gsm8k-shaped, against the tutorial's own functions ---------------------------------------------

ANSWER_RE = re.compile(r"<answer>\s*(-?\d+)\s*</answer>", re.IGNORECASE)
FORMAT_RE = re.compile(r"<think>.*?</think>\s*<answer>.*?</answer>", re.DOTALL)


def tutorial(completion: str, gold: str) -> float:
    """The sum of the tutorial's three reward functions."""
    match = ANSWER_RE.search(completion)
    correct = 2.0 if match and match.group(1) == gold else 0.0
    shape = 0.5 if FORMAT_RE.search(completion) else 0.0
    return correct + shape + (0.25 if match else 0.0)


TAGS = ["<think>", "</think>", "<answer>", "</answer>", "<ANSWER>", "</Answer>", "<an\u017fwer>"]
WHOLE = ["<think>a</think>", "<answer>18</answer>", "<answer> 18\n</answer>", "\\boxed{18}"]
PIECES = st.sampled_from([*TAGS, *WHOLE, "18", "-3", "0", "1,000", "18.0", "\u0663", " ", "\n", "x"])


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES, max_size=12).map("".join), st.sampled_from(["18", "-3", "0", "1,000", "٣"]))
@example("<think></think><answer>18</answer>", "18")
@example("<an\u017fwer>18</an\u017fwer>", "18")
def test_gsm8k_shaped_pays_what_the_tutorial_pays(completion: str, gold: str) -> None:
    [score] = load_recipe("gsm8k-shaped@1").score([Rollout(completion=completion, gold=gold)])
    assert score.total == tutorial(completion, gold)


# --- open-r1-stack -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "labels"),
    [
        (1, {"format", "tag_count", "accuracy", "cosine_length"}),
        (2, {"format", "tag_count", "accuracy", "cosine_length", "kimi_length"}),
        (3, {"format", "tag_count", "accuracy", "cosine_length", "kimi_length"}),
        (4, {"format", "tag_count", "accuracy", "cosine_length", "kimi_length", "repetition"}),
        (5, {"accuracy", "cosine_length", "kimi_length"}),
    ],
)
def test_open_r1_stack_holds_what_the_report_lists(version: int, labels: set[str]) -> None:
    assert set(load_recipe(f"open-r1-stack@{version}").reward) == labels


@pytest.mark.parametrize(("characters", "paid"), [(0, 2.0), (1000, 1.0), (2000, 2.0)])
def test_the_modified_cosine_pays_again_past_its_length(characters: int, paid: float) -> None:
    cosine = load_recipe("open-r1-stack@3").reward["cosine_length"]
    assert cosine.price_at(characters, True) == pytest.approx(paid)


# --- schemas -----------------------------------------------------------------------------------------


@pytest.mark.usefixtures("only_built_in_kinds")
@pytest.mark.parametrize("kind", list(File))
def test_the_schema_beside_the_recipes_is_up_to_date(kind: File) -> None:
    """If this fails: rewardkit schema --kind KIND -o recipes/FILE."""
    assert (FOLDER / NAMES[kind]).read_text(encoding="utf-8") == text(kind)


@cache
def validator(kind: File) -> jsonschema.Draft202012Validator:
    schema = json.loads(text(kind))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def test_every_shipped_file_fits_its_schema() -> None:
    recipes, cases = validator(File.RECIPE), validator(File.CASES)
    for path in FILES:
        recipes.validate(read_file(path).plain())
        recipes.validate(load_recipe(path).tree())
    for path in sorted(FOLDER.glob("*/cases.yaml")):
        cases.validate(read_file(path).plain())


@pytest.mark.parametrize(
    "path", [*FILES, *sorted(FOLDER.glob("*/cases.yaml"))], ids=lambda p: f"{p.parent.name}/{p.name}"
)
def test_every_shipped_file_names_its_schema(path: Path) -> None:
    first = path.read_text(encoding="utf-8").splitlines()[0]
    name = NAMES[File.CASES if path.name == "cases.yaml" else File.RECIPE]
    assert first == f"# yaml-language-server: $schema=../{name}"
    assert (path.parent / f"../{name}").is_file()


@pytest.mark.parametrize(
    "reward",
    [
        {"charcters": {"price": -0.01}},
        {"length": {"above": 5}},
        {"length": {"above": 5, "pennalty": -0.1, "penalty": -0.1}},
        {"long": {"above": 5, "penalty": -0.1}},
        {"long": {"kind": "length", "above": "x", "penalty": -0.1}},
        {"first": {"terms": {"length": {"above": 5}}}},
        {"first": {"terms": [{"above": 5}]}},
        {},
    ],
)
def test_the_schema_refuses_what_the_loader_refuses(reward: dict) -> None:
    with pytest.raises(jsonschema.ValidationError):
        validator(File.RECIPE).validate({"recipe": "x", "version": 0, "reward": reward})


@pytest.mark.usefixtures("only_built_in_kinds")
def test_the_schema_documents_every_parameter() -> None:
    definitions = json.loads(text(File.RECIPE))["$defs"]
    for name, definition in definitions.items():
        if name.startswith("term_"):
            assert definition["description"], name
            for parameter, schema in definition["properties"].items():
                assert schema.get("description"), f"{name}.{parameter}"
