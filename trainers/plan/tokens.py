"""The tokenizer of a stage: loaded, given the plan's chat template and end of turn, and checked; and the model's window."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import TemplateError

from rewardkit.errors import SetupError

from .loading import Resolved
from .options import Checked

CHATML = (
    "{%- for message in messages -%}"
    "{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}"
    "{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{ '<|im_start|>assistant\\n' }}{%- endif -%}"
)
"""The ChatML template, which Qwen's models were trained with; `model.chat_template: chatml`."""


def load_tokenizer(resolved: Resolved, source: str, revision: str | None = None, here: bool = False) -> Any:
    """The tokenizer of `source` (a folder or hub name) as the plan wants it; if `here`, the hub is not asked.

    Raises:
        SetupError: it cannot be loaded.
        RecipeError: it has no chat template that works, or lacks the token that should end a turn.
    """
    from transformers import AutoTokenizer

    model = resolved.plan.model
    try:
        tokenizer: Any = AutoTokenizer.from_pretrained(
            source, revision=revision, trust_remote_code=model.trust_remote_code, local_files_only=here
        )
    except (OSError, ValueError) as error:
        raise SetupError(
            f"{resolved.place('model', 'name')}: the tokenizer of '{source}' cannot be loaded ({str(error)[:200]})"
        ) from error
    if not tokenizer("1 + 2")["input_ids"]:
        raise SetupError(
            f"{resolved.place('model', 'name')}: '{source}' has no working tokenizer; copy its files there, or "
            "write model.tokenizer"
        )
    if model.chat_template is not None:
        tokenizer.chat_template = _template(resolved, model.chat_template)
    if tokenizer.chat_template is None:
        raise resolved.fault(
            f"the tokenizer of '{source}' has no chat template, and prompts are chats; write model.chat_template: "
            "chatml, or a Jinja file",
            "model",
            "name",
        )
    try:
        prompt_length(tokenizer, [{"role": "user", "content": "?"}])
    except TemplateError as error:
        raise resolved.fault(
            f"the chat template fails on a user's message: {error}",
            "model",
            "chat_template" if model.chat_template else "name",
        ) from error
    if model.eos_token is not None:
        known = tokenizer.convert_tokens_to_ids(model.eos_token)
        if known is None or known == tokenizer.unk_token_id:
            raise resolved.fault(
                f"the tokenizer of '{source}' has no token '{model.eos_token}'", "model", "eos_token"
            )
        tokenizer.eos_token = model.eos_token
    if tokenizer.eos_token is None:
        raise resolved.fault(
            f"the tokenizer of '{source}' has no end-of-sequence token; write model.eos_token",
            "model",
            "name",
        )
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    tokenizer.padding_side = "left"
    return tokenizer


def check_vocabulary(resolved: Resolved, tokenizer: Any, config: Any) -> None:
    """Raise RecipeError if the tokenizer makes ids that the model's embedding has no row for."""
    size = getattr(config.get_text_config(), "vocab_size", None)
    largest = max(tokenizer.get_vocab().values(), default=0)
    if size is not None and largest >= size:
        written = "tokenizer" if resolved.plan.model.tokenizer else "name"
        raise resolved.fault(
            f"the tokenizer makes ids up to {largest}, and the model's embedding has {size} rows (0 to {size - 1}); use the "
            "model's own tokenizer (leave out model.tokenizer), or start from a model whose embedding was resized for "
            "this one",
            "model",
            written,
        )


def first_tokenizer(resolved: Resolved) -> tuple[str, str | None]:
    """Where the first stage's tokenizer comes from, and its revision."""
    model = resolved.plan.model
    return resolved.model_path(model.tokenizer or model.name), model.revision if not model.tokenizer else None


def room(config: Any, checked: Checked) -> int | None:
    """The tokens that the windows of the model and vLLM leave for a grpo stage's prompt; None if not known."""
    if checked.kind != "grpo":
        return None
    windows = [
        getattr(config.get_text_config(), "max_position_embeddings", None),
        checked["vllm_max_model_length"] if checked["use_vllm"] else None,
    ]
    known = [window for window in windows if window is not None]
    return min(known) - (checked["max_completion_length"] or 0) if known else None


def _template(resolved: Resolved, written: str) -> str:
    if written == "chatml":
        return CHATML
    path: Path = resolved.file(written)
    if not path.is_file():
        raise resolved.fault(f"no file {path}; write chatml, or a Jinja file", "model", "chat_template")
    return path.read_text(encoding="utf-8")


def cut(tokenizer: Any, rows: Sequence[Mapping[str, Any]], limit: int) -> int:
    """How many rows of an sft stage are longer than `max_length`, and lose their end."""
    return sum(
        len(_ids(tokenizer, [*row["prompt"], *row["completion"]], add_generation_prompt=False)) > limit
        for row in rows
    )


def prompt_length(tokenizer: Any, messages: list[dict[str, Any]]) -> int:
    """Tokens of a prompt, with the opening of the model's turn."""
    return len(_ids(tokenizer, messages, add_generation_prompt=True))


def _ids(tokenizer: Any, messages: list[dict[str, Any]], **options: Any) -> list[int]:
    ids = tokenizer.apply_chat_template(messages, tokenize=True, **options)
    return ids["input_ids"] if hasattr(ids, "keys") else ids
