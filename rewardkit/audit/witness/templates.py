"""The honest completion of a recipe, as a form that any answer can be put into.

Of everything that can be written for a recipe, the completion that is paid most for a right answer is
taken and its answer replaced by a place: what comes out writes a gold, None, or anything else, in the
recipe's own answer form and in the style that it likes best.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ...errors import UsageError
from ...recipe.recipe import Recipe
from ...rows.tokens import Counter, counted
from ...types import Outcome, Rollout, Score
from ..space import Space
from .writing import Writer


@dataclass(frozen=True)
class Template:
    """A completion in two parts, around the answer. `reference` is its score with a right answer."""

    head: str
    tail: str
    reference: Score

    def write(self, answer: str) -> str:
        """The completion that says `answer`."""
        return f"{self.head}{answer}{self.tail}"

    @property
    def tokens(self) -> int | None:
        """The count that the reference was scored with."""
        return self.reference.reading.rollout.tokens


def honest(recipe: Recipe) -> Template:
    """The template of a recipe. Raises UsageError where no right answer could be written for it."""
    space = Space(recipe)
    writer = Writer(recipe, space.axes)
    rollout = writer.write(space.clean(Outcome.CORRECT).cell)
    if rollout is None:
        right = [piece for piece in writer.pool if piece.reading.outcome == Outcome.CORRECT]
        if not right:
            raise UsageError(
                f"no completion of ours is right for {recipe.ref}: its answer form is not one that is known here; add "
                "cases beside it and give rollouts of your own"
            )
        scores = [recipe.score([piece.reading.rollout])[0] for piece in right]
        rollout = max(scores, key=lambda score: score.total or 0.0).reading.rollout
    [reference] = recipe.score([rollout])
    for answer in writer.problem.right:
        head, found, tail = rollout.completion.rpartition(answer)
        if found:
            return Template(head, tail, reference)
    raise UsageError(
        f"the answer of {recipe.ref}'s own completion cannot be found again: {rollout.completion!r}"
    )


def said(row: Rollout, text: str, tokens: int | None, needs: frozenset[str]) -> Rollout:
    """A row with a completion. Token ids, where they are needed, are all different."""
    ids = tuple(range(tokens or 0)) if "token_ids" in needs else None
    return replace(row, completion=text, tokens=tokens, token_ids=ids)


def with_tokens(rollouts: Sequence[Rollout], counter: Counter | None) -> list[Rollout]:
    """The rollouts, their tokens counted by a tokenizer where there is one."""
    if counter is None:
        return list(rollouts)
    return counted([replace(rollout, tokens=None, token_ids=None) for rollout in rollouts], counter)
