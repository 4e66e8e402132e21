"""The prompt that a model is shown for an item: messages, or one plain string.

Templates are Jinja in a sandbox, and strict: a column that a row lacks is an error, not an empty string.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterable, Mapping
from typing import Any

from jinja2 import TemplateError

from rewardkit.errors import UsageError

from ..backends.base import Prompt as Rendered
from .data import Item, load_items
from .shared import sandbox
from .shots import load_shots
from .suite import Data, Fewshot, Prompt

_JINJA = sandbox()


class Prompter:
    """Renders the prompts of a suite. Worked examples are loaded and rendered once."""

    def __init__(self, prompt: Prompt) -> None:
        self.prompt = prompt
        self._user = _template(prompt.user, "prompt.user")
        self._shots = list(self._examples(prompt.fewshot)) if prompt.fewshot else []

    def render(self, item: Item) -> Rendered:
        """Messages if the prompt is a chat, else a string."""
        question = _fill(self._user, item.fields, item.id)
        if not self.prompt.chat:
            shots = [asked + self.prompt.glue + answered for asked, answered in self._shots]
            head = [self.prompt.system] if self.prompt.system else []
            return self.prompt.between.join([*head, *shots, question])
        messages: list[dict[str, str]] = []
        if self.prompt.system:
            messages.append({"role": "system", "content": self.prompt.system})
        for asked, answered in self._shots:
            messages += [{"role": "user", "content": asked}, {"role": "assistant", "content": answered}]
        return [*messages, {"role": "user", "content": question}]

    def _examples(self, fewshot: Fewshot) -> Iterable[tuple[str, str]]:
        rows: list[Mapping[str, Any]]
        if isinstance(fewshot.examples, Data):
            rows = [item.fields for item in load_items(fewshot.examples)]
        else:
            rows = load_shots(fewshot.examples)
        if len(rows) < fewshot.n:
            raise UsageError(
                f"prompt.fewshot asks for {fewshot.n} examples; {fewshot.examples} has {len(rows)}"
            )
        if fewshot.seed is not None:
            rows = random.Random(fewshot.seed).sample(rows, fewshot.n)
        answer = _template(fewshot.answer, "prompt.fewshot.answer")
        for place, row in enumerate(rows[: fewshot.n], start=1):
            yield _fill(self._user, row, f"example {place}"), _fill(answer, row, f"example {place}")


def prompts_digest(prompts: Iterable[tuple[str, Rendered]]) -> str:
    """A digest of (id, prompt) pairs as they were before any chat template: what comparisons go by."""
    whole = hashlib.sha256()
    for name, prompt in prompts:
        whole.update(json.dumps([name, prompt], ensure_ascii=False, sort_keys=True).encode() + b"\n")
    return whole.hexdigest()[:16]


def _template(text: str, where: str) -> Any:
    try:
        return _JINJA.from_string(text)
    except TemplateError as wrong:
        raise UsageError(f"{where} is not a valid template: {wrong}") from wrong


def _fill(template: Any, fields: Mapping[str, Any], name: str) -> str:
    try:
        return template.render(**fields)
    except TemplateError as wrong:
        raise UsageError(f"the prompt of item {name}: {wrong}; the row has {', '.join(fields)}") from wrong
