"""`rewardkit test` and the pytest plugin: what passes, what fails and how it is told."""

from xml.etree import ElementTree

import pytest

pytest_plugins = ["pytester"]

RECIPE = """\
recipe: mine
version: {version}
answer: {{verify: exact}}
reward:
  correctness: {{correct: {correct}, wrong: 0.0, no_answer: 0.0, false_none: 0.0}}
  short: {{kind: length, below: 10, unit: characters, penalty: -0.2}}
"""
CASES = """\
defaults: {gold: "42"}
cases:
  - name: right
    why: nothing to add
    completion: 'It is \\boxed{42}'
    outcome: correct
    expect: {0: 1.0, 1: 2.0}
    terms: {short: 0.0}
  - name: wrong
    completion: 'It is \\boxed{41}'
    expect: 0.0
prefer: [right, wrong]
"""


@pytest.fixture
def mine(project):
    folder = project / "recipes" / "mine"
    folder.mkdir(parents=True)
    (folder / "v0.yaml").write_text(RECIPE.format(version=0, correct=1.0))
    (folder / "v1.yaml").write_text(RECIPE.format(version=1, correct=2.0))
    (folder / "cases.yaml").write_text(CASES)
    return folder


def test_all_pass(mine, rewardkit) -> None:
    ran = rewardkit("test")
    assert ran == (0, "mine@0: 3 passed\nmine@1: 3 passed\n6 passed, 0 failed\n", "")


@pytest.mark.parametrize(
    ("arguments", "passed"),
    [
        (["mine"], 6),
        (["mine@1"], 3),
        (["mine@0", "mine@1"], 6),
        (["mine@0", "mine"], 6),
        (["recipes/mine/v1.yaml"], 3),
        (["recipes/mine/cases.yaml"], 6),
        (["recipes/mine"], 6),
        (["recipes"], 6),
        (["./recipes/"], 6),
    ],
)
def test_what_is_named(mine, rewardkit, arguments: list[str], passed: int) -> None:
    ran = rewardkit("test", "-q", *arguments)
    assert (ran.code, ran.out) == (0, f"{passed} passed, 0 failed\n")


def test_a_failure_says_expected_got_and_which_term(mine, rewardkit) -> None:
    path = mine / "cases.yaml"
    path.write_text(
        CASES.replace("{0: 1.0, 1: 2.0}", "{0: 1.0, 1: 1.5}").replace("{short: 0.0}", "{short: -0.2}")
    )
    ran = rewardkit("test", "mine@1")
    assert ran.code == 1
    assert ran.out.splitlines() == [
        "FAILED mine@1  'right'  recipes/mine/cases.yaml:3",
        "  term short: expected -0.2, got +0",
        "      16 characters",
        "  total: expected +1.5, got +2",
        '      correctness +2  (boxed "42" = gold "42", literal)',
        "      short +0  (16 characters)",
        "  why: nothing to add",
        r"  completion: It is \boxed{42}",
        "mine@1: 2 passed",
        "2 passed, 1 failed",
    ]


def test_an_order_that_does_not_hold(mine, rewardkit) -> None:
    (mine / "cases.yaml").write_text(CASES.replace("prefer: [right, wrong]", "prefer: [wrong, right]"))
    ran = rewardkit("test", "mine@0", "-q")
    assert ran.code == 1
    assert "FAILED mine@0  'wrong > right'  recipes/mine/cases.yaml:12" in ran.out
    assert "'wrong' over 'right': expected more for the first, got +0 and +1" in ran.out


def test_a_tie_is_no_order(mine, rewardkit) -> None:
    (mine / "v0.yaml").write_text(RECIPE.format(version=0, correct=0.0))
    assert "got +0 and +0" in rewardkit("test", "mine@0").out


def test_a_case_that_cannot_be_scored_fails(mine, rewardkit) -> None:
    (mine / "cases.yaml").write_text(CASES.replace('defaults: {gold: "42"}', "defaults: {tokens: 5}"))
    ran = rewardkit("test", "mine@0")
    assert ran.code == 1
    assert "expected a score, got DataError: rollout right has no gold" in ran.out


def test_null_is_not_zero(mine, rewardkit) -> None:
    (mine / "cases.yaml").write_text(CASES.replace("expect: 0.0", "expect: null"))
    assert "total: expected null, got +0" in rewardkit("test", "mine@0").out


def test_a_variant_is_held_to_the_orders_alone(mine, rewardkit) -> None:
    ran = rewardkit("test", "mine@0", "-q", "--set", "reward.correctness.correct=0.5")
    assert (ran.code, ran.out) == (0, "1 passed, 0 failed\n")
    ran = rewardkit("test", "mine@0", "-q", "--set", "reward.correctness.correct=-0.5")
    assert ran.code == 1
    assert "FAILED mine@0 with reward.correctness.correct=-0.5  'right > wrong'" in ran.out


def test_junit(mine, rewardkit) -> None:
    (mine / "cases.yaml").write_text(CASES.replace("{0: 1.0, 1: 2.0}", "{0: 1.0, 1: 1.5}"))
    assert rewardkit("test", "--junit", "out/report.xml").code == 1
    root = ElementTree.parse("out/report.xml").getroot()
    suites = {suite.get("name"): (suite.get("tests"), suite.get("failures")) for suite in root}
    assert suites == {"mine@0": ("3", "0"), "mine@1": ("3", "1")}
    [failure] = root.iter("failure")
    assert failure.get("message") == "total: expected +1.5, got +2"
    assert "boxed" in (failure.text or "")


@pytest.mark.parametrize(
    ("change", "where", "words"),
    [
        (("expect: 0.0", "expct: 0.0"), "11:5", "unknown key 'expct'; did you mean 'expect'?"),
        (("expect: 0.0", "expect: zero"), "11:13", "must be a number, found 'zero'"),
        (("expect: 0.0", "expect: {2: 0.0}"), "11:17", "there is no version 2 beside this file; it has 0, 1"),
        (("name: wrong", "name: right"), "9:11", "the name 'right' is already used at line 3"),
        (
            ("[right, wrong]", "[right, wrnog]"),
            "12:17",
            "no completion is called 'wrnog'; did you mean 'wrong'?",
        ),
        (("[right, wrong]", "[{order: [right, wrnog]}]"), "12:26", "no completion is called 'wrnog'"),
        (("outcome: correct", "outcome: right"), "6:14", "must be one of"),
        (
            ("  - name: wrong\n    completion:", "  - name: wrong\n    complete:"),
            "10:5",
            "unknown key 'complete'",
        ),
        (("cases:", "caes:"), "1:1", "'cases' is missing"),
    ],
)
def test_a_bad_cases_file_says_where(
    mine, rewardkit, change: tuple[str, str], where: str, words: str
) -> None:
    (mine / "cases.yaml").write_text(CASES.replace(*change))
    ran = rewardkit("test")
    assert ran.code == 2
    assert f"recipes/mine/cases.yaml:{where}: " in ran.err
    assert words in ran.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nine"], "no recipe is called 'nine'; did you mean 'mine'?"),
        (["mine@7"], "mine has no version 7; it has 0, 1"),
        (["nowhere.yaml"], "nowhere.yaml: no such file"),
        (["mine@0", "--set", "reward.short.below"], "write it as path=value"),
    ],
)
def test_what_is_not_there(mine, rewardkit, arguments: list[str], words: str) -> None:
    ran = rewardkit("test", *arguments)
    assert ran.code == 2
    assert words in ran.err


def test_without_a_project_the_shipped_recipes_are_tested(project, rewardkit) -> None:
    ran = rewardkit("test", "countdown", "-q")
    assert ran.code == 0
    assert ran.out.endswith(" passed, 0 failed\n")


def test_completions_in_pieces_and_groups(mine, rewardkit) -> None:
    (mine / "v2.yaml").write_text(
        "recipe: mine\nversion: 2\nextends: mine@1\nreward: {kimi_length: {unit: characters}}\n"
    )
    (mine / "cases.yaml").write_text(
        """\
versions: [2]
defaults: {gold: "42"}
cases:
  - name: two
    completions:
      - {name: short, completion: '\\boxed{42}', outcome: correct, expect: 2.5, terms: {kimi_length: 0.5}}
      - {name: long, completion: [{repeat: "x ", times: 500}, '\\boxed{42}'], expect: {2: 1.5}}
  - {name: alone, completion: '\\boxed{42}', terms: {2: {kimi_length: 0.0}}}
prefer:
  - [short, alone, long]
"""
    )
    ran = rewardkit("test")
    assert (ran.code, ran.out) == (0, "mine@2: 3 passed\n3 passed, 0 failed\n")


# --- pytest ------------------------------------------------------------------------------------------


def test_pytest_collects_a_test_a_case_and_version(pytester: pytest.Pytester) -> None:
    folder = pytester.mkdir("recipes") / "mine"
    folder.mkdir()
    (folder / "v0.yaml").write_text(RECIPE.format(version=0, correct=1.0))
    (folder / "v1.yaml").write_text(RECIPE.format(version=1, correct=3.0))
    (folder / "cases.yaml").write_text(CASES)
    (pytester.path / "cases.yaml").write_text("not ours")
    result = pytester.runpytest_subprocess("-v", "-p", "no:cacheprovider", "-p", "no:hypothesispytest")
    result.assert_outcomes(passed=5, failed=1)
    result.stdout.fnmatch_lines(
        [
            "recipes/mine/cases.yaml::v0[[]right[]] PASSED*",
            "recipes/mine/cases.yaml::v1[[]right[]] FAILED*",
            "recipes/mine/cases.yaml::v1[[]right > wrong[]] PASSED*",
            "  total: expected +2, got +3",
            "      correctness +3 *",
        ]
    )


def test_pytest_tells_a_bad_file_without_a_traceback(pytester: pytest.Pytester) -> None:
    folder = pytester.mkdir("recipes") / "mine"
    folder.mkdir()
    (folder / "v0.yaml").write_text(RECIPE.format(version=0, correct=1.0))
    (folder / "cases.yaml").write_text(CASES.replace("expect:", "expct:", 1).replace(", 1: 2.0", ""))
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        ["*recipes/mine/cases.yaml:7:5: unknown key 'expct'; did you mean 'expect'?*"]
    )
    result.stdout.no_fnmatch_line("*Traceback*")


def test_an_ordinary_pytest_run_loads_no_recipe(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        "import sys\ndef test_it():\n    assert 'rewardkit.recipe.recipe' not in sys.modules\n"
    )
    pytester.runpytest_subprocess().assert_outcomes(passed=1)
