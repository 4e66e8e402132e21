"""Any server that speaks the OpenAI protocol: vLLM's, SGLang's, a hosted one; or several that serve the same model.

What a request and an answer say is here; how they travel is in `client`. A completion that the server broke off or
filtered, and a request that it rejects (a prompt that is too long, say) or that fails in every try, is a `Refusal`.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import aiohttp

from rewardkit.errors import SetupError, UsageError
from rewardkit.types import Finish

from .base import BROKEN_OFF, Backend, Completion, Prompt, Refusal, Request, Sampling
from .client import Client, GivenUp, Note, Unusable
from .endpoints import Endpoint


@dataclass(frozen=True, kw_only=True)
class OpenAIOptions:
    """Options of the OpenAI-compatible backend.

    `base_url` may name several servers of one model, separated by commas. `concurrency` is over all of them together.
    `patience_seconds` is how long a run waits while no server can be reached. `revision` has to be given by the user: a
    served name says nothing about the weights behind it. `send_seed` false keeps the arm's seed from the server (vLLM's
    CPU engine crashes on one); that is recorded. `extra_body` is a JSON object added to each request.
    """

    base_url: str = "http://127.0.0.1:8000"
    api_key_env: str = "OPENAI_API_KEY"
    concurrency: int = 32
    timeout_seconds: float = 600.0
    attempts: int = 8
    longest_pause_seconds: float = 30.0
    patience_seconds: float = 300.0
    revision: str = "unpinned"
    send_seed: bool = True
    extra_body: str = "{}"

    def __post_init__(self) -> None:
        for name in ("concurrency", "attempts"):
            if getattr(self, name) < 1:
                raise UsageError(f"option '{name}' must be at least 1; found {getattr(self, name)}")


class OpenAIBackend(Backend):
    """A client of /v1/completions (text prompts) and /v1/chat/completions (message prompts)."""

    takes = OpenAIOptions
    mixes_arms = True

    def __init__(self, model: str, options: OpenAIOptions | None = None) -> None:
        self.options = options or OpenAIOptions()
        self.model = model
        given = [url.strip().rstrip("/").removesuffix("/v1") for url in self.options.base_url.split(",")]
        urls = list(dict.fromkeys(url for url in given if url))
        if not urls:
            raise UsageError("option 'base_url' names no server; for example http://127.0.0.1:8000")
        self._extra = _extra_body(self.options.extra_body)
        key = os.environ.get(self.options.api_key_env, "")
        self._remarks: list[str] = []
        self._client = Client(
            urls,
            headers={"authorization": f"Bearer {key}"} if key else {},
            concurrency=self.options.concurrency,
            timeout_s=self.options.timeout_seconds,
            attempts=self.options.attempts,
            longest_pause_s=self.options.longest_pause_seconds,
            patience_s=self.options.patience_seconds,
        )
        try:
            self._served = self._ask_who()
        except BaseException:
            self._client.close()
            raise

    def identity(self) -> dict[str, Any]:
        """The served name and the revision that was given. A port or a host is not part of it."""
        return {"backend": "openai", "model": self.model, "revision": self.options.revision}

    def environment(self) -> dict[str, Any]:
        """Servers, what they call themselves, and the concurrency."""
        return {
            "backend": "openai",
            "version": aiohttp.__version__,
            "base_urls": [endpoint.url for endpoint in self._client.endpoints],
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

        Stopped (by Ctrl-C, say), it waits for none of those in flight.
        """
        pairs = ((request, sample) for request in requests for sample in request.samples)
        for one in self._client.post(pairs, self._body, self._read):
            if isinstance(one, Note):
                self.tell(one.text)
            elif isinstance(one, GivenUp):
                request, sample = one.job
                kind = "refused" if one.refused else "failed"
                yield Refusal(index=request.index, sample=sample, reason=one.reason, kind=kind)
            else:
                yield one

    def remarks(self) -> list[str]:
        """What the servers left in doubt, and how the work was shared where there are several."""
        endpoints = self._client.endpoints
        if len(endpoints) == 1 and not endpoints[0].down_seconds:
            return list(self._remarks)
        shares = [
            f"{one.url} answered {one.answered:,}"
            + (f" (out for {one.down_seconds:.0f} s)" if one.down_seconds else "")
            + ("" if one.up else " (out at the end)")
            for one in endpoints
        ]
        return [*self._remarks, "; ".join(shares)]

    def close(self) -> None:
        """Close the connections; whatever is in flight is given up."""
        self._client.close()

    def _ask_who(self) -> dict[str, Any]:
        """What /v1/models says of the model; a server without that page is accepted as it is.

        Servers that do not answer are left out, and tried again later; one at least must answer.
        """
        found: list[dict[str, Any]] = []
        silent: list[tuple[Endpoint, BaseException]] = []
        for endpoint in self._client.endpoints:
            try:
                found.append(self._models(endpoint))
            except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as wrong:
                silent.append((endpoint, wrong))
        if not found:
            told = "; ".join(f"{endpoint.url}: {wrong!r}" for endpoint, wrong in silent)
            raise SetupError(f"no server answers at {told}")
        for endpoint, wrong in silent:
            self._client.leave_out(endpoint, wrong)
            self._remarks.append(f"{endpoint.url} did not answer at the start ({wrong!r})")
        for what in ("owned_by", "root"):
            names = list(dict.fromkeys(str(served[what]) for served in found if what in served))
            if len(names) > 1:
                self._remarks.append(f"the servers differ in what they serve ({what}): {', '.join(names)}")
        return found[0]

    def _models(self, endpoint: Endpoint) -> dict[str, Any]:
        """One server's entry for the model. Raises what the client raises where nobody answers."""
        url = endpoint.url
        status, raw = self._client.get(endpoint, "/v1/models")
        if status in (401, 403):
            raise SetupError(f"{url} requires a key (HTTP {status}); set {self.options.api_key_env}")
        if status != 200:
            return {}
        try:
            listed = json.loads(raw)["data"]
            models = {entry["id"]: entry for entry in listed}
        except (ValueError, LookupError, TypeError, RecursionError):
            self._remarks.append(
                f"{url}/v1/models is no list of models: {raw[:60].decode('utf-8', 'replace')!r}. What the server runs is "
                "unknown, so it is sent only parameters that OpenAI's own servers know"
            )
            return {}
        if models and self.model not in models:
            raise SetupError(f"{url} does not serve '{self.model}'; it serves {', '.join(map(str, models))}")
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

    def _body(self, pair: tuple[Request, int]) -> tuple[str, bytes]:
        """The path and the body of one request."""
        request, sample = pair
        sampling = request.sampling
        body = self._parameters(sampling)
        if not sampling.greedy and sampling.seed is not None and self.options.send_seed:
            name = f"{sampling.seed}\n{request.item}\n{request.arm}\n{sample}"
            body["seed"] = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4]) & 0x7FFFFFFF
        if isinstance(request.prompt, str):
            path, body["prompt"] = "/v1/completions", request.prompt
        else:
            path, body["messages"] = "/v1/chat/completions", list(request.prompt)
        return path, json.dumps(body).encode("ascii")

    def _read(self, pair: tuple[Request, int], answer: Any) -> tuple[Completion | Refusal, bool]:
        """What an answer says, and whether it is the server's work done. Raises Unusable where it is no answer."""
        request, sample = pair
        choice = _first_choice(answer)
        message = _of(choice, "message", dict) or {}
        text = _of(message, "content", str) if "message" in choice else _of(choice, "text", str)
        reasoning = _of(message, "reasoning_content", str) or _of(message, "reasoning", str)
        reason = _of(choice, "finish_reason", str)
        tokens = _of(_of(answer, "usage", dict) or {}, "completion_tokens", int)
        if reason in BROKEN_OFF:
            told = f"the server ended it (finish_reason {reason})"
            return Refusal(index=request.index, sample=sample, reason=told, kind="aborted"), False
        if text is None and reasoning is None:
            declined = _of(message, "refusal", str)
            told = f"declined: {declined}" if declined else f"no content (finish_reason {reason})"
            kind = "refused" if declined else "aborted"
            return Refusal(index=request.index, sample=sample, reason=told, kind=kind), bool(declined)
        finish = Finish(reason) if reason in ("stop", "length") else Finish.UNKNOWN
        if tokens and self._explicit and finish == Finish.STOP and choice.get("stop_reason") is None:
            tokens -= 1  # these servers count the end-of-sequence token
        made = Completion(
            index=request.index,
            sample=sample,
            text=text or "",
            tokens=tokens,
            finish=finish,
            reasoning=reasoning,
        )
        return made, True


def _extra_body(text: str) -> dict[str, Any]:
    try:
        made = json.loads(text)
    except ValueError:
        made = None
    if not isinstance(made, dict):
        raise UsageError(f"option 'extra_body' must be a JSON object; found {text[:60]!r}")
    return made


def _first_choice(answer: Any) -> dict[str, Any]:
    choices = _of(answer, "choices", list) if isinstance(answer, dict) else None
    first = choices[0] if choices else None
    if not isinstance(first, dict) or not ("message" in first or "text" in first):
        raise Unusable("an answer without a completion")
    return first


def _of(row: dict[str, Any], key: str, kind: type) -> Any:
    """The value of a key, None where it is null or absent. Raises Unusable where it is of another kind."""
    value = row.get(key)
    if value is None:
        return None
    if not isinstance(value, kind) or isinstance(value, bool) or (kind is int and value < 0):
        raise Unusable(f"an answer whose '{key}' is {json.dumps(value)[:40]}")
    return value
