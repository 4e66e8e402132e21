"""Finding a model and identifying it: a local checkpoint by its content, a hub model by its commit.

`find_model` takes what a person would write: a hub name, a folder of weights, a training run, one of its stages or
one of its checkpoints.

A path does not identify what is in it: a training run overwrites its last checkpoint, and completions
of the old weights must not be taken for those of the new. So a local folder is identified by a digest of the
files that decide what it answers.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
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


STAGE = re.compile(r"\d+-.+")
CHECKPOINT = re.compile(r"checkpoint-(\d+)")


@dataclass(frozen=True, slots=True)
class FoundModel:
    """A hub name or a folder that holds weights, and the adapter that goes on top of it."""

    model: str
    adapter: str | None = None


def find_model(given: str, adapter: str | None = None) -> FoundModel:
    """The model behind a name: a hub name as it is, a folder as itself or as the model that training left in it.

    A stage's folder (`runs/mine/02-grpo`) stands for its finished model, a run's for that of its last finished stage,
    an adapter's for the adapter on its base model.

    Raises:
        SetupError: a path that does not exist, or a folder without a model; the message names the checkpoints in it.
    """
    folder = Path(given)
    if not folder.is_dir():
        if given.startswith(("/", "./", "../", "~")) or given.count("/") > 1:
            raise SetupError(
                f"{given}: no such folder; give a folder that holds a model, a training run or a hub name"
            )
        return FoundModel(given, adapter)
    if (folder / "adapter_config.json").is_file() and not (folder / "config.json").is_file():
        about = json.loads((folder / "adapter_config.json").read_text(encoding="utf-8"))
        return FoundModel(about["base_model_name_or_path"], given)
    if (folder / "config.json").is_file() or any(any(folder.glob(pattern)) for pattern in WEIGHTS):
        return FoundModel(given, adapter)
    stages = sorted((one for one in folder.iterdir() if STAGE.fullmatch(one.name)), key=_number, reverse=True)
    for place in (folder, *stages):
        if (place / "model").is_dir():
            return FoundModel(str(place / "model"), adapter)
    checkpoints = [one for place in (folder, *stages) for one in place.glob("checkpoint-*")]
    found = [one for one in sorted(checkpoints, key=_number) if CHECKPOINT.fullmatch(one.name)]
    if found:
        raise SetupError(f"{folder}: no stage has finished yet; for its last checkpoint give {found[-1]}")
    raise SetupError(
        f"{folder} holds no model: no config.json, no weights, and no finished stage of a training run"
    )


def _number(path: Path) -> int:
    return int("".join(re.findall(r"^\d+|\d+$", path.name)[:1]) or 0)


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
