"""A run ends by itself on a server that misbehaves in every way at once, and the same command fills what can be filled."""

from bad_server import command, endure
from openai_server import Server, adder
from typer.testing import CliRunner

from rewardkit.evals.commands import app


def test_a_run_ends_by_itself_with_every_completion_accounted_for(tmp_path):
    figures, told = endure(tmp_path / "run", seconds=0.5, questions=40, samples=4)
    assert 0.2 < figures["aborted"] / figures["planned"] < 0.4
    words = " ".join(told.split())
    assert "is left out, and tried again" in words
    assert "answers again, after" in words
    assert (
        f"{figures['aborted']} aborted, 5 refused or failed; the same command asks for what is missing again"
        in words
    )
    assert "aborted: the server ended it (finish_reason abort)" in words
    assert "what became of the completions" in words


def test_past_max_failures_a_run_stops_with_exit_code_1(tmp_path):
    with Server(adder, lambda *_: "500") as sick, Server(adder, lambda *_: "500") as other:
        asked = command(tmp_path / "run", sick, other, questions=40, samples=4)
        done = CliRunner().invoke(app, [*asked, "--max-failures", "2", "-O", "attempts=2"])
    assert done.exit_code == 1
    assert "questions failed in every try (--max-failures sets how many may)" in " ".join(done.output.split())
    assert sick.count
    assert other.count
