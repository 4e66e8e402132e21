"""A recipe: a versioned reward.

A frozen object, made from a resolved tree (see `rewardkit.recipe.loading` for files, `extends` and `--set`) or from
Python objects of the same shape. It scores rollouts, prints itself as YAML or as Python, and has a digest; recipes
with the same tree are equal, whichever way they were written.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from itertools import product
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import ConfigDict, Field, PrivateAttr, field_validator, model_validator
from pydantic_core import PydanticCustomError

from ..config.source import dump
from ..terms.base import Number, Term
from ..terms.bounds import Eliminator
from ..terms.cells import Axis, Cell, Pays, Range, merge
from ..terms.combinators import Combinator, total_pays
from ..terms.labels import Terms
from ..types import ANSWERABLE, DECIDED, UNANSWERABLE, Outcome, Reading, Rollout, Score
from .answer import Answer, RecipePart
from .engine import Paid, Reward, pay_readings, read, score_readings
from .printing import python

if TYPE_CHECKING:
    import pandas as pd
    from datasets import Dataset

NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"


class Allow(RecipePart):
    """An audit's finding that is accepted on purpose."""

    code: str
    reason: Annotated[str, Field(min_length=1)]


class Recipe(RecipePart):
    """A reward: how completions are read, and what is paid for what they say.

    Args:
        name: the recipe's name, written `recipe:` in YAML.
        version: a whole number from 0.
        reward: labels to terms; the total is their sum.
        clip: [lowest, highest] total.
        answer: how a completion is read.
        system_prompt: the prompt the recipe was made for, for trainers and evaluations.
        about: what it is, in a sentence. Not part of the digest.
        allow: findings accepted on purpose. Not part of the digest.
    """

    model_config = ConfigDict(populate_by_name=True)

    name: Annotated[str, Field(alias="recipe", pattern=NAME)]
    version: Annotated[int, Field(strict=True, ge=0)]
    about: str = ""
    answer: Answer = Field(default_factory=Answer)
    reward: Terms
    clip: tuple[Number, Number] | None = None
    system_prompt: str | None = None
    allow: tuple[Allow, ...] = ()

    _settings: tuple[str, ...] = PrivateAttr(default=())
    _digest: str | None = PrivateAttr(default=None)

    @field_validator("clip")
    @classmethod
    def _clip_rises(cls, clip: tuple[float, float] | None) -> tuple[float, float] | None:
        if clip is not None and clip[0] > clip[1]:
            raise ValueError(
                f"clip must be [lowest, highest], but {clip[0]:g} is above {clip[1]:g}; swap them"
            )
        return clip

    @model_validator(mode="after")
    def _no_holes(self) -> Recipe:
        for path, term in self.walk():
            if isinstance(term, Combinator) and term.must_pay:
                hole = _hole(term, self.outcomes)
                if hole is not None:
                    raise PydanticCustomError(
                        "hole",
                        "'{kind}' at reward.{path} pays nothing if the completion is {hole}; end it with a term "
                        "without `when`, such as {kind: constant, value: 0}",
                        {"kind": term.kind, "path": path, "hole": hole},
                    )
        return self

    # --- scoring ------------------------------------------------------------------------------

    def read(self, rollouts: Iterable[Rollout]) -> list[Reading]:
        """What each rollout says: extraction, verification and outcome, made once."""
        return read(self.answer, rollouts)

    def score(self, rollouts: Iterable[Rollout]) -> list[Score]:
        """One score per rollout, in order. Rollouts of one prompt share a `group` and are contiguous."""
        return self.score_readings(self.read(rollouts))

    def score_readings(self, readings: Sequence[Reading]) -> list[Score]:
        """Like `score`, from readings that were already made (by another version of the recipe, say)."""
        return score_readings(self._priced(), readings)

    def pay_readings(self, readings: Sequence[Reading]) -> list[Paid]:
        """The numbers of `score_readings` alone, for scoring many rollouts: totals and what each term paid."""
        return pay_readings(self._priced(), readings)

    def _priced(self) -> Reward:
        return Reward(
            terms=self.reward,
            clip=self.clip,
            reads_groups=self.reads_groups,
            ref=self.ref,
            digest=self.digest,
        )

    def score_frame(self, frame: pd.DataFrame | Dataset, **columns: Any) -> pd.DataFrame:
        """The scores of a frame's completions, one row each, in order. See `rewardkit.rows.Columns` for `columns`.

        The only import from a higher floor: the method belongs where a user looks for it, the code to `scoring`.
        """
        from ..scoring.frames import score_frame

        return score_frame(self, frame, **columns)

    # --- what the audits read -----------------------------------------------------------------

    def walk(self) -> Iterable[tuple[str, Term]]:
        """Every term with its dotted path below `reward`, parents first."""
        stack = [(label, term) for label, term in reversed(self.reward.items())]
        while stack:
            path, term = stack.pop()
            yield path, term
            if isinstance(term, Combinator):
                stack.extend((f"{path}.terms.{name}", child) for name, child in reversed(term.terms.items()))

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """The outcomes that can occur: without None words nothing can abstain, and without them or
        `null_gold: unanswerable` there is no unanswerable gold."""
        words, nulls = bool(self.answer.none), self.answer.null_gold == "unanswerable"
        said = () if words else (Outcome.FALSE_NONE, Outcome.NONE_CORRECT)
        asked = ANSWERABLE + UNANSWERABLE if words or nulls else ANSWERABLE
        return tuple(outcome for outcome in DECIDED if outcome in asked and outcome not in said)

    def axes(self) -> tuple[Axis, ...]:
        """The axes that every term and condition of the recipe reads."""
        return merge(axis for term in self.reward.values() for axis in term.all_axes())

    def bounds(self, cell: Cell) -> Pays:
        """What the recipe can pay in a cell."""
        pays = total_pays([term.bounds(cell) for term in self.reward.values()])
        return pays.clipped(*self.clip) if self.clip is not None else pays

    def needs(self) -> frozenset[str]:
        """Facts every rollout must carry: `tokens`, `token_ids`."""
        return frozenset().union(*(term.all_needs() for term in self.reward.values()))

    def fields(self) -> frozenset[tuple[str, bool]]:
        """Columns that conditions read (`field("language") == "en"`), and whether they compare them with null."""
        conditions = (term.when for _, term in self.walk() if term.when is not None)
        return frozenset().union(*(condition.fields() for condition in conditions))

    @property
    def reads_groups(self) -> bool:
        """Whether any term reads all completions of a prompt."""
        return any(term.reads_group for _, term in self.walk())

    # --- identity -----------------------------------------------------------------------------

    @property
    def ref(self) -> str:
        """`name@version`, with the settings of a variant."""
        settings = f" with {', '.join(self._settings)}" if self._settings else ""
        return f"{self.name}@{self.version}{settings}"

    @property
    def settings(self) -> tuple[str, ...]:
        """The `--set` assignments that made this a variant of its file."""
        return self._settings

    @property
    def digest(self) -> str:
        """SHA-256 of the resolved tree (first 16 hex digits).

        Leaves out `about`, `allow` and defaults; includes the revision of every kind used. The order
        of terms in a sum does not matter; in a `first` it does.
        """
        if self._digest is None:
            self._digest = self._digest_of(self.answer.identity())
        return self._digest

    def digest_at(self, revision: int) -> str:
        """The digest that this recipe had when its verifier was at another revision."""
        answer = self.answer.identity()
        return self._digest_of(answer | {"verify": answer["verify"] | {"revision": revision}})

    def _digest_of(self, answer: dict[str, Any]) -> str:
        identity = {
            "recipe": self.name,
            "version": self.version,
            "answer": answer,
            "reward": sorted(
                ([label, term.identity()] for label, term in self.reward.items()), key=lambda x: x[0]
            ),
            "clip": self.clip,
            "system_prompt": self.system_prompt,
        }
        text = json.dumps(identity, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Recipe) and self.tree() == other.tree()

    def __hash__(self) -> int:
        return hash(self.digest)

    # --- printing -----------------------------------------------------------------------------

    def tree(self) -> dict[str, Any]:
        """The recipe as the plain tree of its YAML, without `extends`."""
        return self.model_dump(mode="json", by_alias=True, exclude_defaults=True)

    def to_yaml(self) -> str:
        """The recipe as YAML; reads back as an equal recipe."""
        return dump(self.tree())

    def to_python(self) -> str:
        """The recipe as Python; evaluates to an equal recipe."""
        return python(self)

    def __repr__(self) -> str:
        return f"<Recipe {self.ref} {self.digest}>"

    def _repr_markdown_(self) -> str:
        return f"**{self.ref}** `{self.digest}`\n\n```yaml\n{self.to_yaml()}```"


def _hole(first: Combinator, outcomes: Iterable[Outcome]) -> str | None:
    """The first cell in which no child is certain to pay, or None."""
    terms = list(first.terms.values())
    axes = merge(axis for term in terms for axis in term.all_axes())
    eliminator = Eliminator(axes)
    for outcome, truncated in product(outcomes, (False, True)):
        if not eliminator.total(terms, outcome, truncated, {}).absent:
            continue
        fixed: dict[str, Range] = {}
        for axis in axes:
            fixed[axis.name] = next(
                part
                for part in axis.ranges
                if eliminator.total(terms, outcome, truncated, {**fixed, axis.name: part}).absent
            )
        return str(Cell(outcome, truncated, fixed))
    return None
