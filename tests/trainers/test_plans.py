"""Plans: read with places, checked against the installed TRL before anything loads, counted."""

import json
import re

import pytest

pytest.importorskip("trl", reason="TRL is not installed: pip install 'rewardkit[train]'")

from rewardkit.config.source import read_text
from rewardkit.errors import RecipeError, SetupError, UsageError
from rewardkit.trainers.plan.loading import load_plan
from rewardkit.trainers.plan.options import check, hints
from rewardkit.trainers.plan.plan import Plan
from rewardkit.trainers.run.budget import count_steps
from rewardkit.trainers.run.dry_run import DryRun
from rewardkit.trainers.run.run import prepare

pytestmark = pytest.mark.train

PLAN = """\
plan: short
model: {name: nowhere/model, config: {model_type: qwen3, hidden_size: 64, intermediate_size: 64,
        num_hidden_layers: 1, num_attention_heads: 2, num_key_value_heads: 1, head_dim: 32, vocab_size: 100}}
data:
  sums:
    path: sums.jsonl
    prompt: "{{ question }}"
    completion: "{{ text }}"
    gold: answer
options: {bf16: false}
stages:
  - name: sft
    kind: sft
    data: sums
    per_device_train_batch_size: 4
    max_steps: 3
  - name: grpo
    kind: grpo
    data: sums
    recipe: playground-none@1
    per_device_train_batch_size: 4
    num_generations: 4
    max_steps: 3
variants:
  wide: {about: bigger groups, set: {stages.1.num_generations: 8, stages.1.per_device_train_batch_size: 8}}
  broken: {set: {stages.1.learning_rat: 0.1}}
"""


@pytest.fixture
def write(tmp_path, sums):
    def written(change=None, to=""):
        text = PLAN if change is None else PLAN.replace(change, to)
        assert change is None or text != PLAN
        path = tmp_path / "plan.yaml"
        path.write_text(text)
        return path

    return written


def checked(path, variant=None, settings=(), world=1):
    return check(load_plan(path, variant, settings), world, False)


def dry(path, *settings):
    """What a dry run says, and the faults it finds."""
    report = DryRun(load_plan(path, None, settings), 1, False)
    return "\n".join(report.lines()), report.faults


# --- faults, with their places -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "to", "says"),
    [
        ("kind: sft", "kind: dpo", r"plan.yaml:13:11: .*one of 'sft' or 'grpo', found 'dpo'"),
        (
            "data: sums\n    per",
            "data: summs\n    per",
            r"plan.yaml:14:.*there is no data set 'summs'; did you mean 'sums'",
        ),
        ("    recipe: playground-none@1\n", "", r"a grpo stage needs a recipe"),
        ("name: grpo", "name: sft", r"two stages are called 'sft'"),
        ("completion:", "competion:", r"plan.yaml:8:5: unknown key 'competion'.*did you mean 'completion'"),
        ("data: sums\n    recipe", "data: {traces: sft}\n    recipe", r"'sft' is not an earlier grpo stage"),
        ("path: sums.jsonl\n", "path: sums.jsonl\n    hub: x/y\n", "exactly one of path and hub"),
        ("model: {name", "model: {bits: 4, name", "weights in 4 bits cannot be trained"),
    ],
)
def test_faults_have_a_place_and_a_remedy(write, change, to, says):
    with pytest.raises(RecipeError, match=says):
        load_plan(write(change, to))


@pytest.mark.parametrize(
    ("change", "to", "says"),
    [
        ("num_generations: 4", "num_generation: 4", r"plan.yaml:22:5: TRL 1\S+ has no option 'num_generation'; did you mean 'num_generations'"),
        ("num_generations: 4", "max_prompt_length: 4", r"22:5: 'max_prompt_length' is not an option here: .*max_prompt_tokens"),
        ("num_generations: 4", "num_generations: four", r"22:5: 'num_generations' must be a whole number or null, found 'four'"),
        ("num_generations: 4", "beta: [1]", r"22:5: 'beta' must be a number, found \[1\]"),
        ("num_generations: 4", "use_vllm: 1", r"22:5: 'use_vllm' must be true or false, found 1"),
        ("bf16: false", "bf61: false", r"10:11: TRL .* has no option 'bf61'; did you mean 'bf16'"),
        ("num_generations: 4", "num_generations: 1", r"22:5: num_generations is 1; a group needs at least 2"),
        ("num_generations: 4", "num_generations: 3",
         r"22:5: .* 4 x 1 x 1 = 4 completions do not make whole groups .*per_device_train_batch_size could be 3 or 6 or 9; .*num_generations could be 2 or 4"),
        ("num_generations: 4", "num_generations: 4\n    generation_batch_size: 6", r"23:5: .*must be a multiple of .*4 x 1 = 4\); try 4 or 8"),
        ("num_generations: 4", "num_generations: 4\n    num_iterations: 4\n    save_steps: 6", r"24:5: save_steps is 6, and a generation serves 4 steps.*try 4 or 8"),
        ("num_generations: 4", "num_generations: 4\n    output_dir: x", r"'output_dir' is not an option here: rewardkit names the folders"),
        ("max_steps: 3\n  - name: grpo", "max_steps: 3\n    lr_scheduler_type: cosin\n  - name: grpo", r"17:5: TRL refuses the options of stage 'sft'.*cosin"),
        ("num_generations: 4", "num_generations: 4\n    loss_type: grop", r"23:5: 'loss_type' cannot be 'grop'; did you mean 'grpo'"),
        ("num_generations: 4", "num_generations: 4\n    vllm_mode: colocat", r"23:5: 'vllm_mode' cannot be 'colocat'; did you mean 'colocate'"),
        ("num_generations: 4", "num_generations: 4\n    temperature: 0.0", r"23:5: 'temperature' must be above 0, found 0.0"),
        ("num_generations: 4", "num_generations: 4\n    gradient_accumulation_steps: 0", r"23:5: 'gradient_accumulation_steps' must be at least 1, found 0"),
        ("num_generations: 4", "num_generations: 4\n    eval_strategy: steps", r"23:5: .*there is no evaluation set; write eval:"),
        ("num_generations: 4", "num_generations: 4\n    report_to: [none, tensorbord]", r"23:5: transformers cannot report to 'tensorbord'; did you mean 'tensorboard'"),
        ("num_generations: 4", "num_generations: 4\n    deepspeed: gone.json", r"23:5: no file \S+/gone.json"),
    ],
)  # fmt: skip
def test_options_are_checked_before_anything_loads(write, change, to, says):
    with pytest.raises(RecipeError, match=says):
        checked(write(change, to))


def test_more_processes_make_other_numbers_divide(write):
    path = write("num_generations: 4", "num_generations: 8")
    assert checked(path, world=2)[1].generation_batch == 8
    with pytest.raises(RecipeError, match="num_generations could be 2 or 4"):
        checked(path, world=1)


def test_groups_that_processes_would_split_are_refused(write):
    path = write("recipe: playground-none@1", "recipe: open-r1-stack@2")
    settings = ["stages.1.num_generations=8"]
    with pytest.raises(RecipeError, match=r"each of 2 processes would score 4, which splits groups"):
        prepare(load_plan(path, None, settings), 2, False)
    assert prepare(load_plan(path, None, [*settings, "stages.1.steps_per_generation=2"]), 2, False)


def test_every_default_of_trl_has_the_type_that_it_declares():
    """The check of types must not refuse what TRL itself would write."""
    from rewardkit.trainers.plan.options import OURS, defaults, type_fault

    for kind in ("sft", "grpo"):
        for name, value in defaults(kind).items():
            if name in hints(kind) and name not in OURS:
                assert type_fault(name, value, hints(kind)[name]) is None, name


# --- variants, settings, printing ----------------------------------------------------------------


def test_a_variant_and_settings_change_the_plan(write):
    plan = load_plan(write(), "wide", ["stages.0.learning_rate=1e-6"])
    assert plan.name == "short-wide"
    assert plan.plan.stages[1].options["num_generations"] == 8
    assert plan.plan.stages[0].options["learning_rate"] == 1e-6


def test_a_fault_in_a_variant_is_told_at_its_place(write):
    with pytest.raises(
        RecipeError, match=r"plan.yaml:26:18: TRL .* no option 'learning_rat'; did you mean 'learning_rate'"
    ):
        checked(write(), "broken")
    with pytest.raises(UsageError, match="no variant 'wid'; did you mean 'wide'"):
        load_plan(write(), "wid")


def test_the_resolved_plan_reads_back_as_an_equal_plan(write):
    plan = load_plan(write(), "wide")
    again = Plan.model_validate(read_text(plan.to_yaml()).plain())
    assert again == plan.plan.model_copy(update={"variants": {}})


# --- counting ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "rows", "world", "steps", "completions"),
    [
        # 8 x 4 / 8 = 4 prompts a step; 100 rows are 25 steps of 32 completions
        ({"per_device_train_batch_size": 8, "gradient_accumulation_steps": 4, "num_train_epochs": 1}, 100, 1, 25, 800),
        ({"per_device_train_batch_size": 8, "gradient_accumulation_steps": 4, "num_train_epochs": 2}, 103, 1, 50, 1600),
        ({"per_device_train_batch_size": 8, "num_train_epochs": 1}, 100, 2, 50, 800),
        # each generation serves two steps: twice the steps, as many completions
        ({"per_device_train_batch_size": 8, "num_iterations": 2, "save_steps": 2, "num_train_epochs": 1}, 10, 1, 20, 80),
        ({"per_device_train_batch_size": 8, "steps_per_generation": 2, "save_steps": 2, "num_train_epochs": 1}, 10, 1, 10, 80),
        ({"per_device_train_batch_size": 32, "num_train_epochs": 1}, 3, 1, 0, 0),
    ],
)  # fmt: skip
def test_steps_and_completions_are_trls(write, tiny, tmp_path, options, rows, world, steps, completions):
    settings = [f"stages.1.{name}={value}" for name, value in options.items()]
    one = checked(write(), None, [*settings, "stages.1.num_generations=8", "stages.1.max_steps=-1"], world)[1]
    counted = count_steps(one, rows)
    assert (counted.steps, counted.completions) == (steps, completions)
    if world == 1 and steps:
        assert trl_steps(tiny, one, rows, tmp_path) == steps


def trl_steps(folder, one, rows, out):
    """What the trainer itself would count."""
    from datasets import Dataset
    from trl import GRPOTrainer

    data = Dataset.from_dict({"prompt": [[{"role": "user", "content": "?"}]] * rows})
    trainer = GRPOTrainer(
        str(folder),
        reward_funcs=lambda completions, **_: [0.0] * len(completions),
        args=one.config(str(out)),
        train_dataset=data,
    )
    loader = trainer.get_train_dataloader()
    per_epoch = max(len(loader) // one["gradient_accumulation_steps"], 1)
    return int(per_epoch * one["num_train_epochs"])


def test_a_dry_run_counts_the_data_at_hand_and_reads_every_row(write):
    lines, faults = dry(write())
    assert "8 rows, 3 steps, 12 samples, 1.50 epochs" in lines
    assert "8 rows, 3 steps, 3 samples, 12 completions" in lines
    assert "playground-none@1" in lines
    assert "memory  about" in lines
    assert faults == []


def test_a_dry_run_names_the_row_that_is_wrong(write):
    _, faults = dry(write("{{ question }}", "{{ question }} {{ hint }}"))
    assert len(faults) == 1  # once, though two stages read the row
    assert re.search(r"sums.jsonl:1: 'hint' is undefined; the row has id, question", faults[0])
    _, [fault] = dry(write("gold: answer", "gold: gold"))
    assert "no column 'gold'; found id, question, answer, text" in fault


def test_a_dry_run_is_a_gate_that_lists_every_fault(write, tiny, tmp_path):
    """A file that is not there, a package that is not installed and a tokenizer that is too large: each once."""
    from typer.testing import CliRunner

    from rewardkit.__main__ import app

    def refused(path, *settings):
        words = [word for setting in settings for word in ("--set", setting)]
        done = CliRunner().invoke(app, ["train", str(path), "--dry-run", *words])
        assert "in all " in done.output  # the report is whole all the same
        assert isinstance(done.exception, UsageError), done.output
        return str(done.exception)

    gone = write("path: sums.jsonl", "path: gone.jsonl\n    rows: 40")
    said = refused(gone, f"model.tokenizer={tiny}", "stages.1.report_to=swanlab")
    assert re.search(
        r"plan.yaml:6:5: no file \S+gone.jsonl; put it there, or give --set data.sums.path=FILE", said
    )
    assert "not installed: swanlab (report_to: pip install swanlab)" in said
    assert re.search(r"the tokenizer makes ids up to \d+, and the model's embedding has 100 rows", said)
    assert len(said.splitlines()) == 4


def test_a_tokenizer_that_is_too_large_is_refused_before_anything_is_trained(write, tiny, tmp_path):
    import shutil

    from transformers import AutoConfig, AutoModelForCausalLM

    from rewardkit.trainers.run.run import run_plan

    small = tmp_path / "small"
    config = AutoConfig.from_pretrained(tiny)
    config.vocab_size = 40
    AutoModelForCausalLM.from_config(config).save_pretrained(small)
    for name in ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja"):
        shutil.copy(tiny / name, small / name)
    settings = [f"model.name={small}", "model.config=null"]
    with pytest.raises(RecipeError, match=r"embedding has 40 rows .*; use the model's own tokenizer"):
        run_plan(load_plan(write(), None, settings), tmp_path / "run", say=lambda _: None)


def test_data_that_is_not_here_is_counted_as_stated_or_not_at_all(write):
    lines, faults = dry(write("path: sums.jsonl", "path: gone.jsonl\n    rows: 40"))
    assert "counted as 40 rows" in lines
    assert len(faults) == 1
    lines, _ = dry(write("path: sums.jsonl", "path: gone.jsonl"))
    assert "the number of rows is unknown" in lines


def test_a_dry_run_says_that_the_reward_looks_elsewhere_than_where_the_answers_are_learnt(write, sums):
    def said(text):
        rows = [{"question": f"{n}?", "answer": str(n), "text": text.format(n)} for n in range(20)]
        sums.write_text("".join(json.dumps(row) + "\n" for row in rows))
        lines, faults = dry(write())
        assert not faults
        return lines

    odd = "nearly none of the completions of 'sums' is right for playground-none@1: 20 of 20 completions have no answer"
    assert odd in said("so it is\n#### {}")
    assert "'hash' finds the gold itself in 20 of them" in said("so it is\n#### {}")
    assert "nearly none" not in said("<answer>{}</answer>")


def test_thresholds_and_rules_of_the_watch_are_checked(write):
    path = write("    max_steps: 3\nvariants", "    max_steps: 3\n    stop_on: [dead_group]\nvariants")
    with pytest.raises(RecipeError, match=r"no rule 'dead_group'; did you mean 'dead_groups'"):
        prepare(load_plan(path), 1, False)
    path = write("    max_steps: 3\nvariants", "    max_steps: 3\n    watch: {length: long}\nvariants")
    with pytest.raises(RecipeError, match=r"a threshold is a number"):
        prepare(load_plan(path), 1, False)


@pytest.mark.parametrize(
    ("change", "to", "says"),
    [
        ("recipe: playground-none@1", "recipe: playground-non@1", r"20:5: no recipe is called 'playground-non'; did you mean"),
        ("recipe: playground-none@1", "recipe: playground-none@1\n    eval: gsm8", r"21:5: no suite is called 'gsm8'"),
        ("gold: answer", "gold: answer\n    gold_extract: hsh", r"10:5: .*unknown extractor 'hsh'; did you mean 'hash'"),
        ("model: {name", "model: {dtype: bfloat61, name", r"2:9: no dtype 'bfloat61'; did you mean 'bfloat16'"),
        ("model: {name", "model: {peft: {r: eight}, name", r"2:16: 'r' must be a whole number, found 'eight'"),
        ("model: {name", "model: {peft: {r: 0}, name", r"2:16: 'r' must be at least 1"),
        ("model: {name", "model: {peft: {target_modules: [lm_head]}, name", r"2:16: in grpo TRL reads lm_head's own weights"),
        ("    max_steps: 3\nvariants", "    watch: {window: 0}\nvariants", r"the window is a number of logged rows, found 0"),
        ("    max_steps: 3\nvariants", "    watch: {length: null}\n    stop_on: length\nvariants", r"stops on 'length', which its `watch` turns off"),
        ("    max_steps: 3\nvariants", "    watch: {by: 3}\nvariants", r"`by` is the name of a column, found 3"),
        ("    max_steps: 3\nvariants", "    log: total\nvariants", r"'all' or 'totals'"),
        ("    max_steps: 3\nvariants", "    log_completions: false\n  - {name: own, kind: sft, data: {traces: grpo}}\nvariants",
         r"23:5: stage 'own' learns from the completions of 'grpo', which are not kept"),
    ],
)  # fmt: skip
def test_names_and_values_are_checked_at_their_place(write, change, to, says):
    with pytest.raises(RecipeError, match=says):
        prepare(load_plan(write(change, to)), 1, False)


def test_a_dry_run_finds_a_column_that_the_watch_cannot_slice_by(write, sums):
    def faults(by):
        return dry(write("    max_steps: 3\nvariants", f"    watch: {{by: {by}}}\nvariants"))[1]

    assert faults("id") == []
    [fault] = faults("idd")
    assert "no row has a column 'idd'; did you mean 'id'" in fault
    sums.write_text(
        "".join(
            json.dumps({"question": f"{n}?", "answer": "1", "text": "1", "id": n}) + "\n" for n in range(21)
        )
    )
    [fault] = faults("id")
    assert re.search(r"23:13: column 'id' has 21 values, and at most 20 are watched separately", fault)


def test_a_dry_run_checks_the_tokenizer_and_the_lengths_where_the_model_is_at_hand(write, tiny):
    def said(*settings, limit):
        lines, faults = dry(write("gold: answer", f"gold: answer{limit}"), *settings)
        return "\n".join([lines, *faults])

    here = f"model.name={tiny}", "model.config=null"
    assert "its tokenizer is not here" in said(limit="\n    id: id")
    assert "tokenizer" not in said(*here, limit="\n    id: id")
    assert "8 prompts of over 3 tokens left out" in said(*here, limit="\n    max_prompt_tokens: 3")
    long = "stages.1.max_completion_length=250"
    assert re.search(
        r"sums.jsonl:1: .* the model's window leaves room for 6 before",
        said(*here, long, limit="\n    id: id"),
    )
    assert re.search(r"no folder \S+/gone", said("model.name=./gone", limit="\n    id: id"))
    assert "has no token '<|nope|>'" in said(*here, "model.eos_token=<|nope|>", limit="\n    id: id")


def test_a_template_that_does_not_parse_has_a_place(write):
    with pytest.raises(RecipeError, match=r"plan.yaml:7:\d+: not a valid Jinja template"):
        load_plan(write("{{ question }}", "{{ question "))


def test_lora_options_are_pefts(write):
    path = write("model: {name", "model: {peft: {r: 4, alpha: 8}, name")
    with pytest.raises(RecipeError, match=r"peft.LoraConfig has no option 'alpha'"):
        prepare(load_plan(path), 1, False)


def test_a_package_that_is_missing_is_said_before_anything_is_written(write, tmp_path):
    from rewardkit.trainers.run.run import run_plan

    path = write("num_generations: 4", "num_generations: 4\n    report_to: swanlab")
    with pytest.raises(SetupError, match="not installed: swanlab"):
        run_plan(load_plan(path), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_vllms_options_pass_through(write):
    server = "use_vllm: true\n    vllm_mode: server\n    vllm_server_base_url: http://127.0.0.1:8000"
    one = checked(write("num_generations: 4", f"num_generations: 4\n    {server}"))[1]
    assert (one["use_vllm"], one["vllm_mode"]) == (True, "server")
    lines, faults = dry(write("num_generations: 4", f"num_generations: 4\n    {server}"))
    assert "missing   vllm (use_vllm: pip install 'rewardkit[vllm]')" in lines
    assert any("not installed: vllm (use_vllm: pip install 'rewardkit[vllm]')" in fault for fault in faults)


def test_token_ids_are_whole_numbers_where_they_are_keys(write, tmp_path):
    path = write(
        "num_generations: 4",
        "num_generations: 4\n    generation_kwargs: {logit_bias: {42: -100, '7': 1}, seed: 3}",
    )
    wanted = {"logit_bias": {42: -100, 7: 1}, "seed": 3}
    assert checked(path)[1].config("unused").generation_kwargs == wanted
    (tmp_path / "again.yaml").write_text(load_plan(path).to_yaml())  # what a run folder keeps
    assert checked(tmp_path / "again.yaml")[1]["generation_kwargs"] == wanted
    one = checked(write(), settings=["stages.1.generation_kwargs.logit_bias.42=-100"])[1]
    assert one["generation_kwargs"] == {"logit_bias": {42: -100}}


def test_the_schema_beside_the_plans_is_the_one_that_is_printed():
    from importlib.resources import files

    from rewardkit.trainers.plan.loading import plan_schema

    assert (files("rewardkit.trainers") / "plan.schema.json").read_text(encoding="utf-8") == plan_schema()


def test_the_shipped_plans_hold_to_the_schema():
    jsonschema = pytest.importorskip("jsonschema")
    import json

    from rewardkit.config.source import read_file
    from rewardkit.trainers.plan.loading import plan_schema, shipped_plans

    validator = jsonschema.Draft202012Validator(json.loads(plan_schema()))
    for path in shipped_plans().values():
        plain = read_file(path).plain()
        faults = list(validator.iter_errors(plain))
        assert not faults, (path.name, faults[0].json_path, faults[0].message)
