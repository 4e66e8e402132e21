"""The estimate of memory, beside what a training takes: a vocabulary so large that the logits are nearly all of it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("trl", reason="TRL is not installed: pip install 'rewardkit[train]'")

from rewardkit.trainers.plan.options import Checked
from rewardkit.trainers.plan.plan import Model
from rewardkit.trainers.playground.policy import build_tokenizer
from rewardkit.trainers.run.budget import memory, model_size
from rewardkit.trainers.run.weights import peft_config, quantization

pytestmark = [pytest.mark.train, pytest.mark.slow, pytest.mark.timeout(600)]

SCRIPT = Path(__file__).with_name("logits_memory.py")


def measured(tiny, folder, length, smoothing):
    done = subprocess.run(
        [sys.executable, "-W", "ignore", SCRIPT, tiny, str(length), str(smoothing)],
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
        cwd=folder,
        env={**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""},
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("smoothing", [0.0, 0.1], ids=["in tiles, where TRL has them", "whole"])
def test_the_logits_of_sft_are_in_the_estimate(tiny, tmp_path, smoothing):
    short, long = (measured(tiny, tmp_path, length, smoothing) for length in (256, 768))
    more = long["peak"] - short["peak"]
    assert more > 1e9
    assert long["estimate"] - short["estimate"] == pytest.approx(more, rel=0.25)


@pytest.mark.parametrize("bits", [4, 8])
def test_the_weights_of_a_quantized_model_and_its_adapter_are_as_estimated(bits, tmp_path):
    """Only the layers between the embedding and the head are quantized, and the adapter is in bfloat16."""
    pytest.importorskip(
        "bitsandbytes", reason="bitsandbytes is not installed: pip install 'rewardkit[quant]'"
    )
    from datasets import Dataset
    from transformers import Qwen3Config, Qwen3ForCausalLM
    from trl import SFTConfig, SFTTrainer

    config = Qwen3Config(
        hidden_size=256, intermediate_size=512, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
        head_dim=64, vocab_size=2000, tie_word_embeddings=False,
    )  # fmt: skip
    Qwen3ForCausalLM(config).save_pretrained(tmp_path / "model")
    plan = Model(name=str(tmp_path / "model"), bits=bits, peft={"r": 16, "target_modules": "all-linear"})
    options = {
        "max_length": 8,
        "per_device_train_batch_size": 1,
        "use_cpu": True,
        "bf16": False,
        "report_to": "none",
    }
    trained = SFTTrainer(
        plan.name,
        args=SFTConfig(output_dir=str(tmp_path / "out"), **options),
        train_dataset=Dataset.from_list([{"input_ids": [5] * 8, "labels": [5] * 8}]),
        processing_class=build_tokenizer(["one and two"] * 20),
        quantization_config=quantization(bits),
        peft_config=peft_config(plan.peft),
    )
    held = sum(one.numel() * one.element_size() for one in trained.model.parameters())
    parts = memory(plan, config, model_size(plan, config), Checked("sft", options, 1), 0)
    assert parts["weights"] * 2**30 == pytest.approx(held, rel=0.03)
    gradients = sum(2 * one.numel() for one in trained.model.parameters() if one.requires_grad)
    assert parts["gradients"] * 2**30 == gradients
    assert {str(one.dtype) for one in trained.model.parameters() if one.requires_grad} == {"torch.bfloat16"}
