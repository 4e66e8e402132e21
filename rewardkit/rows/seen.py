"""Which group names a reader has met, in a few bytes per name however long it is.

A group that comes back later in a file is refused, so every name must be kept to the end: as strings, those of a
million prompts would be most of the memory that scoring takes.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from hashlib import blake2b

SMALLEST = 1024
"""Places of an empty table."""


class Seen:
    """A set of names, each kept as 64 bits of its hash in an open table.

    Two names share a hash once in 10^8 files of a million groups. The same names have the same keys in every process.
    """

    def __init__(self, keys: Iterable[int] = ()) -> None:
        self._table = array("Q", bytes(8 * SMALLEST))
        self.count = 0
        for key in keys:
            self.add(key)

    @staticmethod
    def key(name: str) -> int:
        """What is kept of a name; never 0, which marks a free place."""
        return int.from_bytes(blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest()) or 1

    def __contains__(self, key: int) -> bool:
        return self._table[self._place(key)] == key

    def add(self, key: int) -> bool:
        """Keep a key; whether it was new."""
        at = self._place(key)
        if self._table[at] == key:
            return False
        self._table[at] = key
        self.count += 1
        if 4 * self.count > 3 * len(self._table):
            self._grow()
        return True

    def keys(self) -> array[int]:
        """Every key, in no order."""
        return array("Q", filter(None, self._table))

    def _place(self, key: int) -> int:
        """Where a key is, or the free place where it belongs."""
        table = self._table
        size = len(table)
        at = key % size
        while table[at] not in (0, key):
            at = at + 1 if at + 1 < size else 0
        return at

    def _grow(self) -> None:
        """Half as large again, so that what is free is never most of the table."""
        held = self._table
        self._table = array("Q", bytes(8 * (3 * len(held) // 2 + 1)))
        for key in held:
            if key:
                self._table[self._place(key)] = key
