"""Kinds of another package are treated as ours: proven, refuted with witnesses in their own form, attacked, flipped.

The package is a plain module that a project names in its pyproject.toml. Its answers stand in double square brackets,
are colours, and are judged by their first letter.
"""

import json
import textwrap

import pytest
from typer.testing import CliRunner

from rewardkit.__main__ import app
from rewardkit.audit import check, diff, redteam
from rewardkit.errors import UsageError
from rewardkit.kinds import EXTRACTORS, TERMS, VERIFIERS
from rewardkit.recipe.loading import load_recipe
from rewardkit.terms.base import Term

PACKAGE = '''
from typing import ClassVar

from rewardkit import (
    EXTRACTORS, TERMS, VERIFIERS, Axis, Cell, Doubt, Equality, Extraction, Extractor, Outcome, Payment, Pays, Problem,
    Reading, Term, Verdict, Verifier, term,
)


@EXTRACTORS.register
class Brackets(Extractor):
    """What stands in the last double square brackets."""

    kind: ClassVar[str] = "brackets"

    def marks(self):
        return "[[", "]]"

    def find(self, text, start=0):
        left = text.rfind("[[", start)
        right = text.find("]]", left)
        if left < 0 or right < 0:
            return None
        return Extraction(text=text[left + 2 : right] or None, span=(left + 2, right), extractor=self.kind)


@VERIFIERS.register
class Colour(Verifier):
    """The answer is a colour that begins as the gold does."""

    kind: ClassVar[str] = "colour"

    def problem(self):
        return Problem("red", ("red",), ("blue", "green"), "Of which colour is a ripe tomato?")

    def verify(self, questions):
        return [
            Verdict(
                equality=Equality.EQUAL if q.extraction.text.lower() in q.golds else Equality.DIFFERENT,
                route="colour", answer=q.extraction.text.lower(), gold=q.golds[0],
            )
            for q in questions
        ]

    def gold_fault(self, gold, rollout):
        return None if gold.isalpha() else "not a colour"


@TERMS.register
class Truth(Term):
    """Prices right and wrong."""

    kind: ClassVar[str] = "truth"
    looks_at = {"outcome"}
    priced = {Outcome.CORRECT: "right", Outcome.WRONG: "false", Outcome.NO_ANSWER: "silent", Outcome.FALSE_NONE: "shy"}

    right: float | None
    false: float | None
    silent: float | None = 0.0
    shy: float | None = 0.0

    def pay(self, reading):
        return Payment(self.prices().get(reading.outcome), "truth")

    def pays(self, cell):
        value = self.prices().get(cell.outcome)
        return Pays(value, value) if value is not None else Pays(float("inf"), float("-inf"), True)


@TERMS.register
class Smileys(Term):
    """A bonus for every smiley."""

    kind: ClassVar[str] = "smileys"
    looks_at = {"text"}
    bounded_by = ("most", 3)

    each: float = 0.3
    most: int | None = None

    def doubts(self, longest):
        most = self.most or 0
        if longest is None or most <= longest:
            return ()
        return [Doubt("dead", f"never pays for {most} smileys in {longest} tokens.", {"most": longest})]

    def count(self, reading):
        found = reading.text.count("\\N{SMILING FACE WITH OPEN MOUTH}")
        return found if self.most is None else min(found, self.most)

    def axes(self):
        return (Axis(f"smileys({self.most})", self.count, cuts=(1.0,), fillers=("\\N{SMILING FACE WITH OPEN MOUTH}",)),)

    def pay(self, reading):
        return Payment(self.each * self.count(reading), f"{self.count(reading)} smileys")

    def pays(self, cell):
        part = cell.ranges[f"smileys({self.most})"]
        top = part.hi if self.most is None else min(part.hi, self.most)
        return Pays(self.each * part.lo, self.each * top)


@TERMS.register
class Frame(Term):
    """Pays where the completion is a thought between stars and then an answer in brackets."""

    kind: ClassVar[str] = "frame"
    looks_at = {"layout"}

    value: float = 0.2

    def held(self, reading):
        text = reading.text
        return text.startswith("***") and text.count("***") == 2 and text.endswith("]]")

    def layouts(self):
        return (("***", "***{}"),)

    def axes(self):
        return (Axis("frame", lambda reading: float(self.held(reading)), cuts=(1.0,), hi=1.0),)

    def pay(self, reading):
        return Payment(self.value if self.held(reading) else 0.0, "framed" if self.held(reading) else "no frame")

    def pays(self, cell):
        value = self.value if cell.holds("frame") else 0.0
        return Pays(value, value)


@term(pays=(0.0, 1.0))
def shouting(reading: Reading, *, value: float = 0.5):
    """A bonus for capital letters at the beginning; the note says how it was found."""
    loud = reading.text[:3] == "***"
    return (value if loud else 0.0), "loud" if loud else "quiet"
'''
RECIPES = {
    "sound": """
        answer: {extract: brackets, verify: colour, reasoning: null}
        reward:
          truth: {right: 1.0, false: 0.0}
          frame: {value: 0.2}
        """,
    "smiling": """
        answer: {extract: brackets, verify: colour, reasoning: null}
        reward:
          truth: {right: 1.0, false: 0.0}
          smileys: {each: 0.3}
        """,
    "lengthy": """
        answer: {extract: brackets, verify: colour, reasoning: null}
        reward:
          truth: {right: 1.0, false: 0.0}
          smileys: {each: 0.001, most: 400}
        """,
    "loud": """
        answer: {extract: brackets, verify: colour, reasoning: null}
        reward:
          truth: {right: 0.4, false: 0.0}
          shouting: {value: 0.5}
          frame: {value: 0.05}
        """,
    "none": """
        answer: {extract: brackets, verify: colour, reasoning: null, none: [unknown]}
        reward:
          truth: {right: 1.0, false: 0.0, shy: 0.0}
          none: {correct: 1.0, missed: 0.0, no_answer: 0.0}
        """,
}
CASES = {
    "sound": """
        cases:
          - {name: right, gold: red, completion: '***So.***[[red]]', expect: 1.2, terms: {truth: 1.0, frame: 0.2}}
          - {name: wrong, gold: red, completion: 'It is [[blue]]', outcome: wrong, expect: 0.0}
        prefer: [right, wrong]
        """,
    "loud": """
        cases:
          - {name: right, gold: red, completion: 'It is [[red]]', outcome: correct}
        """,
}


@pytest.fixture
def project(tmp_path, monkeypatch):
    (tmp_path / "pyproject.toml").write_text('[tool.rewardkit]\nplugins = ["foreign_package"]\n')
    (tmp_path / "foreign_package.py").write_text(PACKAGE)
    for name, text in RECIPES.items():
        folder = tmp_path / "recipes" / name
        folder.mkdir(parents=True)
        head = f"recipe: {name}\nversion: 0\n"
        (folder / "v0.yaml").write_text(head + textwrap.dedent(text))
        if name in CASES:
            (folder / "cases.yaml").write_text(textwrap.dedent(CASES[name]))
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path
    import sys

    sys.modules.pop("foreign_package", None)
    for registry in (TERMS, EXTRACTORS, VERIFIERS):
        for name in [name for name, where in registry._paths.items() if where.startswith("foreign_package:")]:
            registry._paths.pop(name)
            registry._classes.pop(name, None)


def run(*words, code=0):
    result = CliRunner().invoke(app, [str(word) for word in words])
    assert result.exit_code == code, result.output
    return result.output


def test_check_proves_what_holds_and_sees_through_a_foreign_style(project):
    audit = check(load_recipe("sound@0"))
    assert audit.verdict("ordering") == "proven"
    [ordering] = audit.of("ordering")
    assert ordering.facts["margin"] == pytest.approx(0.8)
    # the frame pays both alike at the same style, and a kind that looks at the layout alone cancels exactly
    assert ordering.facts["margin_at_equal_style"] == pytest.approx(1.0)


def test_a_refutation_is_written_in_the_foreign_form_with_the_foreign_filler_and_a_fix_that_was_tried(
    project,
):
    audit = check(load_recipe("smiling@0"))
    [ordering] = audit.of("ordering")
    assert ordering.verdict == "refuted"
    right, wrong = ordering.witness.rollouts
    assert "[[red]]" in right.completion
    assert wrong.completion.count("\N{SMILING FACE WITH OPEN MOUTH}") >= 4
    assert ordering.fix == ("reward.smileys.most=3",)
    [unbounded] = audit.of("unbounded")
    assert unbounded.fix == ("reward.smileys.most=3",)


def test_a_kind_says_what_is_odd_about_its_own_settings(project):
    recipe = load_recipe("lengthy@0")
    assert not check(recipe).of("dead")
    [dead] = check(recipe, max_completion_length=300).of("dead")
    assert dead.sentence == "'smileys' never pays for 400 smileys in 300 tokens."
    assert dead.fix == ("reward.smileys.most=300",)


def test_a_group_is_refuted_in_a_foreign_layout(project):
    [group] = check(load_recipe("sound@0")).of("group")
    assert group.verdict == "refuted"
    assert any(rollout.completion.startswith("***") for rollout in group.witness.rollouts)
    assert "frame" in group.sentence


def test_a_kind_that_declares_a_span_alone_is_refuted_by_what_is_really_paid(project):
    [ordering] = check(load_recipe("loud@0")).of("ordering")
    assert ordering.verdict == "refuted"
    right, wrong = ordering.witness.rollouts
    assert wrong.completion.startswith("***")
    assert not right.completion.startswith("***")


def test_the_price_of_a_false_none_is_found_on_a_foreign_table(project):
    [abstention] = check(load_recipe("none@0"), wished=(0.5, 0.55)).of("abstention_price")
    [setting] = abstention.fix
    assert setting.startswith("reward.truth.shy=")


def test_attacks_are_made_in_the_foreign_form(project):
    found = redteam(load_recipe("sound@0"))
    another = found.of("another answer after")
    assert another.tried
    assert found.of("denial").status == "held"
    # the last brackets count, so a second answer replaces the first: nothing is gained
    assert another.status == "held"
    assert found.of("trailing junk").status in ("held", "free")


def test_controls_keep_and_flip_foreign_terms(project):
    run("new", "sound-format", "--from", "sound@0", "--control", "format")
    assert list(load_recipe("sound-format@0").reward) == ["frame"]
    run("new", "sound-flipped", "--from", "sound@0", "--control", "flipped")
    flipped = load_recipe("sound-flipped@0").reward["truth"]
    assert (flipped.right, flipped.false) == (0.0, 1.0)
    run("new", "sound-random", "--from", "sound@0", "--control", "random")
    assert list(load_recipe("sound-random@0").reward) == ["random"]
    run("test", "sound-format", "sound-flipped", "sound-random")


def test_a_kind_that_does_not_say_what_it_looks_at_is_not_flipped_in_silence(project):
    result = CliRunner().invoke(app, ["new", "calm", "--from", "loud@0", "--control", "flipped"])
    assert isinstance(result.exception, UsageError)
    assert "looks_at" in str(result.exception)
    assert "flipped()" in str(result.exception)


def test_cases_and_notes(project):
    run("test", "sound")
    shown = run("explain", "loud@0", "--completion", "***So.***[[red]]", "--gold", "red")
    assert "loud" in shown


def test_diff_names_what_a_foreign_term_pays(project):
    found = diff(load_recipe("sound@0"), load_recipe("sound@0", ("reward.frame.value=0.4",)), must_equal=True)
    assert found.comparison.by_term["frame"].moved > 0
    [block] = found.spec.blocks
    assert block.where.endswith("frame in 1")
    assert any("[[" in one.completion for one in found.comparison.movers)


def test_a_word_that_is_no_look_is_an_error_where_the_kind_is_made():
    with pytest.raises(UsageError, match="layout"):

        class Odd(Term):
            kind = "odd"
            looks_at = frozenset({"layuot"})


def test_check_as_json_is_whole(project):
    document = json.loads(run("check", "smiling@0", "--json", code=1))
    [audit] = document["audits"]
    assert {found["code"] for found in audit["findings"]} >= {"ordering", "group", "unbounded"}
