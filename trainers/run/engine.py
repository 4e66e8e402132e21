"""vLLM's engine in the trainer's own process: it lasts for one stage, and leaves the process as it found it.

To start it, TRL sets the variables by which a launcher tells a process its place; to end it, vLLM closes the default
process group, whoever made it. A later stage would take the first for a launcher's, and need the second.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

LAUNCHED = ("RANK", "LOCAL_RANK", "WORLD_SIZE", "LOCAL_WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")
"""The variables of a launcher (torchrun, accelerate)."""


class Engine:
    """A context for a stage's training. Give it the `trainer` once that is made; at the end its engine is closed."""

    def __init__(self) -> None:
        self.trainer: Any = None

    def __enter__(self) -> Engine:
        self._environment = {name: os.environ.get(name) for name in LAUNCHED}
        self._grouped = torch.distributed.is_available() and torch.distributed.is_initialized()
        return self

    def __exit__(self, *raised: object) -> None:
        try:
            if self._grouped:
                with _group_kept():
                    _close(self.trainer)
            else:
                _close(self.trainer)
        finally:
            for name, value in self._environment.items():
                os.environ.pop(name, None)
                if value is not None:
                    os.environ[name] = value


def _close(trainer: Any) -> None:
    """Close the engine that a trainer has in its process, if it has one, and drop it."""
    holder: Any = getattr(trainer, "vllm_generation", None)
    llm = getattr(holder, "llm", None)
    if llm is not None:
        llm.llm_engine.engine_core.shutdown()
        holder.llm = None


@contextmanager
def _group_kept() -> Iterator[None]:
    """Closing the default process group does nothing meanwhile."""
    close = torch.distributed.destroy_process_group

    def others(group: Any = None) -> None:
        if group not in (None, torch.distributed.group.WORLD):
            close(group)

    torch.distributed.destroy_process_group = others
    try:
        yield
    finally:
        torch.distributed.destroy_process_group = close
