"""Up to so many workers, shared by every thread of this process: the only place where a completion may cost time.

A job's deadline is in processor time of its worker, so that a timeout is a fact about the job and not about how
busy the machine is; the kernel ends a worker that passes it (see `worker`). A wall ceiling well above it bounds
what sleeps or is starved: there the worker is killed and the job is tried once more in a fresh one, as it is
where a worker dies by itself. Signals are not used in this process, so any thread, an event loop or a forked
child may ask: a fork leaves the parent its workers and starts its own when it first needs one. Interpreter exit
kills the workers and waits for none.
"""

from __future__ import annotations

import atexit
import logging
import os
import select
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ...errors import SetupError
from .process import Process

JUDGE = "rewardkit.verify.math.symbolic:judge"
"""What workers run unless told otherwise, as module:function."""
CEILING_TIMES = 30.0
CEILING_LEAST = 10.0
"""The wall ceiling of a job is this many times its deadline, and at least this many seconds."""
RECYCLE_CALLS = 5000
RECYCLE_RSS_BYTES = 500 * 1024**2
"""A worker that has served this many calls, or has grown to this size, is replaced between jobs."""
START_SECONDS = 120.0
"""A worker that has not said hello after this is broken."""

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Reply:
    """What became of a job: `value` is the worker's answer where `status` is `done`.

    A `timeout` used up its processor time; a `ceiling` was twice at the wall ceiling before that; a `crash` brought
    its worker down twice. `seconds` is wall time, `ceilings` counts how often the job was at the wall ceiling.
    """

    status: Literal["done", "timeout", "ceiling", "crash"]
    value: Any = None
    seconds: float = 0.0
    ceilings: int = 0


@dataclass(slots=True)
class _Job:
    """A job on its way: its place in the batch, when a worker took it, and how often it failed."""

    index: int
    began: float = 0.0
    deaths: int = 0
    ceilings: int = 0


def ceiling_s(deadline_s: float) -> float:
    """The wall seconds that a job may take in one worker."""
    return max(CEILING_LEAST, CEILING_TIMES * deadline_s)


class Pool:
    """Up to `size` busy workers and one warm spare, shared by every thread of this process.

    `judge` names the function of a job that the workers run, as module:function.
    """

    def __init__(self, size: int, judge: str = JUDGE) -> None:
        self.size = max(1, size)
        self.judge = judge
        self._lock = threading.Condition()
        self._idle: deque[Process] = deque()
        self._busy: set[Process] = set()
        self._queue: deque[object] = deque()
        self._failed_starts = 0
        self.killed = 0
        self.started = 0

    def run(self, jobs: Sequence[Any], deadline_s: float) -> list[Reply]:
        """One reply per job, in order; every job has `deadline_s` of its worker's processor time."""
        replies: list[Reply | None] = [None] * len(jobs)
        waiting = deque(map(_Job, range(len(jobs))))
        running: dict[Process, _Job] = {}
        ceiling = ceiling_s(deadline_s)
        try:
            while waiting or running:
                while waiting and (worker := self._take(block=not running)) is not None:
                    job = waiting.popleft()
                    job.began = time.monotonic()
                    running[worker] = job
                    try:
                        worker.send(jobs[job.index], deadline_s, ceiling)
                    except OSError:  # it died while idle; its end of file is seen below
                        continue
                for job, reply in self._collect(running, bool(waiting), ceiling):
                    if reply is None:
                        waiting.append(job)
                    else:
                        replies[job.index] = reply
        finally:
            for worker in list(running):  # only when interrupted (Ctrl-C): what runs is abandoned
                self._discard(worker)
        return [reply for reply in replies if reply is not None]

    def _collect(
        self, running: dict[Process, _Job], more: bool, ceiling: float
    ) -> list[tuple[_Job, Reply | None]]:
        """Wait for the next reply or ceiling; each job that left `running`, with its reply or None to try again."""
        settled: list[tuple[_Job, Reply | None]] = []
        poll = select.poll()
        by_fd = {worker.out: worker for worker in running}
        for fd in by_fd:
            poll.register(fd, select.POLLIN | select.POLLHUP)
        soonest = min(job.began for job in running.values()) + ceiling
        patience = max(0.0, soonest - time.monotonic())
        if more and len(running) < self.size:
            patience = min(patience, 0.02)  # another thread may hand a worker back meanwhile
        for fd, _ in poll.poll(patience * 1000 + 1):
            worker = by_fd[fd]
            alive, message = worker.receive()
            if message is None and alive:
                continue
            job = running.pop(worker)
            seconds = time.monotonic() - job.began
            if message is not None:
                worker.rss = message["rss"]
                self._give_back(worker)
                settled.append((job, Reply("done", message["value"], seconds, job.ceilings)))
                continue
            self._discard(worker)
            if worker.out_of_time:
                settled.append((job, Reply("timeout", None, seconds, job.ceilings)))
            else:
                job.deaths += 1
                reply = Reply("crash", None, seconds, job.ceilings) if job.deaths > 1 else None
                settled.append((job, reply))
        return settled + self._at_ceiling(running, ceiling)

    def _at_ceiling(self, running: dict[Process, _Job], ceiling: float) -> list[tuple[_Job, Reply | None]]:
        """Kill the workers whose jobs are at the wall ceiling; those jobs, as `_collect` has them."""
        settled: list[tuple[_Job, Reply | None]] = []
        now = time.monotonic()
        for worker, job in list(running.items()):
            if now - job.began < ceiling:
                continue
            del running[worker]
            self._discard(worker)
            job.ceilings += 1
            _LOG.warning(
                "a verification was not done after %g s (wall time) without using up its processor time; %s",
                ceiling,
                "it is tried once more"
                if job.ceilings == 1
                else "it counts as a timeout: is the machine overloaded?",
            )
            reply = Reply("ceiling", None, now - job.began, job.ceilings) if job.ceilings > 1 else None
            settled.append((job, reply))
        return settled

    def _take(self, block: bool) -> Process | None:
        """A ready worker, None where all are busy and the caller has something else to wait for."""
        with self._lock:
            if not block and (self._queue or len(self._busy) >= self.size):
                return None
            self._wait_for_turn()
            while len(self._idle) + len(self._busy) < self.size + 1:
                self._idle.append(Process(self.judge))
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
        """First come, first served: a thread whose batch continues does not overtake those that wait for a worker."""
        turn = object()
        self._queue.append(turn)
        try:
            while self._queue[0] is not turn or len(self._busy) >= self.size:
                self._lock.wait()
        finally:
            self._queue.remove(turn)
            self._lock.notify_all()

    def _greet(self, worker: Process) -> bool:
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
                f"see what this says: {sys.executable} -m {self.judge.partition(':')[0]}"
            )
        return False

    def _give_back(self, worker: Process) -> None:
        if worker.calls >= RECYCLE_CALLS or worker.rss > RECYCLE_RSS_BYTES:
            self._discard(worker)
            return
        with self._lock:
            self._busy.discard(worker)
            self._idle.appendleft(worker)
            self._lock.notify_all()

    def _discard(self, worker: Process) -> None:
        """Kill a worker and start the next spare, which warms up in the background."""
        worker.kill()
        with self._lock:
            self.killed += 1
            self._busy.discard(worker)
            while len(self._idle) + len(self._busy) < self.size + 1:
                self._idle.append(Process(self.judge))
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


def set_workers(size: int, judge: str = JUDGE) -> Pool:
    """Replace this process's pool by one of this size, and return it."""
    global _pool
    with _guard:
        old, _pool = _pool, Pool(size, judge)
        made = _pool
    if old is not None:
        old.close()
    return made


class Borrowed(Pool):
    """The pool of another process: `ask` takes jobs and their deadline there and returns the replies.

    However many processes score, their answers are verified by one pool.
    """

    def __init__(self, ask: Callable[[tuple[Sequence[Any], float]], list[Reply]]) -> None:
        super().__init__(1)
        self._ask = ask

    def run(self, jobs: Sequence[Any], deadline_s: float) -> list[Reply]:
        """As the other pool's."""
        return self._ask((jobs, deadline_s))


def borrow(ask: Callable[[tuple[Sequence[Any], float]], list[Reply]]) -> None:
    """Let another process's pool stand for this one's."""
    global _pool
    shutdown()
    with _guard:
        _pool = Borrowed(ask)


def lend(question: tuple[Sequence[Any], float]) -> list[Reply]:
    """What `borrow` asks for in the other process."""
    return pool().run(*question)


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
