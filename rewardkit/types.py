"""The types of rewardkit, in the order in which they arise.

    Rollout      one completion of one prompt, with what is known about it
    Extraction   the piece of its text that is the final answer, and where it is
    Verdict      whether that answer is the gold, by which route, in what time
    Outcome      one cell of the table that answer and gold make
    Reading      all of the above, made once and read by every term, metric and version
    TermScore    what one term paid, and why
    Score        what the recipe paid: the total, and the tree that explains all of it

Nothing here computes a reward or imports more than the standard library.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any, TypeAlias

Gold: TypeAlias = str | None
"""A gold answer as it is in the data. None is a null in the data, not the word."""

Message: TypeAlias = Mapping[str, Any]
"""A chat message: at least `role` and `content`."""


class Finish(StrEnum):
    """Why generation ended. `length` means the completion was cut (truncated)."""

    STOP = "stop"
    LENGTH = "length"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollout:
    """One completion of one prompt.

    `gold` takes one gold or a sequence of accepted ones; read it as `golds`. `id` names the row,
    `group` the prompt whose completions are compared with each other and `sample` the place within
    the group; none of them is ever inferred from the prompt's text. `tokens` is a count without the
    end-of-sequence token, `token_ids` the ids it counts if they are known. `reasoning` is set if a
    server returned it separately from the completion. `fields` holds every other column.
    """

    completion: str
    gold: Gold | Sequence[Gold]
    prompt: str | Sequence[Message] = ""
    id: str = ""
    group: str = ""
    sample: int = 0
    tokens: int | None = None
    token_ids: tuple[int, ...] | None = None
    finish: Finish = Finish.UNKNOWN
    reasoning: str | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)

    @property
    def golds(self) -> tuple[Gold, ...]:
        """Every accepted gold, at least one."""
        if self.gold is None or isinstance(self.gold, str):
            return (self.gold,)
        return tuple(self.gold)

    @property
    def truncated(self) -> bool:
        """Whether generation was cut by a length limit."""
        return self.finish == Finish.LENGTH


class Says(StrEnum):
    """What a completion says. Saying None and saying nothing are different things."""

    VALUE = "value"
    NONE = "none"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Extraction:
    """The final answer as a tier found it.

    `text` is the raw content, None when the tier is present but has no readable answer (an empty
    or unterminated box); that counts as no answer, and a lower tier is never tried.
    `span` is its place (start, stop) in the text that was searched. `parts` holds the pieces when
    several boxes make one list. `problem` says why `text` is None.
    """

    text: str | None
    span: tuple[int, int]
    extractor: str
    parts: tuple[str, ...] = ()
    problem: str = ""


class Equality(StrEnum):
    """A verifier's finding. All but `equal` and `undecided` count as wrong."""

    EQUAL = "equal"
    DIFFERENT = "different"
    REFUSED = "refused"
    """the answer is not evaluated, because doing so could be unbounded"""
    TIMEOUT = "timeout"
    """the answer ran the verifier past its deadline"""
    CRASH = "crash"
    """the answer crashed the verifier's worker twice"""
    UNDECIDED = "undecided"
    """the gold is unusable, so nothing can be said about the answer"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether an answer equals the gold, and how that was decided.

    `route` names the rule that decided it (`literal`, `numeric`, `text`, `symbolic`, `timeout` ...),
    `seconds` the time it took, `answer` and `gold` the normal forms compared (`gold` is that of the
    accepted gold that matched, else of the first). `details` holds what graded terms need: for
    Countdown `value`, `target`, `used`, `given`.
    """

    equality: Equality
    route: str
    seconds: float = 0.0
    answer: str = ""
    gold: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)


class Outcome(StrEnum):
    """A cell of the table of golds by what the completion says."""

    CORRECT = "correct"
    WRONG = "wrong"
    FALSE_NONE = "false_none"
    NO_ANSWER = "no_answer"
    NONE_CORRECT = "none_correct"
    NONE_MISSED = "none_missed"
    NONE_NO_ANSWER = "none_no_answer"
    UNDECIDED = "undecided"

    @property
    def answerable(self) -> bool:
        """Whether the gold is a value."""
        return self in ANSWERABLE

    @property
    def right(self) -> bool:
        """Whether the completion says what the gold says (a value or None)."""
        return self in (Outcome.CORRECT, Outcome.NONE_CORRECT)


ANSWERABLE = (Outcome.CORRECT, Outcome.WRONG, Outcome.FALSE_NONE, Outcome.NO_ANSWER)
UNANSWERABLE = (Outcome.NONE_CORRECT, Outcome.NONE_MISSED, Outcome.NONE_NO_ANSWER)
DECIDED = ANSWERABLE + UNANSWERABLE


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What a completion says and what it is worth, made once before any term.

    `text` is the completion as the model wrote it (with the reasoning put back in its tags if a
    server returned it separately); `extraction.span` points into it. `answer_from` is where the part
    after the reasoning begins. `reasoned` says that the text has a non-empty, closed reasoning.
    `prefilled` says that the prompt had opened the reasoning.
    """

    rollout: Rollout
    text: str
    outcome: Outcome
    says: Says
    extraction: Extraction | None = None
    verdict: Verdict | None = None
    answer_from: int = 0
    reasoned: bool = False
    prefilled: bool = False

    @property
    def truncated(self) -> bool:
        """Whether generation was cut by a length limit."""
        return self.rollout.truncated

    @property
    def prediction(self) -> str | None:
        """The answer in its normal form; "None" when the completion abstains; None for nothing."""
        if self.says == Says.NONE:
            return "None"
        if self.says == Says.NOTHING or self.extraction is None:
            return None
        if self.verdict is not None and self.verdict.answer:
            return self.verdict.answer
        return self.extraction.text

    @property
    def route(self) -> str:
        """How the outcome was found: the verifier's route, `none`, or `nothing`."""
        if self.verdict is not None:
            return self.verdict.route
        return str(self.says)

    @cached_property
    def words(self) -> tuple[str, ...]:
        """The text split at white space."""
        return tuple(self.text.split())


@dataclass(frozen=True, slots=True, kw_only=True)
class TermScore:
    """What one term paid for one rollout.

    `value` is the payment after every modifier, None where the term does not apply; `raw` the
    payment before weight and clip. `note` is the reason in a few words. `children` are the scores
    of a combinator's terms.
    """

    label: str
    kind: str
    value: float | None
    raw: float | None
    note: str = ""
    children: tuple[TermScore, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """What a recipe paid for one rollout. `total` is None if no term applies; that is not 0."""

    total: float | None
    terms: tuple[TermScore, ...]
    reading: Reading
    recipe: str
    digest: str

    @property
    def outcome(self) -> Outcome:
        """The reading's outcome."""
        return self.reading.outcome

    @property
    def values(self) -> dict[str, float | None]:
        """Label of each top-level term to what it paid."""
        return {term.label: term.value for term in self.terms}

    def walk(self) -> Iterator[tuple[int, TermScore]]:
        """Every term score with its depth, parents before children."""
        stack = [(0, term) for term in reversed(self.terms)]
        while stack:
            depth, term = stack.pop()
            yield depth, term
            stack.extend((depth + 1, child) for child in reversed(term.children))


def gold_fault(score: Score | Reading) -> str | None:
    """Why the gold of an undecided score is unusable; None if it is usable."""
    reading = score.reading if isinstance(score, Score) else score
    verdict = reading.verdict
    if reading.outcome != "undecided" or verdict is None:
        return None
    golds = ", ".join(repr(gold) for gold in reading.rollout.golds)
    return f"unusable gold {golds}: {verdict.details.get('fault') or verdict.route}"
