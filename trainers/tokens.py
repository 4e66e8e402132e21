"""The tokenizer of a stage: loaded, given the plan's chat template and end of turn, and checked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rewardkit.errors import SetupError

from .planning import Resolved

CHATML = (
    "{%- for message in messages -%}"
    "{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}"
    "{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{ '<|im_start|>assistant\\n' }}{%- endif -%}"
)
"""The ChatML template, which Qwen's models were made with; `model.chat_template: chatml`."""


def load_tokenizer(resolved: Resolved, source: str, revision: str | None = None) -> Any:
    """The tokenizer of `source` (a folder or hub name) as the plan wants it.

    Raises:
        SetupError: it cannot be had.
        RecipeError: it has no chat template, or not the token that should end a turn.
    """
    from transformers import AutoTokenizer

    model = resolved.plan.model
    try:
        tokenizer: Any = AutoTokenizer.from_pretrained(
            source, revision=revision, trust_remote_code=model.trust_remote_code
        )
    except (OSError, ValueError) as error:
        raise SetupError(
            f"{resolved.place('model', 'name')}: the tokenizer of '{source}' cannot be loaded ({str(error)[:200]})"
        ) from error
    if model.chat_template is not None:
        tokenizer.chat_template = _template(resolved, model.chat_template)
    if tokenizer.chat_template is None:
        raise resolved.fault(
            f"the tokenizer of '{source}' has no chat template, and prompts are chats; write model.chat_template: "
            "chatml, or a Jinja file",
            "model",
            "name",
        )
    if model.eos_token is not None:
        known = tokenizer.convert_tokens_to_ids(model.eos_token)
        if known is None or known == tokenizer.unk_token_id:
            raise resolved.fault(
                f"the tokenizer of '{source}' has no token '{model.eos_token}'", "model", "eos_token"
            )
        tokenizer.eos_token = model.eos_token
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    tokenizer.padding_side = "left"
    return tokenizer


def _template(resolved: Resolved, written: str) -> str:
    if written == "chatml":
        return CHATML
    path: Path = resolved.file(written)
    if not path.is_file():
        raise resolved.fault(f"no file {path}; write chatml, or a Jinja file", "model", "chat_template")
    return path.read_text(encoding="utf-8")


def prompt_length(tokenizer: Any, messages: list[dict[str, Any]]) -> int:
    """Tokens of a prompt with the opening of the model's turn."""
    ids = tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=True)
    return len(ids["input_ids"] if hasattr(ids, "keys") else ids)
