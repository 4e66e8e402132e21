"""Worker processes that can be killed: the only place where a completion may cost time.

Jobs come in (JSON values), replies go out, each within a deadline that runs in this process's clock. A
worker past its deadline is killed with SIGKILL and replaced by a warm spare; one that died by itself
has its job tried once more elsewhere. Signals are not used, so any thread, an event loop or a forked
child may ask: a fork leaves the parent its workers and starts its own when it first needs one.
Interpreter exit kills the workers and waits for none.
"""

from __future__ import annotations

import atexit
import json
import os
import select
import struct
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ...errors import SetupError

MEMORY_BYTES = 2 * 1024**3
"""Address space of a worker (RLIMIT_AS); sympy and math-verify need about 0.4 GiB of it."""
RECYCLE_CALLS = 5000
RECYCLE_RSS_BYTES = 500 * 1024**2
"""A worker that has served this many calls, or has grown to this size, is replaced between jobs."""
START_SECONDS = 120.0
"""A worker that has not said hello after this is broken."""

_HEAD = struct.Struct(">I")
_BOOT = (
    "import sys, json; sys.path[:] = json.loads(sys.argv[1]); "
    "from rewardkit.verify.workers.worker import main; main(int(sys.argv[2]), sys.argv[3])"
)


@dataclass(frozen=True, slots=True)
class Reply:
    """What became of a job: `value` is the worker's answer where `status` is `done`."""

    status: Literal["done", "timeout", "crash"]
    value: Any = None
    seconds: float = 0.0


class _Worker:
    """One process and its two pipes."""

    def __init__(self, judge: str) -> None:
        if not sys.executable:
            raise SetupError(
                "verification needs worker processes, and sys.executable is not set in this interpreter"
            )
        paths = json.dumps([str(path) for path in sys.path if isinstance(path, str)])
        self.process = subprocess.Popen(
            [sys.executable, "-c", _BOOT, paths, str(MEMORY_BYTES), judge],
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

    def send(self, job: Any, seconds: float) -> None:
        """Write a job; raises OSError where the worker is gone."""
        body = json.dumps([seconds, job]).encode("ascii")
        view = memoryview(_HEAD.pack(len(body)) + body)
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
            if len(self.buffer) >= 4:
                size = _HEAD.unpack_from(self.buffer)[0]
                if len(self.buffer) >= 4 + size:
                    message = json.loads(bytes(self.buffer[4 : 4 + size]))
                    del self.buffer[: 4 + size]
                    return True, message

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


class Pool:
    """Up to `size` busy workers and one warm spare, shared by every thread of this process.

    `judge` names the function of a job that the workers run, as module:function.
    """

    def __init__(self, size: int, judge: str = "rewardkit.verify.math.symbolic:judge") -> None:
        self.size = max(1, size)
        self.judge = judge
        self._lock = threading.Condition()
        self._idle: deque[_Worker] = deque()
        self._busy: set[_Worker] = set()
        self._queue: deque[object] = deque()
        self._failed_starts = 0
        self.killed = 0
        self.started = 0

    def run(self, jobs: Sequence[Any], deadline_s: float) -> list[Reply]:
        """One reply a job, in order; every job has `deadline_s` from the moment a worker has it."""
        replies: list[Reply | None] = [None] * len(jobs)
        waiting: deque[tuple[int, int]] = deque((index, 0) for index in range(len(jobs)))
        running: dict[_Worker, tuple[int, int, float]] = {}
        try:
            while waiting or running:
                while waiting and (worker := self._take(block=not running)) is not None:
                    index, tries = waiting.popleft()
                    began = time.monotonic()
                    running[worker] = (index, tries, began)
                    try:
                        worker.send(jobs[index], deadline_s)
                    except OSError:  # it died while idle; its end of file is seen below
                        continue
                self._collect(running, waiting, replies, deadline_s)
        finally:
            for worker in list(running):  # only when interrupted (Ctrl-C): what runs is abandoned
                self._discard(worker)
        return [reply for reply in replies if reply is not None]

    def _collect(
        self,
        running: dict[_Worker, tuple[int, int, float]],
        waiting: deque[tuple[int, int]],
        replies: list[Reply | None],
        deadline_s: float,
    ) -> None:
        """Wait for the next reply or the next deadline, and settle what it settles."""
        soonest = min(began for _, _, began in running.values()) + deadline_s
        poll = select.poll()
        by_fd = {worker.out: worker for worker in running}
        for fd in by_fd:
            poll.register(fd, select.POLLIN | select.POLLHUP)
        patience = max(0.0, soonest - time.monotonic())
        if waiting and len(running) < self.size:
            patience = min(patience, 0.02)  # another thread may hand a worker back meanwhile
        for fd, _ in poll.poll(patience * 1000 + 1):
            worker = by_fd[fd]
            index, tries, began = running[worker]
            alive, message = worker.receive()
            if message is not None:
                worker.rss = message["rss"]
                replies[index] = Reply("done", message["value"], time.monotonic() - began)
                del running[worker]
                self._give_back(worker)
            elif not alive:
                del running[worker]
                self._discard(worker)
                if tries == 0:
                    waiting.append((index, 1))
                else:
                    replies[index] = Reply("crash", None, time.monotonic() - began)
        now = time.monotonic()
        for worker, (index, _, began) in list(running.items()):
            if now - began >= deadline_s:
                del running[worker]
                self._discard(worker)
                replies[index] = Reply("timeout", None, now - began)

    def _take(self, block: bool) -> _Worker | None:
        """A ready worker, None where all are busy and the caller has something else to wait for."""
        with self._lock:
            if not block and (self._queue or len(self._busy) >= self.size):
                return None
            self._wait_for_turn()
            while len(self._idle) + len(self._busy) < self.size + 1:
                self._idle.append(_Worker(self.judge))
                self.started += 1
            ready = [worker for worker in self._idle if worker.ready]
            worker = ready[0] if ready else self._idle[0]
            self._idle.remove(worker)
            self._busy.add(worker)
        try:
            ready_now = worker.ready or self._greet(worker)
        except (
            BaseException
        ):  # Ctrl-C while it starts: a place that nobody gives back would be waited for without end
            if worker in self._busy:
                self._discard(worker)
            raise
        return worker if ready_now else self._take(block)

    def _wait_for_turn(self) -> None:
        """First come, first served: a thread whose batch goes on does not overtake those that wait for a worker."""
        turn = object()
        self._queue.append(turn)
        try:
            while self._queue[0] is not turn or len(self._busy) >= self.size:
                self._lock.wait()
        finally:
            self._queue.remove(turn)
            self._lock.notify_all()

    def _greet(self, worker: _Worker) -> bool:
        """Wait for a new worker's hello; starting up is not the answer's time."""
        poll = select.poll()
        poll.register(worker.out, select.POLLIN | select.POLLHUP)
        while True:  # a spare may have said it long ago
            alive, message = worker.receive()
            if message is not None:
                worker.ready = True
                self._failed_starts = 0
                return True
            if not alive or time.monotonic() - worker.born >= START_SECONDS:
                break
            poll.poll(1000)
        self._discard(worker)
        self._failed_starts += 1
        if self._failed_starts >= 3:
            last = (
                f"said nothing for {START_SECONDS:g} s"
                if alive
                else f"ended with {worker.process.returncode}"
            )
            raise SetupError(
                f"verification workers do not start (the last {last}); "
                f"see what this says: {sys.executable} -m rewardkit.verify.workers.worker"
            )
        return False

    def _give_back(self, worker: _Worker) -> None:
        if worker.calls >= RECYCLE_CALLS or worker.rss > RECYCLE_RSS_BYTES:
            self._discard(worker)
            return
        with self._lock:
            self._busy.discard(worker)
            self._idle.appendleft(worker)
            self._lock.notify_all()

    def _discard(self, worker: _Worker) -> None:
        """Kill a worker and start the next spare, which warms up in the background."""
        worker.kill()
        with self._lock:
            self.killed += 1
            self._busy.discard(worker)
            while len(self._idle) + len(self._busy) < self.size + 1:
                self._idle.append(_Worker(self.judge))
                self.started += 1
            self._lock.notify_all()

    def close(self) -> None:
        """Kill every worker."""
        with self._lock:
            workers = [*self._idle, *self._busy]
            self._idle.clear()
            self._busy.clear()
        for worker in workers:
            worker.process.kill()
        for worker in workers:
            worker.process.wait()
            worker.close()

    def forget(self) -> None:
        """In a forked child: let go of the parent's workers without touching them."""
        for worker in [*self._idle, *self._busy]:
            worker.process.returncode = 0  # not this process's child: nothing to reap, nothing to warn of
            worker.close()
        self._idle.clear()
        self._busy.clear()


_pool: Pool | None = None
_guard = threading.Lock()


def workers() -> int:
    """How many workers may run at once: `REWARDKIT_WORKERS`, else two, or one on a single core."""
    given = os.environ.get("REWARDKIT_WORKERS", "")
    if given:
        if not given.isdigit() or int(given) < 1:
            raise SetupError(f"REWARDKIT_WORKERS is {given!r}; it must be a whole number from 1")
        return int(given)
    return min(2, os.cpu_count() or 1)


def pool() -> Pool:
    """This process's pool. It starts no process before its first job."""
    global _pool
    with _guard:
        if _pool is None:
            _pool = Pool(workers())
        return _pool


def set_workers(size: int, judge: str = "rewardkit.verify.math.symbolic:judge") -> Pool:
    """Replace this process's pool by one of this size, and return it."""
    global _pool
    with _guard:
        old, _pool = _pool, Pool(size, judge)
        made = _pool
    if old is not None:
        old.close()
    return made


def shutdown() -> None:
    """Kill the workers now; the next question starts new ones."""
    global _pool
    with _guard:
        old, _pool = _pool, None
    if old is not None:
        old.close()


def _after_fork() -> None:
    global _pool, _guard
    _guard = threading.Lock()  # another thread of the parent may have held it
    old, _pool = _pool, None
    if old is not None:
        old.forget()


atexit.register(shutdown)
os.register_at_fork(after_in_child=_after_fork)
