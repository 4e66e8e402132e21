"""What a recipe invites a policy to do beside the claims: to say nothing, to be cut off, to live on style alone.

Nothing is said here that was not scored: every finding has completions that the recipe really paid so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice, product

import numpy as np

from ...formatting import listed, num
from ...terms.base import STYLE
from ...terms.cells import Cell, Range
from ...types import Outcome, Rollout, Score
from ..findings import ClaimVerdict, Finding, Severity, witnessed
from ..rollouts.grpo import advantages
from ..space import SLACK, Space
from ..witness.search import Search
from .equal_style import at_equal_style
from .ordering import made_of
from .single_terms import doubted

TRIES = {
    Outcome.WRONG: (Outcome.NO_ANSWER, "a wrong answer"),
    Outcome.NONE_MISSED: (Outcome.NONE_NO_ANSWER, "an answer to an unanswerable problem"),
}
"""A failed try, what is silence beside it, and the try in words."""
STYLES = 8
"""Styles in which silence and a try are compared."""
GROUP = 8
OPEN = (ClaimVerdict.REFUTED, ClaimVerdict.UNKNOWN)


def incentives(space: Space, search: Search, longest: int | None = None) -> list[Finding]:
    """Findings about silence, truncation, groups without a right answer, and the settings of verifier and extractors."""
    answer = space.recipe.answer
    found = doubted("answer.verify", answer.verify.doubts(longest))
    for at, tier in enumerate(answer.extract):
        found += doubted(f"answer.extract.{at}", tier.doubts(longest))
    for tried, (silent, words) in TRIES.items():
        if tried in space.outcomes and silent in space.outcomes:
            found += _silence(space, search, tried, silent, words)
    return found + _all_wrong(space, search)


def no_kl(findings: list[Finding], beta: float | None) -> list[Finding]:
    """That nothing pulls the policy back, where claims are open and TRL's KL coefficient is 0, its default."""
    claims = sorted({f.code for f in findings if f.verdict in OPEN and f.severity != Severity.INFO})
    if beta or not claims:
        return []
    return [
        Finding(
            code="no_kl",
            severity=Severity.INFO,
            sentence=f"{', '.join(claims)} {'is' if len(claims) == 1 else 'are'} open, and TRL trains without a KL term "
            "unless told otherwise (beta: 0): nothing but the reward holds the policy.",
            advice="close the claims, or train with a beta above 0",
        )
    ]


# --- silence ------------------------------------------------------------------------------------------


def _silence(space: Space, search: Search, tried: Outcome, silent: Outcome, words: str) -> list[Finding]:
    """Silence, and a completion that is cut, that are paid more than a failed try in the very same style."""
    found: list[Finding] = []
    for code, rivals in (("silence", ((silent, False),)), ("cut", ((silent, True), (tried, True)))):
        scores = next(
            (shown for rival in rivals if (shown := _paid_more(space, search, rival, tried)) is not None),
            None,
        )
        if scores is None:
            continue
        quiet, attempt = scores
        if found and (quiet.total or 0.0) <= found[0].facts["paid"] + SLACK:
            continue  # it is paid as silence, and not for being cut
        what = "A completion without an answer" if code == "silence" else "A completion that is cut off"
        lesson = "to say nothing" if code == "silence" else "to run into the limit"
        fix = _dearer(space, silent, tried) if code == "silence" else ()
        found.append(
            Finding(
                code=code,
                severity=Severity.ERROR,
                verdict=ClaimVerdict.REFUTED,
                sentence=f"{what} earns {num(quiet.total)}{made_of(quiet)}, {words} in the same style {num(attempt.total)}"
                f"{made_of(attempt)}: a policy that "
                f"fails learns {lesson}.",
                witness=witnessed(scores),
                fix=fix,
                advice="" if fix else f"let {_by(quiet, attempt)} pay it at most what {words} is paid",
                facts={"paid": quiet.total, "tried": attempt.total},
            )
        )
    return found


def _by(quiet: Score, attempt: Score) -> str:
    """The terms that pay the one more than the other."""
    more = [label for label, value in quiet.values.items() if (value or 0.0) > (attempt.values[label] or 0.0)]
    return listed([f"'{label}'" for label in more])


def _paid_more(
    space: Space, search: Search, rival: tuple[Outcome, bool], tried: Outcome
) -> list[Score] | None:
    """Scores of the rival and of a try in one style, the rival paid more; None where none was found."""
    if search.compared:  # each is paid by its company's lengths, so two texts are never in one style
        return None
    outcome, truncated = rival
    if not truncated:
        least = at_equal_style(space, tried, outcome)
        if least is not None and least >= -SLACK:
            return None  # proven: in no style is it paid more
    elif not any(term.reads_truncation for _, term in space.recipe.walk()):
        return None  # a cut completion is paid as an uncut one
    for ranges in islice(_styles(space, search, outcome), STYLES):
        cells = (Cell(outcome, truncated, dict(ranges)), Cell(tried, False, dict(ranges)))
        written = search.together([(cell, None) for cell in cells])
        if written is None:
            continue
        scores = search.score(written)
        x, y = (score.total for score in scores)
        if x is not None and y is not None and x > y + SLACK:
            return scores
    return None


def _styles(space: Space, search: Search, outcome: Outcome) -> Iterator[Mapping[str, Range]]:
    yield space.clean_ranges
    yield from (spot.cell.ranges for spot in search.spots(outcome, low=False))


def _dearer(space: Space, silent: Outcome, tried: Outcome) -> tuple[str, ...]:
    """The settings that pay silence as the failed try, where one term prices both."""
    for path, term in space.recipe.walk():
        prices = term.prices()
        one, two = prices.get(silent), prices.get(tried)
        if one is not None and two is not None and one > two and silent in term.priced:
            return (f"reward.{path}.{term.priced[silent]}={num(two)}",)
    return ()


# --- groups without a right answer --------------------------------------------------------------------


def _all_wrong(space: Space, search: Search) -> list[Finding]:
    """How much a price of style is worth among wrong answers alone, after the division by the group's spread."""
    if Outcome.WRONG not in space.outcomes or space.recipe.reads_groups:
        return []
    pair = _apart_in_style(space, search)
    if pair is None:
        return []
    best, worst = pair
    scores = search.score([best, *[worst] * (GROUP - 1)])
    totals = [score.total or 0.0 for score in scores]
    [gained] = advantages(np.array(totals, dtype=float).reshape(1, GROUP, 1))
    return [
        Finding(
            code="all_wrong",
            severity=Severity.INFO,
            sentence=f"Where all {GROUP} answers are wrong, style alone decides: one paid {num(totals[0])} beside "
            f"{GROUP - 1} paid {num(totals[-1])} has the advantage {gained[0]:+.3f} (one right answer beside "
            f"{GROUP - 1} wrong ones has {(GROUP - 1) / GROUP**0.5:+.3f}), since GRPO divides by the group's spread.",
            witness=witnessed(scores, gained),
            advice="train with scale_rewards: none, or drop groups without a right answer",
            facts={"spread": totals[0] - totals[-1], "advantage": float(gained[0])},
        )
    ]


def _apart_in_style(space: Space, search: Search) -> tuple[Rollout, Rollout] | None:
    """Two wrong rollouts that terms of style alone pay differently, the one paid more first."""
    spots = [search.spots(Outcome.WRONG, low=low)[:STYLES] for low in (False, True)]
    high, low = ([r for spot in found if (r := search.write(spot.cell)) is not None] for found in spots)
    reward = space.recipe.reward
    for one, two in product(high, low):
        x, y = search.score([one, two])
        moved = [label for label in reward if x.values[label] != y.values[label]]
        if x.total is None or y.total is None or x.total <= y.total + SLACK:
            continue
        if all(reward[label].looks_at <= STYLE for label in moved):
            return one, two
    return None
