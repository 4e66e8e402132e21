"""Scoring rules for abstention: when does saying None begin to pay.

Five prices decide it: those of an answer right and wrong, of None said on an answerable problem, and of None and an
answer on an unanswerable one. With c the chance of being right when
answering and p the probability that the problem has no answer, None pays iff p > D / (D + S), where
D = c R_correct + (1-c) R_wrong - R_false_none and S = R_none_correct - R_none_missed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from ...documents import OMITTED, computed
from ...errors import RewardkitError
from ...formatting import num
from ...recipe.loading import variant
from ...types import Outcome
from ..findings import Finding, Severity
from ..space import Space

CHANCES = (0.0, 0.25, 0.5, 0.75, 1.0)
ROUNDED = 0.002
"""Prices of assignments are written with three decimals."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scoring:
    """The prices of the table, style aside (every outcome in the style in which a right answer is paid most)."""

    correct: float = field(metadata=OMITTED)
    wrong: float = field(metadata=OMITTED)
    false_none: float = field(metadata=OMITTED)
    none_correct: float = field(metadata=OMITTED)
    none_missed: float = field(metadata=OMITTED)

    title: ClassVar[str] = "None begins to pay at"
    header: ClassVar[tuple[str, ...]] = ("chance of being right", "P(unanswerable) above")

    def rows(self) -> list[list[str]]:
        """The threshold for some chances of being right, as a table's cells."""
        return [[num(chance), num(self.threshold(chance))] for chance in CHANCES]

    def loss(self, chance: float) -> float:
        """D: what saying None forgoes on an answerable problem."""
        return chance * self.correct + (1 - chance) * self.wrong - self.false_none

    @property
    def gain(self) -> float:
        """S: what saying None gains on an unanswerable problem."""
        return self.none_correct - self.none_missed

    def threshold(self, chance: float) -> float:
        """P(unanswerable) above which saying None pays; 0 where it always does, 1 where it never does. Has a
        meaning only where None gains something on an unanswerable problem (`gain` above 0).

        >>> rule = Scoring(correct=1, wrong=-0.1, false_none=-0.1, none_correct=1, none_missed=-0.5)
        >>> round(rule.threshold(0.5), 3)
        0.268
        """
        loss, gain = self.loss(chance), self.gain
        if loss <= 0:
            return 0.0
        return loss / (loss + gain) if gain > 0 else 1.0

    def penalty_for(self, threshold: float, chance: float) -> float:
        """The price of false None at which None begins to pay at `threshold`, for that chance of being right;
        `gain` must be above 0.

        >>> rule = Scoring(correct=1, wrong=-0.1, false_none=-0.1, none_correct=1, none_missed=-0.5)
        >>> round(rule.penalty_for(0.5, 0.55), 3)
        -0.995
        """
        answering = chance * self.correct + (1 - chance) * self.wrong
        return answering - self.gain * threshold / (1 - threshold)

    @property
    @computed("confidence")
    def confidence(self) -> float | None:
        """Where every problem has an answer: the chance of being right below which saying None pays; None
        where a wrong answer is not paid less than a right one.

        >>> rule = Scoring(correct=1, wrong=-0.5, false_none=0.0, none_correct=1, none_missed=-0.5)
        >>> round(rule.confidence, 3)
        0.333
        """
        if self.correct <= self.wrong:
            return None
        return (self.false_none - self.wrong) / (self.correct - self.wrong)

    def always_none(self, unanswerable: float) -> float:
        """What a policy that always says None earns on a mix."""
        return unanswerable * self.none_correct + (1 - unanswerable) * self.false_none

    def always_answer(self, unanswerable: float, chance: float) -> float:
        """What a policy that always answers earns on a mix."""
        answering = chance * self.correct + (1 - chance) * self.wrong
        return unanswerable * self.none_missed + (1 - unanswerable) * answering

    def break_even(self, unanswerable: float) -> float | None:
        """The chance of being right below which always None beats always answering; None where it is no chance.

        >>> rule = Scoring(correct=1, wrong=-0.1, false_none=-0.1, none_correct=1, none_missed=-0.5)
        >>> round(rule.break_even(0.13), 3)
        0.204
        """
        slope = (1 - unanswerable) * (self.correct - self.wrong)
        if slope <= 0:
            return None
        chance = (self.always_none(unanswerable) - self.always_answer(unanswerable, 0.0)) / slope
        return chance if 0 <= chance <= 1 else None

    @property
    @computed("prices")
    def prices(self) -> dict[str, float]:
        """The price of each outcome by its name."""
        return {name: getattr(self, name) for name in type(self).__slots__}

    @property
    @computed("thresholds")
    def thresholds(self) -> dict[str, float]:
        """The threshold for some chances of being right."""
        return {num(chance): self.threshold(chance) for chance in CHANCES}


def scoring_of(space: Space) -> Scoring | None:
    """The prices of a recipe, style aside; None where it has no None words or prices no such outcome."""
    prices: dict[str, float] = {}
    for name in Scoring.__slots__:
        outcome = Outcome(name)
        if outcome not in space.outcomes:
            return None
        pays = space.clean(outcome).pays
        if pays.never or pays.lo != pays.hi:
            return None
        prices[name] = pays.lo
    return Scoring(**prices)


def scoring_findings(
    space: Space,
    scoring: Scoring,
    unanswerable: float | None = None,
    wished: tuple[float, float] | None = None,
) -> list[Finding]:
    """What the prices pay for, in sentences.

    Args:
        space: the recipe's space.
        scoring: its prices.
        unanswerable: the share of problems without an answer, where it is known.
        wished: (threshold, chance of being right) that the prices should have.
    """
    if unanswerable == 0:
        return [_answerable(scoring)]
    if scoring.gain <= 0:
        return [_pointless(scoring)]
    facts: dict[str, Any] = {"thresholds": scoring.thresholds}
    fix: tuple[str, ...] = ()
    sentence = f"Under these prices {_when(scoring)}."
    severity = Severity.INFO
    if scoring.threshold(0.0) <= 0:
        severity = Severity.WARNING
        penalty = scoring.penalty_for(0.5, 0.55)
        if penalty < min(
            scoring.false_none, scoring.wrong
        ):  # else it would pay for giving up, or cure nothing
            fix = fix_penalty(space, penalty)
        if fix:
            sentence += " After the fix, always saying None pays best for one that solves 55 % only if more than 50 % are."
    if unanswerable is not None:
        even = scoring.break_even(unanswerable)
        always, zero = scoring.always_none(unanswerable), scoring.always_answer(unanswerable, 0.0)
        facts |= {"always_none": always, "always_wrong": zero, "break_even": even}
        sentence += (
            f" With {_percent(unanswerable)} unanswerable, always saying None earns {always:+.3f} and always a wrong "
            f"answer {zero:+.3f}"
        )
        if even is not None:
            sentence += (
                f"; a model that cannot tell which problems are unanswerable does better by always saying None as long "
                f"as it solves less than {_percent(even)} of the others"
            )
        sentence += "."
    found = [Finding(code="abstention", severity=severity, sentence=sentence, fix=fix, facts=facts)]
    if wished is not None:
        threshold, chance = wished
        penalty = scoring.penalty_for(threshold, chance)
        found.append(
            Finding(
                code="abstention_price",
                severity=Severity.INFO,
                sentence=f"For None to pay as soon as {_percent(threshold)} of the problems are unanswerable, for a model "
                f"that solves {_percent(chance)} of the answerable ones, a false None must earn {num(penalty)} (now "
                f"{num(scoring.false_none)}).",
                fix=fix_penalty(space, penalty),
                facts={"price": penalty},
                asked=True,
            )
        )
    return found


def _when(scoring: Scoring) -> str:
    """When saying None pays, for a model that never solves such a problem and for one that solves half of them."""
    never, half = scoring.threshold(0.0), scoring.threshold(0.5)
    if never <= 0:
        text = "None always pays best for a model that can never solve the problem"
    elif never >= 1:
        text = "None never pays best, even for a model that can never solve the problem"
    else:
        text = (
            f"None pays best for a model that can never solve the problem as soon as more than {_percent(never)} of the "
            "problems are unanswerable"
        )
    if half != never:
        from_ = (
            "never"
            if half >= 1
            else f"as soon as more than {_percent(half)} of the problems are unanswerable"
        )
        text += f"; for one that solves half of the answerable ones, {from_}"
    if scoring.confidence is not None and 0 < scoring.confidence < 1:
        text += f". Where every problem has an answer it pays for a model that solves less than {_percent(scoring.confidence)}"
    return text


def _percent(share: float) -> str:
    return f"{num(100 * share, 0)} %" if 0.01 <= share <= 0.99 else f"{num(100 * share, 2)} %"


def _pointless(scoring: Scoring) -> Finding:
    """None said where it is right, paid no more than an answer: no threshold describes that."""
    return Finding(
        code="abstention",
        severity=Severity.WARNING,
        sentence=f"Where there is no answer, None earns {num(scoring.none_correct)} and an answer "
        f"{num(scoring.none_missed)}: being right to say None never gains anything.",
        advice="pay more for a rightful None than for an answer where there is none",
        facts={"gain": scoring.gain},
    )


def _answerable(scoring: Scoring) -> Finding:
    """What saying None does where every problem has an answer."""
    low = scoring.confidence
    if low is None or low >= 1:
        pays = "always pays"
    else:
        pays = "never pays" if low <= 0 else f"pays for a model that solves less than {_percent(low)} of them"
    return Finding(
        code="abstention",
        severity=Severity.INFO,
        sentence=f"Every problem has an answer (unanswerable 0), so what is paid where there is none is left out. Saying "
        f"None {pays}.",
        facts={"confidence": low},
    )


def fix_penalty(space: Space, price: float) -> tuple[str, ...]:
    """The assignment that makes false None cost `price` in all, style aside, and was tried; () for none."""
    now = space.clean(Outcome.FALSE_NONE).pays.lo
    own = [(label, term) for label, term in space.recipe.reward.items() if Outcome.FALSE_NONE in term.priced]
    for label, term in sorted(
        own, key=lambda item: len(item[1].priced) > 1
    ):  # what prices nothing else first
        parameter = term.priced[Outcome.FALSE_NONE]
        paid = getattr(term, parameter)
        if term.weight and paid is not None:
            setting = f"reward.{label}.{parameter}={num(paid + (price - now) / term.weight)}"
            if _costs(space, setting, price):
                return (setting,)
    return ()


def _costs(space: Space, setting: str, price: float) -> bool:
    """Whether a setting makes false None cost `price`, and moves no other price: a clip may stand in the way."""
    before = scoring_of(space)
    try:
        after = scoring_of(Space(variant(space.recipe, (setting,)), space.limits))
    except RewardkitError:
        return False
    if before is None or after is None or abs(after.false_none - price) > ROUNDED:
        return False
    return all(
        abs(getattr(before, name) - getattr(after, name)) <= ROUNDED
        for name in Scoring.__slots__
        if name != "false_none"
    )
