"""How fast and how right answers are judged, beside math-verify and TRL's accuracy_reward, in one run and process.

    python tests/bench/bench_verify.py [DATA] [--json FILE] [--fire]

Three loads: GSM8K completions and MATH rollouts of real models (read the answer and judge it), and the firm
cases of equivalence.jsonl. Caches are cold for every load; workers and imports are warm for everybody, since
a trainer pays for those once. Reports completions a second, the ratio to math-verify's, agreement with the
labels, and memory. `--fire` adds the pool under fire: 200 hostile and 20,000 ordinary completions, interleaved
from four threads.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import resource
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from rewardkit.audit.verifier.judged import DEFAULT_TIERS, LabelledAnswer, judge_cases, load_cases, tiers
from rewardkit.extract import extract
from rewardkit.extract.boxed import Boxed
from rewardkit.extract.lines import AnswerLine
from rewardkit.extract.reasoning import answer_start
from rewardkit.kinds import Question
from rewardkit.types import Equality, Rollout
from rewardkit.verify import choice, words
from rewardkit.verify.math import decide
from rewardkit.verify.math.equality import forms
from rewardkit.verify.math.grammar import reader as parse
from rewardkit.verify.math.grammar import vocabulary
from rewardkit.verify.math.text import tokens as normal
from rewardkit.verify.math.verifier import CACHE, Math
from rewardkit.verify.workers.pool import pool
from tests.bench.page import report

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
Load = list[LabelledAnswer]


def labelled(path: Path) -> Load:
    """Completions of a file of {gold, completions, labels}."""
    found = []
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines):
            row = json.loads(line)
            for completion, label in zip(row["completions"], row["labels"], strict=True):
                found.append(LabelledAnswer(str(number), "all", completion, row["gold"], label))
    return found


def forget() -> None:
    """Make every cache of ours cold."""
    CACHE.clear()
    for module in (choice, decide, forms, normal, parse, vocabulary, words):
        for value in vars(module).values():
            if hasattr(value, "cache_clear"):
                value.cache_clear()
    from rewardkit.verify.math.equality import bounded as arith

    arith.exact.cache_clear()
    arith._size.cache_clear()


def rewardkit(load: Load, found: Sequence[Any]) -> list[bool]:
    """Read and judge with rewardkit, in batches of 64 as a trainer would."""
    verifier = Math()
    results: list[bool] = []
    for begin in range(0, len(load), 64):
        asked: list[Question | None] = []
        for case in load[begin : begin + 64]:
            start, _ = answer_start(case.completion, "<think>", "</think>")
            extraction = extract(case.completion, found, start) if start is not None else None
            if extraction is None or extraction.text is None:
                asked.append(None)
                continue
            rollout = Rollout(completion=case.completion, gold=case.gold)
            asked.append(
                Question(extraction=extraction, golds=(case.gold,), text=case.completion, rollout=rollout)
            )
        verdicts = iter(verifier.verify([one for one in asked if one is not None]))
        results += [one is not None and next(verdicts).equality == Equality.EQUAL for one in asked]
    return results


def math_verify(load: Load, _: Sequence[Any]) -> list[bool]:
    """math-verify as its page shows it: gold in dollars, the answer found in the text."""
    from math_verify import parse as read
    from math_verify import verify

    return [bool(verify(read(f"${case.gold}$"), read(case.completion))) for case in load]


def trl(load: Load, _: Sequence[Any]) -> list[bool]:
    """TRL's accuracy_reward with every gold in dollars."""
    from trl.rewards import accuracy_reward

    completions = [[{"role": "assistant", "content": case.completion}] for case in load]
    rewards = accuracy_reward(completions=completions, solution=[f"${case.gold}$" for case in load])
    return [reward == 1.0 for reward in rewards]


def verl(load: Load, _: Sequence[Any]) -> list[bool]:
    """verl's prime_math, where verl is installed."""
    from verl.utils.reward_score.prime_math import compute_score  # type: ignore[import-not-found]

    return [bool(compute_score(case.completion, case.gold)[0]) for case in load]


def available() -> dict[str, Callable[[Load, Sequence[Any]], list[bool]]]:
    """The verifiers that import here, imported now so that no load pays for it."""
    found: dict[str, Callable[[Load, Sequence[Any]], list[bool]]] = {"rewardkit": rewardkit}
    for name, module, run in (
        ("math-verify", "math_verify", math_verify),
        ("trl", "trl.rewards", trl),
        ("verl", "verl.utils.reward_score.prime_math", verl),
    ):
        try:
            __import__(module, fromlist=["_"])
        except ImportError:
            print(f"{name}: not installed, left out")
            continue
        found[name] = run
    return found


def resident(pid: int | str = "self") -> float:
    """MiB resident."""
    with open(f"/proc/{pid}/statm") as statm:
        return int(statm.read().split()[1]) * resource.getpagesize() / 2**20


def measure(data: Path) -> list[dict[str, Any]]:
    """A row for each load and verifier."""
    loads: dict[str, tuple[Load, Sequence[Any]]] = {
        "GSM8K completions": (labelled(data / "gsm8k" / "model_solutions.jsonl"), [AnswerLine()]),
        "MATH rollouts": (labelled(data / "math" / "qwen_rollouts.jsonl"), [Boxed()]),
        "firm equivalence": (
            [case for case in load_cases(data / "answers" / "equivalence.jsonl") if not case.debatable],
            tiers(DEFAULT_TIERS),
        ),
    }
    runs = available()
    warm: Load = [LabelledAnswer("", "", r"\boxed{1-2\sin^2 t}", r"\cos 2t", True)] * 4
    for run in runs.values():
        run(warm, [Boxed()])
    found = []
    for name, (load, extractors) in loads.items():
        base = None
        for verifier, run in sorted(runs.items(), key=lambda pair: pair[0] != "math-verify"):
            forget()
            began = time.perf_counter()
            results = run(load, extractors)
            seconds = time.perf_counter() - began
            rate = len(load) / seconds
            base = base or rate
            right = sum(result == case.label for result, case in zip(results, load, strict=True))
            found.append(
                {
                    "load": name,
                    "verifier": verifier,
                    "completions": len(load),
                    "per_second": round(rate, 1),
                    "times_math_verify": round(rate / base, 2),
                    "agreement": round(right / len(load), 4),
                    "resident_mib": round(resident(), 1),
                }
            )
    held = pool()
    sizes = [resident(worker.process.pid) for worker in held._idle]
    found.append(
        {
            "load": "memory",
            "workers": len(sizes),
            "worker_mib": [round(size, 1) for size in sizes],
            "resident_mib": round(resident(), 1),
        }
    )
    return found


def hostile_seconds(data: Path) -> dict[str, Any]:
    """The longest verdict on a hostile completion, from one thread and from four at once."""
    cases = load_cases(data / "answers" / "hostile.jsonl")
    found = tiers(DEFAULT_TIERS)
    forget()
    alone, _ = judge_cases(cases, Math(), found)
    forget()
    together: list[float] = []

    def run() -> None:
        judged, _ = judge_cases(cases, Math(), found)
        together.append(max(one.seconds for one in judged))

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {
        "load": "hostile",
        "wrong": sum(bool(one.miss) for one in alone),
        "deadline_s": Math().deadline_s,
        "longest_s": round(max(one.seconds for one in alone), 3),
        "longest_s_of_four_threads": round(max(together), 3),
    }


def fire(data: Path, hostile: int = 200, ordinary: int = 20_000) -> dict[str, Any]:
    """The pool under fire; waiting on deadlines is left out by subtracting the seconds of timed-out verdicts."""
    bad_cases = load_cases(data / "answers" / "hostile.jsonl")
    good_cases = [case for case in load_cases(data / "answers" / "equivalence.jsonl") if not case.debatable]
    found = tiers(DEFAULT_TIERS)
    forget()
    truth = dict(zip((case.id for case in good_cases), rewardkit(good_cases, found), strict=True))
    good = [good_cases[index % len(good_cases)] for index in range(ordinary)]
    bad = [bad_cases[index % len(bad_cases)] for index in range(hostile)]

    def threads(load: Load) -> tuple[float, int]:
        wrong = [0] * 4

        def run(offset: int) -> None:
            mine = load[offset::4]
            results = rewardkit(mine, found)
            wrong[offset] = sum(
                result != truth[case.id]
                for result, case in zip(results, mine, strict=True)
                if case.id in truth
            )

        workers = [threading.Thread(target=run, args=(offset,)) for offset in range(4)]
        began = time.perf_counter()
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        return time.perf_counter() - began, sum(wrong)

    forget()
    alone, wrong_alone = threads(good)
    step = max(1, len(good) // len(bad))
    mixed = [
        case
        for index, one in enumerate(good)
        for case in ([one, bad[index // step]] if index % step == 0 and index // step < len(bad) else [one])
    ]
    forget()
    killed = pool().killed
    under, wrong_under = threads(mixed)
    deadlines = (pool().killed - killed) * Math().deadline_s / pool().size
    return {
        "load": "under fire",
        "ordinary": ordinary,
        "hostile": hostile,
        "wrong_ordinary": wrong_alone + wrong_under,
        "alone_per_second": round(ordinary / alone, 1),
        "under_fire_per_second": round(ordinary / max(under - deadlines, 1e-9), 1),
        "seconds_on_deadlines": round(deadlines, 2),
    }


def said(found: list[dict[str, Any]]) -> str:
    """The rows in a sentence for each load: our rate over each alternative's, and who agrees with the labels."""
    told: list[str] = []
    for load in dict.fromkeys(row["load"] for row in found if "verifier" in row):
        rows = {row["verifier"]: row for row in found if row["load"] == load}
        ours = rows.pop("rewardkit")
        ratios = ", ".join(
            f"{ours['per_second'] / row['per_second']:.1f}x {name} ({row['agreement']:.1%} right)"
            for name, row in rows.items()
        )
        told.append(f"{load}: {ours['per_second']:,.0f} a second, {ours['agreement']:.1%} right; {ratios}")
    return "; ".join(told)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", nargs="?", type=Path, default=DATA)
    parser.add_argument("--json", type=Path, help="also write the rows here")
    parser.add_argument("--fire", action="store_true", help="also the pool under fire")
    given = parser.parse_args()
    if not given.data.is_dir():
        raise SystemExit(f"{given.data}: no such folder; give the folder of the data as the first argument")
    logging.getLogger("math_verify").setLevel(logging.CRITICAL)
    logging.getLogger("latex2sympy2_extended").setLevel(logging.CRITICAL)
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    found = measure(given.data)
    found.append(hostile_seconds(given.data))
    if given.fire:
        found.append(fire(given.data))
    for row in found:
        print("  ".join(f"{name}={value}" for name, value in row.items()))
    report("verify", {"text": said(found)})
    if given.json:
        given.json.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
