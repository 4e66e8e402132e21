"""Advantages against the installed TRL's own code path: a real GRPOTrainer, rewards from a table."""

import math

import numpy as np
import pytest

from rewardkit.audit.rollouts.grpo import advantages

pytestmark = pytest.mark.train

N = None
TABLE = np.array(
    [
        # correctness, style and a third that often does not apply
        [[1.0, -0.2, N], [-0.1, 0.0, 0.3], [-0.1, -0.2, N], [-0.1, 0.0, N]],
        [[-0.1, 0.0, N], [-0.1, 0.0, N], [-0.1, -0.01, N], [-0.1, 0.0, N]],
        [[1.0, N, 0.5], [N, N, N], [1.0, N, 0.25], [-0.1, -0.31, 0.0]],
        [[1.0, 0.5, N], [1.0, 0.5, N], [1.0, 0.5, N], [1.0, 0.5, N]],
    ],
    dtype=float,
)
WEIGHTS = [1.0, 0.5, 2.0]


class Column:
    """A reward function that pays a column of the table, in order."""

    def __init__(self, at):
        self.at = at
        self.__name__ = f"column_{at}"

    def __call__(self, prompts, completions, **rest):
        assert len(completions) == TABLE.shape[0] * TABLE.shape[1]
        values = TABLE[:, :, self.at].ravel()
        return [None if math.isnan(value) else float(value) for value in values]


@pytest.fixture(scope="module")
def pieces():
    pytest.importorskip("trl")
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    words = {"<pad>": 0, "<eos>": 1, "a": 2, "b": 3, "c": 4}
    bare = Tokenizer(models.WordLevel(words, unk_token="a"))
    bare.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=bare, pad_token="<pad>", eos_token="<eos>")
    config = LlamaConfig(
        vocab_size=len(words),
        hidden_size=8,
        intermediate_size=8,
        num_hidden_layers=1,
        num_attention_heads=1,
        max_position_embeddings=32,
        pad_token_id=0,
        eos_token_id=1,
        bos_token_id=None,
    )
    return LlamaForCausalLM(config), tokenizer


@pytest.mark.parametrize(
    ("scale", "aggregation"),
    [
        ("group", "sum_then_normalize"),
        ("batch", "sum_then_normalize"),
        ("none", "sum_then_normalize"),
        ("group", "normalize_then_sum"),
    ],
)
def test_advantages_are_those_of_trl(pieces, tmp_path, scale, aggregation):
    from datasets import Dataset
    from trl import GRPOConfig, GRPOTrainer

    model, tokenizer = pieces
    groups, size, functions = TABLE.shape
    config = GRPOConfig(
        output_dir=str(tmp_path),
        per_device_train_batch_size=groups * size,
        num_generations=size,
        max_completion_length=3,
        max_steps=1,
        scale_rewards=scale,
        multi_objective_aggregation=aggregation,
        reward_weights=WEIGHTS,
        report_to=[],
        use_cpu=True,
        bf16=False,
        logging_steps=1,
        save_strategy="no",
        disable_tqdm=True,
    )
    trainer = GRPOTrainer(
        model=model,
        processing_class=tokenizer,
        reward_funcs=[Column(at) for at in range(functions)],
        args=config,
        train_dataset=Dataset.from_dict({"prompt": ["a", "b", "c", "a b"]}),
    )
    trainer.train()
    theirs = np.array(list(trainer._logs["advantages"])[: groups * size]).reshape(groups, size)
    ours = advantages(TABLE, WEIGHTS, scale, aggregation)
    assert ours == pytest.approx(theirs, abs=2e-4)
