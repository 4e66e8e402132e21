"""What suites and training plans share in reading data: rows of the hub, and the sandbox that templates run in."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from jinja2 import StrictUndefined
from jinja2.sandbox import SandboxedEnvironment

from rewardkit.errors import SetupError


def sandbox(finalize: Callable[[Any], Any] | None = None) -> SandboxedEnvironment:
    """Jinja for templates that come with data: sandboxed, and a column that a row lacks is an error.

    `finalize` is applied to every value before it is printed.
    """
    return SandboxedEnvironment(undefined=StrictUndefined, keep_trailing_newline=True, finalize=finalize)


def hub_rows(
    hub: str, config: str | None, split: str | None, revision: str | None, *, place: str = "", remedy: str
) -> Iterable[dict[str, Any]]:
    """The rows of a hub data set.

    Args:
        hub, config, split, revision: as `datasets.load_dataset` takes them.
        place: where the data set is named, for the message.
        remedy: how to give a local copy instead.

    Raises:
        SetupError: the package `datasets` is not installed, or the data set cannot be loaded.
    """
    try:
        import datasets
    except ModuleNotFoundError as missing:
        raise SetupError("a hub data set needs the package 'datasets', which is not installed") from missing
    try:
        return datasets.load_dataset(hub, config, split=split, revision=revision)  # type: ignore[return-value]
    except (ConnectionError, OSError, ValueError, RuntimeError) as wrong:
        raise SetupError(
            f"{place + ': ' if place else ''}the hub data set '{hub}' cannot be loaded ({type(wrong).__name__}: "
            f"{str(wrong)[:200]}); with a local copy, {remedy}"
        ) from wrong
