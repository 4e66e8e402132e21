"""Terms that price the outcome table: correctness, None-discrimination, false positives.

Each has a price per outcome and pays the one for the reading's outcome. A price has no default: a table
without one is refused when the recipe is read, since a policy would exploit the hole. From the
None-discrimination report (Qwen3-0.6B, versions 0 to 2); 1/0 correctness is the accuracy reward of DeepSeek-R1
(arXiv 2501.12948).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from ...formatting import cut
from ...types import ANSWERABLE, DECIDED, Outcome, Reading
from ..base import Number, Payment, Price, Term
from ..cells import NOTHING, Cell, Pays, exactly


class _Table(Term):
    """A term whose price depends on the outcome alone."""

    looks_at: ClassVar[frozenset[str]] = frozenset({"outcome"})

    def pay(self, reading: Reading) -> Payment:
        prices = self.prices()
        if reading.outcome not in prices:
            return Payment(None, "does not apply")
        return Payment(prices[reading.outcome], why(reading))

    def amounts(self, readings: Sequence[Reading]) -> list[float | None]:
        prices = self.prices()
        return [prices.get(reading.outcome) for reading in readings]

    def pays(self, cell: Cell) -> Pays:
        prices = self.prices()
        return exactly(prices[cell.outcome]) if cell.outcome in prices else NOTHING


def why(reading: Reading) -> str:
    """An outcome with the answer that was found: `boxed "42" = gold "42", numeric`."""
    found = reading.extraction
    golds = reading.rollout.golds
    gold = f'gold "{_short(str(golds[0]))}"' + (f" (of {len(golds)})" if len(golds) > 1 else "")
    if reading.outcome in (Outcome.NO_ANSWER, Outcome.NONE_NO_ANSWER):
        return f"no answer{': ' + found.problem if found and found.problem else ''}; {gold}"
    said = _short(found.text or "") if found else ""
    source = found.extractor if found else "?"
    if reading.outcome in (Outcome.FALSE_NONE, Outcome.NONE_CORRECT, Outcome.NONE_MISSED):
        return f'{source} "{said}", {gold}'
    sign = "=" if reading.outcome == Outcome.CORRECT else "is not"
    return f'{source} "{said}" {sign} {gold}, {reading.route}'


def _short(text: str) -> str:
    return cut(" ".join(text.split()), 40)


class Correctness(_Table):
    """Prices an answerable problem by what the completion says.

    Args:
        correct: the answer is the gold.
        wrong: another value, or one that the verifier refused or could not finish.
        no_answer: nothing extractable.
        false_none: None said though the gold is a value.

    Pays nothing if the gold is None; `none` prices that.
    """

    kind: ClassVar[str] = "correctness"
    priced: ClassVar[Mapping[Outcome, str]] = {outcome: outcome.value for outcome in ANSWERABLE}

    correct: Price
    wrong: Price
    no_answer: Price
    false_none: Price


class NoneTerm(_Table):
    """Prices an unanswerable problem by what the completion says.

    Args:
        correct: None said.
        missed: a value said.
        no_answer: nothing extractable.

    Pays nothing if the gold is a value.
    """

    kind: ClassVar[str] = "none"
    priced: ClassVar[Mapping[Outcome, str]] = {
        Outcome.NONE_CORRECT: "correct",
        Outcome.NONE_MISSED: "missed",
        Outcome.NONE_NO_ANSWER: "no_answer",
    }

    correct: Price
    missed: Price
    no_answer: Price


class FalsePositive(_Table):
    """The price of saying None on a problem that has an answer.

    Args:
        penalty: paid for false_none, usually below 0. Any other answerable outcome pays 0.

    Pays nothing if the gold is None.
    """

    kind: ClassVar[str] = "false_positive"
    priced: ClassVar[Mapping[Outcome, str]] = {Outcome.FALSE_NONE: "penalty"}

    penalty: Number

    def prices(self) -> dict[Outcome, Price]:  # noqa: D102
        return {**dict.fromkeys(ANSWERABLE, 0.0), Outcome.FALSE_NONE: self.penalty}


class OutcomeTable(_Table):
    """The whole outcome table in one term: a price for each of the seven outcomes.

    Args:
        correct: the answer is the gold.
        wrong: another value, or one that the verifier refused or could not finish.
        false_none: None said though the gold is a value.
        no_answer: nothing extractable, and the gold is a value.
        none_correct: None said, and the gold is None.
        none_missed: a value said, and the gold is None.
        none_no_answer: nothing extractable, and the gold is None.
    """

    kind: ClassVar[str] = "outcome"
    priced: ClassVar[Mapping[Outcome, str]] = {outcome: outcome.value for outcome in DECIDED}

    correct: Price
    wrong: Price
    false_none: Price
    no_answer: Price
    none_correct: Price
    none_missed: Price
    none_no_answer: Price
