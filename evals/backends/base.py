"""The interface of a backend, which generates completions for prompts.

A backend gets a `Request` per prompt and yields a `Completion` for each sample as it is done,
in any order. It says which model it runs (`identity`, part of every cache key), what it runs on
(`environment`) and what decoding parameters really reach the engine (`effective`). A decoding it cannot carry out as
written is an error, never a silent change.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from rewardkit.errors import UsageError
from rewardkit.types import Finish, Message

BROKEN_OFF = ("abort", "content_filter", "error")
"""Finish reasons of servers for a completion that is not what the model would have written: it is missing."""

Prompt = str | Sequence[Message]
"""A rendered text, or chat messages where the server renders them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """How completions are drawn. `temperature` None is greedy; then no other sampling parameter may be set.

    `top_k` 0 and `min_p` 0 are off. `seed` None leaves the draw to the backend, which records that. `known`
    False: they were drawn elsewhere, with unknown settings, and can only be replayed.
    """

    max_new_tokens: int
    temperature: float | None = None
    top_p: float = 1.0
    top_k: int = 0
    min_p: float = 0.0
    seed: int | None = None
    stop: tuple[str, ...] = ()
    known: bool = True

    def __post_init__(self) -> None:
        if self.max_new_tokens < 1:
            raise UsageError(f"max_new_tokens must be at least 1; found {self.max_new_tokens}")
        if self.greedy:
            if (self.top_p, self.top_k, self.min_p, self.seed) != (1.0, 0, 0.0, None):
                raise UsageError(
                    "greedy decoding draws nothing: top_p, top_k, min_p and seed do not apply; remove them, "
                    "or give a temperature in a sampled arm"
                )
        elif self.temperature is not None and self.temperature <= 0:
            raise UsageError(
                f"a sampled arm needs a temperature above 0; found {self.temperature:g}. For temperature 0 use "
                "the arm 'greedy'"
            )

    @property
    def greedy(self) -> bool:
        """Whether the most likely token is always taken."""
        return self.temperature is None and self.known

    def identity(self) -> dict[str, Any]:
        """The part of the cache key that describes this decoding."""
        if self.greedy:
            return {"greedy": True, "max_new_tokens": self.max_new_tokens, "stop": list(self.stop)}
        if not self.known:
            return {"temperature": "unknown"}
        return {
            "temperature": self.temperature,
            "top_p": self.top_p,
            "top_k": self.top_k,
            "min_p": self.min_p,
            "seed": self.seed,
            "max_new_tokens": self.max_new_tokens,
            "stop": list(self.stop),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """The samples wanted of one prompt. `index` is the caller's; `item`, `arm` and `fields` name the row."""

    index: int
    prompt: Prompt
    sampling: Sampling
    samples: tuple[int, ...]
    item: str = ""
    arm: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """One completion. `tokens` is without the end-of-sequence token, None where they were not counted."""

    index: int
    sample: int
    text: str
    tokens: int | None
    finish: Finish
    token_ids: tuple[int, ...] | None = None
    reasoning: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A sample without a completion: it stays missing, and is asked for again when the run is resumed.

    `kind`: the server rejected the request or the model declined (`refused`), generation was broken off or its result
    filtered (`aborted`), or every try failed (`failed`).
    """

    index: int
    sample: int
    reason: str
    kind: Literal["refused", "aborted", "failed"] = "refused"


class Backend(ABC):
    """The interface. Use as a context manager; `close` frees what it holds."""

    replays: ClassVar[bool] = False
    """Whether it only hands out what was generated elsewhere."""

    mixes_arms: ClassVar[bool] = False
    """Whether the arms are asked for together, question by question; else one after the other."""

    tell: Callable[[str], None] = staticmethod(lambda text: None)
    """Where it reports what happens while it works. The runner sets it."""

    @abstractmethod
    def identity(self) -> dict[str, Any]:
        """Which model answers: name, revision or content hash, and whatever else changes the answers."""

    @abstractmethod
    def environment(self) -> dict[str, Any]:
        """What it runs on: backend, versions, dtype, batch size, device. Recorded, not part of keys."""

    @abstractmethod
    def effective(self, sampling: Sampling) -> dict[str, Any]:
        """The parameters as they reach the engine. Raises UsageError for what it cannot do."""

    @abstractmethod
    def render(self, prompt: Prompt) -> Prompt:
        """The prompt as the model sees it: chat messages become text where the tokenizer is at hand."""

    @abstractmethod
    def generate(self, requests: Iterable[Request]) -> Iterator[Completion | Refusal]:
        """Completions as they are done. Takes requests lazily and holds a bounded number of them."""

    def left_out(self, plan: Iterable[Request]) -> list[str]:
        """What it has that the plan (every sample of every arm) does not ask for, in sentences."""
        return []

    def remarks(self) -> list[str]:
        """Warnings to print when it has generated all it could."""
        return []

    def close(self) -> None:  # noqa: B027 - most backends have nothing to free
        """Free the engine or the connections."""

    def __enter__(self) -> Backend:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
