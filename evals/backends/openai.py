"""Any server that speaks the OpenAI protocol: vLLM's, SGLang's, a hosted one.

Requests run concurrently over one or several base URLs. A busy, failing, silent or broken-off answer
(429, 5xx, time-out, connection closed in mid-body) is retried, on the next URL where there are
several, after a growing pause; no request is lost. A request that the server rejects
(400, 413, 422: a prompt that is too long, say) is reported as a refusal and stays missing.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from queue import SimpleQueue
from typing import Any

import httpx
from tenacity import RetryCallState, Retrying, retry_if_exception_type, sleep_using_event, stop_after_attempt
from tenacity.wait import wait_random_exponential

from rewardkit.errors import SetupError
from rewardkit.types import Finish

from .base import Backend, Completion, Prompt, Refusal, Request, Sampling

REFUSED = (400, 413, 422)
"""Statuses that are about this one request."""


@dataclass(frozen=True, kw_only=True)
class OpenAIOptions:
    """Options of the OpenAI-compatible backend.

    `base_url` may name several servers, separated by commas. `revision` has to be given by the user: a served name says
    nothing about the weights behind it. `send_seed` false keeps the arm's seed from the server (vLLM's CPU
    engine crashes on one); that is recorded. `extra_body` is a JSON object added to each request.
    """

    base_url: str = "http://127.0.0.1:8000"
    api_key_env: str = "OPENAI_API_KEY"
    concurrency: int = 32
    timeout_seconds: float = 600.0
    attempts: int = 8
    longest_pause_seconds: float = 30.0
    revision: str = "unpinned"
    send_seed: bool = True
    extra_body: str = "{}"


@dataclass
class Busy(Exception):
    """A failure that is worth a retry; `pause` is what the server asked for, in seconds."""

    reason: str
    pause: float | None = None

    def __str__(self) -> str:
        return self.reason


@dataclass
class _Urls:
    """Base URLs, each ending before the path `/v1/...`."""

    urls: list[str]
    turn: int = field(default=0)

    def next(self) -> str:
        self.turn += 1
        return self.urls[self.turn % len(self.urls)]


class OpenAIBackend(Backend):
    """A client of /v1/completions (text prompts) and /v1/chat/completions (message prompts)."""

    takes = OpenAIOptions

    def __init__(self, model: str, options: OpenAIOptions | None = None) -> None:
        self.options = options or OpenAIOptions()
        self.model = model
        urls = [url.strip().rstrip("/").removesuffix("/v1") for url in self.options.base_url.split(",")]
        self._urls = _Urls(urls)
        self._extra = json.loads(self.options.extra_body)
        key = os.environ.get(self.options.api_key_env, "")
        self._client = httpx.Client(
            headers={"authorization": f"Bearer {key}"} if key else {},
            timeout=httpx.Timeout(self.options.timeout_seconds, connect=10.0),
            limits=httpx.Limits(max_connections=self.options.concurrency),
        )
        self._closed = threading.Event()
        self._retrying = Retrying(
            sleep=sleep_using_event(self._closed),
            retry=retry_if_exception_type((Busy, httpx.TransportError)),
            stop=stop_after_attempt(self.options.attempts),
            wait=self._pause,
            reraise=True,
        )
        self._served = self._ask_who(urls[0])

    def identity(self) -> dict[str, Any]:
        """The served name and the revision that was given. A port or a host is not part of it."""
        return {"backend": "openai", "model": self.model, "revision": self.options.revision}

    def environment(self) -> dict[str, Any]:
        """Servers, what they call themselves, and the concurrency."""
        return {
            "backend": "openai",
            "version": httpx.__version__,
            "base_urls": list(self._urls.urls),
            "served_by": self._served.get("owned_by", "unknown"),
            "served_root": self._served.get("root", "unknown"),
            "dtype": "the server's",
            "batch_size": "the server's",
            "concurrency": self.options.concurrency,
        }

    def effective(self, sampling: Sampling) -> dict[str, Any]:
        """The body of each request, less prompt and derived seed."""
        body = self._parameters(sampling)
        if not sampling.greedy:
            body["seed"] = sampling.seed if self.options.send_seed else "not sent (send_seed is false)"
        return body

    def render(self, prompt: Prompt) -> Prompt:
        """Messages stay messages: the server has the chat template."""
        return prompt

    def generate(self, requests: Iterable[Request]) -> Iterator[Completion | Refusal]:
        """Keep `concurrency` requests in flight; yield each as it comes back.

        Stopped (by Ctrl-C, say), it leaves those in flight to themselves: its threads are daemons, which, unlike
        those of an executor, no exit of Python waits for.
        """
        pairs = ((request, sample) for request in requests for sample in request.samples)
        asked: SimpleQueue[tuple[Request, int] | None] = SimpleQueue()
        answered: SimpleQueue[Completion | Refusal | BaseException] = SimpleQueue()
        flying = threads = 0
        failed: BaseException | None = None
        try:
            while True:
                room = self.options.concurrency - flying if failed is None else 0
                for pair in islice(pairs, room):
                    asked.put(pair)
                    flying += 1
                for _ in range(flying - threads):
                    threading.Thread(target=self._work, args=(asked, answered), daemon=True).start()
                    threads += 1
                if not flying:
                    break
                one = answered.get()
                flying -= 1
                if isinstance(one, BaseException):
                    failed = failed or one  # the others in flight are still brought home
                else:
                    yield one
            if failed is not None:
                raise failed
        finally:
            for _ in range(threads):
                asked.put(None)

    def _work(
        self,
        asked: SimpleQueue[tuple[Request, int] | None],
        answered: SimpleQueue[Completion | Refusal | BaseException],
    ) -> None:
        """A thread: ask, and hand back the answer or what went wrong, until there is None to ask."""
        while (pair := asked.get()) is not None:
            try:
                answered.put(self._one(*pair))
            except BaseException as wrong:  # noqa: BLE001 - raised again by `generate`, in the caller's thread
                answered.put(wrong)

    def close(self) -> None:
        """Close the connections; requests that wait for another try give up."""
        self._closed.set()
        self._client.close()

    def _ask_who(self, url: str) -> dict[str, Any]:
        """What /v1/models says of the model; a server without that page is accepted as it is."""
        try:
            answer = self._client.get(f"{url}/v1/models")
        except httpx.TransportError as wrong:
            raise SetupError(f"no server answers at {url}: {wrong!r}") from wrong
        if answer.status_code in (401, 403):
            raise SetupError(
                f"{url} requires a key (HTTP {answer.status_code}); set {self.options.api_key_env}"
            )
        if answer.status_code != 200:
            return {}
        models = {entry["id"]: entry for entry in answer.json().get("data", [])}
        if models and self.model not in models:
            raise SetupError(f"{url} does not serve '{self.model}'; it serves {', '.join(models)}")
        return models.get(self.model, {})

    @property
    def _explicit(self) -> bool:
        """Whether the server takes more than OpenAI's own parameters.

        vLLM and SGLang fill what a request leaves out from the model's generation_config, so there
        everything is sent; OpenAI's own servers refuse parameters they do not know.
        """
        return self._served.get("owned_by") in ("vllm", "sglang")

    def _parameters(self, sampling: Sampling) -> dict[str, Any]:
        body: dict[str, Any] = {"model": self.model, "max_tokens": sampling.max_new_tokens}
        body["temperature"] = 0.0 if sampling.greedy else sampling.temperature
        body["top_p"] = sampling.top_p
        if sampling.stop:
            body["stop"] = list(sampling.stop)
        if self._explicit or sampling.top_k:
            body["top_k"] = sampling.top_k or -1
        if self._explicit or sampling.min_p:
            body["min_p"] = sampling.min_p
        if self._explicit:
            body["repetition_penalty"] = 1.0
        return body | self._extra

    def _one(self, request: Request, sample: int) -> Completion | Refusal:
        sampling = request.sampling
        body = self._parameters(sampling)
        if not sampling.greedy and sampling.seed is not None and self.options.send_seed:
            name = f"{sampling.seed}\n{request.item}\n{request.arm}\n{sample}"
            body["seed"] = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4]) & 0x7FFFFFFF
        if isinstance(request.prompt, str):
            path, body["prompt"] = "/v1/completions", request.prompt
        else:
            path, body["messages"] = "/v1/chat/completions", list(request.prompt)
        try:
            answer = self._retrying(self._post, path, body)
        except (Busy, httpx.TransportError) as last:
            raise SetupError(
                f"no answer after {self.options.attempts} tries at {', '.join(self._urls.urls)}: {last!r}. What is "
                "done is kept: run the same command again when the server is back"
            ) from last
        if isinstance(answer, str):
            return Refusal(index=request.index, sample=sample, reason=answer)
        return self._completion(request, sample, answer)

    def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any] | str:
        """One try. A string is the server's reason for refusing this request."""
        answer = self._client.post(self._urls.next() + path, json=body)
        if answer.status_code == 200:
            try:
                made = answer.json()
                made["choices"][0]
            except (ValueError, LookupError, TypeError) as wrong:
                raise Busy(f"an answer without a completion: {answer.text[:200]!r}") from wrong
            return made
        told = answer.text[:500]
        if answer.status_code in REFUSED:
            return f"HTTP {answer.status_code}: {told}"
        if answer.status_code in (408, 409, 425, 429) or answer.status_code >= 500:
            pause = answer.headers.get("retry-after", "")
            raise Busy(f"HTTP {answer.status_code}: {told}", float(pause) if pause.isdigit() else None)
        raise SetupError(f"{answer.url} answers HTTP {answer.status_code}: {told}")

    def _pause(self, state: RetryCallState) -> float:
        """What the server asked for, or a random pause under a limit that doubles with each try."""
        longest = self.options.longest_pause_seconds
        wrong = state.outcome.exception() if state.outcome else None
        if isinstance(wrong, Busy) and wrong.pause is not None:
            return min(wrong.pause, longest)
        return wait_random_exponential(multiplier=0.5, max=longest)(state)

    def _completion(self, request: Request, sample: int, answer: dict[str, Any]) -> Completion:
        choice = answer["choices"][0]
        message = choice.get("message") or {}
        text = message.get("content") if message else choice.get("text")
        reason = choice.get("finish_reason")
        finish = Finish(reason) if reason in ("stop", "length") else Finish.UNKNOWN
        tokens = (answer.get("usage") or {}).get("completion_tokens")
        if tokens and self._explicit and finish == Finish.STOP and choice.get("stop_reason") is None:
            tokens -= 1  # these servers count the end-of-sequence token
        return Completion(
            index=request.index,
            sample=sample,
            text=text or "",
            tokens=tokens,
            finish=finish,
            reasoning=message.get("reasoning_content") or message.get("reasoning"),
        )
