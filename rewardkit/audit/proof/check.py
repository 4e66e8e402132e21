"""`check`: what a recipe pays for, proven or refuted from the recipe alone.

A recipe comes in, with what is known about its use (the longest completion, the share of unanswerable
problems); an `Audit` goes out. Nothing is trained, sampled or downloaded. With data, `rewardkit.audit.
contract` adds what holds between the recipe and the rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial

from ...recipe.recipe import Recipe
from ...types import ANSWERABLE, Rollout
from ..findings import ORDER, Audit, Finding, allowed
from ..space import Space
from ..witness.search import Search
from .abstention import scoring_findings, scoring_of
from .aggregation import aggregation
from .company import company
from .fixes import Fixes
from .group import SIZES, within_group
from .incentives import incentives, no_kl
from .ordering import ordering, totality
from .prompt import prompt_finding
from .single_terms import term_findings


def check(
    recipe: Recipe,
    *,
    max_completion_length: int | None = None,
    unanswerable: float | None = None,
    wished: tuple[float, float] | None = None,
    groups: Sequence[int] = SIZES,
    allow: Iterable[str] = (),
    extra: Iterable[Rollout] = (),
    fixes: bool = True,
    beta: float | None = None,
) -> Audit:
    """Prove what a recipe pays for.

    Args:
        recipe: the recipe.
        max_completion_length: tokens at which completions are cut: no claim is about longer ones, and terms
            that never fire are found.
        unanswerable: the share of problems without an answer; 0 leaves out every claim about them.
        wished: (P(unanswerable), chance of being right) at which saying None should begin to pay.
        groups: group sizes for the within-group check.
        allow: codes of findings that are accepted, beside the recipe's own `allow`.
        extra: rollouts to draw witnesses from beside those that can be written.
        fixes: whether to try changes that would do away with the errors.
        beta: the KL coefficient of the training, where it is known; TRL's default is 0.
    """
    limits = {} if max_completion_length is None else {"tokens": float(max_completion_length)}
    whole = Space(recipe, limits)
    space = whole if unanswerable != 0 else Space(recipe, limits, ANSWERABLE)
    search = Search(space, extra)
    scoring = scoring_of(whole)
    told = partial(_told, limit=max_completion_length, unanswerable=unanswerable, wished=wished)
    findings: list[Finding] = [
        *totality(space, search),
        *ordering(space, search),
        *within_group(space, search, groups),
        *company(space, search, groups),
        *aggregation(search),
        *told(space, search),
    ]
    if search.chancy:
        findings = [_by_chance(finding) for finding in findings]
    if fixes:
        findings = Fixes(space, told, groups).applied(findings)
    findings += no_kl(findings, beta)
    return Audit(
        recipe=recipe.ref,
        digest=recipe.digest,
        findings=tuple(sorted(findings, key=lambda found: ORDER[found.severity])),
        allowed=allowed(recipe, allow),
        tables={"scoring": scoring} if scoring is not None and unanswerable != 0 and scoring.gain > 0 else {},
    )


def _told(
    space: Space,
    search: Search | None = None,
    *,
    limit: int | None,
    unanswerable: float | None,
    wished: tuple[float, float] | None,
) -> list[Finding]:
    """What is said of a recipe beside its claims: about single terms, the prompt, what pays though it should not, and
    abstention."""
    whole = Space(space.recipe, space.limits)
    scoring = scoring_of(whole)
    found = [*term_findings(whole, limit), *prompt_finding(space.recipe)]
    found += incentives(space, search or Search(space), limit)
    return found + (scoring_findings(whole, scoring, unanswerable, wished) if scoring is not None else [])


def _by_chance(finding: Finding) -> Finding:
    """Says of a witness that chance pays a part of it."""
    if finding.witness is None:
        return finding
    text = f"{finding.sentence} Chance pays a part: scored again it is the same under the witness's ids, group and samples."
    return replace(finding, sentence=text)
