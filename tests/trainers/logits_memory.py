"""The peak memory of two SFT steps on the CPU. Not a test: `test_memory` runs it, a process for each length.

    logits_memory.py TOKENIZER LENGTH LABEL_SMOOTHING

Prints one JSON object: the peak in bytes, and what `memory` estimates for the logits, in GiB.
"""

import json
import resource
import sys
from types import SimpleNamespace

import torch
from datasets import Dataset
from transformers import AutoTokenizer, Qwen3Config, Qwen3ForCausalLM
from trl import SFTConfig, SFTTrainer

from rewardkit.trainers.plan.options import Checked
from rewardkit.trainers.run.budget import ParameterCounts, memory

torch.set_num_threads(1)
BATCH = 4


def main(tokenizer, length, smoothing):
    config = Qwen3Config(
        hidden_size=32, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2, num_key_value_heads=1,
        head_dim=16, vocab_size=32768, tie_word_embeddings=True,
    )  # fmt: skip
    options = {
        "max_steps": 2, "per_device_train_batch_size": BATCH, "bf16": False, "use_cpu": True, "max_length": length,
        "gradient_checkpointing": False, "label_smoothing_factor": smoothing, "save_strategy": "no", "report_to": "none",
        "disable_tqdm": True,
    }  # fmt: skip
    rows = [{"input_ids": [5] * length, "labels": [5] * length}] * 2 * BATCH
    model = Qwen3ForCausalLM(config)
    trainer = SFTTrainer(
        model,
        args=SFTConfig(output_dir="unused", **options),
        train_dataset=Dataset.from_list(rows),
        processing_class=AutoTokenizer.from_pretrained(tokenizer),
    )
    trainer.train()
    size = ParameterCounts(model.num_parameters(), model.num_parameters())
    plan = SimpleNamespace(dtype=None, bits=None, peft=None)
    parts = memory(plan, config, size, Checked("sft", options, 1), 0)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"peak": peak, "estimate": parts["logits"] * 2**30}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))
