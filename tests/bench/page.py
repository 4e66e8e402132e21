"""docs/benchmarks.md: every figure from one run, with the commit, the machine and the alternative that it is a ratio to.

A benchmark calls `report(row, figure)`. Under `python -m tests.bench` that goes into docs/benchmarks.json, where each row
keeps its latest figure and where it was measured; the page is written from there. A row that nobody measured is on the
page as a gap.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[2]
STORE, PAGE = ROOT / "docs" / "benchmarks.json", ROOT / "docs" / "benchmarks.md"


class Row(NamedTuple):
    """A row of the page: what is measured, beside what, how a figure reads, and the command that checks it."""

    what: str
    beside: str
    reads: str
    command: str


_ONE = "{processor}x the rate per processor second, {wall}x by the clock ({rate:,} a second beside {base_rate:,}); {memory_mb} MB"
_ALL = (
    "{wall}x by the clock with {processes} processes ({rate:,} a second beside {base_rate:,}), {processor}x per processor "
    "second with one; {processes} processes are {all_over_one}x one; {memory_mb} MB in all"
)
ROWS = {
    "score-gsm8k": Row("`score`, one process, GSM8K completions", "commit 736c0fb", _ONE, "score gsm8k"),
    "score-math": Row("`score`, one process, MATH completions", "commit 736c0fb", _ONE, "score math"),
    "score-math-none": Row(
        "`score`, one process, math-none@3 with tokens", "commit 736c0fb", _ONE, "score math-none"
    ),
    "score-1e5": Row(
        "`score`, every core, 10^5 completions that differ", "commit 736c0fb", _ALL, "score 1e5"
    ),
    "score-1e6": Row(
        "`score`, every core, 10^6 completions that differ", "commit 736c0fb", _ALL, "score 1e6"
    ),
    "verify": Row("verifying GSM8K and MATH answers", "math-verify, TRL, verl", "{text}", "verify"),
    "recipe": Row("a whole recipe", "the same reward in plain Python on math-verify", "{text}", "recipe"),
    "evals": Row("the evaluation harness", "the bare backend", "{text}", "evals"),
    "trl": Row("a GRPO step in TRL with a recipe", "the same reward written by hand", "{text}", "trl"),
    "pages": Row("pages at 10^3, 10^4 and 10^5 completions", "build time and size", "{text}", ""),
}


def report(row: str, figure: dict[str, Any]) -> None:
    """Print a row's figure, and keep it where the page is being written."""
    if row not in ROWS:
        raise KeyError(f"{row}: add it to ROWS in {__file__}")
    print(f"{row}: {ROWS[row].reads.format(**figure)}", flush=True)
    if os.environ.get("REWARDKIT_BENCH_PAGE"):
        kept = stored()
        kept[row] = {"figure": figure, **made()}
        STORE.write_text(json.dumps(dict(sorted(kept.items())), indent=1) + "\n", encoding="utf-8")


def stored() -> dict[str, Any]:
    """The figures there are."""
    return json.loads(STORE.read_text(encoding="utf-8")) if STORE.exists() else {}


def made() -> dict[str, Any]:
    """Where and when a figure is measured."""

    def git(*words: str) -> str:
        return subprocess.run(
            ["git", *words], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout.strip()

    changed = (
        "+"
        if git("status", "--porcelain", "--untracked-files=no", "--", "rewardkit", "evals", "trainers")
        else ""
    )
    load = os.getloadavg()[2]
    model = next(
        (line.partition(":")[2].strip() for line in _cpuinfo() if line.startswith("model name")),
        platform.machine(),
    )
    return {
        "commit": git("rev-parse", "--short=12", "HEAD") + changed,
        "machine": f"{len(os.sched_getaffinity(0))} cores of {model}, Python {platform.python_version()}",
        "load": round(load, 1),
        "day": datetime.now(UTC).date().isoformat(),
    }


def _cpuinfo() -> list[str]:
    path = Path("/proc/cpuinfo")
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


HEAD = """# Benchmarks

Written by `make bench` from what it measured; do not edit. Every figure is a ratio between commands that ran in turns, in
one run and on one machine, with its commit. *Load* is the machine's average over the fifteen minutes before: much above the
number of cores, other work shared the machine, so that the ratio per processor second says more than the one by the clock.

`python -m tests.bench NAME ROW` measures one row again, as in the last column.
"""


def page() -> str:
    """The page."""
    kept = stored()
    lines = [
        HEAD,
        "| what | beside | figure | commit | machine | load | check |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, row in ROWS.items():
        if name in kept:
            one = kept[name]
            figure = row.reads.format(**one["figure"])
            lines.append(
                f"| {row.what} | {row.beside} | {figure} | `{one['commit']}` | {one['machine']} | {one['load']} | "
                f"`python -m tests.bench {row.command}` |"
            )
    gaps = [
        f"- {row.what}, beside {row.beside} "
        + (f"(`python -m tests.bench {row.command}`)" if row.command else "(there is no benchmark of it yet)")
        for name, row in ROWS.items()
        if name not in kept
    ]
    if gaps:
        lines += ["", "## Not measured yet", "", *gaps]
    return "\n".join(lines) + "\n"


def write() -> None:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")
