"""A recipe over HTTP: for OpenRLHF's remote reward, and for anything else that can post JSON.

    GET  /health      the recipe, its digest, and the limits
    POST /score       {"rollouts": [{"completion", "gold", "prompt", "id", "group", "sample", "tokens", "finish",
                      "reasoning", "fields"}, ..]} -> {"scores": [{"total", "terms", "outcome", "prediction", ..}]}
    POST /openrlhf    {"query": [..], "prompts": [..], "labels": [..]} -> {"rewards": [..], "scores": [..], "extra_logs"}
                      (`/` too, since OpenRLHF's scripts post to whatever URL they are given)

A request that is too large is refused before it is read; a bad one is answered with what is wrong with it (400, 422),
which is logged too, since OpenRLHF shows its user only the status code. A total of null means that no term applies.
Bound to this machine by default: there is no authentication.
"""

from __future__ import annotations

import json
import logging
import re
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StrictBool

from rewardkit.errors import DataError, RewardkitError, SetupError
from rewardkit.recipe.recipe import Recipe
from rewardkit.rows import GoldReader
from rewardkit.rows.golds import ON_COMMAND_LINE
from rewardkit.rows.values import short
from rewardkit.types import Finish, Gold, Rollout, Score

from .adapter.configured import ConfiguredRecipe, golds_of, logged, one_at_a_time, paid
from .adapter.observe import explanation
from .openrlhf import hub_tokenizer, rollouts_of

Body = ConfigDict(extra="forbid")
log = logging.getLogger("uvicorn.error")

END = re.compile(r"(<\|[^|<>\s]{1,40}\|>|<｜[^｜<>]{1,40}｜>|</s>|<eos>|<end_of_turn>)\Z")
"""What a model's end-of-sequence token looks like in decoded text."""

FAULTS = 20
"""Most faults that a response lists; a batch may have one in every rollout."""


GRACE_SECONDS = 30
"""How long a server waits for its clients once it is asked to stop; one may hold half a request forever."""


class RolloutIn(BaseModel):
    """One completion. `gold` is one gold or a list of accepted ones."""

    model_config = Body

    completion: str
    gold: StrictBool | str | int | float | list[StrictBool | str | int | float | None] | None
    prompt: str | list[dict[str, Any]] = ""
    id: str = ""
    group: str = ""
    sample: int = 0
    tokens: Annotated[int, Field(ge=0)] | None = None
    token_ids: list[int] | None = None
    finish: Finish = Finish.UNKNOWN
    reasoning: str | None = None
    fields: dict[str, Any] = Field(default_factory=dict)

    def rollout(self, gold: Gold | tuple[Gold, ...]) -> Rollout:
        """As the engine takes it, with the gold that was read."""
        values = {name: getattr(self, name) for name in type(self).model_fields}
        values["gold"] = gold
        values["token_ids"] = tuple(self.token_ids) if self.token_ids is not None else None
        return Rollout(**values)


class ScoreRequest(BaseModel):
    """A batch. Rollouts of one prompt share a `group` and are adjacent."""

    model_config = Body

    rollouts: list[RolloutIn]


class OpenRLHFRequest(BaseModel):
    """What OpenRLHF posts: whole texts, their prompts, and labels."""

    query: list[str]
    prompts: list[str] | None = None
    labels: list[StrictBool | str | int | float | dict[str, Any] | None] | None = None


def answer(score: Score) -> dict[str, Any]:
    """A score as JSON."""
    verdict = score.reading.verdict
    return {
        "id": score.reading.rollout.id,
        "total": score.total,
        "terms": score.values,
        "outcome": str(score.outcome),
        "prediction": score.reading.prediction,
        "route": score.reading.route,
        "seconds": verdict.seconds if verdict is not None else 0.0,
        "truncated": score.reading.truncated,
        "explanation": explanation(score),
    }


def posted(
    recipe: Recipe, request: OpenRLHFRequest, golds: GoldReader, tokenizer: Any = None
) -> list[Rollout]:
    """The rollouts of OpenRLHF's request. Raises DataError or UsageError for what cannot be scored."""
    one_at_a_time(recipe, "OpenRLHF")
    size = len(request.query)
    if request.labels is None or len(request.labels) != size:
        raise DataError("labels: one gold for each query (OpenRLHF: --data.label_key)")
    prompts = request.prompts or [""] * size
    if len(prompts) != size:
        raise DataError(f"{len(prompts)} prompts for {size} queries")
    if tokenizer is None and (ends := [end for one in request.query if (end := END.search(one))]):
        raise DataError(
            f"a query ends with {ends[0].group()!r}, which looks like the end-of-sequence token; "
            "serve with --tokenizer NAME, the model's, which knows what to strip"
        )
    return rollouts_of(request.query, prompts, request.labels, golds, tokenizer)


def faults_of(errors: Sequence[Any]) -> list[dict[str, Any]]:
    """The first faults of a request: where, what, and what was found there, shortened."""
    return [
        {"loc": list(one["loc"]), "msg": one["msg"], "input": short(one.get("input"))}
        for one in errors[:FAULTS]
    ]


def gold_reader(recipe: Recipe, gold_extract: str | None) -> GoldReader:
    """Reads the golds of a request for a recipe."""
    return GoldReader(gold_extract, judges=[recipe.answer], option=ON_COMMAND_LINE)


@dataclass(frozen=True)
class Service:
    """What the server needs to answer: a recipe, the model's tokenizer if one is given, and the limits of a request."""

    configured: ConfiguredRecipe
    hub: Any
    """The same tokenizer, loaded by transformers, to strip the end-of-sequence token from OpenRLHF's texts."""
    gold_extract: str | None
    max_batch: int
    max_bytes: int

    @property
    def recipe(self) -> Recipe:
        """The recipe that is served."""
        return self.configured.recipe

    def golds(self) -> GoldReader:
        """A new reader for each request: what one client posts must not affect the next."""
        return gold_reader(self.recipe, self.gold_extract)

    async def health(self) -> dict[str, Any]:  # async: answers on the loop, when every thread is busy scoring
        """What is served, and the limits of a request."""
        return {
            "status": "ok",
            "recipe": self.recipe.ref,
            "digest": self.recipe.digest,
            "max_batch": self.max_batch,
            "max_bytes": self.max_bytes,
            "needs": sorted(self.recipe.needs()),
            "reads_groups": self.recipe.reads_groups,
        }

    # The scoring functions are plain, not async: FastAPI runs them in threads, so a slow one blocks no other.

    def score(self, request: ScoreRequest) -> Any:
        """The scores of a batch."""

        def rollouts() -> list[Rollout]:
            read = golds_of([one.gold for one in request.rollouts], self.golds())
            return [one.rollout(gold) for one, gold in zip(request.rollouts, read, strict=True)]

        answers = [answer(one) for one in self._scored(len(request.rollouts), rollouts)]
        return as_json({"recipe": self.recipe.ref, "digest": self.recipe.digest, "scores": answers})

    def openrlhf(self, request: OpenRLHFRequest) -> Any:
        """The rewards of a batch, as OpenRLHF's remote reward takes them."""
        scores = self._scored(
            len(request.query), lambda: posted(self.recipe, request, self.golds(), self.hub)
        )
        logs = [logged(self.recipe, one) for one in scores]
        return as_json(
            {
                "rewards": [paid(one) for one in scores],
                "scores": [float(one.outcome.right) for one in scores],
                "extra_logs": {name: [one[name] for one in logs] for name in (logs[0] if logs else ())},
            }
        )

    def _scored(self, size: int, rollouts: Callable[[], Sequence[Rollout]]) -> list[Score]:
        if size > self.max_batch:
            raise refused(413, f"{size} rollouts in one request; at most {self.max_batch} are accepted")
        try:
            return self.configured.score(rollouts())
        except RewardkitError as error:
            raise refused(422, str(error)) from error

    async def limit_size(self, request: Any, go_on: Callable[[Any], Awaitable[Any]]) -> Any:
        """Middleware: refuses a body that is too large before it is read."""
        length = request.headers.get("content-length")
        if request.method == "POST" and length is None:
            return as_json({"detail": "send a Content-Length"}, 411)
        if length is not None and int(length) > self.max_bytes:
            why = f"the body has {length} bytes; at most {self.max_bytes} are accepted"
            return as_json({"detail": why}, 413)
        return await go_on(request)


def as_json(content: Any, status: int = 200) -> Any:
    """A response, encoded in the request's own thread, as ASCII: JSON can hold a lone surrogate, UTF-8 cannot."""
    from fastapi import Response

    return Response(json.dumps(content, allow_nan=False), status, media_type="application/json")


def refused(status: int, why: str) -> Exception:
    """The refusal to raise; the log has it too."""
    from fastapi import HTTPException

    log.warning("refused: %s", why)
    return HTTPException(status, why)


async def invalid(_: Any, error: Any) -> Any:
    """The response to a request that does not fit its schema."""
    faults = faults_of(error.errors())
    log.warning("refused: %s", faults[0] if faults else error)
    return as_json({"detail": faults}, 422)


async def unread(_: Any, error: Any) -> Any:
    """The response to any other refusal, with what could not be read, which FastAPI does not say."""
    why = error.detail
    if error.status_code == 400 and error.__cause__ is not None:
        why = f"{why}: {error.__cause__}"
        log.warning("refused: %s", why)
    return as_json({"detail": why}, error.status_code)


def build(
    recipe: Recipe,
    *,
    tokenizer: str | None = None,
    gold_extract: str | None = None,
    max_batch: int = 4096,
    max_bytes: int = 64 * 2**20,
) -> Any:
    """The FastAPI application.

    Args:
        recipe: what is served.
        tokenizer: the model's, a name or folder; counts tokens where a request does not, and finds the end of
            OpenRLHF's texts.
        gold_extract: the extractor that finds the gold inside a request's gold.
        max_batch: most rollouts per request (413 above).
        max_bytes: most bytes in a request's body (413 above).
    """
    try:
        from fastapi import FastAPI
        from fastapi.exceptions import RequestValidationError
        from starlette.exceptions import HTTPException
    except ModuleNotFoundError as missing:
        raise SetupError("serving needs FastAPI and uvicorn: pip install 'rewardkit[serve]'") from missing

    from rewardkit import __version__

    service = Service(
        configured=ConfiguredRecipe(recipe, gold_reader(recipe, gold_extract), tokenizer),
        hub=hub_tokenizer(tokenizer) if tokenizer is not None else None,
        gold_extract=gold_extract,
        max_batch=max_batch,
        max_bytes=max_bytes,
    )
    app = FastAPI(title=f"rewardkit {recipe.ref}", version=__version__)
    app.middleware("http")(service.limit_size)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, unread)
    app.get("/health")(service.health)
    app.post("/score")(service.score)
    app.post("/openrlhf")(service.openrlhf)
    app.post("/")(service.openrlhf)
    return app


def listening(host: str, port: int) -> socket.socket:
    """A socket bound to an address. Raises SetupError if it is taken or not an address of this machine."""
    family, kind, protocol, _, address = _address(host, port)
    found = socket.socket(family, kind, protocol)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind(address)
    except OSError as error:
        found.close()
        raise SetupError(
            f"cannot listen on port {port} of {host}: {error.strerror}; choose another with --port or --host"
        ) from error
    return found


def _address(host: str, port: int) -> Any:
    try:
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    except OSError as error:
        raise SetupError(f"--host {host} is not an address: {error.strerror}") from error


def run(
    recipe: Recipe,
    host: str,
    port: int,
    *,
    tokenizer: str | None,
    gold_extract: str | None,
    max_batch: int,
    max_bytes: int,
) -> None:
    """Serve until interrupted; requests being scored are answered first, for `GRACE_SECONDS` at most."""
    app = build(
        recipe, tokenizer=tokenizer, gold_extract=gold_extract, max_batch=max_batch, max_bytes=max_bytes
    )
    import uvicorn

    config = uvicorn.Config(
        app, host=host, port=port, log_level="info", timeout_graceful_shutdown=GRACE_SECONDS
    )
    server = uvicorn.Server(config)
    bound = listening(host, port)
    if not ip_address(bound.getsockname()[0]).is_loopback:
        log.warning(
            "listening on %s: anyone who can reach this machine can ask for scores; there is no authentication",
            host,
        )
    log.info("%s (%s) on http://%s:%d", recipe.ref, recipe.digest[:12], host, bound.getsockname()[1])
    server.run(sockets=[bound])
