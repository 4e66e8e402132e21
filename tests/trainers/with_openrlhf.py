"""Takes rollouts through OpenRLHF's own code, from its reward call to its experience; runs in OpenRLHF's environment.

    python with_openrlhf.py said TOKENIZER ENDPOINT     the completions are given, on standard input
    python with_openrlhf.py vllm MODEL ENDPOINT         vLLM generates them, in OpenRLHF's Ray actor

ENDPOINT is what `--reward.remote_url` is given. Prints what OpenRLHF made of the rewards, as JSON. Its experience maker
is not here: it imports flash-attn, which needs CUDA.
"""

import asyncio
import json
import os
import sys
from types import SimpleNamespace

import torch
from openrlhf.trainer.ppo_utils import apply_length_penalties, split_experience_batch
from openrlhf.trainer.ppo_utils.experience import Experience
from openrlhf.trainer.ppo_utils.samples_generator import SamplesGenerator
from openrlhf.trainer.ray.vllm_engine import RolloutRayActor
from openrlhf.utils.agent import SingleTurnAgentExecutor
from transformers import AutoTokenizer

LENGTH = 96


class Says:
    """In the place of vLLM: answers with the tokens of a text that is given."""

    def __init__(self, tokenizer, text, finish):
        self.ids, self.text, self.finish = tokenizer.encode(text, add_special_tokens=False), text, finish

    async def generate(self, prompt_token_ids, sampling_params, multi_modal_data=None):
        output = SimpleNamespace(token_ids=self.ids, text=self.text, finish_reason=self.finish, logprobs=None)
        return SimpleNamespace(outputs=[output])


def said(tokenizer, endpoint):
    """Experiences of the cases: prompt, completion, label, finish reason."""
    executor = SingleTurnAgentExecutor(endpoint)
    generator = SamplesGenerator.__new__(SamplesGenerator)
    params = SimpleNamespace(max_tokens=48, logprobs=None)
    found = []
    for question, text, label, finish in json.loads(sys.stdin.read()):
        engine = Says(tokenizer, text, finish)
        run = executor.execute(prompt_of(tokenizer, question), label, params, LENGTH, tokenizer, engine)
        found.append(generator._process_response_into_experience(asyncio.run(run), max_len=LENGTH))
    return found


def generated(tokenizer, model, endpoint):
    """Experiences of two prompts, three completions each, by OpenRLHF's generator over one vLLM engine."""
    import ray

    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    engine = RolloutRayActor.options(num_cpus=1, num_gpus=0).remote(
        model=model,
        dtype="float32",
        max_model_len=LENGTH,
        enforce_eager=True,
        distributed_executor_backend="uni",
        num_gpus=0,
        remote_rm_url=[endpoint],
    )
    args = SimpleNamespace(
        rollout=SimpleNamespace(batch_size=2, n_samples_per_prompt=3),
        vllm=SimpleNamespace(enable_sleep=False),
        algo=SimpleNamespace(
            dynamic_filtering_enable=False, advantage=SimpleNamespace(is_correction_level="off")
        ),
    )
    prompts = [prompt_of(tokenizer, f"What is {at} plus 4?") for at in (3, 4)]
    batches = [(["sums"], [prompt], [label], [None]) for prompt, label in zip(prompts, "78", strict=True)]
    generator = SamplesGenerator(SimpleNamespace(args=args), batches, None, tokenizer, [engine])
    found, *_ = generator.generate_samples(max_new_tokens=12, max_len=LENGTH)
    ray.shutdown()
    return found


def prompt_of(tokenizer, question):
    """As OpenRLHF's data set makes it, with --data.apply_chat_template."""
    return tokenizer.apply_chat_template(
        [{"role": "user", "content": question}], tokenize=False, add_generation_prompt=True
    )


def main():
    how, folder, endpoint = sys.argv[1:]
    tokenizer = AutoTokenizer.from_pretrained(folder)
    if how == "said":
        found = said(tokenizer, endpoint)
    else:
        os.environ.setdefault("VLLM_CPU_KVCACHE_SPACE", "1")
        found = generated(tokenizer, folder, endpoint)
    if any(one.rewards is None for one in found):
        return {"rewards": [None if one.rewards is None else one.rewards.flatten().tolist() for one in found]}
    whole = Experience.concat_experiences(found, tokenizer.pad_token_id)
    rewards = whole.rewards.flatten().tolist()
    penalty = SimpleNamespace(
        reward=SimpleNamespace(stop_properly_penalty_coef=-9.0, overlong_buffer_len=None)
    )
    apply_length_penalties([whole], penalty)
    whole.index = None
    return {
        "rewards": rewards,
        "scores": whole.scores.flatten().tolist(),
        "penalised": whole.rewards.flatten().tolist(),
        "info": {name: value.flatten().tolist() for name, value in whole.info.items() if name != "reward"},
        "texts": [
            tokenizer.decode(one.sequences[one.attention_mask.bool()].tolist())
            for one in split_experience_batch(whole)
        ],
        "prompts": whole.prompts,
        "labels": whole.labels,
        "torch": torch.__version__,
    }


if __name__ == "__main__":
    print(json.dumps(main()))
