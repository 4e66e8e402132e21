"""A suite: what a model is asked, how it is decoded and how its answers are read.

Read from a YAML file, or from a shipped one by name, into a frozen `Suite`. Errors name file, line and column.
No data is read here.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from rewardkit.config.faults import raise_faults
from rewardkit.config.source import assign, dump, read_file
from rewardkit.errors import UsageError, nearest
from rewardkit.rows.golds import split_gold
from rewardkit.terms.charsets import charset

from ..backends.base import Sampling

Ranges = str | int | float | bool | list[str | int | float | bool]


class SuitePart(BaseModel):
    """A frozen part of a suite; unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Generated(SuitePart):
    """Rows made here: `arithmetic` (chains of additions, some unanswerable) or `countdown`."""

    kind: Literal["arithmetic", "countdown"]
    n: Annotated[int, Field(ge=1)] = 200
    seed: int = 0
    unanswerable: Annotated[float, Field(ge=0, le=1)] = Field(
        0.0, description="Share of rows with gold None."
    )

    @model_validator(mode="after")
    def _provable(self) -> Generated:
        if self.kind == "countdown" and self.unanswerable:
            raise ValueError("countdown has no unanswerable rows; remove `unanswerable`, or use arithmetic")
        return self


class Data(SuitePart):
    """Rows and what their columns mean. Exactly one of `path`, `hub` and `generate` says where they are."""

    path: str | None = Field(
        None, description="A .jsonl, .csv or .parquet file, relative to the suite's file."
    )
    hub: str | None = Field(None, description="A hub data set, loaded with `datasets`.")
    config: str | None = Field(None, description="The hub data set's configuration.")
    revision: str | None = Field(None, description="The hub data set's revision.")
    split: str = "test"
    generate: Generated | None = None
    id: str | None = Field(
        None, description="The id's column; the row's number (from 1) where there is none."
    )
    gold: str | None = Field(
        None,
        description="The gold's column; looked for under its usual names (gold, answer ...) without one.",
    )
    gold_extract: str | dict[str, Any] | None = Field(
        None, description="The extractor that finds the gold inside its column (GSM8K: hash)."
    )
    columns: dict[str, str] = Field(default_factory=dict, description="New name: column, for the template.")
    where: dict[str, Ranges] = Field(
        default_factory=dict, description="Column: the value, or values, to keep."
    )
    shuffle: int | None = Field(None, description="Seed for shuffling; without one rows keep their order.")
    limit: Annotated[int, Field(ge=1)] | None = None

    @model_validator(mode="before")
    @classmethod
    def _one_spelling(cls, value: Any) -> Any:
        return split_gold(value)

    @model_validator(mode="after")
    def _one_source(self) -> Data:
        given = [name for name in ("path", "hub", "generate") if getattr(self, name) is not None]
        if len(given) != 1:
            found = " and ".join(given) or "none"
            raise ValueError(f"data must come from exactly one of path, hub and generate; found {found}")
        return self


class Fewshot(SuitePart):
    """Worked examples before the question, rendered with the same templates."""

    examples: str | Data = Field(
        description="A shipped set, `lm-eval:TASK`, a .yaml file, or data (a split)."
    )
    n: Annotated[int, Field(ge=1)]
    seed: int | None = Field(None, description="Draws the n examples; without one the first n are taken.")
    answer: str = Field("{{ answer }}", description="Template of an example's answer.")


class Prompt(SuitePart):
    """What the model is shown. Templates are Jinja over the row's columns, sandboxed and strict.

    With `chat` the parts become messages and the model's own chat template is applied; without it they are
    joined as plain text, an example's answer after `glue` and examples after `between`.
    """

    user: str
    system: str | None = None
    chat: bool = True
    fewshot: Fewshot | None = None
    glue: str = " "
    between: str = "\n\n"


class GreedyArm(SuitePart):
    """One completion per prompt, the most likely token each time."""

    max_new_tokens: Annotated[int, Field(ge=1)] | None = None


class SampledArm(SuitePart):
    """n completions per prompt. top_k 0 and min_p 0 are off."""

    n: Annotated[int, Field(ge=1)]
    temperature: Annotated[float, Field(gt=0)] | None = Field(
        None, description="May be left out to replay completions that were drawn elsewhere."
    )
    top_p: Annotated[float, Field(gt=0, le=1)] = 1.0
    top_k: Annotated[int, Field(ge=0)] = 0
    min_p: Annotated[float, Field(ge=0, lt=1)] = 0.0
    seed: int | None = 0
    max_new_tokens: Annotated[int, Field(ge=1)] | None = None


class Arms(SuitePart):
    """Which decodings are run over the same prompts."""

    greedy: GreedyArm | None = None
    sampled: SampledArm | None = None

    @model_validator(mode="before")
    @classmethod
    def _plain(cls, value: Any) -> Any:
        if isinstance(value, dict):  # false leaves an arm out: a variant of a suite cannot drop a key
            value = {name: arm for name, arm in value.items() if arm is not False}
        if isinstance(value, dict) and "greedy" in value and value["greedy"] in (True, None):
            return {**value, "greedy": {}}
        return value

    @model_validator(mode="after")
    def _some(self) -> Arms:
        if self.greedy is None and self.sampled is None:
            raise ValueError("arms needs `greedy: true`, a `sampled` arm, or both")
        return self


class Suite(SuitePart):
    """An evaluation. See the fields' own descriptions; `rewardkit eval schema` prints them all."""

    suite: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
    about: str = ""
    data: Data
    prompt: Prompt
    recipe: str = Field(description="name@version, a path, or an extraction profile such as last-boxed.")
    profiles: tuple[str, ...] = Field((), description="More extraction profiles, for the panel.")
    arms: Arms
    k: tuple[Annotated[int, Field(ge=1)], ...] = Field((), description="For pass@k; 1, 2, 4 .. n by default.")
    max_new_tokens: Annotated[int, Field(ge=1)] = 1024
    stop: tuple[str, ...] = ()
    slices: tuple[str, ...] = Field((), description="Columns by whose values every metric is repeated.")
    cluster: str | None = Field(
        None, description="Column that groups questions; those that share a value are resampled together."
    )
    chance: float | str | None = Field(None, description="A guess's chance of being right, or its column.")
    characters: tuple[str, ...] = Field(
        ("ascii", "greek", "math_operators", "arrows"),
        description="Character sets whose members are usual; all others are counted as unusual.",
    )
    non_answers: Literal["abstain", "vote"] = Field("abstain", description="In maj@k.")
    primary: Annotated[str, Field(pattern=r"^(accuracy|mean@n|(pass|maj)@[1-9][0-9]*)$")] | None = Field(
        None,
        description="The metric that decides a comparison: accuracy (of greedy decoding, the default where there is "
        "such an arm), mean@n, or pass@K or maj@K of one of the ks.",
    )

    @field_validator("characters")
    @classmethod
    def _known_sets(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            charset(name)  # raises ValueError with the nearest valid names
        return names

    @field_validator("k")
    @classmethod
    def _rising(cls, ks: tuple[int, ...]) -> tuple[int, ...]:
        if list(ks) != sorted(set(ks)):
            raise ValueError(f"k must be increasing, without repeats; found {list(ks)}")
        return ks

    @model_validator(mode="after")
    def _reachable(self) -> Suite:
        n = self.arms.sampled.n if self.arms.sampled else 0
        if self.k and self.k[-1] > n:
            raise ValueError(f"pass@{self.k[-1]} needs {self.k[-1]} samples; the sampled arm has n: {n}")
        return self

    @model_validator(mode="after")
    def _decided(self) -> Suite:
        metric, arm = self.deciding
        needed = self.arms.greedy if arm == "greedy" else self.arms.sampled
        known = ["accuracy", "mean@n", *(f"pass@{k}" for k in self.ks), *(f"maj@{k}" for k in self.ks[1:])]
        if needed is None:
            raise ValueError(f"primary: {metric} needs a {arm} arm")
        if metric not in known:
            raise ValueError(f"primary: {nearest(metric, known)}")
        return self

    @property
    def deciding(self) -> tuple[str, str]:
        """The primary metric and its arm."""
        metric = self.primary or ("accuracy" if self.arms.greedy is not None else "mean@n")
        return metric, "greedy" if metric == "accuracy" else "sampled"

    @property
    def ks(self) -> tuple[int, ...]:
        """The ks that pass@k is reported at."""
        n = self.arms.sampled.n if self.arms.sampled else 0
        powers = [1 << i for i in range(n.bit_length())] if n else []
        return self.k or tuple(sorted({*powers, n} if n else set()))

    def sampling(self) -> dict[str, tuple[Sampling, int]]:
        """Arm to its decoding and its number of samples per prompt."""
        made: dict[str, tuple[Sampling, int]] = {}
        if self.arms.greedy is not None:
            limit = self.arms.greedy.max_new_tokens or self.max_new_tokens
            made["greedy"] = Sampling(max_new_tokens=limit, stop=self.stop), 1
        arm = self.arms.sampled
        if arm is not None:
            known = arm.temperature is not None
            drawn = arm.model_dump(exclude={"n", "max_new_tokens"}) if known else {"known": False}
            limit = arm.max_new_tokens or self.max_new_tokens
            made["sampled"] = Sampling(max_new_tokens=limit, stop=self.stop, **drawn), arm.n
        return made

    def check_decoding(self) -> None:
        """Raise UsageError where a model could not be asked: the sampled arm does not say how to draw."""
        if self.arms.sampled is not None and self.arms.sampled.temperature is None:
            raise UsageError(
                f"suite {self.suite}: arms.sampled needs a temperature to sample with (only replayed completions "
                "need none); write one, or give --set arms.sampled.temperature=1.0"
            )

    def to_yaml(self) -> str:
        """The suite as YAML; reads back as an equal suite."""
        return dump(self.model_dump(mode="json", exclude_defaults=True))


def shipped_suites() -> dict[str, Path]:
    """The suites that come with rewardkit, by name."""
    folder = Path(str(files("rewardkit.evals"))) / "suites"
    return {path.stem: path for path in sorted(folder.glob("*.yaml"))}


def find_suite(reference: str) -> Path:
    """The file of a shipped suite's name, or of a path. Raises UsageError that names the shipped ones."""
    if reference.endswith((".yaml", ".yml")) or "/" in reference:
        if not Path(reference).is_file():
            raise UsageError(f"{reference}: no such file; a suite is a path, or one of the shipped ones")
        return Path(reference)
    shipped = shipped_suites()
    if reference not in shipped:
        raise UsageError(f"no suite is called '{reference}'; {nearest(reference, shipped)}")
    return shipped[reference]


def load_suite(reference: str | Path, settings: Sequence[str] = ()) -> Suite:
    """The suite behind a name or a path, with `path.to.value=VALUE` settings applied.

    Raises RecipeError with file, line and column of every fault.
    """
    path = reference if isinstance(reference, Path) else find_suite(reference)
    node = read_file(path)
    for setting in settings:
        assign(node, setting)
    try:
        suite = Suite.model_validate(node.plain())
    except ValidationError as error:
        raise_faults(error, node, Suite)
        raise
    data = suite.data
    if data.path is not None and not Path(data.path).is_absolute() and (path.parent / data.path).exists():
        data = data.model_copy(update={"path": str((path.parent / data.path).resolve())})
    return suite.model_copy(update={"data": data})


def suite_schema() -> str:
    """The JSON Schema of suites, for editors."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **Suite.model_json_schema()}
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
