"""Processes that share out tasks: started afresh, told once what to do, replaced when one is killed.

    with Processes(4, "package.module:prepare", payload) as processes:
        for index, result in processes.run(tasks):      # in the order in which they are done
            ...

`prepare(payload, ask)` is called once in each process and returns the function of a task. Payload, tasks and results are
pickled. The processes are not forks: they hold no locks, threads or GPU of their parent's, and they do not import the
parent's `__main__`. What only the parent may do (there is one pool of verification workers for all) a task asks for with
`ask(question)`, which `answer` decides in a thread of the parent. A process whose parent is gone ends.
"""

from __future__ import annotations

import gc
import json
import os
import pickle
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from importlib import import_module
from multiprocessing.connection import Connection, Pipe, wait
from types import TracebackType
from typing import Any

from ..errors import RewardkitError, SetupError

DEATHS = 3
"""A task that so many processes died with is given up."""
BOOT = (
    "import sys, json; sys.path[:] = json.loads(sys.argv[1]); "
    "from rewardkit.runs.processes import serve; serve(int(sys.argv[2]), int(sys.argv[3]))"
)


def cores() -> int:
    """The cores that this process may use."""
    try:
        return max(1, len(os.sched_getaffinity(0)))
    except AttributeError:  # not Linux
        return os.cpu_count() or 1


class Processes:
    """Some processes and what each is doing.

    Args:
        count: how many.
        prepare: `module:function`, called in each process with the payload and `ask`.
        payload: what it needs.
        answer: answers what tasks ask, in a thread of this process.
        name: says what a task is, for messages.
    """

    def __init__(
        self,
        count: int,
        prepare: str,
        payload: bytes,
        *,
        answer: Callable[[Any], Any] | None = None,
        name: Callable[[int], str] = "task {}".format,
    ) -> None:
        self.count = count
        self.deaths = 0
        self._setup = (prepare, payload)
        self._answer, self._name = answer, name
        self._running: dict[Connection, tuple[subprocess.Popen[bytes], int | None]] = {}

    def __enter__(self) -> Processes:
        self._life, self._held = os.pipe()  # its other end closes with this process, however it ends
        for _ in range(self.count):
            self._start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, wrong: BaseException | None, trace: TracebackType | None
    ) -> None:
        for connection, (process, _) in self._running.items():
            process.kill()
            connection.close()
        for process, _ in self._running.values():
            process.wait()
        self._running.clear()
        os.close(self._life)
        os.close(self._held)

    def run(self, tasks: Sequence[Any]) -> Iterator[tuple[int, Any]]:
        """(index, result) of every task, as they are done; a task whose process is killed is done again.

        Raises:
            RewardkitError: as a task raised it.
            SetupError: processes keep dying with one task.
        """
        waiting = deque(range(len(tasks)))
        died: dict[int, int] = {}
        failed: dict[int, BaseException] = {}
        left = len(tasks)
        while left:
            for connection, (process, task) in list(self._running.items()):
                if task is None and waiting and not failed:
                    index = waiting.popleft()
                    self._running[connection] = (process, index)
                    self._send(connection, ("task", tasks[index]))
            if failed and all(task is None for _, task in self._running.values()):
                raise failed[min(failed)]  # the first in order, whichever was done first
            for ready in wait(list(self._running)):
                assert isinstance(ready, Connection)
                process, task = self._running[ready]
                try:
                    kind, value = ready.recv()
                except (EOFError, OSError):
                    self._bury(ready, process, task, died)
                    if task is not None:
                        waiting.appendleft(task)
                    continue
                if kind == "ask":
                    threading.Thread(target=self._reply, args=(ready, value), daemon=True).start()
                    continue
                self._running[ready] = (process, None)
                if kind == "failed":
                    if task is None:
                        raise pickle.loads(value)
                    failed[task] = pickle.loads(value)
                else:
                    assert task is not None
                    left -= 1
                    yield task, value

    def _start(self) -> None:
        if not sys.executable:
            raise SetupError("several processes need sys.executable, which is not set in this interpreter")
        ours, theirs = Pipe()
        paths = json.dumps([path for path in sys.path if isinstance(path, str)])
        process = subprocess.Popen(
            [sys.executable, "-c", BOOT, paths, str(theirs.fileno()), str(self._life)],
            stdin=subprocess.DEVNULL,
            pass_fds=[theirs.fileno(), self._life],
            env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        )
        theirs.close()
        self._running[ours] = (process, None)
        self._send(ours, self._setup)

    def _bury(
        self,
        connection: Connection,
        process: subprocess.Popen[bytes],
        task: int | None,
        died: dict[int, int],
    ) -> None:
        """Replace a process that is gone."""
        connection.close()
        del self._running[connection]
        code = process.wait()
        self.deaths += 1
        if task is not None:
            died[task] = died.get(task, 0) + 1
        elif self.deaths > DEATHS * self.count:
            raise SetupError(f"scoring processes end before they begin (the last with {code})")
        if task is not None and died[task] >= DEATHS:
            how = f"by signal {-code}" if code < 0 else f"with exit code {code}"
            hint = "; signal 9 is what a machine out of memory sends" if code == -signal.SIGKILL else ""
            raise SetupError(
                f"{DEATHS} processes ended {how} in the middle of {self._name(task)}{hint}; what is done is kept, and "
                "the same command does the rest"
            )
        self._start()

    def _reply(self, connection: Connection, question: Any) -> None:
        assert self._answer is not None
        try:
            found = ("answer", self._answer(question))
        except Exception as wrong:  # noqa: BLE001 - it is raised where it was asked
            found = ("failed", _pickled(wrong))
        self._send(connection, found)

    @staticmethod
    def _send(connection: Connection, message: Any) -> None:
        """Write a message; a process that is gone is seen when its answer is read."""
        with suppress(OSError):
            connection.send(message)


def serve(descriptor: int, life: int) -> None:
    """What a process does: prepare, then one task after the other until the parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in the terminal is the parent's to handle

    def follow() -> None:
        os.read(life, 1)  # nothing is ever written: this returns when the parent is gone
        os._exit(0)

    threading.Thread(target=follow, daemon=True).start()
    connection = Connection(descriptor)
    gc.freeze()  # what is imported is not searched for garbage again and again

    def ask(question: Any) -> Any:
        connection.send(("ask", question))
        kind, value = connection.recv()
        if kind == "failed":
            raise pickle.loads(value)
        return value

    def tried(function: Callable[[], Any]) -> Any:
        try:
            return function()
        except (EOFError, ConnectionError):
            os._exit(0)
        except Exception as wrong:  # noqa: BLE001 - it is raised in the parent
            connection.send(("failed", _pickled(wrong)))
            return None

    try:
        prepare, payload = connection.recv()
        module, _, name = prepare.partition(":")
        work = tried(lambda: getattr(import_module(module), name)(payload, ask))
        while work is not None:
            _, task = connection.recv()
            result = tried(lambda task=task: ("done", work(task)))
            if result is not None:
                connection.send(result)
    except (EOFError, ConnectionError):
        os._exit(0)


def _pickled(wrong: Exception) -> bytes:
    """An exception as bytes that can be read back; one of a kind that cannot is told of in words."""
    try:
        made = pickle.dumps(wrong)
        pickle.loads(made)
    except Exception:  # noqa: BLE001 - whatever its class does not allow
        return pickle.dumps(RewardkitError(f"{type(wrong).__name__}: {wrong}"))
    return made
