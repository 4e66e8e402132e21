"""A line of JSON, read as Python's `json` reads it and several times as fast.

msgspec reads nearly every line. What it refuses goes to `json`, whose values and errors are the ones that count: NaN and
Infinity, `1e999`, lone surrogates, and whatever is not JSON. What msgspec accepts it reads as `json` does, integers of
any length included (orjson, which is no faster here, reads those past 64 bits as floats): tests/rows/test_jsonl.py. Only
how deep a line may nest differs (both count from the depth of the stack, msgspec from a few levels fewer), so one that
nests deeper than any row does is `json`'s too.
"""

from __future__ import annotations

import json
from typing import Any

import msgspec

_decode = msgspec.json.Decoder().decode
_CONTAINERS = frozenset({dict, list})

DEEP = 64
"""The levels past which `json` reads a line."""


def loads(line: bytes) -> Any:
    """The value of a line in UTF-8.

    Raises:
        UnicodeDecodeError, ValueError, RecursionError: as `json.loads(line.decode("utf-8"))` does.
    """
    try:
        value = _decode(line)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return json.loads(line.decode("utf-8"))
    cells = value.values() if type(value) is dict else (value,)
    if _CONTAINERS.isdisjoint(map(type, cells)) or not _nests(value, line):
        return value
    return json.loads(line.decode("utf-8"))


def _nests(value: Any, line: bytes) -> bool:
    """Whether a value has more than `DEEP` levels. A line of fewer brackets has not, and most are settled by that."""
    if line.count(b"[") + line.count(b"{") <= DEEP:
        return False
    level = [value]
    for _ in range(DEEP):
        level = [
            inner
            for one in level
            for inner in (one.values() if type(one) is dict else one)
            if type(inner) in _CONTAINERS
        ]
        if not level:
            return False
    return True
