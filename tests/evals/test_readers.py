"""Comparisons under several readers: what depends on who reads is said, and nothing is where nothing does."""

import json
from dataclasses import replace

import pytest
from simulated_policy import Simulated
from typer.testing import CliRunner

from rewardkit.errors import UsageError
from rewardkit.evals.analysis.board import load_board
from rewardkit.evals.analysis.duplicates import repeated
from rewardkit.evals.analysis.paired import compare
from rewardkit.evals.analysis.readers import compare_readers
from rewardkit.evals.commands import app
from rewardkit.evals.profiles import load_reader
from rewardkit.evals.run import EvaluationRun, generate_run
from rewardkit.evals.run.score import score_run
from rewardkit.evals.suite.suite import load_suite

READERS = ("accuracy", "last-boxed")


class Rewritten(Simulated):
    """The same answers as Simulated of the same name; `write` changes the texts of every second question."""

    def __init__(self, *given, write):
        super().__init__(*given)
        self.write = write

    def generate(self, requests):
        for made in super().generate(requests):
            yield replace(made, text=self.write(made.text)) if made.index % 2 else made


def make(path, policy):
    folder = EvaluationRun(path)
    generate_run(folder, load_suite("arithmetic", ("data.generate.n=120", "arms.sampled.n=4")), policy)
    for reader in READERS:
        score_run(folder, load_reader(reader), asked=reader)
    return folder


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    root = tmp_path_factory.mktemp("readers")
    return {
        "base": make(root / "base", Simulated("base", 0.6)),
        "other": make(root / "other", Simulated("other", 0.6)),
        "unboxed": make(
            root / "unboxed",
            Rewritten("base", 0.6, write=lambda text: text.replace("\\boxed{", "\n#### ").replace("}", "")),
        ),
    }


def test_a_change_of_format_alone_is_a_difference_under_the_strict_reader_only(runs):
    made = compare_readers([runs["base"], runs["unboxed"]], ["base", "unboxed"], READERS)
    rows = {(row.reader, row.arm): row for row in made.rows}
    assert abs(rows["accuracy", "sampled"].difference.value) < 0.02
    assert rows["last-boxed", "sampled"].difference.high < -0.1
    gap = next(gap for gap in made.gaps if gap.arm == "sampled")
    assert gap.adjusted < 0.01
    assert gap.only[2] > gap.only[0] + 50  # right by `accuracy` alone, in the run and in the baseline
    assert gap.other - gap.base == pytest.approx(gap.moved.value)
    said = made.warnings()
    assert said[0].startswith(
        "unboxed: the difference depends on the reader: accuracy less last-boxed (greedy)"
    )
    texts = {
        (record.item, record.arm, record.sample): record.text
        for _, _, record in runs["unboxed"].completions()
    }
    assert gap.examples
    assert all("####" in texts[item, gap.arm, sample] for item, sample, _ in gap.examples)


def test_two_runs_of_one_format_do_not_depend_on_the_reader(runs):
    made = compare_readers([runs["base"], runs["other"]], ["base", "other"], READERS)
    assert not [line for line in made.warnings() if "depends on the reader" in line]


def test_answers_that_go_missing_as_accuracy_falls_are_warned_of_unasked(runs):
    boards = [load_board(runs[name], "last-boxed@1") for name in ("base", "unboxed")]
    [told] = [line for line in compare(boards).conclusions if "moved with it" in line]
    assert told.startswith("unboxed: no_answer (greedy) moved with it, ")
    assert "may be format, not ability" in told
    lenient = compare([load_board(runs[name], "accuracy@1") for name in ("base", "other")])
    assert not [line for line in lenient.conclusions if "moved with it" in line]


def test_the_command_names_the_completions_and_wants_two_readers(runs):
    paths = [str(runs[name].path) for name in ("base", "unboxed")]
    readers = [word for reader in READERS for word in ("-p", reader)]
    told = CliRunner().invoke(
        app, ["compare", *paths, "--scores", "accuracy@1", *readers], catch_exceptions=False
    )
    assert told.exit_code == 0
    assert "accuracy under each reader" in told.output
    assert "right by accuracy alone" in " ".join(told.output.split())
    one = CliRunner().invoke(app, ["compare", *paths, "--scores", "accuracy@1", "-p", "accuracy"]).exception
    assert isinstance(one, UsageError)
    assert "give two profiles with -p" in str(one)


def test_questions_that_are_asked_twice_are_named(tmp_path):
    rows = [{"id": f"q{i}", "question": text, "gold": "2"} for i, text in enumerate(("1+1", "4-2", "1+1"))]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    settings = ("data.generate=null", f"data.path={tmp_path / 'rows.jsonl'}", "data.id=id", "slices=[]")
    for name, more, told in (
        ("plain", (), ["1 prompt asked more than once (q0, q2)"]),
        ("clustered", ("cluster=question",), []),
    ):
        folder = EvaluationRun(tmp_path / name)
        generate_run(folder, load_suite("arithmetic", (*settings, *more)), Simulated())
        assert [line.partition(", counted")[0] for line in repeated(folder)] == told
