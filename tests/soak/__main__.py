"""Run what takes long: `python -m tests.soak [NAME ...] [--slice] [--jobs N] [--fresh]`.

A soak is a module `soak_NAME.py` with `PARTS` (how many parts it has), `SLICE` (how many of them CI runs) and
`part(number)`, which does one part, asserts what must hold and returns its figures. Parts run in processes of their
own. Each finished part is a line of runs/soak/COMMIT.jsonl, so that a second start runs only what is missing;
runs/soak/figures.json sums them up and names the commit. `total(figures)`, where a soak has it, asserts over all parts.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from rewardkit.files import write_whole

from .parts import module, names, run_part

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "runs" / "soak"


def commit() -> str:
    """The commit, with a plus where files differ from it (then nothing is resumed)."""

    def git(*words: str) -> str:
        return subprocess.run(
            ["git", *words], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout.strip()

    changed = git("status", "--porcelain", "--untracked-files=no")
    return git("rev-parse", "--short=12", "HEAD") + ("+" if changed else "")


def finished(log: Path) -> Iterator[dict[str, Any]]:
    """The parts that a former start finished; a torn last line is none."""
    if log.exists():
        for line in log.read_text(encoding="utf-8").splitlines(keepends=True):
            if line.endswith("\n"):
                yield json.loads(line)


def main() -> int:
    """Run what is missing; 1 where something did not hold."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("names", nargs="*", help=f"of {', '.join(names())}; default: all")
    parser.add_argument("--slice", action="store_true", help="only the parts that CI runs")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    parser.add_argument("--fresh", action="store_true", help="start over")
    asked = parser.parse_args()
    unknown = sorted(set(asked.names) - set(names()))
    if unknown:
        print(f"no soak is called {', '.join(unknown)}; there are: {', '.join(names())}", file=sys.stderr)
        return 2
    at = commit()
    log = RESULTS / f"{at}.jsonl"
    log.parent.mkdir(parents=True, exist_ok=True)
    if asked.fresh or at.endswith("+"):
        log.unlink(missing_ok=True)
    rows = {(row["soak"], row["part"]): row for row in finished(log) if row["ok"]}
    wanted = [
        (name, number)
        for name in asked.names or names()
        for number in range(module(name).SLICE if asked.slice else module(name).PARTS)
    ]
    missing = [one for one in wanted if one not in rows]
    print(f"{at}: {len(wanted)} parts, {len(wanted) - len(missing)} already done", flush=True)
    with (
        log.open("a", encoding="utf-8") as out,
        ProcessPoolExecutor(max(1, asked.jobs), mp_context=get_context("spawn")) as pool,
    ):
        for future in as_completed([pool.submit(run_part, *one) for one in missing]):
            row = future.result()
            rows[row["soak"], row["part"]] = row
            out.write(json.dumps(row) + "\n")
            out.flush()
            said = row.get("figures") if row["ok"] else row["fault"]
            print(f"{row['soak']} {row['part']}: {row['seconds']} s {said}", flush=True)
    return report(at, [rows[one] for one in wanted if one in rows])


def report(at: str, rows: list[dict[str, Any]]) -> int:
    """Write the figures file; 1 where a part failed or a total does not hold."""
    machine = {"python": platform.python_version(), "system": platform.platform(), "cores": os.cpu_count()}
    figures: dict[str, Any] = {"commit": at, "machine": machine, "soaks": {}}
    bad = 0
    for name in sorted({row["soak"] for row in rows}):
        own = [row for row in rows if row["soak"] == name]
        failed = [row["part"] for row in own if not row["ok"]]
        entry: dict[str, Any] = {"parts": len(own), "of": module(name).PARTS, "failed": failed}
        entry["seconds"] = round(sum(row["seconds"] for row in own), 1)
        total = getattr(module(name), "total", None)
        if total is not None and not failed:
            try:
                entry["figures"] = total([row["figures"] for row in own])
            except AssertionError as wrong:
                entry["failed"] = [f"total: {wrong}"]
        bad += bool(entry["failed"])
        figures["soaks"][name] = entry
        print(name, json.dumps(entry))
    write_whole(RESULTS / "figures.json", json.dumps(figures, indent=1) + "\n")
    print(f"wrote {RESULTS / 'figures.json'}")
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main())
