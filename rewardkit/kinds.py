"""Kinds: the named, validated, versioned building blocks that a recipe may use.

A recipe names kinds and never Python paths. Three registries hold them: `TERMS`, `EXTRACTORS` and
`VERIFIERS`. A built-in kind is listed as `module:Class` and imported when first asked for (so that
listing recipes imports no verifier); a distribution adds kinds through the entry-point groups
`rewardkit.terms`, `rewardkit.extractors` and `rewardkit.verifiers`; a project adds its own through
modules named under `[tool.rewardkit] plugins` in its pyproject.toml (see `rewardkit.recipe.plugins`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any, ClassVar, Generic, NamedTuple, TypeVar

from pydantic import BaseModel, ConfigDict

from .errors import UsageError, nearest
from .types import Extraction, Rollout, Verdict


class Doubt(NamedTuple):
    """What a kind finds odd about its own settings.

    Args:
        code: the finding's code: `dead` (it can never pay anything else) or a word of the kind's own.
        says: the sentence without its subject, which is the name the recipe uses: "never pays anything but 0: ...".
        settings: parameters with the values that would cure it.
        advice: what to do where no setting cures it.
    """

    code: str
    says: str
    settings: Mapping[str, Any] = {}
    advice: str = ""


class Kind(BaseModel):
    """A frozen object with validated parameters.

    `kind` is the name that recipes use. `revision` is raised when the meaning of the same parameters
    changes: it is part of every recipe's digest, so a changed behaviour breaks the lock.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, ser_json_inf_nan="strings")

    kind: ClassVar[str]
    revision: ClassVar[int] = 1
    code: ClassVar[str | None] = None
    """A hash of the source of the function that the kind was made from; None for a class, whose author raises `revision`."""

    def identity(self) -> dict[str, Any]:
        """What the digest covers: kind, revision, and the values that are not defaults."""
        return {
            "kind": self.kind,
            "revision": self.revision,
            **self.model_dump(mode="json", exclude_defaults=True),
        }

    def doubts(self, longest: int | None) -> Sequence[Doubt]:
        """What is odd about its settings, for `check`; `longest` is the longest completion in tokens, where known."""
        return ()


class Extractor(Kind):
    """Finds the final answer in a completion. A tier of `answer.extract`."""

    def marks(self) -> tuple[str, str]:
        r"""What is written before and after an answer for this tier to find it, as in `\boxed{` and `}`.

        The audits write their completions with it. Two empty strings (the default) mean that the bare answer is enough.
        """
        return "", ""

    def find(self, text: str, start: int = 0) -> Extraction | None:
        """Look at `text[start:]` in time linear in its length.

        Returns None if this tier is absent, so that the next is tried; an `Extraction` whose `text`
        is None if it is present and has no readable answer. Spans point into `text`.
        """
        raise NotImplementedError


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a verifier is asked: is this the answer? `text` is what `extraction.span` points into."""

    extraction: Extraction
    golds: tuple[str, ...]
    text: str
    rollout: Rollout


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem with a known answer, for the completions that audits write.

    `right` is an answer that a verifier finds equal to the gold, `wrong` one that it does not; `fields` are the row's
    other columns.
    """

    gold: str = "42"
    right: tuple[str, ...] = ("42", "42.0")
    wrong: tuple[str, ...] = ("41", "41.5", "42.001", "100000")
    prompt: str = "What is 6 times 7?"
    fields: Mapping[str, Any] = field(default_factory=dict)


class Verifier(Kind):
    """Decides whether an extracted answer equals the gold."""

    changes: ClassVar[str] = ""
    """Where the verdicts that changed with each `revision` are listed."""
    gold_is_answer: ClassVar[bool] = True
    """Whether the gold itself is a right answer. False if the gold is a target that an answer has to reach."""

    def problem(self) -> Problem:
        """A problem that this verifier can judge; by default one whose answer is a number."""
        return Problem()

    def verify(self, questions: Sequence[Question]) -> list[Verdict]:
        """One verdict per question, in order; never raises for anything a completion contains."""
        raise NotImplementedError

    def gold_fault(self, gold: str, rollout: Rollout) -> str | None:
        """Why this gold is unusable (unreadable, or not equal to itself), or None if it is usable."""
        raise NotImplementedError

    def unite(self, answers: Sequence[str]) -> list[str]:
        """For each answer the one of them that stands for all equal to it, so that votes are counted by value.

        `answers` are in normal form (`Verdict.answer`). By default each stands for itself.
        """
        return list(answers)

    def gold_doubt(self, gold: str, rollout: Rollout) -> str | None:
        """Why this usable gold is equal to nothing but its own text, or None if it is understood."""
        return None


K = TypeVar("K", bound=Kind)


class Registry(Generic[K]):
    """All terms, all extractors or all verifiers, by name."""

    def __init__(self, noun: str, group: str, builtin: Mapping[str, str]) -> None:
        self.noun, self.group = noun, group
        self.built_in, self._paths = dict(builtin), dict(builtin)
        self._classes: dict[str, type[K]] = {}
        self._discovered = False

    def register(self, cls: type[K]) -> type[K]:
        """Add a kind; usable as a class decorator. Raises if the name is taken."""
        name = cls.kind
        here = f"{cls.__module__}:{cls.__qualname__}"
        taken = self._paths.get(name, here)
        if taken != here:
            raise UsageError(
                f"{self.noun} kind '{name}' of {here} is already taken by {taken}; choose another name"
            )
        self._paths[name] = here
        self._classes[name] = cls
        return cls

    def names(self) -> list[str]:
        """Every name that a recipe may use."""
        self._discover()
        return sorted(self._paths)

    def get(self, name: str) -> type[K]:
        """The class behind a name. Raises KeyError with the nearest valid names."""
        if name not in self._classes:
            if name not in self._paths:
                self._discover()
            if name not in self._paths:
                raise KeyError(f"unknown {self.noun} '{name}'; {nearest(name, self._paths)}")
            module, _, attribute = self._paths[name].partition(":")
            found: Any = import_module(module, package=__package__)
            for part in attribute.split("."):
                found = getattr(found, part)
            self._classes[name] = found
        return self._classes[name]

    def _discover(self) -> None:
        """Read the entry points once."""
        if self._discovered:
            return
        self._discovered = True
        for point in entry_points(group=self.group):
            if self._paths.setdefault(point.name, point.value) != point.value:
                raise UsageError(
                    f"entry point {point.name} = {point.value} in '{self.group}' is already taken by "
                    f"{self._paths[point.name]}; rename it or uninstall one of the two"
                )


EXTRACTORS: Registry[Extractor] = Registry(
    "extractor",
    "rewardkit.extractors",
    {
        "boxed": "rewardkit.extract.boxed:Boxed",
        "answer_tag": "rewardkit.extract.tags:AnswerTag",
        "hash": "rewardkit.extract.lines:Hash",
        "answer_line": "rewardkit.extract.lines:AnswerLine",
        "last_number": "rewardkit.extract.lines:LastNumber",
        "whole": "rewardkit.extract.whole:Whole",
        "pattern": "rewardkit.extract.pattern:Pattern",
    },
)

VERIFIERS: Registry[Verifier] = Registry(
    "verifier",
    "rewardkit.verifiers",
    {
        "math": "rewardkit.verify.math.verifier:Math",
        "exact": "rewardkit.verify.exact:Exact",
        "choice": "rewardkit.verify.choice:Choice",
        "countdown": "rewardkit.verify.countdown:Countdown",
    },
)


TERMS: Registry[Any] = Registry(
    "kind",
    "rewardkit.terms",
    {
        name: f"rewardkit.terms.{path}"
        for name, path in {
            "correctness": "kinds.outcomes:Correctness",
            "none": "kinds.outcomes:NoneTerm",
            "false_positive": "kinds.outcomes:FalsePositive",
            "outcome": "kinds.outcomes:OutcomeTable",
            "constant": "kinds.constant:Constant",
            "format": "kinds.format:Format",
            "tag_count": "kinds.format:TagCount",
            "pattern": "kinds.patterns:Pattern",
            "boxed": "kinds.patterns:Boxed",
            "integer_answer": "kinds.patterns:IntegerAnswer",
            "reasoning_steps": "kinds.patterns:ReasoningSteps",
            "length": "kinds.length:Length",
            "soft_overlong": "kinds.length:SoftOverlong",
            "target_length": "kinds.target_length:TargetLength",
            "cosine_length": "kinds.cosine:CosineLength",
            "kimi_length": "kinds.kimi:KimiLength",
            "characters": "kinds.characters:Characters",
            "language_share": "kinds.characters:LanguageShare",
            "repetition": "kinds.repetition:Repetition",
            "numeric_closeness": "kinds.graded:NumericCloseness",
            "countdown": "kinds.graded:Countdown",
            "json_schema": "kinds.json_schema:JsonSchema",
            "random": "kinds.random:Random",
            "first": "combinators:First",
            "sum": "combinators:Sum",
            "min": "combinators:Min",
            "max": "combinators:Max",
            "product": "combinators:Product",
        }.items()
    },
)
