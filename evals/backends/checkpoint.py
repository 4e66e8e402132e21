"""Who a model is: a local checkpoint by its content, a hub model by its commit.

A path says nothing about what lies there: a training run overwrites its last checkpoint, and completions
of the old weights must not be taken for those of the new. So a local folder is known by a digest of the
files that decide what it answers.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from rewardkit.errors import SetupError

WEIGHTS = ("*.safetensors", "pytorch_model*.bin", "adapter_model*.bin", "*.gguf")
WORDS = (
    "config.json",
    "adapter_config.json",
    "generation_config.json",
    "tokenizer*.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.*",
    "merges.txt",
    "*.model",
    "chat_template*",
    "*.safetensors.index.json",
)


def checkpoint_digest(folder: Path) -> str:
    """sha256 over weights, configuration, tokenizer and chat template; not over optimizer state or logs.

    Raises SetupError where the folder holds no weights.
    """
    weights = {path for pattern in WEIGHTS for path in folder.glob(pattern)}
    if not weights:
        raise SetupError(f"{folder} holds no model weights ({', '.join(WEIGHTS)})")
    words = {path for pattern in WORDS for path in folder.glob(pattern)}
    whole = hashlib.sha256()
    for path in sorted(weights | words):
        with path.open("rb") as file:
            whole.update(path.name.encode() + b"\0" + hashlib.file_digest(file, "sha256").digest())
    return whole.hexdigest()[:32]


def model_identity(model: str, adapter: str | None = None) -> dict[str, str]:
    """The part of an identity that a path or a hub name gives by itself.

    A hub name's commit is known after loading: the backend adds it as `revision`.
    """
    identity = {"model": model}
    if Path(model).is_dir():
        identity = {"model": Path(model).resolve().name, "content": checkpoint_digest(Path(model))}
    if adapter is not None:
        identity["adapter"] = checkpoint_digest(Path(adapter)) if Path(adapter).is_dir() else adapter
    return identity
