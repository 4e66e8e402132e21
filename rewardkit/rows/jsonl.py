"""A line of JSON, read as Python's `json` reads it and several times as fast.

msgspec reads nearly every line. What it refuses goes to `json`, whose values and errors are the ones that count: NaN and
Infinity, `1e999`, lone surrogates, and whatever is not JSON. What msgspec accepts it reads as `json` does, integers of
any length included (orjson, which is no faster here, reads those past 64 bits as floats): tests/rows/test_jsonl.py.
"""

from __future__ import annotations

import json
from typing import Any

import msgspec

_decode = msgspec.json.Decoder().decode


def loads(line: bytes) -> Any:
    """The value of a line in UTF-8.

    Raises:
        UnicodeDecodeError, ValueError, RecursionError: as `json.loads(line.decode("utf-8"))` does.
    """
    try:
        return _decode(line)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return json.loads(line.decode("utf-8"))
