"""Counting tokens with a tokenizer of our own making: three words, spaces between, an end token."""

import builtins
import json

import pandas as pd
import pytest

from rewardkit import Recipe, Rollout, SetupError
from rewardkit.recipe.stream import score_chunk
from rewardkit.rows import Group, tokens

tokenizers = pytest.importorskip("tokenizers")

VOCAB = {"[UNK]": 0, "</s>": 1, "a": 2, "b": 3}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("tokenizer")
    model = tokenizers.Tokenizer(tokenizers.models.WordLevel(VOCAB, unk_token="[UNK]"))
    model.pre_tokenizer = tokenizers.pre_tokenizers.WhitespaceSplit()
    model.add_special_tokens(["</s>"])
    model.post_processor = tokenizers.processors.TemplateProcessing(
        single="$A </s>", special_tokens=[("</s>", 1)]
    )
    model.save(str(path / "tokenizer.json"))
    config = {"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": "</s>", "unk_token": "[UNK]"}
    (path / "tokenizer_config.json").write_text(json.dumps(config), encoding="utf-8")
    return path


@pytest.fixture(params=["transformers", "tokenizers"])
def counter(request, folder):
    if request.param == "tokenizers":
        return tokens._from_folder(str(folder))
    pytest.importorskip("transformers")
    return tokens.load_tokenizer(str(folder))


@pytest.mark.parametrize(
    ("text", "ids"),
    [("a b", (2, 3)), ("a b</s>", (2, 3)), ("a </s> b", (2, 1, 3)), ("", ()), ("a \ud800", (2, 0))],
)
def test_the_end_of_the_sequence_is_not_counted(counter, text, ids):
    assert counter.ids([text]) == [ids]


def test_a_rollouts_own_count_is_kept_and_a_reasoning_apart_is_counted(counter):
    rollouts = [
        Rollout(completion="a b", gold="1"),
        Rollout(completion="a b", gold="1", tokens=9),
        Rollout(completion="a b", gold="1", token_ids=(7,)),
        Rollout(completion="a b", gold="1", reasoning="b b b"),
    ]
    found = tokens.counted(rollouts, counter)
    assert [(r.tokens, r.token_ids) for r in found] == [
        (2, (2, 3)),
        (9, (2, 3)),
        (None, (7,)),
        (5, (3, 3, 3, 2, 3)),
    ]


def test_a_folder_without_a_tokenizer(tmp_path):
    with pytest.raises(SetupError, match=r"no .*tokenizer\.json; give a folder that holds one"):
        tokens._from_folder(str(tmp_path))


def test_neither_package_installed(monkeypatch):
    monkeypatch.setattr(tokens, "find_spec", lambda name: None)
    with pytest.raises(SetupError, match="pip install tokenizers"):
        tokens.load_tokenizer("some/model")


def test_without_transformers_the_light_package_serves(folder, monkeypatch):
    real = builtins.__import__

    def refuse(name, *rest, **named):
        assert not name.startswith("transformers")
        return real(name, *rest, **named)

    monkeypatch.setattr(builtins, "__import__", refuse)
    monkeypatch.setattr(tokens, "find_spec", lambda name: object() if name == "tokenizers" else None)
    assert tokens.load_tokenizer(str(folder)).ids(["a"]) == [(2,)]


def test_a_recipe_that_prices_tokens_reads_the_counts(folder):
    recipe = Recipe.model_validate(
        {
            "recipe": "t",
            "version": 0,
            "answer": {"extract": ["whole"], "verify": "exact"},
            "reward": {"length": {"above": 2, "penalty": -1.0, "unit": "tokens"}},
        }
    )
    frame = pd.DataFrame({"completion": ["a b</s>", "a b a", "a b"], "gold": "1"})
    assert list(recipe.score_frame(frame, tokenizer=str(folder)).total) == [0.0, -1.0, 0.0]
    group = Group("", [Rollout(completion=text, gold="1") for text in frame.completion], [1, 2, 3])
    [scores] = score_chunk(recipe, [group], tokens._from_folder(str(folder))).scores
    assert [score.total for score in scores] == [0.0, -1.0, 0.0]
