"""A plan's classes: what is trained, on what, in which stages.

`rewardkit.trainers.plan.loading` reads a YAML file into a frozen `Plan`. A stage has a few keys of its own; every other
key is an option of TRL under TRL's name, checked by `rewardkit.trainers.plan.options`.

    plan: short
    model: {name: Qwen/Qwen3-0.6B-Base}
    data:
      gsm8k: {path: train.jsonl, prompt: "{{ question }}", gold: answer, gold_extract: hash}
    stages:
      - {name: first, kind: grpo, data: gsm8k, recipe: math-none@0, num_generations: 8, learning_rate: 1e-6}
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from rewardkit.errors import nearest
from rewardkit.rows.golds import split_gold

from .templates import syntax_fault

NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"
Name = Annotated[str, Field(pattern=NAME)]
Count = Annotated[int, Field(ge=1)]
Share = Annotated[float, Field(gt=0, le=1)]


class PlanPart(BaseModel):
    """A frozen part of a plan that admits no unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Model(PlanPart):
    """The model that the first stage starts from."""

    name: str = Field(description="A hub name or a folder.")
    revision: str | None = None
    tokenizer: str | None = Field(None, description="If not the model's own.")
    chat_template: str | None = Field(
        None, description="`chatml`, or a Jinja file; if not the tokenizer's own."
    )
    eos_token: str | None = Field(None, description="The token that ends a turn, if not the tokenizer's.")
    dtype: str | None = Field(None, description="As transformers' `dtype`; TRL's default is float32.")
    attn_implementation: str | None = None
    trust_remote_code: bool = False
    bits: Literal[4, 8] | None = Field(None, description="Load in 4 (nf4) or 8 bits with bitsandbytes.")
    peft: dict[str, Any] | None = Field(
        None, description="Options of peft.LoraConfig; null: full fine-tuning."
    )
    unsloth: Literal["never", "if_installed", "always"] = "never"
    config: dict[str, Any] | None = Field(
        None, description="Values of the model's config.json, so that a dry run needs no download."
    )

    @field_validator("config")
    @classmethod
    def _has_type(cls, config: dict[str, Any] | None) -> dict[str, Any] | None:
        if config is not None and "model_type" not in config:
            raise ValueError("model.config needs model_type, as in the model's config.json")
        return config

    @model_validator(mode="after")
    def _trainable(self) -> Model:
        if self.bits is not None and self.peft is None:
            raise ValueError(
                f"weights in {self.bits} bits cannot be trained; add `peft: {{r: 16}}`, or leave out `bits`"
            )
        return self


class DataSet(PlanPart):
    """Rows, and what their columns mean. Templates are Jinja over the row's columns, sandboxed and strict."""

    path: str | None = Field(
        None, description="A .jsonl, .csv or .parquet file, relative to the plan's file."
    )
    hub: str | None = Field(None, description="A hub data set.")
    config: str | None = None
    split: str = "train"
    revision: str | None = None
    prompt: str = Field("{{ prompt }}", description="Template of the user's message.")
    messages: str | None = Field(None, description="A column of ready chat messages, instead of `prompt`.")
    completion: str | None = Field(None, description="Template of the answer to learn from (sft).")
    gold: str | None = Field(None, description="The gold's column.")
    gold_extract: str | dict[str, Any] | None = Field(
        None, description="The extractor that finds the gold inside its column (GSM8K: hash)."
    )
    unreadable_gold: Literal["error", "drop"] = Field(
        "error", description="What to do with a row in which `gold_extract` finds nothing."
    )
    columns: dict[str, str | None] = Field(
        default_factory=dict,
        description="New names for columns, new: old; `name: null` leaves a column out.",
    )
    id: str | None = Field(None, description="The id's column; the row's number by default.")
    where: dict[str, Any] = Field(default_factory=dict, description="Column: the value, or values, to keep.")
    filter: str | None = Field(
        None, description="A Jinja expression over the columns; rows for which it is false are left out."
    )
    only: str | None = Field(
        None,
        description="A curriculum: a file of rows with `id`, kept in its order (audits and evaluations write it).",
    )
    max_prompt_tokens: Count | None = Field(
        None, description="Longer prompts are left out (TRL has no such option)."
    )
    shuffle: int | None = Field(None, description="A seed; rows keep their order without one.")
    limit: Count | None = None
    rows: Count | None = Field(
        None, description="How many rows there are, to count with when the data are not at hand."
    )
    sample: dict[str, Any] | None = Field(
        None,
        description="A row like the real ones, templates over the integers a, b and c = a + b; what the smoke run uses.",
    )

    @model_validator(mode="before")
    @classmethod
    def _one_spelling(cls, value: Any) -> Any:
        return split_gold(value)

    @field_validator("prompt", "completion", "filter")
    @classmethod
    def _is_jinja(cls, written: str | None, info: ValidationInfo) -> str | None:
        fault = syntax_fault(written, info.field_name == "filter") if written is not None else None
        if fault:
            raise ValueError(fault)
        return written

    @model_validator(mode="after")
    def _one_source(self) -> DataSet:
        if (self.path is None) == (self.hub is None):
            raise ValueError("a data set has exactly one of path and hub")
        return self


class MixPart(PlanPart):
    """A part of a mix: a number of rows, or a share of the mix."""

    set: Name
    count: Count | None = None
    share: Share | None = None

    @model_validator(mode="after")
    def _not_both(self) -> MixPart:
        if self.count is not None and self.share is not None:
            raise ValueError("count and share cannot be combined; keep one")
        return self


class Traces(PlanPart):
    """An earlier stage's own right completions (rejection sampling)."""

    traces: Name = Field(description="The name of an earlier grpo stage.")
    order: Literal["shortest", "diverse"] = "shortest"
    per_prompt: Count = 1
    count: Count | None = None


def _source_kind(part: Any) -> str:
    if isinstance(part, Traces) or (isinstance(part, Mapping) and "traces" in part):
        return "traces"
    return "set"


Source = Annotated[
    Annotated[MixPart, Tag("set")] | Annotated[Traces, Tag("traces")], Discriminator(_source_kind)
]


class Eval(PlanPart):
    """An evaluation suite, after the stage and every so many steps."""

    suite: str
    every: Count | None = None
    set: tuple[str, ...] = Field((), description="`path=value` assignments on the suite.")


def _parts(data: Any) -> Any:
    """A name alone is a data set; so is each name in a list."""
    parts = data if isinstance(data, (list, tuple)) else [data]
    return [{"set": part} if isinstance(part, str) else part for part in parts]


def _suite(value: Any) -> Any:
    """A name alone is a suite."""
    return {"suite": value} if isinstance(value, str) else value


def _names(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


class Stage(BaseModel):
    """A stage; keys that are not listed here are TRL's options."""

    model_config = ConfigDict(frozen=True, extra="allow", allow_inf_nan=False)

    name: Name
    kind: Literal["sft", "grpo"]
    data: Annotated[
        tuple[Source, ...],
        BeforeValidator(_parts, json_schema_input_type=str | Source | tuple[str | Source, ...]),
    ] = Field(description="A data set's name, or a list of the parts of a mix.")
    recipe: str | None = Field(None, description="name@version or a path (grpo).")
    recipe_set: tuple[str, ...] = Field((), description="`path=value` assignments on the recipe.")
    split: bool = Field(False, description="One reward function per term, for normalize_then_sum.")
    system_prompt: str | None = Field(None, description="If not the recipe's; an empty string for none.")
    eval: Annotated[Eval | None, BeforeValidator(_suite, json_schema_input_type=str | Eval | None)] = None
    watch: dict[str, Any] = Field(
        default_factory=dict,
        description="Thresholds of the watch, by warning; `window`: rows per mean; `by`: a column whose values are watched separately.",
    )
    log: Literal["all", "totals"] = Field(
        "all",
        description="The metrics that are logged; `totals` leaves out those of terms, routes and the verifier.",
    )
    stop_on: Annotated[
        tuple[str, ...], BeforeValidator(_names, json_schema_input_type=str | tuple[str, ...])
    ] = Field((), description="Warnings that end the stage.")

    @model_validator(mode="after")
    def _fits_kind(self) -> Stage:
        if not self.data:
            raise ValueError("data names no data set")
        if self.kind == "grpo" and self.recipe is None:
            raise ValueError("a grpo stage needs a recipe, as in `recipe: math-none@2`")
        if self.kind == "sft":
            for word in ("recipe", "split", "watch", "log", "stop_on", "recipe_set"):
                if word in self.model_fields_set:
                    raise ValueError(f"'{word}' belongs to a grpo stage; an sft stage has no reward")
        return self

    @property
    def options(self) -> dict[str, Any]:
        """TRL's options as written."""
        return dict(self.model_extra or {})


class Variant(PlanPart):
    """A named change to the plan."""

    about: str = ""
    set: dict[str, Any] = Field(description="path: value, as with --set.")


class Plan(PlanPart):
    """A plan. `options` are TRL's, for every stage that knows them."""

    plan: Name
    about: str = ""
    model: Model
    data: dict[Name, DataSet]
    stages: tuple[Stage, ...]
    options: dict[str, Any] = Field(default_factory=dict)
    seed: int = 0
    system_prompt: str | None = None
    variants: dict[Name, Variant] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _names_meet(self) -> Plan:
        if not self.stages:
            raise ValueError("a plan needs at least one stage")
        seen: dict[str, Stage] = {}
        for at, stage in enumerate(self.stages):
            if stage.name in seen:
                raise _fault(f"stages.{at}", f"two stages are called '{stage.name}'; rename one")
            for part in stage.data:
                if isinstance(part, MixPart) and part.set not in self.data:
                    raise _fault(
                        f"stages.{at}.data",
                        f"there is no data set '{part.set}'; {nearest(part.set, self.data)}",
                    )
                if isinstance(part, Traces):
                    former = [name for name, one in seen.items() if one.kind == "grpo"]
                    if part.traces not in former:
                        raise _fault(
                            f"stages.{at}.data",
                            f"'{part.traces}' is not an earlier grpo stage ({', '.join(former) or 'there is none'})",
                        )
            seen[stage.name] = stage
        return self


def _fault(path: str, text: str) -> PydanticCustomError:
    return PydanticCustomError("plan", "{text}", {"text": text, "path": path})
