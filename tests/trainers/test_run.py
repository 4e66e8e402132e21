"""Runs in one process: evaluations between stages, the watch's end, LoRA, traces, the command, and faults."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("trl", reason="TRL is not installed: pip install 'rewardkit[train]'")

from transformers import AutoTokenizer, TrainerCallback
from trl import GRPOConfig, GRPOTrainer

from rewardkit.errors import DataError, RecipeError, UsageError
from rewardkit.evals.traces import right_traces
from rewardkit.runs.folder import read_json
from rewardkit.runs.log import read_rows
from rewardkit.trainers.plan.loading import load_plan
from rewardkit.trainers.playground.reward import HandWritten
from rewardkit.trainers.run.run import run_plan
from rewardkit.trainers.run.traces import logged_completions
from rewardkit.trainers.trl import reward_functions

pytestmark = pytest.mark.train

SUITE = """\
suite: little
data: {generate: {kind: arithmetic, n: 4}}
prompt: {user: "{{ question }}"}
recipe: playground-none@1
arms: {greedy: true, sampled: {n: 2, temperature: 1.0}}
max_new_tokens: 4
"""


@pytest.fixture
def plan(tiny, sums, tmp_path):
    """Writes a plan of one GRPO stage (and what else is asked for)."""

    def written(stage="", extra="", model="", data=""):
        (tmp_path / "little.yaml").write_text(SUITE)
        path = tmp_path / "plan.yaml"
        path.write_text(
            f"plan: one\nmodel: {{name: {tiny}{model}}}\n"
            f'data: {{sums: {{path: {sums}, prompt: "{{{{ question }}}}", gold: answer, id: id{data}}}}}\n'
            "options: {max_steps: 4, save_steps: 2, disable_tqdm: true, gradient_checkpointing: false}\n"
            "stages:\n  - {name: grpo, kind: grpo, data: sums, recipe: playground-none@1, num_generations: 2,\n"
            f"     per_device_train_batch_size: 4, max_completion_length: 6{stage}}}\n{extra}"
        )
        return load_plan(path)

    return written


class Stop(Exception):
    """Ends a run in the middle."""


class RaiseAt(TrainerCallback):
    def __init__(self, step):
        self.step = step

    def on_step_end(self, args, state, control, **kwargs):
        if state.global_step == self.step:
            raise Stop


def test_evaluations_run_between_and_change_nothing(plan, tmp_path):
    def losses(folder):
        return [(row["step"], row["reward"], row["grad_norm"]) for row in read_rows(folder / "metrics.jsonl") if row["kind"] == "train"]  # fmt: skip

    run_plan(plan(), tmp_path / "plain", say=lambda _: None)
    said = []
    evaluated = plan(stage=", eval: {suite: little.yaml, every: 2}")
    with pytest.raises(Stop):
        run_plan(evaluated, tmp_path / "run", callbacks=[RaiseAt(3)], say=said.append)
    run_plan(evaluated, tmp_path / "run", say=said.append)
    for ours, theirs in zip(losses(tmp_path / "run"), losses(tmp_path / "plain"), strict=True):
        assert ours == pytest.approx(theirs)
    rows = [row for row in read_rows(tmp_path / "run" / "metrics.jsonl") if row["kind"] == "suite"]
    assert [row["step"] for row in rows] == [2, 4]
    assert "little/accuracy/greedy" in rows[0]
    assert (tmp_path / "run" / "01-grpo" / "evals" / "final" / "metrics.json").is_file()
    assert any("grpo, step 2: little:" in line for line in said)


def test_a_warning_can_end_a_stage_cleanly(plan, tmp_path):
    said = []
    watched = plan(stage=", watch: {window: 2, no_answer: 0.1}, stop_on: [no_answer]")
    model = run_plan(watched, tmp_path / "run", say=said.append)
    done = read_json(tmp_path / "run" / "01-grpo" / "done.json")
    assert (done["steps"], done["stopped_by"]) == (2, "no_answer")
    assert (model / "model.safetensors").is_file()
    [warning] = [row for row in read_rows(model.parent / "warnings.jsonl") if row["warning"] == "no_answer"]
    assert "100.0%" in warning["text"]
    assert "rewardkit explain" in warning["audit"]
    assert "ended by no_answer" in (model / "README.md").read_text()
    assert any("no_answer: completions without a readable answer" in line for line in said)
    blind = "the watch checks limits from logged row 2 on and changes since the start from logged row 4 on"
    assert f"{blind} (watch: {{window: 2}})" in said


def test_the_watch_tells_the_values_of_a_column_apart_and_totals_are_what_it_reads(plan, sums, tmp_path):
    rows = [json.loads(line) for line in sums.read_text().splitlines()]
    sums.write_text("".join(json.dumps(row | {"level": at % 2}) + "\n" for at, row in enumerate(rows)))
    said = []
    watched = plan(stage=", watch: {by: level, window: 1, no_answer: 0.1}, log: totals")
    model = run_plan(watched, tmp_path / "run", say=said.append)
    warned = read_rows(model.parent / "warnings.jsonl")
    found = {row.get("slice", "all"): row["text"] for row in warned if row["warning"] == "no_answer"}
    assert set(found) == {"all", "level=0", "level=1"}
    assert found["level=1"].startswith("level=1: completions without a readable answer: ")
    [row, *_] = read_rows(tmp_path / "run" / "metrics.jsonl")
    assert row["slices/level=0/share"] + row["slices/level=1/share"] == pytest.approx(1)
    assert {"outcomes/right", "variance/total", "text/script"} < set(row)
    assert not [name for name in row if name.startswith(("terms/", "routes/", "verifier/"))]


def test_lora_leaves_an_adapter_and_whole_weights(plan, tmp_path):
    from safetensors.torch import load_file

    lora = plan(model=", peft: {r: 2, target_modules: [q_proj]}", stage=", learning_rate: 0.1")
    with pytest.raises(Stop):
        run_plan(lora, tmp_path / "run", callbacks=[RaiseAt(3)], say=lambda _: None)
    said = []
    model = run_plan(lora, tmp_path / "run", say=said.append)
    assert "grpo: resumes at step 2" in said
    before = load_file(Path(lora.plan.model.name) / "model.safetensors")
    after = load_file(model / "model.safetensors")
    assert set(before) == set(after)
    assert any(
        name.endswith("lora_B.weight")
        for name in load_file(model.parent / "adapter" / "adapter_model.safetensors")
    )


def test_split_terms_under_normalize_then_sum(plan, tmp_path):
    run_plan(
        plan(stage=", split: true, multi_objective_aggregation: normalize_then_sum"),
        tmp_path / "run",
        say=lambda _: None,
    )
    rows = read_rows(tmp_path / "run" / "metrics.jsonl")
    assert "rewards/playground-none.correctness/mean" in rows[0]
    assert "outcomes/no_answer" in rows[0]


def test_what_was_logged_becomes_traces(plan, tmp_path):
    model = run_plan(plan(), tmp_path / "run", say=lambda _: None)
    completions = list(logged_completions(model.parent))
    assert len(completions) == 16
    completions[3]["outcome"] = "correct"  # a random policy gets none right
    [row] = right_traces(completions)
    assert [message["role"] for message in row["prompt"] + row["completion"]] == ["user", "assistant"]
    assert row["id"] == completions[3]["id"]
    with pytest.raises(DataError, match="log_completions: true"):
        list(logged_completions(tmp_path))


# --- the stock trainer ---------------------------------------------------------------------------


def test_the_stock_trainer_pays_as_the_hand_written_reward_step_by_step(plan, tiny, sums, tmp_path):
    from datasets import Dataset

    taught = plan(
        extra="""  - {name: sft, kind: sft, data: sums, learning_rate: 0.01, max_steps: 40, per_device_train_batch_size: 4,
     lr_scheduler_type: constant}\n""",
        data=', completion: "{{ text }}"',
    )
    start = run_plan(taught, tmp_path / "taught", say=lambda _: None)  # a policy that sometimes answers
    rows = [json.loads(line) for line in sums.read_text().splitlines()]
    data = Dataset.from_list(
        [{"prompt": [{"role": "user", "content": row["question"]}], "gold": row["answer"]} for row in rows]
    )
    tokenizer = AutoTokenizer.from_pretrained(start)
    histories = []
    for ours in (True, False):
        args = GRPOConfig(
            output_dir=str(tmp_path / str(ours)), max_steps=4, per_device_train_batch_size=8, num_generations=4, seed=3,
            max_completion_length=12, learning_rate=1e-3, bf16=False, use_cpu=True, logging_steps=1, save_strategy="no",
            report_to="none", disable_tqdm=True, gradient_checkpointing=False,
        )  # fmt: skip
        rewards = (
            reward_functions("playground-none@1", args, tokenizer)
            if ours
            else HandWritten(1, tokenizer.eos_token_id)
        )
        trainer = GRPOTrainer(
            str(start), reward_funcs=rewards, args=args, train_dataset=data, processing_class=tokenizer
        )
        trainer.train()
        histories.append(
            [
                (row["reward"], row["reward_std"], row["grad_norm"])
                for row in trainer.state.log_history
                if "reward" in row
            ]
        )
    assert histories[0] == histories[1]
    assert len({reward for reward, _, _ in histories[0]}) > 1
    assert any(norm > 0 for _, _, norm in histories[0])


# --- faults --------------------------------------------------------------------------------------


def test_a_tokenizer_without_a_chat_template(plan, tiny, tmp_path):
    import shutil

    bare = tmp_path / "bare"
    shutil.copytree(tiny, bare)
    (bare / "chat_template.jinja").unlink()
    with pytest.raises(
        RecipeError, match=r"plan.yaml:2:9: .* has no chat template.*model.chat_template: chatml"
    ):
        run_plan(plan(model=f", tokenizer: {bare}"), tmp_path / "run", say=lambda _: None)
    run_plan(
        plan(model=f", tokenizer: {bare}, chat_template: chatml"), tmp_path / "other", say=lambda _: None
    )


def test_a_data_set_without_the_gold_column(plan, sums, tmp_path):
    with pytest.raises(
        DataError, match=r"sums.jsonl:1: no column 'golden'; found id, question, answer, text"
    ):
        run_plan(plan(data=", columns: {gold: golden}"), tmp_path / "run", say=lambda _: None)


def test_golds_that_are_unusable_or_null(plan, sums, tmp_path):
    rows = "".join(f'{{"id": "{n}", "question": "?", "answer": null}}\n' for n in range(4))
    sums.write_text(rows)
    strict = plan(stage=", recipe_set: ['answer.null_gold=error']")
    with pytest.raises(DataError, match="null gold"):
        run_plan(strict, tmp_path / "run", say=lambda _: None)


def test_too_few_rows_and_another_plan_in_the_folder(plan, sums, tmp_path):
    run_plan(plan(), tmp_path / "run", say=lambda _: None)
    with pytest.raises(UsageError, match="holds a run of another plan"):
        run_plan(plan(stage=", learning_rate: 0.5"), tmp_path / "run", say=lambda _: None)
    with pytest.raises(RecipeError, match="1 rows do not fill one batch of stage 'grpo'"):
        run_plan(plan(data=", limit: 1"), tmp_path / "other", say=lambda _: None)


def test_a_reward_that_raises_ends_the_run_and_says_where(plan, tmp_path, monkeypatch):
    from rewardkit.terms.kinds.outcomes import Correctness

    def broken(self, reading):
        raise ZeroDivisionError("a term of somebody's")

    monkeypatch.setattr(Correctness, "pay", broken)
    with pytest.raises(ZeroDivisionError) as raised:
        run_plan(plan(), tmp_path / "run", say=lambda _: None)
    assert "while playground-none@1 scored a batch of 4 completions" in raised.value.__notes__


def test_a_verifier_worker_that_hangs_costs_its_deadline_and_is_told(plan, sums, tmp_path):
    rows = [
        {
            "id": f"r{at}",
            "question": "How much is it?",
            "answer": r"2+\sqrt{3}",
            "text": rf"<answer>{hard}</answer>",
        }
        for at, hard in enumerate(
            [r"\sqrt{7+\sqrt{48}}"] * 8
        )  # equal, but not within a hundredth of a second
    ]
    sums.write_text("".join(json.dumps(row) + "\n" for row in rows))
    taught = plan(
        extra="""  - {name: sft, kind: sft, data: sums, learning_rate: 0.01, max_steps: 40, per_device_train_batch_size: 4,
     lr_scheduler_type: constant}
  - {name: again, kind: grpo, data: sums, recipe: playground-none@1, num_generations: 2, temperature: 0.1,
     recipe_set: ["answer.verify={kind: math, deadline_s: 0.01}"], per_device_train_batch_size: 4,
     max_completion_length: 48}\n""",
        data=', completion: "{{ text }}"',
    )
    said = []
    model = run_plan(taught, tmp_path / "run", say=said.append)
    steps = [row for row in read_rows(tmp_path / "run" / "metrics.jsonl") if row["stage"] == "again"]
    assert len(steps) == 4  # the run goes on to its end
    assert steps[0]["routes/timeout"] > 0
    assert steps[0]["outcomes/wrong"] >= steps[0]["routes/timeout"]  # priced as wrong, and recorded
    import pandas as pd

    table = pd.concat(map(pd.read_parquet, (model.parent / "completions").glob("*.parquet")))
    late = table[table["route"] == "timeout"].iloc[0]
    assert (late["outcome"], late["terms/correctness"]) == ("wrong", -0.1)
    assert "timeout" in late["explanation"]


# --- the command ---------------------------------------------------------------------------------


def rewardkit(*words, cwd, **more):
    return subprocess.run(
        [sys.executable, "-m", "rewardkit", *map(str, words)],
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
        cwd=cwd,
        **more,
    )


def test_the_command(plan, tmp_path):
    path = plan().path
    done = rewardkit("train", path, "--set", "stages.0.learning_rate=1e-5", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "the model: runs/one/01-grpo/model"
    assert "Warning" not in done.stderr
    wrong = rewardkit("train", path, "--set", "stages.0.learning_rat=1e-5", cwd=tmp_path)
    assert wrong.returncode == 2
    assert "no option 'learning_rat'; did you mean 'learning_rate'" in wrong.stderr
    assert "Traceback" not in wrong.stderr


def test_a_start_on_a_full_disk_names_the_folder_and_the_remedy(plan, tmp_path):
    import resource

    def full():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))

    path = plan().path
    with pytest.raises(Stop):
        run_plan(plan(), tmp_path / "run", callbacks=[RaiseAt(3)], say=lambda _: None)
    done = rewardkit("train", path, "--out", tmp_path / "run", cwd=tmp_path, preexec_fn=full)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert f"{tmp_path / 'run'}: the disk is full (" in done.stderr
    assert "make room" in done.stderr
    assert "then the same command resumes stage 'grpo' at step 2" in done.stderr


def test_a_smoke_run_that_failed_does_not_block_the_next(plan, sums, tmp_path):
    out = tmp_path / "run"
    with pytest.raises(DataError, match="no column 'missing'"):
        run_plan(plan(data=", where: {missing: 1}"), out, smoke=True, say=lambda _: None)
    with pytest.raises(DataError, match="no column 'golden'"):
        run_plan(plan(data=", columns: {other: golden}"), out, smoke=True, say=lambda _: None)
    model = run_plan(plan(), out, smoke=True, say=lambda _: None)
    assert (model / "model.safetensors").is_file()
    with pytest.raises(UsageError, match="holds a run of another plan"):  # a real one does not replace it
        run_plan(plan(), out, say=lambda _: None)


def test_every_command_that_the_watch_names_runs(plan, tmp_path, monkeypatch):
    from typer.testing import CliRunner

    from rewardkit.__main__ import app
    from rewardkit.trainers.run.watch import RULES

    monkeypatch.chdir(tmp_path)
    always = ", ".join(f"{name}: -9" for name in RULES if name != "length")
    run_plan(plan(stage=f", watch: {{window: 2, length: 0, {always}}}"), tmp_path / "run", say=lambda _: None)
    rows = read_rows(tmp_path / "run" / "01-grpo" / "warnings.jsonl")
    commands = dict.fromkeys(row["audit"] for row in rows)
    assert {row["warning"] for row in rows} >= set(RULES) - {
        "one_term"
    }  # which needs two terms with a spread
    for command in commands:
        done = CliRunner().invoke(app, command.split()[1:])
        assert done.exit_code in (0, 1), (command, done.output)
        assert "playground-none" in done.output or "problems" in done.output or "golds" in done.output


def test_the_plans_are_listed(tmp_path):
    listed = rewardkit("train", "--list", cwd=tmp_path).stdout
    assert "qwen3-0.6b-math-none: " in listed
    assert "  --variant raw_r16: rank 16" in listed
