"""One worker process as its parent sees it: started, asked, listened to, killed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import Any

from ...errors import SetupError
from .frames import frame, take
from .worker import OUT_OF_TIME

MEMORY_BYTES = 2 * 1024**3
"""Address space of a worker (RLIMIT_AS); sympy and math-verify need about 0.4 GiB of it."""

BOOT = (
    "import sys, json; sys.path[:] = json.loads(sys.argv[1]); "
    "from rewardkit.verify.workers.worker import main; main(int(sys.argv[2]), sys.argv[3])"
)


class Process:
    """A worker and its two pipes."""

    def __init__(self, judge: str) -> None:
        if not sys.executable:
            raise SetupError(
                "verification needs worker processes, and sys.executable is not set in this interpreter"
            )
        paths = json.dumps([str(path) for path in sys.path if isinstance(path, str)])
        self.process = subprocess.Popen(
            [sys.executable, "-c", BOOT, paths, str(MEMORY_BYTES), judge],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C in the terminal is the parent's to handle
            env={
                **os.environ,
                "OMP_NUM_THREADS": "1",
                "OPENBLAS_NUM_THREADS": "1",
                "CUDA_VISIBLE_DEVICES": "",
            },
        )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.into, self.out = self.process.stdin.fileno(), self.process.stdout.fileno()
        os.set_blocking(self.out, False)
        self.buffer = bytearray()
        self.calls = 0
        self.rss = 0
        self.ready = False
        self.born = time.monotonic()

    def send(self, job: Any, processor_s: float, wall_s: float) -> None:
        """Write a job; raises OSError where the worker is gone."""
        view = memoryview(frame([processor_s, wall_s, job]))
        while view:
            view = view[os.write(self.into, view) :]
        self.calls += 1

    def receive(self) -> tuple[bool, Any]:
        """(alive, message or None) of what has arrived so far; never blocks."""
        while True:
            try:
                chunk = os.read(self.out, 1 << 16)
            except BlockingIOError:
                return True, None
            if not chunk:
                return False, None
            self.buffer += chunk
            message = take(self.buffer)
            if message is not None:
                return True, message

    @property
    def out_of_time(self) -> bool:
        """Whether the kernel ended it because its job had used up its processor time; known once it is killed."""
        return self.process.returncode == -OUT_OF_TIME

    def kill(self) -> None:
        """SIGKILL; a process in a C call dies too."""
        self.process.kill()
        self.process.wait()
        self.close()

    def close(self) -> None:
        """Close this process's ends of the pipes."""
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                try:
                    stream.close()
                except BrokenPipeError:
                    continue
