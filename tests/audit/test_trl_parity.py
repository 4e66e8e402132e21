"""Advantages against the installed TRL's own code path: a real GRPOTrainer, rewards from a table."""

import math

import numpy as np
import pytest

from rewardkit.audit.rollouts.grpo import advantages, zero_std

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
    [logged] = [
        row["frac_reward_zero_std"] for row in trainer.state.log_history if "frac_reward_zero_std" in row
    ]
    assert zero_std(TABLE, scale, aggregation) == logged


def test_rounding_alone_makes_advantages_under_normalize_then_sum():
    """Every completion of every prompt is paid alike: TRL's float32 sees a spread that is none."""
    import torch

    terms = np.repeat(np.array([[[0.1, 0.7]], [[0.3, 1.1]], [[0.7, 0.9]], [[0.2, 0.6]]]), 6, axis=1)
    exact = advantages(terms, aggregation="normalize_then_sum")
    rounded = advantages(terms, aggregation="normalize_then_sum", precision=np.float32)
    assert np.abs(exact).max() < 1e-6
    assert np.abs(rounded).max() > 0.01
    rewards = torch.tensor(terms, dtype=torch.float32)  # TRL's lines, in its own arithmetic
    z = (rewards - rewards.mean(dim=1, keepdim=True)) / (rewards.std(dim=1, keepdim=True) + 1e-4)
    total = z.sum(dim=2).flatten()
    assert float(((total - total.mean()) / (total.std() + 1e-4)).abs().max()) > 0.01
