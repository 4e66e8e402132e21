"""A run against a server that aborts, fails, breaks bodies and dies; used by a test and, for longer, by the soak."""

import hashlib
import threading

from openai_server import FAULTS, Server, adder
from typer.testing import CliRunner

from rewardkit.evals.analysis.board import load_board
from rewardkit.evals.analysis.ledger import ledgers
from rewardkit.evals.commands import app
from rewardkit.evals.run import EvaluationRun
from rewardkit.evals.run.log import read_log

ABORTED, BROKEN = 0.3, 0.1


def chance(*names):
    digest = hashlib.sha256("/".join(map(str, names)).encode()).digest()
    return int.from_bytes(digest[:6]) / 2**48


def command(folder, *servers, questions, samples):
    sets = [f"data.generate.n={questions}", f"arms.sampled.n={samples}", "recipe=accuracy"]
    options = ["concurrency=64", "timeout_seconds=2", "longest_pause_seconds=1", "patience_seconds=120"]
    return [
        *("run", "arithmetic", "--model", "tiny", "--backend", "openai", "--out", str(folder)),
        *(part for server in servers for part in ("--base-url", server.url)),
        *(part for setting in sets for part in ("--set", setting)),
        *(part for option in options for part in ("--option", option)),
    ]


def endure(path, *, seconds, questions, samples, seed=0):
    """Run until it ends by itself, and again when the server has recovered; assert that nothing is lost or twice.

    The server aborts 30 % of what it answers, breaks one answer in ten, fails one prompt for ever and is gone for
    `seconds` after a third of the work.
    """
    planned = questions * (1 + samples)
    poison = []

    def fault(number, prompt):
        poison[:] = poison or [prompt]
        if prompt == poison[0]:
            return "500"
        drawn = chance(seed, number)
        if drawn < ABORTED:
            return "abort"
        left = (drawn - ABORTED) / BROKEN
        return FAULTS[int(left * len(FAULTS))] if left < 1 else None

    server = Server(adder, fault)
    gone = threading.Timer(seconds, server.revive)

    def die(number):
        if number == planned // 3:
            threading.Thread(target=lambda: (server.die(), gone.start())).start()

    server.on_request = die
    with server:
        asked = command(path, server, questions=questions, samples=samples)
        first = CliRunner().invoke(app, asked)
        gone.join()
        assert first.exit_code == 1, first.output
        folder = EvaluationRun(path)
        answered = [(r.item, r.arm, r.sample) for _, r in read_log(folder.log_path)]
        refused = {(r["item"], r["arm"], r["sample"]): r["kind"] for r in folder.rows("refusals.jsonl")}
        assert len(set(answered)) == len(answered)  # none twice
        assert not set(answered) & set(refused)
        assert len(answered) + len(refused) == planned  # none lost
        failed = {item for (item, _, _), kind in refused.items() if kind == "failed"}
        assert len(failed) == 1, failed
        of_it = [kind for (item, _, _), kind in refused.items() if item in failed]
        assert of_it == ["failed"] * (1 + samples)
        kinds = list(refused.values())
        assert set(kinds) == {"failed", "aborted"}
        told = ledgers(load_board(folder))
        assert sum(one.answered for one in told) == len(answered)
        assert sum(one.aborted for one in told) == kinds.count("aborted")
        assert sum(one.refused for one in told) == kinds.count("failed")

        server.fault = lambda number, prompt: None
        before, tries = server.count, server.count
        again = CliRunner().invoke(app, asked)
        assert again.exit_code == 0, again.output
        assert server.count - before == len(refused)  # only what was missing is asked for
    assert sorted(set(answered) | set(refused)) == sorted(
        (r.item, r.arm, r.sample) for _, r in read_log(folder.log_path)
    )
    figures = {
        "planned": planned,
        "answered": len(answered),
        "aborted": kinds.count("aborted"),
        "tries": tries,
    }
    return figures, first.output
