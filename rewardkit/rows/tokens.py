"""Counting tokens with the tokenizer that made them, for data that does not carry its counts.

A tokenizer is given by hub name or folder. transformers is used where it is installed (hub names need it),
otherwise the light `tokenizers` package, which reads a folder's `tokenizer.json`. Special tokens are not
added, and an end-of-sequence token at the end of a string is not counted.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

from ..errors import SetupError
from ..types import Rollout


class Counter(Protocol):
    """Turns strings into token ids."""

    def ids(self, texts: Sequence[str]) -> list[tuple[int, ...]]:
        """The ids of each string, without special tokens and without a final end-of-sequence token."""
        ...


@dataclass(frozen=True)
class _Hub:
    """transformers' tokenizer."""

    tokenizer: Any

    def ids(self, texts: Sequence[str]) -> list[tuple[int, ...]]:
        if not texts:
            return []
        encoded = self.tokenizer(
            [_clean(text) for text in texts],
            add_special_tokens=False,
            return_attention_mask=False,
            verbose=False,
        )
        return [_without_end(ids, self.tokenizer.eos_token_id) for ids in encoded["input_ids"]]


@dataclass(frozen=True)
class _Light:
    """The tokenizers package's tokenizer."""

    tokenizer: Any
    end: int | None

    def ids(self, texts: Sequence[str]) -> list[tuple[int, ...]]:
        encoded = self.tokenizer.encode_batch([_clean(text) for text in texts], add_special_tokens=False)
        return [_without_end(one.ids, self.end) for one in encoded]


def _clean(text: str) -> str:
    """A tokenizer takes UTF-8, which has no lone surrogates."""
    return text.encode("utf-8", "replace").decode("utf-8") if not text.isascii() else text


def _without_end(ids: Sequence[int], end: int | None) -> tuple[int, ...]:
    return tuple(ids[:-1]) if ids and ids[-1] == end else tuple(ids)


def load_tokenizer(name: str) -> Counter:
    """The tokenizer of a hub name or a folder.

    Raises:
        SetupError: it is not found, or no package that could read it is installed.
    """
    if find_spec("transformers") is not None:
        return _from_hub(name)
    if find_spec("tokenizers") is None:
        raise SetupError(
            f"--tokenizer {name}: counting tokens needs a package that is not installed; pip install tokenizers (for a "
            "folder with tokenizer.json) or transformers (for any)"
        )
    return _from_folder(name)


def _from_hub(name: str) -> Counter:
    from transformers import AutoTokenizer

    try:
        return _Hub(AutoTokenizer.from_pretrained(name))
    except (OSError, ValueError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise SetupError(
            f"--tokenizer {name}: neither a folder with a tokenizer nor a name under which the hub has one ({reason}); "
            "give the folder of the model, or connect to the hub"
        ) from None


def _from_folder(name: str) -> Counter:
    from tokenizers import Tokenizer

    file = Path(name) / "tokenizer.json"
    if not file.is_file():
        raise SetupError(
            f"--tokenizer {name}: no {file}; give a folder that holds one, or pip install transformers for hub names"
        )
    tokenizer = Tokenizer.from_file(str(file))
    config = Path(name) / "tokenizer_config.json"
    end = json.loads(config.read_text(encoding="utf-8")).get("eos_token") if config.is_file() else None
    text = end.get("content") if isinstance(end, dict) else end
    return _Light(tokenizer, tokenizer.token_to_id(text) if isinstance(text, str) else None)


def counted(rollouts: Sequence[Rollout], counter: Counter) -> list[Rollout]:
    """The rollouts with `tokens` and `token_ids`, where they have none of their own.

    A reasoning that was returned apart is counted with the completion: the model wrote both.
    """
    bare = [r for r in rollouts if r.token_ids is None]
    thoughts = counter.ids([r.reasoning or "" for r in bare])
    answers = counter.ids([r.completion for r in bare])
    found = {id(r): first + second for r, first, second in zip(bare, thoughts, answers, strict=True)}
    return [_with_ids(r, found[id(r)]) if id(r) in found else r for r in rollouts]


def _with_ids(rollout: Rollout, ids: tuple[int, ...]) -> Rollout:
    return replace(rollout, token_ids=ids, tokens=len(ids) if rollout.tokens is None else rollout.tokens)
