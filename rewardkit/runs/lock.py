"""One writer at a time: a lock that ends with its process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import UsageError

if TYPE_CHECKING:
    from filelock import BaseFileLock


def hold(path: Path, busy: str) -> BaseFileLock:
    """Take the lock at `path` without waiting; release() or the end of the process releases it.

    Args:
        path: the lock's own file, created if missing.
        busy: what to tell a user while another process holds the lock: where, and what to do.

    Raises:
        UsageError: another process holds it.
        OSError: the file cannot be created, with its path.
    """
    from filelock import FileLock, Timeout

    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise UsageError(busy) from None
    return lock


@contextmanager
def held(path: Path, busy: str) -> Iterator[None]:
    """`hold` for the length of a block."""
    lock = hold(path, busy)
    try:
        yield
    finally:
        lock.release()
