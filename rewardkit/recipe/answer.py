"""The `answer` section: how a completion is read before anything is paid.

Extractors and the verifier are named, with parameters if they have any; the revision of each is part of the digest.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationError,
    WithJsonSchema,
    field_validator,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from ..kinds import EXTRACTORS, VERIFIERS, Extractor, Kind, Registry, Verifier
from ..verify.words import matches_words, pattern_fault, same_words


def _built(registry: Registry[Any], spec: Any) -> Kind:
    """A kind from its name, or from a mapping with `kind` and parameters."""
    if isinstance(spec, Kind):
        return spec
    params = dict(spec) if isinstance(spec, Mapping) else {}
    name = params.pop("kind", None) if isinstance(spec, Mapping) else spec
    if not isinstance(name, str):
        raise PydanticCustomError(
            "kind",
            "{noun}: write a name, or a mapping with 'kind'; found {found}",
            {"noun": registry.noun, "found": repr(spec)},
        )
    try:
        cls = registry.get(name)
    except KeyError as error:
        raise PydanticCustomError("kind", "{fault}", {"fault": str(error.args[0])}) from None
    return cls.model_validate(params)


def _plain(kind: Kind) -> Any:
    params = kind.model_dump(mode="json", exclude_defaults=True)
    return {"kind": kind.kind, **params} if params else kind.kind


def _extractors(specs: Any) -> tuple[Kind, ...]:
    if isinstance(specs, (str, Mapping, Kind)):
        specs = [specs]
    if not isinstance(specs, (list, tuple)) or not specs:
        raise PydanticCustomError(
            "kind", "extract must be a list of extractors, as in [boxed, answer_tag]", {}
        )
    built, faults = [], []
    for at, spec in enumerate(specs):
        try:
            built.append(_built(EXTRACTORS, spec))
        except PydanticCustomError as error:
            faults.append(InitErrorDetails(type=error, loc=(at,), input=spec))
        except ValidationError as error:
            for fault in error.errors(include_url=False):
                moved = PydanticCustomError(
                    "kind", "{text}", {"text": fault["msg"].removeprefix("Value error, ")}
                )
                faults.append(InitErrorDetails(type=moved, loc=(at, *fault["loc"]), input=fault["input"]))
    if faults:
        raise ValidationError.from_exception_data("extract", faults)
    return tuple(built)


Extractors = Annotated[
    tuple[Any, ...],
    BeforeValidator(_extractors),
    PlainSerializer(lambda kinds: [_plain(kind) for kind in kinds]),
    WithJsonSchema({"x-rewardkit": "extractors"}),
]
VerifierField = Annotated[
    Any,
    BeforeValidator(lambda spec: _built(VERIFIERS, spec)),
    PlainSerializer(_plain),
    WithJsonSchema({"x-rewardkit": "verifier"}),
]


class RecipePart(BaseModel):
    """A frozen part of a recipe that admits no unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True, allow_inf_nan=False)


class Reasoning(RecipePart):
    """How the reasoning is marked, so that the answer is looked for after it.

    Args:
        open, close: the tags.
        prefilled: whether the chat template already opens the reasoning, so that the completion begins inside it.
    """

    open: Annotated[str, Field(min_length=1)] = "<think>"
    close: Annotated[str, Field(min_length=1)] = "</think>"
    prefilled: bool = False


class Answer(RecipePart):
    """How a completion is read.

    Args:
        extract: tiers, tried in this order; there is never a fall-back past a tier that is present.
        reasoning: its tags, or null if the whole text is the answer part. After a reasoning that is opened and
            never closed there is no answer.
        none: the words that mean "this cannot be answered", when they are the whole answer.
        none_patterns: regular expressions for further ways to say it, such as `i (do not|don't) know`. Each is
            matched against the whole answer without its formatting, ignoring case; `none` must name at least one
            word.
        null_gold: what a null in the gold column means: an `error` in the data, or `unanswerable`.
        verify: the verifier that decides whether the answer equals the gold.
        undecided: rollouts whose gold is unusable are skipped (they get no reward).
    """

    extract: Extractors = Field(default_factory=lambda: _extractors(["boxed", "answer_tag"]))
    reasoning: Reasoning | None = Reasoning()
    none: tuple[str, ...] = ()
    none_patterns: tuple[str, ...] = ()
    null_gold: Literal["error", "unanswerable"] = "error"
    verify: VerifierField = Field(default_factory=lambda: _built(VERIFIERS, "math"))
    undecided: Literal["skip"] = "skip"

    @field_validator("none_patterns")
    @classmethod
    def _compile(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        for pattern in patterns:
            fault = pattern_fault(pattern)
            if fault:
                raise PydanticCustomError(
                    "pattern", "{pattern} is not a regular expression: {fault}; fix the pattern",
                    {"pattern": repr(pattern), "fault": fault},
                )  # fmt: skip
        return patterns

    @model_validator(mode="after")
    def _has_a_word(self) -> Answer:
        if self.none_patterns and not self.none:
            raise PydanticCustomError(
                "none",
                "none_patterns needs a word under 'none' too, as in [None]: the one that audits and prompts write",
                {},
            )
        return self

    def says_none(self, text: str) -> bool:
        """Whether a whole extracted answer, or a gold, says that the problem cannot be answered."""
        return any(same_words(text, word) for word in self.none) or any(
            matches_words(text, pattern) for pattern in self.none_patterns
        )

    def identity(self) -> dict[str, Any]:
        """What the digest covers."""
        extractors: tuple[Extractor, ...] = self.extract
        verifier: Verifier = self.verify
        plain = self.model_dump(mode="json", exclude_defaults=True, exclude={"extract", "verify"})
        return plain | {
            "extract": [extractor.identity() for extractor in extractors],
            "verify": verifier.identity(),
        }
