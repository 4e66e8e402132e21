"""A tiny model made on the spot, and suites small enough to run in a test."""

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))  # for simulated_policy

CHATML = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def make_tokenizer():
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    # ASCII alone: what a random model writes is then always valid text, however it is decoded
    letters = [chr(code) for code in range(33, 127)] + ["Ġ", "Ċ"]
    specials = ["<|pad|>", "<|im_start|>", "<|im_end|>"]
    tokenizer = Tokenizer(models.BPE(vocab={t: i for i, t in enumerate(specials + letters)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(specials)
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="<|pad|>", eos_token="<|im_end|>")
    fast.chat_template = CHATML
    return fast


def make_model(folder: Path, seed: int = 0) -> Path:
    """A random Qwen3 of 180 thousand parameters that ends its turn now and then, saved with its tokenizer."""
    import torch
    from transformers import Qwen3Config, Qwen3ForCausalLM

    tokenizer = make_tokenizer()
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        config = Qwen3Config(
            vocab_size=len(tokenizer),
            hidden_size=64,
            intermediate_size=128,
            num_hidden_layers=2,
            num_attention_heads=2,
            num_key_value_heads=1,
            head_dim=32,
            max_position_embeddings=512,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
            tie_word_embeddings=False,
        )
        model = Qwen3ForCausalLM(config)
        with torch.no_grad():
            model.lm_head.weight.mul_(20.0)  # sharp enough that greedy decoding has no near ties
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory) -> Path:
    pytest.importorskip("transformers")
    return make_model(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture
def small_suite():
    """The arithmetic suite, cut to a dozen items."""
    from rewardkit.evals.suite.suite import load_suite

    return load_suite("arithmetic", ["data.generate.n=12", "arms.sampled.n=3", "max_new_tokens=12"])
