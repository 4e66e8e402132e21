"""GRPO by an older TRL with recipes for rewards. Not a test: `test_older_trl` runs it in that TRL's environment.

    .venv-trl/bin/python older_trl.py FOLDER

Prints one JSON object: TRL's version, and each run's (reward, reward_std) by step.
"""

import json
import sys
from pathlib import Path

import trl
from datasets import Dataset
from transformers import AutoTokenizer
from trl import GRPOConfig, GRPOTrainer

from rewardkit.trainers.playground.policy import build_policy
from rewardkit.trainers.playground.reward import HandWritten
from rewardkit.trainers.trl import reward_functions

folder = Path(sys.argv[1])
questions = [f"What is {a} plus 2?" for a in range(1, 9)]
model = build_policy(
    folder / "model", [*questions, "<think>1 + 2 = 3</think><answer>3</answer>"] * 20, seed=0
)
tokenizer = AutoTokenizer.from_pretrained(model)
data = Dataset.from_list(
    [
        {"prompt": [{"role": "user", "content": question}], "answer": str(a + 3)}
        for a, question in enumerate(questions)
    ]
)


def arguments(batch=8, **options):
    return GRPOConfig(
        output_dir=str(folder / "out"), max_steps=2, num_generations=4, per_device_train_batch_size=batch,
        max_completion_length=12, use_cpu=True, bf16=False, report_to=[], logging_steps=1, save_strategy="no",
        disable_tqdm=True, learning_rate=1e-3, seed=3, **options,
    )  # fmt: skip


def rewards(functions, args):
    trainer = GRPOTrainer(
        str(model), reward_funcs=functions, args=args, processing_class=tokenizer, train_dataset=data
    )
    trainer.train()
    return [(row["reward"], row["reward_std"]) for row in trainer.state.log_history if "reward" in row]


def hand_written(**given):
    return HandWritten(1, tokenizer.eos_token_id)(**given, gold=given["answer"])


args = arguments()
found = {"version": trl.__version__}
found["recipe"] = rewards(reward_functions("playground-none@1", args, tokenizer), args)
found["by_hand"] = rewards(hand_written, args)
found["groups"] = rewards(reward_functions("open-r1-stack@2", args, tokenizer), args)
split = reward_functions("playground-none@1", args, tokenizer, split=True)
found["split"] = rewards(split, arguments(reward_weights=split.weights))
print(json.dumps(found))
