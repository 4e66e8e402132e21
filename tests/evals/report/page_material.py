"""Runs that a page can be about, made by hand: every figure on the page can be checked against these tables."""

import json
from pathlib import Path

SUITE = """
suite: small
data: {path: questions.jsonl, id: id}
prompt: {user: '{{ question }}'}
recipe: playground-none@1
arms:
  greedy: {}
  sampled: {n: 4, temperature: 1.0, seed: 0}
max_new_tokens: 64
slices: [level]
"""

HOSTILE = (
    "</script><script>window.hacked = 1</script><img src=x onerror='window.hacked = 2'>"
    "<style>body{display:none}</style>{{ 7 * 7 }} &lt;b&gt; \u202e \U0001f600 \ud800 \x00 -->"
)
"""What a completion may say to harm the page that shows it."""

GOLDS = [3, 4, 5, 6, 7, 8, 9, None]

WRITTEN = {
    # how many of the eight greedy answers, and how many of the 4 samples of each question, are right
    "base": ([1, 1, 1, 0, 0, 0, 0, 1], [4, 3, 2, 1, 0, 0, 1, 4]),
    "trained": ([1, 1, 0, 1, 1, 0, 0, 1], [4, 4, 2, 2, 1, 0, 1, 3]),
}


def text_of(gold, right, salt):
    said = str(gold) if right else str(100 + salt)
    return f"I add it up, slowly and with care, number by number.\n<answer>{said}</answer>"


def write_run(folder: Path, name: str, extra: str = "") -> Path:
    """An evaluation run of eight questions, scored; its texts come from a file."""
    from rewardkit.evals.backends import open_backend
    from rewardkit.evals.profiles import load_reader
    from rewardkit.evals.run import EvaluationRun, generate_run
    from rewardkit.evals.run.score import score_run
    from rewardkit.evals.suite.suite import load_suite

    folder.mkdir(parents=True, exist_ok=True)
    questions = [
        {"id": f"q{i}", "question": f"Question {i}?", "gold": gold, "level": "easy" if i < 4 else "hard"}
        for i, gold in enumerate(GOLDS)
    ]
    (folder / "questions.jsonl").write_text("".join(json.dumps(q) + "\n" for q in questions))
    (folder / "suite.yaml").write_text(SUITE)
    greedy, samples = WRITTEN[name]
    rows = []
    for i, gold in enumerate(GOLDS):
        texts = [("greedy", 0, bool(greedy[i]))] + [("sampled", s, s < samples[i]) for s in range(4)]
        for arm, sample, right in texts:
            text = text_of(gold, right, i)
            if i == 1 and sample == 0:
                text = HOSTILE + extra + text  # the same question in both arms
            row = {"id": f"q{i}", "arm": arm, "sample": sample, "completion": text}
            rows.append(row | {"tokens": 12 + i + sample, "finish": "stop" if i != 6 else "length"})
    completions = folder / f"{name}.jsonl"
    completions.write_text("".join(json.dumps(row) + "\n" for row in rows))
    run = EvaluationRun(folder / "runs" / name)
    suite = load_suite(folder / "suite.yaml")
    with open_backend("replay", str(completions)) as backend:
        generate_run(run, suite, backend)
    score_run(run, load_reader(suite.recipe))
    return run.path


def write_training(folder: Path, warned: bool = True) -> Path:
    """A training run of an SFT and a GRPO stage, as `rewardkit train` leaves it."""
    import pandas as pd

    from rewardkit.recipe.loading import load_recipe

    recipe = load_recipe("playground-none@1")
    stage = folder / "02-grpo"
    (stage / "completions").mkdir(parents=True)
    (folder / "01-sft").mkdir()
    (folder / "recipes").mkdir()
    (folder / "recipes" / "grpo.yaml").write_text(recipe.to_yaml())
    plan = "plan: both\nstages:\n- {name: sft, kind: sft}\n- {name: grpo, kind: grpo, recipe: playground-none@1}\n"
    (folder / "plan.yaml").write_text(plan)
    about = {"recipes": {"grpo": {"ref": recipe.ref, "digest": recipe.digest}}}
    (folder / "run.json").write_text(json.dumps(about))
    rows: list[dict] = [
        {"stage": "sft", "step": s, "kind": "train", "loss": 3 / s, "mean_token_accuracy": 1 - 1 / s}
        for s in range(1, 21)
    ]
    for step in range(1, 11):
        shares = {"correct": step / 20, "false_none": 0.1, "no_answer": 0.0, "wrong": 0.9 - step / 20}
        row = {
            "stage": "grpo",
            "step": step,
            "kind": "train",
            "reward": step / 10,
            "frac_reward_zero_std": 0.1,
        }
        row |= {f"outcomes/{name}": share for name, share in shares.items()} | {"outcomes/right": step / 20}
        row |= {"terms/correctness": step / 10, "terms/correctness/applies": 1.0, "terms/too_long": -0.1}
        rows.append(row | {"completions/mean_length": 20 + step, "entropy": 1 / step})
    torn = '{"stage": "grpo", "st'
    (folder / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows) + torn)
    said = {"step": 9, "warning": "false_none", "text": "None 0.1 -> 0.4", "audit": "rewardkit check R"}
    (stage / "warnings.jsonl").write_text(json.dumps(said) + "\n" if warned else "")
    logged = [
        {
            "step": step,
            "prompt": [{"role": "user", "content": "1 + 1?"}],
            "completion": [{"role": "assistant", "content": f"<think>1</think><answer>{said}</answer>"}],
            "explanation": "correctness 1",
            "finish": "stop",
            "gold": "2",
            "id": f"train-{step}",
            "outcome": "correct" if said == "2" else "wrong",
            "prediction": said,
            "terms/correctness": 1.0 if said == "2" else -0.1,
            "terms/none": float("nan"),
            "tokens": 9,
            "total": 1.0 if said == "2" else -0.1,
        }
        for step, said in ((1, "3"), (2, "2"))
    ]
    pd.DataFrame(logged).to_parquet(stage / "completions" / "completions_00002.parquet")
    for name, checkpoint in (("base", "step-5"), ("trained", "final")):
        write_checkpoint(folder, name, stage / "evals" / checkpoint)
    return folder


def write_checkpoint(folder: Path, name: str, place: Path) -> None:
    """An evaluation within a stage, as `rewardkit train` leaves it: a run, scored, and its metrics."""
    import shutil
    import tempfile

    from rewardkit.documents import document, json_text
    from rewardkit.evals.analysis.board import load_board
    from rewardkit.evals.analysis.summary import summarise
    from rewardkit.evals.run import EvaluationRun

    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        shutil.move(write_run(Path(scratch), name), place)
    run = EvaluationRun(place)
    (place / "metrics.json").write_text(json_text(document("metrics", summarise(load_board(run)))))
