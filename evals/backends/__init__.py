"""Where completions come from, behind one interface. `open_backend` picks one by name."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from pydantic import TypeAdapter, ValidationError

from rewardkit.errors import SetupError, UsageError, nearest

from .base import Backend, Completion, Prompt, Refusal, Request, Sampling

__all__ = ["BACKENDS", "Backend", "Completion", "Prompt", "Refusal", "Request", "Sampling", "open_backend"]

BACKENDS = {
    "transformers": ".transformers:TransformersBackend",
    "vllm": ".vllm_offline:VllmBackend",
    "openai": ".openai:OpenAIBackend",
    "replay": ".replay:ReplayBackend",
}
"""Each is imported on first use. The class says which options it takes."""


def open_backend(name: str, model: str, options: dict[str, Any] | None = None) -> Backend:
    """Open a backend on a model (a folder, a hub name, a served name, a file of completions).

    `options` are checked against what the backend takes; values may be strings, as they come from a
    command line. Raises UsageError for an unknown backend or option, SetupError for a missing package.
    """
    if name not in BACKENDS:
        raise UsageError(f"unknown backend '{name}'; {nearest(name, BACKENDS)}")
    path, _, attribute = BACKENDS[name].partition(":")
    try:
        module = import_module(path, __name__)
    except ModuleNotFoundError as missing:
        raise SetupError(
            f"backend '{name}' needs the package '{missing.name}', which is not installed"
        ) from missing
    given = dict(options or {})
    backend = getattr(module, attribute)
    fields = list(backend.takes.__dataclass_fields__)
    for key in given:
        if key not in fields:
            raise UsageError(f"backend '{name}' has no option '{key}'; {nearest(key, fields)}")
    try:
        checked = TypeAdapter(backend.takes).validate_python(given)
    except ValidationError as wrong:
        first = wrong.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise UsageError(f"option '{where}' of backend '{name}': {first['msg']}") from wrong
    return getattr(module, attribute)(model, checked)
