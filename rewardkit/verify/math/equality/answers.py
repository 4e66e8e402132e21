"""A comparison's answer: True, False, or None for "cannot tell", and what many of them say together."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeAlias

from ..grammar.tree import Node

Answer: TypeAlias = bool | None
Leaf: TypeAlias = Callable[[Node, Node], Answer]


def every(results: Iterable[Answer]) -> Answer:
    """Three-valued "all", stopping at the first False."""
    found: Answer = True
    for result in results:
        if result is False:
            return False
        found = None if result is None else found
    return found
