"""A plan whose stages generate with vLLM in the trainer's process. Not a test: `test_vllm_in_trl` runs it in `.venv-vllm`.

    .venv-vllm/bin/python with_vllm.py FOLDER

FOLDER holds `sums.jsonl`. Prints one JSON object: what the launcher's variables and the process group were before and
after, and what every stage logged.
"""

import json
import os
import sys
from functools import partial
from pathlib import Path

import torch
import trl.generation.vllm_generation as generation
import vllm.model_executor.layers.utils as layers
from transformers import AutoTokenizer

from rewardkit.trainers.plan.loading import load_plan
from rewardkit.trainers.playground.policy import build_policy
from rewardkit.trainers.run.engine import LAUNCHED
from rewardkit.trainers.run.run import run_plan

PLAN = """\
plan: engines
model: {{name: model, eos_token: <|im_end|>}}
data:
  sums: {{path: sums.jsonl, prompt: "{{{{ question }}}}", completion: "{{{{ text }}}}", gold: answer}}
options: {{bf16: false, max_steps: 2, per_device_train_batch_size: 4, learning_rate: 1.0e-3}}
stages:
  - {{name: first, kind: grpo, data: sums, recipe: playground-none@1, {engine},
      generation_kwargs: {{logit_bias: {{{end}: 100}}}}}}
  - {{name: middle, kind: sft, data: sums}}
  - {{name: last, kind: grpo, data: sums, recipe: playground-none@1, {engine}}}
"""
ENGINE = (
    "use_vllm: true, vllm_mode: colocate, vllm_max_model_length: 128, num_generations: 4, "
    "max_completion_length: 8"
)


def plain_weights(layer, remove_weight):
    """As on a GPU: the CPU build would pack a layer's weights once, and could not be given the trainer's later."""
    layer.cpu_linear = torch.nn.functional.linear


layers.dispatch_cpu_unquantized_gemm = plain_weights
generation.LLM = partial(
    generation.LLM, enforce_eager=True, dtype="float32"
)  # seconds sooner; TRL has no such options


def launched():
    return {name: os.environ[name] for name in LAUNCHED if name in os.environ}


def main(folder):
    rows = [json.loads(line) for line in (folder / "sums.jsonl").read_text().splitlines()]
    alone = "RANK" not in os.environ
    if alone or os.environ["RANK"] == "0":
        build_policy(folder / "model", [f"{row['question']} {row['text']}" for row in rows] * 20, seed=0)
        tokenizer = AutoTokenizer.from_pretrained(folder / "model")
        end = tokenizer.convert_tokens_to_ids("<|im_end|>")
        tokenizer.eos_token = "7"  # the base model's end, which is not the plan's
        tokenizer.save_pretrained(folder / "model")
        for file in (folder / "model" / "config.json", folder / "model" / "generation_config.json"):
            file.write_text(
                json.dumps(json.loads(file.read_text()) | {"eos_token_id": tokenizer.eos_token_id})
            )
        (folder / "plan.part").write_text(PLAN.format(end=end, engine=ENGINE))
        (folder / "plan.part").rename(folder / "plan.yaml")
    while not (folder / "plan.yaml").is_file():
        pass
    before = launched()
    run_plan(load_plan(folder / "plan.yaml"), folder / "run", say=lambda text: print(text, file=sys.stderr))
    if alone or os.environ["RANK"] == "0":
        logged = [json.loads(line) for line in (folder / "run" / "metrics.jsonl").read_text().splitlines()]
        group = torch.distributed.get_world_size() if torch.distributed.is_initialized() else None
        print(json.dumps({"before": before, "after": launched(), "group": group, "logged": logged}))
    if torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
