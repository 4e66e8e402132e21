"""The shipped plans: what their reports tell is in them, a dry run counts them, and a smoke run goes through."""

import json

import pytest

pytest.importorskip("trl", reason="TRL is not installed: pip install 'rewardkit[train]'")

from rewardkit.trainers.plan.loading import load_plan, shipped_plans
from rewardkit.trainers.run.dry_run import DryRun
from rewardkit.trainers.run.run import run_plan

pytestmark = pytest.mark.train

NAMES = (
    "qwen2.5-0.5b-gsm8k",
    "qwen2.5-7b-r1",
    "qwen3-0.6b-ablations",
    "qwen3-0.6b-math-none",
    "qwen3-0.6b-math-none-grpo-first",
    "qwen3-1.7b-countdown",
)
VARIANTS = [(name, variant) for name in NAMES for variant in (None, *load_plan(name).plan.variants)]


def test_the_shipped_plans_are_these():
    assert sorted(shipped_plans()) == sorted(NAMES)


def options(name, at, variant=None):
    plan = load_plan(name, variant).plan
    return plan.options | plan.stages[at].options


@pytest.mark.parametrize(
    ("name", "at", "wanted"),
    [
        ("qwen3-0.6b-math-none", 0, {"learning_rate": 2e-6, "num_train_epochs": 2, "max_length": 2048}),
        ("qwen3-0.6b-math-none", 1, {"learning_rate": 1e-6, "num_train_epochs": 6, "num_generations": 10, "temperature": 0.7}),
        ("qwen3-0.6b-math-none", 2, {"num_train_epochs": 2, "num_generations": 10}),
        ("qwen3-0.6b-math-none-grpo-first", 0, {"num_train_epochs": 5, "num_generations": 10}),
        ("qwen3-0.6b-math-none-grpo-first", 1, {"learning_rate": 2e-6, "num_train_epochs": 2, "max_length": 2048}),
        ("qwen3-1.7b-countdown", 0, {"max_completion_length": 256, "temperature": 1.0, "epsilon": 0.25, "max_steps": 80}),
        ("qwen2.5-7b-r1", 0, {"num_train_epochs": 2, "learning_rate": 2e-5, "lr_scheduler_type": "cosine"}),
        ("qwen2.5-7b-r1", 1, {"num_generations": 4, "beta": 0.04, "max_steps": 1000, "learning_rate": 5e-7}),
        ("qwen2.5-0.5b-gsm8k", 0, {"num_generations": 8, "beta": 0.04, "learning_rate": 5e-6, "max_completion_length": 256, "use_vllm": True, "vllm_max_model_length": 1024, "report_to": "none"}),
        ("qwen3-0.6b-ablations", 0, {"learning_rate": 5e-5, "per_device_train_batch_size": 24, "num_generations": 6, "max_grad_norm": 0.1}),
    ],
)  # fmt: skip
def test_what_the_reports_tell(name, at, wanted):
    found = options(name, at)
    assert {key: found.get(key) for key in wanted} == wanted


def test_models_as_reported():
    model = load_plan("qwen2.5-0.5b-gsm8k").plan.model
    assert (model.bits, model.peft, model.unsloth) == (
        4,
        {"r": 16, "lora_alpha": 16, "target_modules": ["q_proj", "k_proj", "v_proj", "o_proj"]},
        "if_installed",
    )
    assert load_plan("qwen3-1.7b-countdown").plan.model.bits == 8
    assert load_plan("qwen2.5-7b-r1").plan.model.peft is None
    assert [load_plan("qwen3-0.6b-ablations", name).plan.model.peft["r"] for name in ("raw_r8", "raw_r16", "raw_r32_plain_ng7")] == [8, 16, 32]  # fmt: skip
    sampling = options("qwen3-0.6b-ablations", 0, "raw_r16_official_sampling")
    assert {key: sampling[key] for key in ("temperature", "top_p", "top_k", "min_p")} == {"temperature": 0.9, "top_p": 0.95, "top_k": 20, "min_p": 0.0}  # fmt: skip


def test_the_reports_other_experiments_are_variants():
    name = "qwen3-0.6b-math-none-grpo-first"
    recipes = {one: load_plan(name, one).plan.stages[-1].recipe for one in (None, "priced", "whitelist")}
    assert recipes == {None: "math-none@0", "priced": "math-none@1", "whitelist": "math-none@2"}
    assert {key: options(name, 0, "coldstart")[key] for key in ("learning_rate", "num_train_epochs")} == {"learning_rate": 2e-5, "num_train_epochs": 4}  # fmt: skip
    assert {key: options(name, 0, "base-grpo")[key] for key in ("num_train_epochs", "num_generations", "temperature")} == {"num_train_epochs": 5, "num_generations": 10, "temperature": 0.7}  # fmt: skip
    lines = "\n".join(DryRun(load_plan(name, "coldstart"), 1, False).lines())
    assert "8,323 rows, 2,084 steps" in lines  # ceil(8323 / 4) = 2081, ceil(2081 / 4) = 521, four epochs


def test_the_order_of_stages():
    kinds = {name: [stage.kind for stage in load_plan(name).plan.stages] for name in NAMES}
    assert kinds["qwen3-0.6b-math-none"] == ["sft", "grpo", "grpo"]
    assert kinds["qwen3-0.6b-math-none-grpo-first"] == ["grpo", "sft", "grpo"]
    assert kinds["qwen3-1.7b-countdown"] == ["grpo", "sft", "grpo"]
    assert kinds["qwen2.5-7b-r1"] == ["sft", "grpo"]


@pytest.mark.parametrize(("name", "variant"), VARIANTS)
def test_dry_run(name, variant):
    resolved = load_plan(name, variant)
    lines = list(DryRun(resolved, 1, False).lines())
    graded = sum(line.startswith("  recipe  ") for line in lines)
    assert graded == sum(stage.kind == "grpo" for stage in resolved.plan.stages)
    assert sum("  counts  " in line for line in lines) >= 1
    assert any("memory  about" in line for line in lines)


def test_counts_by_hand():
    lines = "\n".join(DryRun(load_plan("qwen3-0.6b-math-none"), 1, False).lines())
    # 1772 // 8 = 221 steps an epoch, six epochs, 80 completions each
    assert "1,772 rows, 1,326 steps, 10,608 samples, 106,080 completions, 6.00 epochs" in lines
    assert "596 M parameters" in lines
    lines = "\n".join(DryRun(load_plan("qwen2.5-7b-r1"), 1, False).lines())
    # ceil(27473 / 4) = 6869 batches, ceil(6869 / 8) = 859 steps, two epochs
    assert "27,473 rows, 1,718 steps" in lines


@pytest.mark.parametrize(
    ("name", "variant"),
    [
        *((name, None) for name in NAMES),
        ("qwen3-0.6b-ablations", "raw_r32p_latex"),
        ("qwen3-0.6b-ablations", "raw_r32_new_prompt"),
    ],
)
def test_smoke_run(name, variant, tmp_path):
    resolved = load_plan(name, variant)
    said = []
    model = run_plan(resolved, tmp_path / "run", smoke=True, say=said.append)
    assert (model / "model.safetensors").is_file()
    stages = resolved.plan.stages
    for at, stage in enumerate(stages, start=1):
        done = json.loads((tmp_path / "run" / f"{at:02d}-{stage.name}" / "done.json").read_text())
        assert done["steps"] == 2
    assert "A smoke run" in (model / "README.md").read_text()
    assert any(line.startswith("smoke:") for line in said)
    if resolved.plan.model.peft is not None:
        assert (tmp_path / "run" / f"01-{stages[0].name}" / "adapter" / "adapter_model.safetensors").is_file()
