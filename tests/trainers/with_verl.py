"""Scores rollouts by verl's own reward managers; runs in verl's environment. Prints what they found, as JSON.

    python with_verl.py PATH TOKENIZER RECIPE MANAGER ..

PATH is what `custom_reward_function.path` is given. A manager `loop:NAME` is one of the reward loop, `ray:NAME` the whole
loop with two workers under Ray, `old:NAME` one of before 0.7. Each item of `CASES` is a completion, a gold, and the row's
`extra_info` or None where the data has none.
"""

import asyncio
import json
import sys
from pathlib import Path

import numpy
import torch
import verl
from omegaconf import OmegaConf
from verl import DataProto
from verl.trainer.ppo.reward import get_custom_reward_fn, load_reward_manager
from verl.utils import hf_tokenizer

CASES = json.loads(sys.stdin.read())
PATH, TOKENIZER, RECIPE, *MANAGERS = sys.argv[1:]


def config(manager):
    """verl's own defaults, with what a user writes."""
    reward = OmegaConf.load(Path(verl.__file__).parent / "trainer" / "config" / "reward" / "reward.yaml")
    reward.num_workers = 2
    reward.reward_manager.name = manager
    reward.custom_reward_function.path = PATH
    reward.custom_reward_function.name = "compute_scores" if manager == "batch" else "compute_score"
    reward.custom_reward_function.reward_kwargs = {"recipe": RECIPE, "tokenizer": TOKENIZER}
    model = {"path": TOKENIZER, "tokenizer_path": None}
    return OmegaConf.create(
        {"reward": reward, "trainer": {"experiment_name": "x"}, "actor_rollout_ref": {"model": model}}
    )


def batch(tokenizer):
    """The cases as verl's data: prompts padded on the left, responses on the right, each with its end token."""
    prompt = tokenizer.encode("What is 3 plus 4?")
    texts = [[*tokenizer.encode(text), tokenizer.eos_token_id] for text, _, _ in CASES]
    width = max(map(len, texts))
    rows = [text + [tokenizer.pad_token_id] * (width - len(text)) for text in texts]
    masks = [[1] * (len(prompt) + len(text)) + [0] * (width - len(text)) for text in texts]
    fields = {
        "data_source": numpy.array(["sums"] * len(CASES), dtype=object),
        "reward_model": numpy.array([{"ground_truth": gold} for _, gold, _ in CASES], dtype=object),
    }
    if any(info is not None for _, _, info in CASES):
        infos = [
            {
                name: numpy.array(value) if isinstance(value, list) else value
                for name, value in (info or {}).items()
            }
            for _, _, info in CASES
        ]
        fields["extra_info"] = numpy.array(infos, dtype=object)
    tensors = {
        "prompts": torch.tensor([prompt] * len(CASES)),
        "responses": torch.tensor(rows),
        "attention_mask": torch.tensor(masks),
    }
    return DataProto.from_dict(tensors=tensors, non_tensors=fields)


def one_by_one(manager, data):
    """What the manager's `run_single` says of each, as a reward loop's worker asks it."""

    async def run():
        made = load_reward_manager(config(manager), hf_tokenizer(TOKENIZER))
        return [await made.run_single(data[at : at + 1]) for at in range(len(data))]

    return [{"score": one["reward_score"], "extra": one["reward_extra_info"]} for one in asyncio.run(run())]


def under_ray(manager, data):
    """The whole reward loop: its manager, two workers in their own processes."""
    import ray
    from verl.experimental.reward_loop import RewardLoopManager

    ray.init(num_cpus=4, include_dashboard=False, log_to_driver=False)
    found = RewardLoopManager(config(manager)).compute_rm_score(data)
    ray.shutdown()
    keys = found.meta_info["reward_extra_keys"]
    scores = found.batch["rm_scores"].sum(-1).tolist()
    return [
        {"score": score, "extra": {key: found.non_tensor_batch[key][at].item() for key in keys}}
        for at, score in enumerate(scores)
    ]


def before(manager, data):
    """A manager of before 0.7, which takes the whole batch."""
    from verl.workers.reward_manager import get_reward_manager_cls

    made = get_reward_manager_cls(manager)(hf_tokenizer(TOKENIZER), 0, get_custom_reward_fn(config(manager)))
    found = made(data, return_dict=True)
    extra = found.get("reward_extra_info", {})
    return [
        {"score": score, "extra": {key: values[at] for key, values in extra.items()}}
        for at, score in enumerate(found["reward_tensor"].sum(-1).tolist())
    ]


if __name__ == "__main__":
    results = {}
    for name in MANAGERS:
        where, _, manager = name.partition(":")
        ask = {"loop": one_by_one, "ray": under_ray, "old": before}[where]
        try:
            results[name] = ask(manager, batch(hf_tokenizer(TOKENIZER)))
        except Exception as error:  # noqa: BLE001 what a manager raises is what the test asks about
            results[name] = f"{type(error).__name__}: {error}"
    print(json.dumps(results, default=float))
