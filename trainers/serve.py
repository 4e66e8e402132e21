"""A recipe over HTTP: for OpenRLHF's remote reward, and for anything else that can post JSON.

    GET  /health      the recipe, its digest, and the limits
    POST /score       {"rollouts": [{"completion", "gold", "prompt", "id", "group", "sample", "tokens", "finish",
                      "reasoning", "fields"}, ..]} -> {"scores": [{"total", "terms", "outcome", "prediction", ..}]}
    POST /openrlhf    {"query": [..], "prompts": [..], "labels": [..]} -> {"rewards": [..], "scores": [..], "extra_logs"}
                      (`/` too, since OpenRLHF's scripts post to whatever URL they are given)

A request that is too large is refused before it is read; a bad one is answered with what is wrong with it (422).
Totals of null mean that nothing applies. Bound to this machine unless told otherwise: there is no authentication.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from rewardkit.errors import RewardkitError, SetupError
from rewardkit.recipe import Recipe
from rewardkit.rows.values import number_text
from rewardkit.types import Finish, Rollout, Score

from .observe import explanation
from .openrlhf import answer_of, logs, zero_where_nothing

Body = ConfigDict(extra="forbid")


class RolloutIn(BaseModel):
    """One completion. `gold` is one gold or a list of accepted ones."""

    model_config = Body

    completion: str
    gold: str | int | float | list[str | int | float | None] | None
    prompt: str | list[dict[str, Any]] = ""
    id: str = ""
    group: str = ""
    sample: int = 0
    tokens: Annotated[int, Field(ge=0)] | None = None
    token_ids: list[int] | None = None
    finish: Finish = Finish.UNKNOWN
    reasoning: str | None = None
    fields: dict[str, Any] = Field(default_factory=dict)

    def rollout(self) -> Rollout:
        """As the engine takes it."""
        values = {name: getattr(self, name) for name in type(self).model_fields}
        gold = self.gold
        values["gold"] = tuple(_text(one) for one in gold) if isinstance(gold, list) else _text(gold)
        values["token_ids"] = tuple(self.token_ids) if self.token_ids is not None else None
        return Rollout(**values)


class ScoreRequest(BaseModel):
    """A batch. Rollouts of one prompt share a `group` and stand together."""

    model_config = Body

    rollouts: list[RolloutIn]


class OpenRLHFRequest(BaseModel):
    """What OpenRLHF posts: whole texts, their prompts, and labels."""

    query: list[str]
    prompts: list[str] | None = None
    labels: list[str | int | float | None] | None = None


def _text(gold: Any) -> str | None:
    return gold if gold is None or isinstance(gold, str) else number_text(gold)


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


def build(recipe: Recipe, *, max_batch: int = 4096, max_bytes: int = 64 * 2**20) -> Any:
    """The FastAPI application.

    Args:
        recipe: what is served.
        max_batch: rollouts a request may have (413 above).
        max_bytes: bytes a request's body may have (413 above).
    """
    try:
        from fastapi import FastAPI, HTTPException, Request
        from fastapi.responses import JSONResponse
    except ModuleNotFoundError as missing:
        raise SetupError("serving needs FastAPI and uvicorn: pip install 'rewardkit[serve]'") from missing

    from rewardkit import __version__

    app = FastAPI(title=f"rewardkit {recipe.ref}", version=__version__)

    async def limit_size(request: Request, go_on: Callable[[Request], Awaitable[Any]]) -> Any:
        length = request.headers.get("content-length")
        if request.method == "POST" and length is None:
            return JSONResponse({"detail": "send a Content-Length"}, 411)
        if length is not None and int(length) > max_bytes:
            return JSONResponse(
                {"detail": f"the body has {length} bytes; at most {max_bytes} are taken"}, 413
            )
        return await go_on(request)

    app.middleware("http")(limit_size)

    def scored(rollouts: Sequence[Rollout]) -> list[Score]:
        if len(rollouts) > max_batch:
            raise HTTPException(
                413, f"{len(rollouts)} rollouts in one request; at most {max_batch} are taken"
            )
        try:
            return recipe.score(rollouts)
        except RewardkitError as error:
            raise HTTPException(422, str(error)) from error

    def health() -> dict[str, Any]:
        return {
            "status": "ok",
            "recipe": recipe.ref,
            "digest": recipe.digest,
            "max_batch": max_batch,
            "max_bytes": max_bytes,
            "needs": sorted(recipe.needs()),
            "reads_groups": recipe.reads_groups,
        }

    def score(request: ScoreRequest) -> dict[str, Any]:
        scores = scored([one.rollout() for one in request.rollouts])
        return {"recipe": recipe.ref, "digest": recipe.digest, "scores": [answer(one) for one in scores]}

    def openrlhf(request: OpenRLHFRequest) -> dict[str, Any]:
        if request.labels is None or len(request.labels) != len(request.query):
            raise HTTPException(422, "labels: one gold for each query (OpenRLHF: --input.label_key)")
        prompts = request.prompts or [""] * len(request.query)
        if len(prompts) != len(request.query):
            raise HTTPException(422, f"{len(prompts)} prompts for {len(request.query)} queries")
        scores = scored(
            [
                Rollout(completion=answer_of(query, prompt), prompt=prompt, gold=_text(label))
                for query, prompt, label in zip(request.query, prompts, request.labels, strict=True)
            ]
        )
        rewards = zero_where_nothing(scores)
        return {"rewards": rewards, "scores": rewards, "extra_logs": logs(recipe, scores)}

    # The functions are plain, not async: FastAPI then runs them in threads, and a slow answer blocks no other.
    app.get("/health")(health)
    app.post("/score")(score)
    app.post("/openrlhf")(openrlhf)
    app.post("/")(openrlhf)
    return app


def run(recipe: Recipe, host: str, port: int, *, max_batch: int, max_bytes: int) -> None:
    """Serve until interrupted."""
    app = build(recipe, max_batch=max_batch, max_bytes=max_bytes)
    import uvicorn

    uvicorn.run(app, host=host, port=port, log_level="info")
