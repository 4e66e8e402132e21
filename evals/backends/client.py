"""Many requests at once over HTTP, to one server or to several: nothing is lost, and nothing is asked twice for one answer.

A request that fails (5xx, 429, time-out, broken-off or unusable answer) is tried again, elsewhere where there are
several servers, after a growing pause. A server that cannot be reached is left out until its probe, a GET of
/v1/models, is answered; that costs the requests no try. While no server can be reached all wait, up to `patience_s`.

An event loop in a thread of its own does the work, so that callers stay synchronous (a notebook's loop may be
running) and time-outs run while the caller is busy.
"""

from __future__ import annotations

import asyncio
import json
import random
import resource
import threading
from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from queue import SimpleQueue
from typing import Any, Generic, TypeVar

import aiohttp

from rewardkit.errors import SetupError

from .endpoints import SICK, Endpoint, choose, pause_after

T = TypeVar("T")
J = TypeVar("J")

REFUSED = (400, 413, 422)
"""Statuses that are about this one request, which would be refused again."""
BUSY = (408, 409, 425, 429)
"""Statuses that ask for another try, beside those from 500 up."""
CONNECT_S = 10.0
KEEP_S = 4.0
"""How long an idle connection is kept: less than the 5 s after which uvicorn, under vLLM, closes its end."""
PROBE_S = 5.0
"""The longest pause between two probes of a server that is down."""
SHOWN = 300
"""Characters of a server's answer that are shown."""


class Unusable(ValueError):
    """What `read` raises for an answer that is none: the request has failed, and is tried again."""


@dataclass(frozen=True, slots=True)
class GivenUp(Generic[J]):
    """A request without an answer: refused by the server (`refused`), or failed in every try."""

    job: J
    refused: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Note:
    """Something to tell the user while the work goes on."""

    text: str


class _Failed(Exception):
    """A try that failed."""


class _Unreachable(Exception):
    """A try that reached nobody."""


class Client:
    """Use `post` for the work, `get` before it; `close` at the end.

    Args:
        urls: each ends before the path.
        concurrency: requests in flight, over all servers together.
        timeout_s: for one try, from the connection to the answer's last byte.
        attempts: tries of a request.
        longest_pause_s: between two tries of a request.
        patience_s: how long no server may be reachable before `post` raises SetupError.
    """

    def __init__(
        self,
        urls: Sequence[str],
        *,
        headers: dict[str, str],
        concurrency: int,
        timeout_s: float,
        attempts: int,
        longest_pause_s: float,
        patience_s: float,
    ) -> None:
        _room_for(concurrency)
        self.endpoints = [Endpoint(url) for url in urls]
        self.concurrency, self.attempts = concurrency, attempts
        self.longest, self.patience = longest_pause_s, patience_s
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="rewardkit-client", daemon=True)
        self._thread.start()
        self._note: Callable[[Note], None] = lambda note: None
        self._asking: set[asyncio.Task[Any]] = set()
        self._watching: set[asyncio.Task[Any]] = set()
        self._run(self._open(headers, timeout_s))

    def get(self, endpoint: Endpoint, path: str) -> tuple[int, bytes]:
        """Status and body. Raises aiohttp.ClientError, TimeoutError or OSError where nobody answers."""
        return self._run(self._get(endpoint, path))

    def leave_out(self, endpoint: Endpoint, why: BaseException) -> None:
        """Take a server for down from the start; it is tried again while `post` works."""
        self._loop.call_soon_threadsafe(self._go_down, endpoint, why)

    def post(
        self,
        jobs: Iterable[J],
        request: Callable[[J], tuple[str, bytes]],
        read: Callable[[J, Any], tuple[T, bool]],
    ) -> Iterator[T | GivenUp[J] | Note]:
        """Ask for every job; yield what `read` makes of each answer, as the answers come, or what went wrong.

        Args:
            jobs: taken lazily; about twice `concurrency` are held, so that those which pause before another try
                hold up nobody.
            request: a job's path and body (JSON).
            read: what an answer's JSON says, and whether the server did its work (one that breaks off all it is
                asked is quick, and would get the most); raises Unusable where it is not an answer.

        Raises:
            SetupError: no server could be reached for `patience_s`, or a server gave an answer about the set-up (a
                wrong key, say). What was in flight is brought home first.
        """
        done: SimpleQueue[Any] = SimpleQueue()
        left = iter(jobs)
        held = 0
        wrong: BaseException | None = None
        self._note = done.put
        try:
            while True:
                more = list(islice(left, 2 * self.concurrency - held)) if wrong is None else []
                if more:
                    held += len(more)
                    self._loop.call_soon_threadsafe(self._start, more, request, read, done)
                if not held:
                    break
                one = done.get()
                held -= not isinstance(one, Note)
                if isinstance(one, BaseException):
                    wrong = wrong or one
                else:
                    yield one
            if wrong is not None:
                raise wrong
        finally:
            if held:
                self._loop.call_soon_threadsafe(self._drop)

    def close(self) -> None:
        """Give up what is in flight and close the connections."""
        if not self._loop.is_closed():
            self._run(self._finish())
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()

    def _run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    # -- everything below runs in the loop's thread

    async def _open(self, headers: dict[str, str], timeout_s: float) -> None:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=KEEP_S),
            timeout=aiohttp.ClientTimeout(total=timeout_s, sock_connect=min(CONNECT_S, timeout_s)),
            headers={**headers, "content-type": "application/json"},
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=True,
        )
        self._slots = asyncio.Semaphore(self.concurrency)
        self._reachable = asyncio.Event()
        self._reachable.set()
        self._down_since = 0.0

    async def _finish(self) -> None:
        tasks = self._asking | self._watching
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._session.close()

    def _drop(self) -> None:
        for task in self._asking:
            task.cancel()

    def _spawn(self, coroutine: Coroutine[Any, Any, Any], among: set[asyncio.Task[Any]]) -> None:
        task = self._loop.create_task(coroutine)
        among.add(task)
        task.add_done_callback(among.discard)

    def _start(self, jobs: Sequence[Any], request: Any, read: Any, done: SimpleQueue[Any]) -> None:
        for job in jobs:
            self._spawn(self._settle(job, request, read, done), self._asking)

    async def _settle(self, job: Any, request: Any, read: Any, done: SimpleQueue[Any]) -> None:
        try:
            path, body = request(job)
            done.put(await self._ask(job, path, body, lambda answer: read(job, answer)))
        except asyncio.CancelledError:
            raise
        except BaseException as wrong:  # noqa: BLE001 - raised again by `post`, in the caller's thread
            done.put(wrong)

    async def _ask(
        self, job: Any, path: str, body: bytes, read: Callable[[Any], tuple[T, bool]]
    ) -> T | GivenUp[Any]:
        """One request until it is answered, refused, or has failed in every try."""
        tries = unreached = 0
        last: Endpoint | None = None
        while True:
            async with self._slots:
                last = await self._endpoint(last)
                try:
                    return await self._try(last, job, path, body, read)
                except _Failed as failed:
                    tries, reason = tries + 1, str(failed)
                except _Unreachable as failed:  # not the request's fault: this costs no try, within limits
                    unreached, reason = unreached + 1, str(failed)
            if tries >= self.attempts or unreached > self.attempts:
                return GivenUp(
                    job, False, f"failed {tries + unreached} times, the last time at {last.url}: {reason}"
                )
            if tries:
                await asyncio.sleep(random.uniform(0, pause_after(tries, self.longest)))

    async def _endpoint(self, last: Endpoint | None) -> Endpoint:
        """The server to ask, as soon as there is one. Raises SetupError when there is none for too long."""
        while (chosen := choose(self.endpoints, self._loop.time(), last, self.longest)) is None:
            if self._reachable.is_set():  # resting
                now = self._loop.time()
                await asyncio.sleep(max(0.0, min(one.rest_until for one in self.endpoints if one.up) - now))
                continue
            try:
                async with asyncio.timeout_at(self._down_since + self.patience):
                    await self._reachable.wait()
            except TimeoutError:
                urls = ", ".join(one.url for one in self.endpoints)
                raise SetupError(
                    f"no answer from {urls} for {self.patience:g} s. What is done is kept: run the same command again "
                    "when the server is back"
                ) from None
        return chosen

    async def _try(
        self, endpoint: Endpoint, job: Any, path: str, body: bytes, read: Callable[[Any], tuple[T, bool]]
    ) -> T | GivenUp[Any]:
        endpoint.flying += 1
        try:
            async with self._session.post(endpoint.url + path, data=body, allow_redirects=False) as answer:
                status, pause = answer.status, answer.headers.get("retry-after", "")
                raw = await answer.read()
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as wrong:
            self._go_down(endpoint, wrong)
            raise _Unreachable(_told(wrong)) from wrong
        except (aiohttp.ClientError, TimeoutError, OSError) as wrong:
            raise self._failure(endpoint, _told(wrong)) from wrong
        finally:
            endpoint.flying -= 1
        if status == 200:
            try:
                made, well = read(json.loads(raw))
            except (ValueError, RecursionError) as wrong:  # Unusable, not JSON, not UTF-8, nested without end
                reason = str(wrong) if isinstance(wrong, Unusable) else "not JSON"
                raise self._failure(endpoint, f"{reason}: {_shown(raw)}") from wrong
            if well:
                endpoint.succeed()
            else:
                self._failure(endpoint, "the completion was broken off")
            return made
        told = f"HTTP {status}: {_shown(raw)}"
        if status in REFUSED:
            endpoint.succeed()
            return GivenUp(job, True, told)
        if status not in BUSY and status < 500:
            raise SetupError(f"{endpoint.url}{path} answers {told}")
        if pause.isdigit():
            endpoint.rest_until = self._loop.time() + min(float(pause), self.longest)
        if status == 429:  # it is well, and has enough to do
            raise _Failed(told)
        raise self._failure(endpoint, told)

    def _failure(self, endpoint: Endpoint, reason: str) -> _Failed:
        """A try that failed at a server that was reached; where many do, it is asked how it is."""
        endpoint.fail(self._loop.time(), self.longest)
        if endpoint.failures % (2 * SICK) == SICK:
            self._spawn(self._doubt(endpoint, reason, endpoint.failures == SICK), self._watching)
        return _Failed(reason)

    async def _doubt(self, endpoint: Endpoint, reason: str, first: bool) -> None:
        """Find out whether a server that failed several requests in a row is there at all."""
        wrong = await self._probe(endpoint)
        if wrong is not None:
            self._go_down(endpoint, wrong)
        elif first and len(self.endpoints) > 1:
            told = f"{SICK} requests in a row failed ({reason}); it gets fewer until one is answered"
            self._note(Note(f"{endpoint.url}: {told}"))

    def _go_down(self, endpoint: Endpoint, why: BaseException) -> None:
        if not endpoint.up:
            return
        endpoint.up, endpoint.down_since = False, self._loop.time()
        self._note(Note(f"{endpoint.url} does not answer ({_told(why)}); it is left out, and tried again"))
        if not any(one.up for one in self.endpoints):
            self._reachable.clear()
            self._down_since = endpoint.down_since
        self._spawn(self._watch(endpoint), self._watching)

    async def _watch(self, endpoint: Endpoint) -> None:
        """Probe a server that is down until it answers."""
        probes = 0
        while True:
            probes += 1
            await asyncio.sleep(min(PROBE_S, pause_after(probes, self.longest)))
            if await self._probe(endpoint) is None:
                break
        seconds = self._loop.time() - endpoint.down_since
        endpoint.up, endpoint.failures = True, 0
        endpoint.down_seconds += seconds
        self._reachable.set()
        self._note(Note(f"{endpoint.url} answers again, after {seconds:.0f} s"))

    async def _probe(self, endpoint: Endpoint) -> BaseException | None:
        """What is wrong with a server; None where it answers at all."""
        try:
            status, raw = await self._get(endpoint, "/v1/models")
        except (aiohttp.ClientError, TimeoutError, OSError) as wrong:
            return wrong
        return _Failed(f"HTTP {status}: {_shown(raw)}") if status >= 500 else None

    async def _get(self, endpoint: Endpoint, path: str) -> tuple[int, bytes]:
        timeout = aiohttp.ClientTimeout(total=CONNECT_S)
        async with self._session.get(endpoint.url + path, timeout=timeout) as answer:
            return answer.status, await answer.read()


def _room_for(connections: int) -> None:
    """Let this process have so many connections open. Raises SetupError where the system does not."""
    wanted = connections + 200
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        if hard != resource.RLIM_INFINITY and hard < wanted:
            raise SetupError(
                f"{connections} requests in flight need more open files than the system allows ({hard})"
            )
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _told(wrong: BaseException) -> str:
    return f"{type(wrong).__name__}: {wrong}" if str(wrong) else type(wrong).__name__


def _shown(raw: bytes) -> str:
    return repr(raw[:SHOWN].decode("utf-8", "replace"))
