"""JSON messages over a pipe: four bytes of length, then the message in ASCII."""

from __future__ import annotations

import json
import os
import struct
from typing import Any

_LENGTH = struct.Struct(">I")


def frame(message: Any) -> bytes:
    """The message as it is written to a pipe."""
    body = json.dumps(message).encode("ascii")
    return _LENGTH.pack(len(body)) + body


def take(buffer: bytearray) -> Any | None:
    """The first whole message of a buffer, which is removed from it; None while it is incomplete."""
    if len(buffer) < _LENGTH.size:
        return None
    end = _LENGTH.size + _LENGTH.unpack_from(buffer)[0]
    if len(buffer) < end:
        return None
    message = json.loads(bytes(buffer[_LENGTH.size : end]))
    del buffer[:end]
    return message


def receive(fd: int) -> Any | None:
    """The next message of a blocking pipe on which one message at a time is under way; None at its end."""
    buffer = bytearray()
    while (message := take(buffer)) is None:
        chunk = os.read(fd, 1 << 16)
        if not chunk:
            return None
        buffer += chunk
    return message
