"""Several processes write what one writes, row for row, whatever is killed."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from itertools import count

import pandas as pd
import psutil
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rewardkit import DataError, Recipe, SetupError, UsageError, load_recipe
from rewardkit.rows import ranges, read_rollouts
from rewardkit.scoring import divided, score_all, score_into
from rewardkit.verify.workers.pool import shutdown, workers

NAMES = count()


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(ranges, "RANGE_BYTES", 2000)
    monkeypatch.setattr(ranges, "BLOCK", 512)
    monkeypatch.setattr(ranges, "FEWEST_ROWS_SHARE", 1000)


def recipe(**reward):
    return Recipe.model_validate(
        {
            "recipe": "r",
            "version": 0,
            "answer": {"extract": ["boxed"], "verify": "math", "none": ["None"]},
            "reward": {
                "correctness": {"correct": 1.0, "wrong": -0.1, "no_answer": -0.2, "false_none": -0.5},
                "none": {"correct": 1.0, "missed": -0.5, "no_answer": -0.5},
                **reward,
            },
        }
    )


def rows(prompts=60, seed=0):
    draw = random.Random(seed)
    for prompt in range(prompts):
        gold = draw.choice([str(prompt), f"\\frac{{{prompt}}}{{7}}", f"{prompt}.5", "None", "\\frac{1}{"])
        for sample in range(draw.randrange(1, 6)):
            answer = draw.choice([gold, str(prompt), "None", "x+1", f"{prompt}.50"])
            yield {
                "id": f"{prompt}-{sample}",
                "group": f"q{prompt}",
                "gold": gold,
                "completion": draw.choice(["é" * 30, "so, it is "])
                + draw.choice([f"\\boxed{{{answer}}}", "\n?"]),
                "level": draw.choice([1, 2, None]),
            }


def write(path, found):
    found = list(found)
    if path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in found))
    elif path.suffix == ".csv":
        pd.DataFrame(found).to_csv(path, index=False)
    else:
        pd.DataFrame(found).to_parquet(path, row_group_size=30)
    return path


def both(tmp_path, paths, reward, suffix="jsonl", **options):
    """The score file and the summary of one process, and of three."""
    found = []
    for number in (1, 3):
        out = tmp_path / f"{next(NAMES)}.{suffix}"
        files = [read_rollouts(path, judges=[reward.answer], fields=reward.fields()) for path in paths]
        summary = score_into(out, reward, files if len(files) > 1 else files[0], workers=number, **options)
        found.append((out.read_bytes() if suffix == "jsonl" else pq.read_table(out).to_pylist(), summary))
        assert not list(tmp_path.glob("*.part*"))
    return found


@pytest.mark.parametrize("ending", ["jsonl", "csv", "parquet"])
@pytest.mark.parametrize("suffix", ["jsonl", "parquet"])
def test_three_processes_write_what_one_writes(tmp_path, ending, suffix):
    path = write(tmp_path / f"rows.{ending}", rows())
    reward = recipe(
        drawn={"kind": "random", "seed": 3},
        short={
            "kind": "length",
            "unit": "characters",
            "below": 20,
            "penalty": -0.3,
            "when": 'field("level") == 1',
        },
    )
    one, three = both(tmp_path, [path], reward, suffix)
    assert one == three
    assert one[1]["completions"] > 100
    assert one[1]["undecided"]["count"]


def test_bad_rows_are_named_as_one_process_names_them(tmp_path):
    found = list(rows())
    found[10]["completion"] = None
    found[90]["gold"] = ["1", "None"]
    path = write(tmp_path / "rows.jsonl", found)
    with path.open("a") as file:
        file.write("{torn\n")
    one, three = both(tmp_path, [path], recipe())
    assert one == three
    assert one[1]["bad_rows"]["count"] == 3
    with pytest.raises(DataError, match=r"rows\.jsonl:11: "):
        score_all(recipe(), read_rollouts(path, strict=True), strict=True, workers=3)


ORDERS = st.lists(st.sampled_from("abcdefgh"), min_size=20, max_size=60)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=ORDERS)
def test_groups_that_come_back_are_refused_as_one_process_refuses_them(tmp_path, order):
    path = write(
        tmp_path / "rows.jsonl",
        (
            {"completion": f"\\boxed{{{at}}}" + "x" * 200, "gold": "1", "group": name}
            for at, name in enumerate(order)
        ),
    )
    reward, found = recipe(), []
    for number in (1, 2):
        out = tmp_path / "out.jsonl"
        job = divided.Job
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(
                divided, "_scored", lambda job, missing, workers: ((u, job.score(u)) for u in missing)
            )
            found.append(
                (
                    score_into(out, reward, read_rollouts(path), workers=number, overwrite=True),
                    out.read_bytes(),
                )
            )
        assert job is divided.Job
    assert found[0] == found[1]


def test_several_files_are_scored_in_their_order(tmp_path):
    whole = list(rows())
    paths = [
        write(tmp_path / f"{at}.{ending}", part)
        for at, (ending, part) in enumerate(
            zip(["jsonl", "parquet", "csv"], (whole[:70], whole[70:71], whole[71:]), strict=True)
        )
    ]
    one, three = both(tmp_path, paths, recipe())
    assert one == three
    ids = [json.loads(line)["id"] for line in one[0].splitlines()]
    assert [name for name in ids if name] == [row["id"] for row in whole if row["id"] in ids]


KILLER = '''
import os, signal
from pathlib import Path
from rewardkit import term

@term(pays=(0.0, 1.0))
def fragile(reading, *, folder: str, times: int):
    """Ends its process, so many times, at one completion."""
    if reading.rollout.id == "30-0":
        for number in range(times):
            try:
                Path(folder, str(number)).touch(exist_ok=False)
            except FileExistsError:
                continue
            os.kill(os.getpid(), signal.SIGKILL)
    return 1.0
'''


@pytest.fixture
def plugin(tmp_path, monkeypatch):
    name = f"plugin_{next(NAMES)}_{os.getpid()}"
    source = KILLER.replace("def fragile", f"def {name}_kind")
    (tmp_path / f"{name}.py").write_text(source)
    monkeypatch.syspath_prepend(tmp_path)
    __import__(name)
    return f"{name}_kind"


def test_a_killed_process_is_replaced_and_nothing_is_lost(tmp_path, plugin):
    path = write(tmp_path / "rows.jsonl", rows())
    (tmp_path / "deaths").mkdir()
    reward = recipe(own={"kind": plugin, "folder": str(tmp_path / "deaths"), "times": 2})
    out = tmp_path / "out.jsonl"
    summary = score_into(out, reward, read_rollouts(path, judges=[reward.answer]), workers=3)
    assert len(list((tmp_path / "deaths").iterdir())) == 2
    whole = tmp_path / "whole.jsonl"
    assert score_into(whole, reward, read_rollouts(path, judges=[reward.answer]), workers=1) == summary
    assert out.read_bytes() == whole.read_bytes()


def test_a_range_that_kills_every_process_is_named_and_what_is_done_is_kept(tmp_path, plugin):
    path = write(tmp_path / "rows.jsonl", rows())
    (tmp_path / "deaths").mkdir()
    reward = recipe(own={"kind": plugin, "folder": str(tmp_path / "deaths"), "times": 3})
    groups = read_rollouts(path, judges=[reward.answer])
    with pytest.raises(SetupError, match=r"3 processes ended by signal 9 .*rows\.jsonl from row \d+"):
        score_into(tmp_path / "out.jsonl", reward, groups, workers=2)
    said = []
    score_into(tmp_path / "out.jsonl", reward, read_rollouts(path), workers=2, say=said.append)
    assert any(line.startswith("resuming: ") for line in said)


def test_what_cannot_be_pickled_is_named(tmp_path):
    from rewardkit.terms.functions import reward_function

    made = reward_function(
        "local_" + str(next(NAMES)), lambda completions, **_: [0.0] * len(completions), pays=(0, 1)
    )
    delattr(sys.modules[made.__module__], made.__name__) if hasattr(
        sys.modules[made.__module__], made.__name__
    ) else None
    if hasattr(sys.modules[made.__module__], made.kind):
        delattr(sys.modules[made.__module__], made.kind)
    reward = recipe(own={"kind": made.kind})
    path = write(tmp_path / "rows.jsonl", rows())
    with pytest.raises(UsageError, match=rf"reward\.own \(the kind '{made.kind}'\) cannot be pickled"):
        score_all(reward, read_rollouts(path), workers=2)
    said = []
    score_all(reward, read_rollouts(path), say=said.append)  # nobody asked for several: one does it
    assert any("one process scores" in line for line in said) or divided.FEWEST > 10


def test_one_pool_verifies_for_all_processes(tmp_path):
    shutdown()
    answers = [f"\\sin^2({at}) + \\cos^2({at})" for at in range(1, 60)]
    path = write(
        tmp_path / "rows.jsonl",
        (
            {"completion": f"\\boxed{{{answer}}}" + " " * 200, "gold": "1", "group": answer}
            for answer in answers
        ),
    )
    summary = score_all(recipe(), read_rollouts(path), workers=3)
    assert summary["outcomes"] == {"correct": len(answers)}
    from rewardkit.verify.workers import pool

    assert set(summary["routes"]) <= {"symbolic", "algebra", "numeric"}
    mine = pool.pool()
    assert mine.started <= workers() + 1


def test_a_run_that_one_process_began_is_finished_as_it_began(tmp_path):
    """A log of before, or a folder of parts: what lies there is resumed, however many processes are asked for."""
    path = write(tmp_path / "rows.jsonl", rows(400))
    reward, out = recipe(), tmp_path / "out.jsonl"
    whole = score_into(tmp_path / "whole.jsonl", reward, read_rollouts(path), workers=1)
    for first, second in ((1, 3), (3, 1)):
        with pytest.raises(KeyboardInterrupt):
            score_into(out, reward, read_rollouts(path), workers=first, progress=stopped)
        assert not out.exists()
        said = []
        assert score_into(out, reward, read_rollouts(path), workers=second, say=said.append) == whole
        assert any(line.startswith("resuming") for line in said)
        assert out.read_bytes() == (tmp_path / "whole.jsonl").read_bytes()
        out.unlink()


class stopped:
    """A progress that ends the run after two reports."""

    def __init__(self, groups):
        self.left = 2

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass

    def __call__(self, scored):
        self.left -= 1
        if not self.left:
            raise KeyboardInterrupt


def test_a_killed_parent_leaves_what_a_second_start_finishes(tmp_path):
    path = write(tmp_path / "rows.jsonl", rows(3000))
    script = (
        "import sys; from rewardkit.rows import ranges; ranges.RANGE_BYTES = 20_000; "
        "from rewardkit import load_recipe; from rewardkit.rows import read_rollouts; "
        "from rewardkit.scoring import score_into; r = load_recipe('math-none@3', ['reward.too_long.unit=words', "
        "'reward.too_short.unit=words']); score_into(sys.argv[1], r, read_rollouts(sys.argv[2]), workers=2)"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "out.jsonl"), str(path)]
    run = subprocess.Popen(command)
    parts = tmp_path / "out.jsonl.parts"
    while run.poll() is None and len(list(parts.glob("*.part"))) < 5:
        time.sleep(0.01)  # the kill needs something to leave behind; nothing is timed
    processes = psutil.Process(run.pid).children()
    run.send_signal(signal.SIGKILL)
    run.wait()
    assert processes
    assert not psutil.wait_procs(processes, timeout=60)[1]  # none scores on for nobody
    kept = {part.name: part.stat().st_mtime_ns for part in parts.glob("*.part")}
    assert kept
    subprocess.run(command, check=True)
    reward = load_recipe("math-none@3", ["reward.too_long.unit=words", "reward.too_short.unit=words"])
    score_into(tmp_path / "whole.jsonl", reward, read_rollouts(path), workers=1)
    assert (tmp_path / "out.jsonl").read_bytes() == (tmp_path / "whole.jsonl").read_bytes()
    assert not parts.exists()
