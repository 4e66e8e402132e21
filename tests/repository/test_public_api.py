"""The public names, and functions as kinds."""

import pickle
import re
import subprocess
import sys

import pytest

import rewardkit
from rewardkit import TERMS, Recipe, Rollout, UsageError, reward_function, term
from rewardkit.terms.cells import cell_of

PUBLIC = [
    "EXTRACTORS",
    "TERMS",
    "VERIFIERS",
    "Allow",
    "Answer",
    "Axis",
    "Cell",
    "DataError",
    "Doubt",
    "Equality",
    "Extraction",
    "Extractor",
    "Finish",
    "GroupTerm",
    "Kind",
    "LockError",
    "MissingFact",
    "Outcome",
    "Payment",
    "Pays",
    "Problem",
    "Question",
    "Range",
    "Reading",
    "Reasoning",
    "Recipe",
    "RecipeError",
    "RewardkitError",
    "Rollout",
    "Says",
    "Score",
    "SetupError",
    "Term",
    "TermScore",
    "UsageError",
    "Verdict",
    "Verifier",
    "load_recipe",
    "reward_function",
    "term",
]


def test_exported_names():
    assert sorted(rewardkit.__all__) == sorted(PUBLIC)
    for name in PUBLIC:
        assert getattr(rewardkit, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        rewardkit.nonsense  # noqa: B018


def test_importing_the_package_brings_in_nothing_heavy():
    code = "import rewardkit, sys; assert not {'sympy', 'pandas', 'pydantic', 'torch'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.fixture(scope="module", autouse=True)
def kinds_of_these_tests():
    """Registered here, and gone again for the tests of other modules that list every kind."""
    before = dict(TERMS._paths), dict(TERMS._classes)
    globals()["polite"] = term(pays=(0.0, 1.0))(polite)
    globals()["team_length"] = reward_function(
        "team_length", length_reward, pays=(0.0, 1.0), gold_column="solution"
    )
    yield
    TERMS._paths, TERMS._classes = before


def polite(reading, *, word: str = "please", bonus: float = 1.0) -> float:
    """Pays for a word."""
    return bonus * (word in reading.text)


def test_a_function_becomes_a_kind_with_validated_parameters():
    recipe = Recipe(name="manners", version=0, reward={"polite": {"word": "thanks", "bonus": 0.5}})
    totals = [
        score.total for score in recipe.score([Rollout(completion=c, gold="1") for c in ("thanks", "no")])
    ]
    assert totals == [0.5, 0.0]
    assert pickle.loads(pickle.dumps(recipe)) == recipe
    [score] = recipe.score([Rollout(completion="thanks", gold="1")])
    assert score.total in recipe.bounds(cell_of(score.reading, recipe.axes()))
    with pytest.raises(ValueError, match="unknown parameter 'wrod'"):
        Recipe(name="manners", version=0, reward={"polite": {"wrod": "x"}})


def test_a_payment_outside_the_declared_interval_is_an_error():
    recipe = Recipe(name="manners", version=0, reward={"polite": {"bonus": 2.0}})
    with pytest.raises(UsageError, match="widen `pays`"):
        recipe.score([Rollout(completion="please", gold="1")])


def length_reward(prompts, completions, solution, **kwargs):
    """As a team has it in its training script."""
    assert len(prompts) == len(completions) == len(solution)
    return [1.0 if len(c) <= len(s) else None for c, s in zip(completions, solution, strict=True)]


def test_a_trl_reward_function_is_wrapped_as_it_stands():
    recipe = Recipe(name="team", version=0, reward={"team_length": {}})
    rows = [Rollout(completion=c, gold="42", group="g") for c in ("1", "1234")]
    assert [score.total for score in recipe.score(rows)] == [1.0, None]
    assert pickle.loads(pickle.dumps(recipe)) == recipe


def reads_messages(prompts, completions, **kwargs):
    """As TRL's own rewards read a completion: the first message's content."""
    assert [prompt[-1] for prompt in prompts] == [{"role": "user", "content": "q"}]
    return [float(completion[0]["content"] == "yes") for completion in completions]


def test_a_conversational_reward_function_reads_plain_rows(kinds_of_these_tests):
    reward_function("reads_messages_kind", reads_messages, pays=(0.0, 1.0), conversational=True)
    recipe = Recipe(name="team", version=0, reward={"reads_messages_kind": {}})
    (score,) = recipe.score([Rollout(prompt="q", completion="yes", gold="42", group="g")])
    assert score.total == 1.0


def test_two_kinds_of_one_name_are_refused():
    with pytest.raises(UsageError, match="already taken"):
        reward_function("length", length_reward, pays=(0.0, 1.0))


def test_a_kind_that_does_not_say_what_it_pays_is_refused():
    with pytest.raises(UsageError, match=r"@term\(pays=\(LOWEST, HIGHEST\)\)"):
        term(polite)
    with pytest.raises(UsageError, match=r"@term\(pays=\(LOWEST, HIGHEST\)\)"):
        term(name="polite_too")


def test_a_wrapped_function_that_raises_is_named_with_its_place_and_a_guess():
    def broken(completions, **columns):
        return [completion[0]["content"] for completion in completions]

    before = dict(TERMS._paths), dict(TERMS._classes)
    reward_function("team_broken", broken, pays=(0.0, 1.0))
    recipe = Recipe(name="team", version=0, reward={"team_broken": {}})
    with pytest.raises(
        UsageError, match=r"kind 'team_broken': the function raised TypeError.*conversational=True"
    ):
        recipe.score([Rollout(completion="x", gold="42", group="g")])
    TERMS._paths, TERMS._classes = before


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "from rewardkit import term\n\n\n@term\ndef f(reading): ...\n",
            "my_kinds.py:4:1: .*state what the kind can pay",
        ),
        ("def f(:\n", "my_kinds.py:1:7: .*SyntaxError"),
        ("import nowhere_to_be_found\n", "my_kinds.py:1:1: .*nowhere_to_be_found"),
    ],
)
def test_a_plugin_that_cannot_be_imported_is_placed(tmp_path, text, said):
    (tmp_path / "pyproject.toml").write_text('[tool.rewardkit]\nplugins = ["my_kinds"]\n')
    (tmp_path / "my_kinds.py").write_text(text)
    command = [sys.executable, "-m", "rewardkit", "show", "math-none@0"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert re.search(said, done.stderr), done.stderr
    assert "Traceback" not in done.stderr
