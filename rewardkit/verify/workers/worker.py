"""The process in which answers are compared symbolically, and which may be killed at any moment.

It reads frames (`[processor seconds, wall seconds, job]`, see `frames`) from standard input and writes one
reply per frame. Before anything else it limits itself: an address space, no core files, no inherited streams,
and two timers without handlers, which the kernel fires even inside a C call that never returns. The processor
timer is the job's deadline; the wall timer ends a worker whose parent is gone. Nothing that a job contains is
evaluated as code.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

from .frames import frame, receive

GRACE_SECONDS = 5.0
"""How far past the wall ceiling a worker lives that nobody kills."""
OUT_OF_TIME = signal.SIGPROF
"""The signal that ends a worker whose job has used up its processor time."""


def _resident() -> int:
    """Bytes resident now."""
    try:
        with open("/proc/self/statm", "rb") as statm:
            return int(statm.read().split()[1]) * resource.getpagesize()
    except FileNotFoundError:  # not Linux: the peak is the best there is
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _limited(memory_bytes: int) -> tuple[int, int]:
    """Set this process's limits; the descriptors of its input and output, which nothing else can reach."""
    into, out = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(null, fd)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":  # macOS refuses the limit; there the pool's recycling by size is what bounds
        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    for ending in (signal.SIGALRM, OUT_OF_TIME):
        signal.signal(ending, signal.SIG_DFL)
    # A parent's thread may have blocked them, and a blocked signal is inherited.
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGALRM, OUT_OF_TIME})
    sys.set_int_max_str_digits(0)  # lengths are bounded by the guard, not by the interpreter
    return into, out


def _timers(processor_s: float, wall_s: float) -> None:
    """Start both timers; 0 stops them."""
    signal.setitimer(signal.ITIMER_PROF, processor_s)
    signal.setitimer(signal.ITIMER_REAL, wall_s)


def load(judge: str) -> Callable[[Any], Any]:
    """The function that `module:name` names."""
    module, _, name = judge.partition(":")
    return getattr(import_module(module), name)


def main(memory_bytes: int, judge: str) -> None:
    """Serve `judge` (module:name, a function of one JSON value) until standard input ends."""
    into, out = _limited(memory_bytes)
    answer = load(judge)
    os.write(out, frame({"hello": os.getpid()}))
    while (asked := receive(into)) is not None:
        processor_s, wall_s, job = asked
        _timers(processor_s, wall_s + GRACE_SECONDS)
        try:
            value = answer(job)
        except Exception as fault:  # noqa: BLE001 - whatever breaks in here is the answer's doing, and is said so
            value = {"equality": "crash", "route": "crash", "fault": f"{type(fault).__name__}: {fault}"[:200]}
        _timers(0, 0)
        view = memoryview(frame({"value": value, "rss": _resident()}))
        while view:
            view = view[os.write(out, view) :]
    os._exit(0)
