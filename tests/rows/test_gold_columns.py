"""What a gold column holds, in every reader: raw solutions are refused with the option that fits, golds are taken."""

import asyncio
import importlib
import json
import sys
from types import ModuleType, SimpleNamespace

import pandas as pd
import pytest

from rewardkit import load_recipe
from rewardkit.__main__ import main
from rewardkit.errors import DataError, RewardkitError
from rewardkit.rows import read_rollouts

RECIPE = """recipe: own
version: 0
answer: {extract: [boxed], verify: math}
reward:
  correctness: {correct: 1.0, wrong: 0.0, no_answer: 0.0, false_none: 0.0}
"""

SHAPES = {
    "solution with ####": (lambda n: f"9 + {n - 9} = <<9+{n - 9}={n}>>{n} eggs.\n#### {n}", "hash"),
    "solution with a box": (lambda n: rf"Adding both gives $9 + {n - 9} = \boxed{{{n}}}$.", "boxed"),
    "completion with a tag": (
        lambda n: f"<think>9 + {n - 9}</think>\n<answer>{n}</answer>",
        "answer_tag",
    ),
    "solution in prose": (lambda n: f"Nine and {n - 9} are {n}. The answer is {n}.", "answer_line"),
    "only the mark": (lambda n: f"#### {n}", "hash"),
    "a list as a string": (lambda n: f"['{n}', '{n}.0']", "Parquet or JSON Lines"),
    "string": (str, None),
    "number": (float, None),
    "short box": (lambda n: rf"\boxed{{{n}}}", None),
    "accepted golds": (lambda n: [f"{n}", rf"\frac{{{2 * n}}}{{2}}"], None),
}
NUMBERS = (18, 19, 20, 21)


@pytest.fixture
def rows(tmp_path, monkeypatch):
    """Writes rows of one shape and a recipe, in a project of its own; every completion is right."""
    (tmp_path / "pyproject.toml").write_text("")
    (tmp_path / "own.yaml").write_text(RECIPE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("REWARDKIT_RECIPE", str(tmp_path / "own.yaml"))
    for name in ("REWARDKIT_SET", "REWARDKIT_TOKENIZER", "REWARDKIT_GOLD_EXTRACT"):
        monkeypatch.delenv(name, raising=False)

    def write(shape):
        make = SHAPES[shape][0]
        made = [
            {"question": f"9+{n - 9}?", "answer": make(n), "completion": [rf"\boxed{{{n}}}"] * 2}
            for n in NUMBERS
        ]
        (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in made))
        return made

    return write


# --- the readers: each raises what it says, and returns the share of right answers where it scores ------


def command(*words):
    def read(rows, capsys, monkeypatch):
        monkeypatch.setattr(sys, "argv", ["rewardkit", *words])
        monkeypatch.setenv("COLUMNS", "4000")
        with pytest.raises(SystemExit) as left:
            main()
        said = capsys.readouterr()
        if left.value.code:
            raise DataError(said.err + said.out)
        return None

    return read


def evaluation(rows, capsys, monkeypatch):
    with open("suite.yaml", "w") as suite:
        suite.write(
            'suite: own\ndata: {path: rows.jsonl}\nprompt: {user: "{{ question }}"}\nrecipe: own.yaml\narms: {greedy: {}}\n'
        )
    with open("done.jsonl", "w") as done:
        for at, row in enumerate(rows, start=1):
            done.write(
                json.dumps({"id": str(at), "arm": "greedy", "completion": row["completion"][0]}) + "\n"
            )
    words = ("eval", "run", "suite.yaml", "--backend", "replay", "-m", "done.jsonl", "-o", "run")
    return command(*words)(rows, capsys, monkeypatch)


def plan(rows, capsys, monkeypatch):
    from rewardkit.trainers.plan.data import Loader, raw_rows
    from rewardkit.trainers.plan.loading import load_plan

    with open("plan.yaml", "w") as file:
        file.write(
            'plan: own\nmodel: {name: tiny}\ndata:\n  own:\n    path: rows.jsonl\n    prompt: "{{ question }}"\n    gold: answer\n'
            "stages:\n  - {name: grpo, kind: grpo, data: own, recipe: own.yaml}\n"
        )
    resolved = load_plan("plan.yaml")
    Loader(resolved, lambda name: raw_rows(resolved, name), list).load(0, load_recipe("own.yaml"))


def texts(rows):
    return [row["completion"][0] for row in rows]


def golds(rows):
    return [row["answer"] for row in rows]


def frame(rows, *_):
    return load_recipe("own.yaml").score_frame(pd.DataFrame(rows)).total.mean()


def python(rows, *_):
    recipe = load_recipe("own.yaml")
    groups = read_rollouts("rows.jsonl", judges=[recipe.answer])
    return sum(score.total for group in groups for score in recipe.score(group)) / (2 * len(rows))


def trl(rows, *_):
    from rewardkit.trainers.trl import reward_functions

    [function] = reward_functions("own.yaml")
    paid = function(prompts=[row["question"] for row in rows], completions=texts(rows), answer=golds(rows))
    return sum(paid) / len(rows)


def verl(rows, *_):
    from rewardkit.trainers import verl

    paid = [verl.compute_score("x", row["completion"][0], row["answer"], {}) for row in rows]
    return sum(one["score"] for one in paid) / len(rows)


def verl_batch(rows, *_):
    from rewardkit.trainers import verl

    return sum(one["score"] for one in verl.compute_scores(None, texts(rows), golds(rows))) / len(rows)


def openrlhf(rows, *_):
    from rewardkit.trainers import openrlhf
    from rewardkit.trainers.adapter.configured import configured

    found = configured()
    asked = [row["question"] for row in rows]
    queries = [question + text for question, text in zip(asked, texts(rows), strict=True)]
    scores = found.score(openrlhf.rollouts_of(queries, asked, golds(rows), found.golds))
    return sum(score.total for score in scores) / len(rows)


def served(path):
    def read(rows, *_):
        testing = pytest.importorskip("fastapi.testclient")
        from rewardkit.trainers.serve import build

        body = {"query": texts(rows), "labels": [{"gold": gold} for gold in golds(rows)]}
        if path == "/score":
            body = {"rollouts": [{"completion": row["completion"][0], "gold": row["answer"]} for row in rows]}
        found = testing.TestClient(build(load_recipe("own.yaml"))).post(path, json=body)
        if found.status_code != 200:
            raise DataError(str(found.json()["detail"]))
        paid = found.json()["scores"]
        return sum(one if isinstance(one, float) else one["total"] for one in paid) / len(rows)

    return read


def stand_in(monkeypatch, name, **held):
    """The package that an adapter inherits from; it has an environment of its own, with the real one."""
    module = ModuleType(name)
    module.__dict__.update(held)
    monkeypatch.setitem(sys.modules, name, module)
    return module


def verifiers(rows, _, monkeypatch):
    stand_in(monkeypatch, "verifiers", Rubric=object)
    monkeypatch.delitem(sys.modules, "rewardkit.trainers.verifiers", raising=False)
    adapter = importlib.import_module("rewardkit.trainers.verifiers")
    monkeypatch.delitem(sys.modules, "rewardkit.trainers.verifiers")
    rubric = adapter.rubric("own.yaml")
    states = [{"completion": row["completion"][0], "answer": row["answer"]} for row in rows]
    for state in states:
        asyncio.run(rubric.score_rollout(state))
    return sum(state["reward"] for state in states) / len(rows)


def verifiers_v1(rows, _, monkeypatch):
    data = SimpleNamespace(model_fields=())
    inner = stand_in(monkeypatch, "verifiers.v1", reward=lambda function: function, TaskData=data)
    stand_in(monkeypatch, "verifiers", v1=inner)
    monkeypatch.delitem(sys.modules, "rewardkit.trainers.verifiers_v1", raising=False)
    adapter = importlib.import_module("rewardkit.trainers.verifiers_v1")
    monkeypatch.delitem(sys.modules, "rewardkit.trainers.verifiers_v1")
    task = adapter.recipe_task("own.yaml")()
    paid = []
    for row in rows:
        message = {"role": "assistant", "content": row["completion"][0]}
        trace = SimpleNamespace(
            messages=[SimpleNamespace(model_dump=lambda held=message: held)],
            is_truncated=False,
            record_metrics=lambda metrics: None,
        )
        task.data = SimpleNamespace(id="1", model_dump=lambda held=row: {"answer": held["answer"]})
        paid.append(asyncio.run(task.recipe(trace)))
    return sum(paid) / len(rows)


LINE, YAML, PYTHON = "--gold-extract {}", "gold_extract: {}", 'gold_extract="{}"'
READERS = {
    "score": (command("score", "own.yaml", "rows.jsonl"), LINE),
    "check --data": (command("check", "own.yaml", "--data", "rows.jsonl"), LINE),
    "verify --golds": (command("verify", "--golds", "rows.jsonl"), LINE),
    "verify --sample": (command("verify", "--sample", "rows.jsonl", "-o", "drawn.jsonl"), LINE),
    "signal": (command("signal", "--rollouts", "rows.jsonl", "--recipe", "own.yaml"), LINE),
    "explain": (command("explain", "own.yaml", "rows.jsonl"), LINE),
    "eval": (evaluation, YAML),
    "train": (plan, YAML),
    "score_frame": (frame, PYTHON),
    "read_rollouts": (python, PYTHON),
    "TRL": (trl, PYTHON),
    "verl, one at a time": (verl, "reward_kwargs.gold_extract={}"),
    "verl, a batch": (verl_batch, "REWARDKIT_GOLD_EXTRACT={}"),
    "OpenRLHF": (openrlhf, "REWARDKIT_GOLD_EXTRACT={}"),
    "serve /score": (served("/score"), LINE),
    "serve /openrlhf": (served("/openrlhf"), LINE),
    "verifiers": (verifiers, PYTHON),
    "verifiers 0.4": (verifiers_v1, PYTHON),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("reader", READERS)
def test_every_reader_decides_alike(rows, capsys, monkeypatch, reader, shape):
    made, (read, option), wanted = rows(shape), READERS[reader], SHAPES[shape][1]
    if wanted is None:
        assert read(made, capsys, monkeypatch) in (None, 1.0)
        return
    with pytest.raises(RewardkitError) as refused:
        read(made, capsys, monkeypatch)
    said = " ".join(str(refused.value).split())
    assert (wanted if "Parquet" in wanted else option.format(wanted)) in said
