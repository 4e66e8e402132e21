"""The ledger: every completion that was asked for is accounted for, on the terminal, in the JSON and on the page."""

import json
import shutil
from dataclasses import replace

import pytest
from openai_server import Server, adder
from typer.testing import CliRunner

from rewardkit.evals.analysis.board import load_board
from rewardkit.evals.analysis.ledger import Ledger, ledger_table, ledgers
from rewardkit.evals.backends import open_backend
from rewardkit.evals.commands import app
from rewardkit.evals.profiles import load_reader
from rewardkit.evals.run import EvaluationRun, generate_run
from rewardkit.evals.run.score import score_run


def speaker(prompt, body):
    """As `adder`, but cut or without an answer now and then, by its seed."""
    text, tokens, _ = adder(prompt, body)
    turn = body.get("seed", 1) % 5
    return ("no idea" if turn == 2 else text), tokens, ("length" if turn == 3 else "stop")


def fault(number, _):
    return {0: "abort", 1: "null", 2: "500"}.get(number % 7)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Of every seven requests two are broken off; one fails for good."""
    from rewardkit.evals.suite.suite import load_suite

    suite = load_suite("arithmetic", ["data.generate.n=12", "arms.sampled.n=8", "recipe=accuracy"])
    folder = EvaluationRun(tmp_path_factory.mktemp("runs") / "run")
    options = {"attempts": "1", "concurrency": "4"}
    with (
        Server(speaker, fault) as server,
        open_backend("openai", "tiny", {**options, "base_url": server.url}) as b,
    ):
        generate_run(folder, suite, b)
    score_run(folder, load_reader("accuracy"), asked="accuracy")
    return folder


def test_every_completion_is_accounted_for(run):
    """Against what the run's own files say, line by line."""
    refused = run.rows("refusals.jsonl")
    scored = [json.loads(line) for line in (run.scores / "accuracy@1.jsonl").read_text().splitlines()]
    assert len(refused) + len(scored) == 12 * 9
    for made in ledgers(load_board(run)):
        asked = 12 * (8 if made.arm == "sampled" else 1)
        mine = [row for row in scored if row["arm"] == made.arm]
        kinds = [row["kind"] for row in refused if row["arm"] == made.arm]
        assert made == Ledger(
            arm=made.arm,
            asked=asked,
            answered=len(mine),
            truncated=sum(row["finish"] == "length" for row in mine),
            unread=sum("no_answer" in row["outcome"] for row in mine),
            missing=asked - len(mine),
            aborted=kinds.count("aborted"),
            refused=kinds.count("failed"),
        )
        assert made.missing == made.aborted + made.refused
    assert {row["kind"] for row in refused} == {"aborted", "failed"}


def test_it_stands_above_the_figures(run):
    board = load_board(run)
    told = CliRunner().invoke(app, ["show", str(run.path)], env={"COLUMNS": "120"}).output
    lines = [line.rstrip() for line in told.splitlines()]
    assert lines[0] == "run: what became of the completions"
    assert lines[1].split() == [
        "arm",
        "asked",
        "answered",
        "truncated",
        "unread",
        "missing",
        "aborted",
        "refused",
    ]
    cells = [line.split() for line in lines[2:4]]
    assert cells == [list(row) for row in ledger_table({"run": board}).rows]
    saved = json.loads((run.path / "metrics.json").read_text())
    assert [row["missing"] for row in saved["ledger"]] == [made.missing for made in ledgers(board)]
    rows = {(row["metric"], row["arm"]): row for row in saved["metrics"] if not row["slice"]}
    low, high = rows["mean@8", "sampled"]["bounds"]
    assert low < rows["mean@8", "sampled"]["value"] < high
    assert rows["tokens", "sampled"]["bounds"] is None


def test_it_stands_on_top_of_the_page(run, tmp_path):
    """Before the first figure; with a column for the run where there are several."""
    from rewardkit.evals.report import build

    page = build([run.path], tmp_path / "page.md", "md").read_text()
    table = ledger_table({"run": load_board(run)}).markdown()
    assert table in page
    assert page.index(table) < page.index("mean@8")
    other = EvaluationRun(shutil.copytree(run.path, tmp_path / "other"))
    both = build([run.path, other.path], tmp_path / "both.md", "md").read_text()
    assert "| run | arm | asked | answered |" in both


def test_a_folder_from_before_is_read(run, tmp_path):
    """Refusals without key and kind, sessions without what was left out, scores without votes."""
    now = ledgers(load_board(run))
    run = EvaluationRun(shutil.copytree(run.path, tmp_path / "run"))
    rows = [
        {name: row[name] for name in ("item", "arm", "sample", "reason", "session")}
        for row in run.rows("refusals.jsonl")
    ]
    (run.path / "refusals.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    sessions = [
        {name: value for name, value in row.items() if name != "left_out"}
        for row in run.rows("sessions.jsonl")
    ]
    (run.path / "sessions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in sessions))
    assert ledgers(load_board(run)) == [
        replace(made, aborted=0, refused=made.aborted + made.refused) for made in now
    ]


def test_a_resume_fills_what_can_be_filled(run):
    with Server(speaker) as server, open_backend("openai", "tiny", {"base_url": server.url}) as backend:
        report = generate_run(run, run.suite(), backend)
        assert server.count == report.generated
    assert report.missing == 0
    score_run(run, load_reader("accuracy"), asked="accuracy")
    made = ledgers(load_board(run))
    assert [(one.missing, one.aborted, one.refused) for one in made] == [(0, 0, 0), (0, 0, 0)]
    assert "bounds" not in CliRunner().invoke(app, ["show", str(run.path)]).output
