"""The process in which answers are compared symbolically: it may be killed at any moment.

Frames come in on standard input, `[seconds, job]` as JSON behind a length; one reply a frame goes out.
The process binds its own hands first: an address-space limit, no core files, no further file
descriptors worth having, and an alarm without a handler, so that the kernel ends it even inside a C
call should the parent be gone. Nothing that a job contains is evaluated as code.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import struct
import sys
from importlib import import_module
from typing import Any

_HEAD = struct.Struct(">I")
GRACE_SECONDS = 5.0
"""How far past the parent's deadline a worker lives that nobody kills."""


def _read(fd: int, size: int) -> bytes:
    """Exactly `size` bytes; fewer only at the end of the stream."""
    parts = bytearray()
    while len(parts) < size:
        chunk = os.read(fd, size - len(parts))
        if not chunk:
            break
        parts += chunk
    return bytes(parts)


def _write(fd: int, message: Any) -> None:
    body = json.dumps(message).encode("ascii")
    view = memoryview(_HEAD.pack(len(body)) + body)
    while view:
        view = view[os.write(fd, view) :]


def _resident() -> int:
    """Bytes resident now."""
    try:
        with open("/proc/self/statm", "rb") as statm:
            return int(statm.read().split()[1]) * resource.getpagesize()
    except FileNotFoundError:  # not Linux: the peak is the best there is
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main(memory_bytes: int, function: str) -> None:
    """Serve `function` (module:name, of one JSON value) until standard input ends."""
    into, out = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(null, fd)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":  # macOS refuses the limit; there the pool's recycling by size is what bounds
        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    sys.set_int_max_str_digits(0)  # lengths are bounded by the guard, not by the interpreter
    module, _, name = function.partition(":")
    judge = getattr(import_module(module), name)

    _write(out, {"hello": os.getpid()})
    while True:
        head = _read(into, 4)
        if len(head) < 4:
            os._exit(0)
        seconds, job = json.loads(_read(into, _HEAD.unpack(head)[0]))
        signal.setitimer(signal.ITIMER_REAL, seconds + GRACE_SECONDS)
        try:
            value = judge(job)
        except Exception as fault:  # noqa: BLE001 - whatever breaks in here is the answer's doing, and is said so
            value = {"equality": "crash", "route": "crash", "fault": f"{type(fault).__name__}: {fault}"[:200]}
        signal.setitimer(signal.ITIMER_REAL, 0)
        _write(out, {"value": value, "rss": _resident()})


if __name__ == "__main__":
    from ..math.symbolic import judge as _judge

    print("the worker's imports work:", _judge({"gold": "x+1", "answer": "1+x", "policy": {}}))
