"""`diff`: two recipes compared, as specifications and, with rollouts, by what they pay for them.

Also the proof of a migration: `against` puts a team's existing reward function, wrapped as a kind, in
the other's place and shows that every completion is paid the same, or which are not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ...documents import OR_NULL, computed
from ...errors import UsageError
from ...formatting import num
from ...recipe.recipe import Recipe
from ...types import Rollout
from ..findings import ClaimVerdict, Finding, Severity
from ..rollouts.load import Rollouts, from_groups, scored
from ..space import Space
from ..witness.writing import Writer
from .claims import ClaimChange, claim_changes
from .rewards import RewardComparison, compare
from .specification import SpecDiff, spec_diff


@dataclass(frozen=True, slots=True, kw_only=True)
class Diff:
    """Two recipes compared. `comparison` is None where there are no rollouts to compare on."""

    before: str
    after: str
    spec: SpecDiff
    claims: tuple[ClaimChange, ...] = ()
    comparison: RewardComparison | None = None
    on: str = field(default="", metadata=OR_NULL)
    findings: tuple[Finding, ...] = ()
    allowed: tuple[str, ...] = ()

    title = "Diff"

    @property
    @computed("failed")
    def failed(self) -> bool:
        """Whether a finding is an error that is not allowed."""
        return any(f.severity == Severity.ERROR and f.code not in self.allowed for f in self.findings)

    def markdown(self) -> str:
        """As Markdown."""
        from ...formatting import markdown_table

        lines = [
            f"### {self.before} -> {self.after}",
            "",
            *(f"- {line}" for line in self.spec.sentences()),
            "",
        ]
        if self.spec.blocks:
            lines += [markdown_table(self.spec.header, self.spec.rows()), ""]
        if self.claims:
            lines += [*(f"- claim {change}. {change.sentence}".rstrip() for change in self.claims), ""]
        if self.comparison is not None:
            lines += [f"On {self.on}:", "", *(f"- {line}" for line in self.comparison.sentences()), ""]
            if self.comparison.by_term:
                lines += [
                    markdown_table(["term", "moved", "sum of changes"], self.comparison.term_rows()),
                    "",
                ]
            if self.comparison.movers:
                header = ["before", "after", "outcome", "terms", "completion"]
                lines += [markdown_table(header, self.comparison.mover_rows()), ""]
            if self.comparison.checkpoints:
                lines += [
                    markdown_table(["checkpoint", "before", "after"], self.comparison.checkpoint_rows()),
                    "",
                ]
        lines += [f"- **{found.code}**: {found.sentence}" for found in self.findings]
        return "\n".join(lines) + "\n"

    _repr_markdown_ = markdown


def diff(
    before: Recipe,
    after: Recipe,
    rollouts: Rollouts | Sequence[Sequence[Rollout]] | None = None,
    *,
    checkpoint: str | None = None,
    must_equal: bool = False,
    allow: Sequence[str] = (),
    workers: int | None = None,
) -> Diff:
    """Compare two recipes.

    Args:
        before: the one.
        after: the other.
        rollouts: groups to compare them on; with `must_equal` completions are written if there are none.
        checkpoint: the column that says which checkpoint wrote a completion.
        must_equal: whether any completion that is paid otherwise is an error.
        allow: codes of findings that are accepted.
        workers: how many processes score the rollouts; None: one for few, the cores at hand for many.
    """
    spec, claims = spec_diff(before, after), claim_changes(before, after)
    on = ""
    held: Rollouts | None = None
    if rollouts is not None:
        held = rollouts if isinstance(rollouts, Rollouts) else from_groups(rollouts)
        on = f"{held.size} completions of {held.file}"
    elif must_equal:
        held = written(before)
        on = f"{held.size} completions written for {before.ref}"
    if held is None:
        return Diff(before=before.ref, after=after.ref, spec=spec, claims=claims, allowed=tuple(allow))
    found = compare(scored(before, held, workers), scored(after, held, workers), held, checkpoint)
    return Diff(
        before=before.ref,
        after=after.ref,
        spec=spec,
        claims=claims,
        comparison=found,
        on=on,
        findings=tuple(_findings(found, must_equal, on)),
        allowed=tuple(allow),
    )


def against(recipe: Recipe, kind: str, params: Mapping[str, Any] | None = None) -> Recipe:
    """The recipe with a single term of `kind` for its reward, read in the same way.

    Raises RecipeError or pydantic's ValidationError as any recipe does, UsageError for an unknown kind.
    """
    from ...kinds import TERMS

    try:
        TERMS.get(kind)
    except KeyError as error:
        raise UsageError(
            f"--against: {error.args[0]}; wrap the function as a kind in a plugin first"
        ) from None
    tree = {
        **recipe.tree(),
        "recipe": f"{recipe.name}-against-{kind.replace('_', '-')}",
        "reward": {kind: dict(params or {})},
    }
    tree.pop("clip", None)
    tree.pop("allow", None)
    return Recipe.model_validate(tree)


def written(recipe: Recipe) -> Rollouts:
    """Completions of every outcome and shape that can be written for a recipe, each its own prompt."""
    space = Space(recipe)
    writer = Writer(recipe, space.axes)
    rollouts = [piece.reading.rollout for piece in writer.drafted]
    for outcome in space.outcomes:
        for spot in (space.lowest(outcome), space.highest(outcome)):
            if spot is not None and (more := writer.write(spot.cell)) is not None:
                rollouts.append(more)
    return from_groups([[_alone(rollout, at)] for at, rollout in enumerate(rollouts)], "written completions")


def _alone(rollout: Rollout, at: int) -> Rollout:
    return replace(rollout, group=f"written-{at}")


def _findings(found: RewardComparison, must_equal: bool, on: str) -> list[Finding]:
    findings: list[Finding] = []
    if must_equal:
        findings.append(
            Finding(
                code="equal",
                severity=Severity.INFO if found.equal else Severity.ERROR,
                verdict=ClaimVerdict.UNKNOWN if found.equal else ClaimVerdict.REFUTED,
                sentence=f"Both pay the same for all of the {on}."
                if found.equal
                else f"{found.moved} of the {on} are paid otherwise.",
                facts={"moved": found.moved, "completions": found.completions},
            )
        )
    if found.pairs.inversions_after > found.pairs.inversions_before:
        findings.append(
            Finding(
                code="inversions",
                severity=Severity.WARNING,
                sentence=f"{found.after} pays {found.pairs.inversions_after} wrong completions more than a right one beside "
                f"them, {found.before} {found.pairs.inversions_before}.",
            )
        )
    if found.preferred is not None and found.preferred[0] != found.preferred[1]:
        one, two = found.preferred
        means = found.checkpoints
        findings.append(
            Finding(
                code="checkpoint_flips",
                severity=Severity.WARNING,
                sentence=f"The preferred checkpoint flips from {one} ({num(means[one][0])} against {num(means[two][0])}) to "
                f"{two} ({num(means[two][1])} against {num(means[one][1])}).",
            )
        )
    return findings
