"""`rewardkit explain`: the tree of one score, the outcome, and where the answer was found."""

import io
import json
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewardkit import Recipe, Rollout
from rewardkit.__main__ import main
from rewardkit.scoring.explain import explain_lines, marked, tree_lines

TREE = {
    "recipe": "r",
    "version": 0,
    "answer": {"extract": ["boxed", "answer_line"], "verify": "exact", "none": ["None"]},
    "reward": {
        "correctness": {"correct": 1.0, "wrong": -0.1, "no_answer": -0.2, "false_none": -0.5},
        "too_short": {"kind": "length", "below": 30, "unit": "tokens", "penalty": -0.1},
        "style": {
            "kind": "sum",
            "weight": 0.5,
            "clip": [-0.2, 0.2],
            "terms": {
                "a": {"kind": "constant", "value": 1.0},
                "b": {"kind": "constant", "value": 0.25, "when": "wrong"},
            },
        },
    },
}
RECIPE = Recipe.model_validate(TREE)


def scored(completion, gold="42", tokens=20, recipe=RECIPE):
    [score] = recipe.score([Rollout(completion=completion, gold=gold, tokens=tokens, id="1", group="1")])
    return score


def test_the_tree_of_a_score():
    lines = tree_lines(scored(r"\boxed{42}"), RECIPE)
    assert lines[0] == "reward +1.10"
    assert lines[1] == '├─ correctness +1.00  (boxed "42" = gold "42", literal)'
    assert lines[2].startswith("├─ too_short   -0.10  (")
    assert lines[3:] == [
        "└─ style       +0.20  (+1.00 × 0.5 clipped to [-0.2, 0.2])",
        "   ├─ a +1.00  (constant)",
        "   └─ b     –  (not wrong)",
    ]


@given(st.text(st.characters(), max_size=60))
def test_every_term_has_its_line_and_every_line_prints(completion):
    score = scored(completion)
    assert len(tree_lines(score, RECIPE)) == 1 + sum(1 for _ in score.walk())
    for line in explain_lines(score, RECIPE):
        line.encode("utf-8")
        assert line.isprintable()


def test_without_the_recipe_it_says_that_a_payment_was_changed():
    assert "└─ style       +0.20  (+1.00 before weight and clip)" in tree_lines(scored(r"\boxed{42}"))


def test_the_clip_of_a_recipe():
    recipe = Recipe.model_validate({**TREE, "clip": [-1.0, 1.0]})
    assert (
        tree_lines(scored(r"\boxed{42}", recipe=recipe), recipe)[0]
        == "reward +1.00  (+1.10 clipped to [-1, 1])"
    )


def test_where_the_answer_stood():
    lines = explain_lines(scored("We add.\nSo it is \\boxed{42}, I think.", tokens=40), RECIPE)
    assert lines[-4:] == [
        "outcome  correct, 40 tokens, 37 characters",
        'answer   boxed "42", characters 24 to 26 of 37',
        r"         We add. So it is \boxed{42}, I think.",
        "                                 ^^",
    ]


@pytest.mark.parametrize(
    ("completion", "says"),
    [
        ("I do not know", "answer   none found"),
        ("<think> hm 42", "answer   none: the reasoning is never closed, or nothing follows it"),
        (r"\boxed{None}", 'answer   boxed "None", which means None, characters 7 to 11 of 12'),
    ],
)
def test_answers_that_are_none(completion, says):
    assert says in explain_lines(scored(completion), RECIPE)


def test_an_unusable_gold_pays_nothing_and_says_why():
    lines = explain_lines(scored("A: 42", gold=" "), RECIPE)
    assert lines[0] == "reward –"
    assert any(line.startswith("gold     unusable: ") for line in lines)


@pytest.mark.parametrize(
    ("text", "start", "stop", "lines"),
    [
        ("42", 0, 2, ["42", "^^"]),
        ("答案是42。", 3, 5, ["答案是42。", "      ^^"]),  # a wide character takes two columns
        ("a\n\x00\ud8007", 4, 5, ["a \ufffd\ufffd7", "    ^"]),
        ("x" * 100 + "7" + "y" * 100, 100, 101, ["..." + "x" * 36 + "7" + "y" * 18 + "...", " " * 39 + "^"]),
        ("ab", 1, 1, ["ab", " ^"]),
    ],
)
def test_the_place_is_marked(text, start, stop, lines):
    assert marked(text, start, stop) == lines


def test_a_long_answer_is_shown_by_its_ends():
    [text, carets] = marked("1" * 500, 0, 500)
    assert len(text) == len(carets) <= 60


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    (tmp_path / "r.yaml").write_text(RECIPE.to_yaml(), encoding="utf-8")
    rows = [
        {"id": "x", "gold": 42, "completions": ["A: 42", "A: 41"], "tokens": [40, 40]},
        {"id": "y", "gold": None, "completions": ["A: 42"], "tokens": [40]},
        {"id": "z", "gold": 7, "completions": ["A: 7"], "tokens": [40]},
    ]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["rewardkit", "explain", "r.yaml", *arguments])
        with pytest.raises(SystemExit) as stop:
            main()
        return (int(stop.value.code or 0), *capsys.readouterr())

    return call


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["rows.jsonl"], '(answer_line "42" = gold "42", literal)'),
        (["rows.jsonl", "--sample", "1"], '(answer_line "41" is not gold "42", literal)'),
        (["rows.jsonl", "--row", "3"], '(answer_line "7" = gold "7", literal)'),
        (["rows.jsonl", "--id", "z"], "r@0"),
        (
            ["--completion", "A: 42", "--gold", "41", "--gold", "42", "--tokens", "40"],
            '= gold "41" (of 2), literal)',
        ),
        (
            ["--completion", "A: 42", "--gold", "42", "--tokens", "40", "--truncated"],
            "outcome  correct, truncated, 40 tokens",
        ),
    ],
)
def test_choosing_a_completion(run, arguments, says):
    code, out, _ = run(*arguments)
    assert code == 0
    assert says in out
    assert "\x1b" not in out  # plain where it does not go to a terminal


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "give either a FILE or --completion"),
        (["rows.jsonl", "--completion", "A: 1"], "give either a FILE or --completion"),
        (["--completion", "A: 1"], "--gold GOLD, or --null-gold"),
        (["--completion", "A: 1", "--gold", "1", "--row", "2"], "--row selects from a FILE"),
        (["rows.jsonl", "--gold", "1"], "--gold describes a --completion"),
        (["--completion", "A: 1", "--gold", "1"], "no token count"),
        (["rows.jsonl", "--row", "9"], "no completion with row 9 among 3 in 3 rows"),
        (["rows.jsonl", "--row", "2"], "rows.jsonl:2: the gold is null"),
        (["--completion", "A: 1", "--gold", "1", "--field", "nums"], "--field nums: write it as name=value"),
    ],
)
def test_usage(run, arguments, says):
    code, _, err = run(*arguments)
    assert code == 2
    assert says in " ".join(err.split())


def test_standard_input(run, monkeypatch):
    class Stdin:
        buffer = io.BytesIO(b"so it is\n\\boxed{7}")

    monkeypatch.setattr("sys.stdin", Stdin)
    code, out, _ = run("--completion", "-", "--gold", "7", "--tokens", "40")
    assert code == 0
    assert 'boxed "7" = gold "7"' in out


def test_as_json(run):
    code, out, _ = run("rows.jsonl", "--json")
    found = json.loads(out)
    assert code == 0
    assert (found["id"], found["outcome"]) == ("x", "correct")
    assert found["lines"][0] == f"reward {found['total']:+.2f}"
