"""maj@k counts votes by value: answers that are equal are one pile, however they are written."""

import json
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rewardkit.evals.analysis.board import load_board
from rewardkit.evals.analysis.measures import measures
from rewardkit.evals.backends import open_backend
from rewardkit.evals.profiles import load_reader
from rewardkit.evals.run import EvaluationRun, generate_run
from rewardkit.evals.run.score import score_run, votes
from rewardkit.evals.suite.suite import load_suite
from rewardkit.types import Rollout
from rewardkit.verify.exact import Exact
from rewardkit.verify.math.verifier import Math


def piles(answers, gold, reader="accuracy"):
    """Which places vote together."""
    recipe = load_reader(reader)
    texts = [rf"\boxed{{{answer}}}" if answer is not None else "I do not know" for answer in answers]
    cast = votes(recipe.score([Rollout(completion=text, gold=gold) for text in texts]), recipe.answer.verify)
    found = {}
    for place, vote in enumerate(cast):
        if vote is not None:
            found.setdefault(vote, []).append(place)
    return sorted(found.values())


@pytest.mark.parametrize("gold", ["7", r"\frac{1}{2}", "0.5"])
def test_a_half_is_one_pile_right_or_wrong(gold):
    assert piles(["1/2", "0.5", r"\frac12", r"\frac{2}{4}", "0.25"], gold) == [[0, 1, 2, 3], [4]]


@pytest.mark.parametrize(
    ("answers", "made"),
    [
        (["x+1", "1+x", "x-1"], [[0, 1], [2]]),
        (["1,000", "1000", "1000.0", "10^3"], [[0, 1, 2, 3]]),
        ([r"\sqrt{8}", r"2\sqrt{2}", "2.83"], [[0, 1], [2]]),
        ([r"\{1, 2\}", r"\{2, 1\}", "(1, 2)"], [[0, 1], [2]]),
        (["50\\%", "0.5", "50"], [[0, 1], [2]]),  # either may pass for the gold 50%, but they are not equal
        (["5 cm", "5", "5 m"], [[0], [1], [2]]),
        (["None", "0.5", None, "1/2", "None"], [[0, 4], [1, 3]]),
    ],
)
def test_wrong_answers_of_one_value_are_one_pile(answers, made):
    assert piles(answers, "77") == made


def test_all_right_answers_are_one_pile():
    """Also where only the policy of the gold makes them so."""
    assert piles(["50", "50\\%", "0.5", "12"], "50\\%") == [[0, 1, 2], [3]]


def test_other_verifiers_count_by_their_own_normal_form():
    assert Exact().unite(["a", "b"]) == ["a", "b"]


NUMBERS = st.tuples(st.integers(-30, 30), st.integers(1, 12))
FORMS = st.sampled_from(
    ["{p}/{q}", r"\frac{{{p}}}{{{q}}}", r"\frac{{{p2}}}{{{q2}}}", r"{p} \div {q}", "{p} * {q}^{{-1}}"]
)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(NUMBERS, FORMS), max_size=12))
def test_rational_numbers_are_one_pile_where_they_are_equal(drawn):
    answers = [form.format(p=p, q=q, p2=2 * p, q2=2 * q) for (p, q), form in drawn]
    stands = Math().unite(answers)
    for i, ((p, q), _) in enumerate(drawn):
        for j, ((r, s), _) in enumerate(drawn):
            assert (stands[i] == stands[j]) == (Fraction(p, q) == Fraction(r, s)), (answers[i], answers[j])


def test_maj_at_k_by_value_and_score_files_from_before(tmp_path):
    """Three halves outvote two quarters; by the letter, as files without votes are read, they do not."""
    suite = load_suite("arithmetic", ["data.generate.n=1", "arms={sampled: {n: 5, temperature: 1.0}}"])
    (tmp_path / "done.jsonl").write_text(
        json.dumps(
            {
                "id": "arithmetic-1",
                "completion": [rf"\boxed{{{a}}}" for a in ("1/2", ".5", r"\frac12", "4", "4")],
            }
        )
        + "\n"
    )
    folder = EvaluationRun(tmp_path / "run")
    with open_backend("replay", str(tmp_path / "done.jsonl")) as backend:
        generate_run(folder, suite, backend)
    items = folder.path / "items.jsonl"
    items.write_text(json.dumps(json.loads(items.read_text()) | {"gold": "4"}) + "\n")
    score_run(folder, load_reader("accuracy"), asked="accuracy")

    def majority():
        made = {measure.name: measure.estimate().value for measure in measures(load_board(folder))}
        return made["maj@5"]

    assert majority() == 0.0
    scores = folder.scores / "accuracy@1.jsonl"
    rows = [json.loads(line) for line in scores.read_text().splitlines()]
    assert [row.pop("vote", None) for row in rows] == [None, "1/2", "1/2", None, None]
    scores.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert majority() == 1.0


def test_several_processes_write_the_file_of_scores_that_one_writes(tmp_path, monkeypatch):
    monkeypatch.setattr("rewardkit.evals.run.score.BATCH", 20)
    suite = load_suite("arithmetic", ["data.generate.n=30", "arms={sampled: {n: 5, temperature: 1.0}}"])
    answers = ["1/2", ".5", r"\frac12", "4", "None"]
    (tmp_path / "done.jsonl").write_text(
        "".join(
            json.dumps({"id": f"arithmetic-{at}", "completion": [rf"\boxed{{{a}}}" for a in answers]}) + "\n"
            for at in range(1, 31)
        )
    )
    folder = EvaluationRun(tmp_path / "run")
    with open_backend("replay", str(tmp_path / "done.jsonl")) as backend:
        generate_run(folder, suite, backend)
    found = []
    for workers in (1, 3):
        report = score_run(folder, load_reader("accuracy"), workers=workers)
        found.append((report, (folder.scores / f"{report.name}.jsonl").read_bytes()))
    assert found[0] == found[1]
    assert report.scored == 150
