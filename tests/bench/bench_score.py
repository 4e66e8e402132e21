"""`rewardkit score` beside commit 736c0fb, in turns, on the same rows: seconds, processor time, rate and memory.

    python tests/bench/bench_score.py [ROW ...] [--base FOLDER] [--turns 3]

Rows: gsm8k and math (real completions of ../shared/data, 60,000 of each), math-none (the same MATH completions and their
token counts under math-none@3), 1e5 and 1e6 (rows.py: golds, answers and texts that differ). The small ones compare one
process with one; 1e5 and 1e6 compare as many processes as there are cores with the one that 736c0fb has, and with one of
ours. Output files are compared too: a ratio of different results is none. FOLDER is a checkout of 736c0fb; without it one
is made in a temporary folder.

Every command runs in turns with those it is compared with, so that what else the machine does falls on all; processor
time, of the command and all its processes, is what other work disturbs least. Memory is the highest sum of what all
processes of the command hold to themselves (PSS).
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import NamedTuple

import psutil

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.bench import rows
from tests.bench.page import report

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data"
BASE = "736c0fb"
ACCURACY = """recipe: accuracy
version: 0
answer: {extract: [boxed, answer_line]}
reward:
  correctness: {correct: 1.0, wrong: 0.0, no_answer: 0.0, false_none: 0.0}
"""


class Run(NamedTuple):
    """One run of a command: wall seconds, processor seconds of all its processes, and peak memory in MB."""

    wall: float
    processor: float
    memory: float
    digest: str


def run(command: list[str], out: Path, cwd: Path) -> Run:
    """Run a command that writes `out`, and watch it."""
    for old in out.parent.glob(f"*{out.name}*"):
        old.unlink()
    before = os.times()
    began = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=cwd, stdout=subprocess.DEVNULL, env={**os.environ, "PYTHONPATH": str(cwd)}
    )
    peak = [0.0]
    watcher = threading.Thread(target=_watch, args=(process, peak), daemon=True)
    watcher.start()
    if process.wait():
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    wall = time.perf_counter() - began
    watcher.join()
    after = os.times()
    spent = after.children_user + after.children_system - before.children_user - before.children_system
    rows = hashlib.sha256()
    with out.open("rb") as file:
        for line in file:  # the digest at a line's end is the reward's revision, not what it paid
            rows.update(line[: line.rindex(b', "digest"')])
    return Run(wall, spent, peak[0], rows.hexdigest())


def _watch(process: subprocess.Popen[bytes], peak: list[float]) -> None:
    """The highest sum of PSS of a process and all below it, in MB."""
    try:
        root = psutil.Process(process.pid)
        while process.poll() is None:
            held = 0
            for one in [root, *root.children(recursive=True)]:
                try:
                    held += one.memory_full_info().pss
                except psutil.Error:
                    continue
            peak[0] = max(peak[0], held / 1024**2)
            time.sleep(0.2)
    except psutil.Error:
        return


def real(path: Path, count: int) -> Iterator[dict[str, object]]:
    """Real completions, again and again under new names."""
    held = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    made = 0
    for turn in itertools.count():
        for at, row in enumerate(held):
            for sample, text in enumerate(row["completions"]):
                if made == count:
                    return
                made += 1
                name = f"{turn}-{at}"
                yield {
                    "question": row["question"], "gold": row["gold"], "id": f"{name}-{sample}", "group": name,
                    "completion": text, "tokens": len(text) // 4,
                }  # fmt: skip


def write(path: Path, made: Iterator[dict[str, object]]) -> None:
    with path.open("w", encoding="utf-8") as file:
        for row in made:
            file.write(json.dumps(row) + "\n")


class Loads:
    """The rows to score, made when first asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.recipe = folder / "accuracy.yaml"
        self.recipe.write_text(ACCURACY)

    def file(self, row: str) -> tuple[str, Path, int]:
        """The recipe, the file and its rows."""
        count = {"1e5": 10**5, "1e6": 10**6}.get(row, 60_000)
        path = self.folder / f"{'math' if row == 'math-none' else row}.jsonl"
        if not path.exists():
            makers: dict[str, Callable[[], object]] = {
                "gsm8k": lambda: write(path, real(DATA / "gsm8k" / "model_solutions.jsonl", count)),
                "math": lambda: write(path, real(DATA / "math" / "qwen_rollouts.jsonl", count)),
                "math-none": lambda: write(path, real(DATA / "math" / "qwen_rollouts.jsonl", count)),
            }
            makers.get(row, lambda: rows.write(path, count))()
        return ("math-none@3" if row == "math-none" else str(self.recipe)), path, count


def measure(row: str, loads: Loads, base: Path, turns: int) -> None:
    """One row of the page."""
    recipe, path, count = loads.file(row)
    cores = len(os.sched_getaffinity(0))
    large = row in ("1e5", "1e6")
    out = loads.folder / "scores.jsonl"
    score = [sys.executable, "-m", "rewardkit", "score", recipe, str(path), "-o", str(out), "--json"]
    ways = {"base": (base, score), "one": (ROOT, [*score, "--workers", "1"])}
    if large:
        ways["all"] = (ROOT, [*score, "--workers", str(cores)])
    found: dict[str, list[Run]] = {name: [] for name in ways}
    for _ in range(turns):
        for name, (cwd, command) in ways.items():
            found[name].append(run(command, out, cwd))
            print(row, name, found[name][-1][:3], flush=True)
    assert len({one.digest for runs in found.values() for one in runs}) == 1, "the score files differ"

    def paired(of: str, over: str, what: str) -> float:
        return median(
            getattr(a, what) / getattr(b, what) for a, b in zip(found[of], found[over], strict=True)
        )

    def middle(name: str, what: str) -> float:
        return median(getattr(one, what) for one in found[name])

    ours = "all" if large else "one"
    figure = {
        "rows": count,
        "turns": turns,
        "processes": cores if large else 1,
        "wall": round(paired("base", ours, "wall"), 2),
        "processor": round(paired("base", "one", "processor"), 2),
        "rate": round(count / middle(ours, "wall")),
        "base_rate": round(count / middle("base", "wall")),
        "memory_mb": round(middle(ours, "memory")),
    }
    if large:
        figure["all_over_one"] = round(paired("one", "all", "wall"), 2)
    report(f"score-{row}", figure)


def main() -> int:
    names = ["gsm8k", "math", "math-none", "1e5", "1e6"]
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("row", nargs="*", help=", ".join(names))
    parser.add_argument("--base", type=Path, help=f"a checkout of {BASE}")
    parser.add_argument("--turns", type=int, default=3)
    asked = parser.parse_args()
    if not DATA.is_dir():
        print(f"left out: {DATA} is not there")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        base = asked.base
        if base is None:
            base = Path(folder) / "base"
            subprocess.run(["git", "worktree", "add", "--detach", str(base), BASE], cwd=ROOT, check=True)
        try:
            for row in asked.row or names:
                measure(row, Loads(Path(folder)), base.resolve(), 1 if row == "1e6" else asked.turns)
        finally:
            if asked.base is None:
                subprocess.run(["git", "worktree", "remove", "--force", str(base)], cwd=ROOT, check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
