"""A cache for functions of one short string, bounded in memory as well as in number.

Long strings are computed every time: they are rare, they are where hostile input lives, and a cache full of them
would be the leak.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Generic, TypeVar

T = TypeVar("T")
LONGEST = 300
"""Longest string that is cached, in characters."""


class Remembered(Generic[T]):
    """A function of one text that remembers up to `most` short ones; safe between threads."""

    def __init__(self, function: Callable[[str], T], most: int) -> None:
        self.__doc__ = function.__doc__
        self.__wrapped__ = function
        self._cached = lru_cache(maxsize=most)(function)

    def __call__(self, text: str) -> T:
        """The value, remembered or computed."""
        return self._cached(text) if len(text) <= LONGEST else self.__wrapped__(text)

    def cache_clear(self) -> None:
        """Forget everything."""
        self._cached.cache_clear()


def remembered(most: int) -> Callable[[Callable[[str], T]], Remembered[T]]:
    """A decorator: see `Remembered`."""
    return lambda function: Remembered(function, most)
