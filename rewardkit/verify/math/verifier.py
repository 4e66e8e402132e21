"""The verifier of mathematical answers: inline routes first, the symbolic route in killable workers.

There is one verdict per question, in order, and nothing in a completion makes it raise. Importing this module
imports neither sympy nor math-verify: only the workers do.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, ClassVar, Literal

from pydantic import Field

from ...kinds import Doubt, Question, Verifier
from ...types import Equality, Rollout, Verdict
from ..workers.pool import Reply, pool
from .decide import Decision, decide, doubt_of, fault_of, side, united
from .equality.comparison import Policy

_EQUALITY: dict[str | None, Equality] = {str(one): one for one in Equality}
MOST_CACHED = 65_536
LONGEST_CACHED = 1_000
"""Characters of gold and answer together whose verdict is kept."""


class _Cache:
    """Verdicts by (policy and deadline, gold, answer) in normal form: bounded, safe between threads, first out the least used."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._lock = threading.Lock()
        self._held: OrderedDict[Any, tuple[str, str]] = OrderedDict()

    def get(self, key: Any) -> tuple[str, str] | None:
        with self._lock:
            found = self._held.get(key)
            if found is not None:
                self._held.move_to_end(key)
            return found

    def put(self, key: tuple[Any, str, str], value: tuple[str, str]) -> None:
        if len(key[1]) + len(key[2]) > LONGEST_CACHED:
            return
        with self._lock:
            self._held[key] = value
            self._held.move_to_end(key)
            while len(self._held) > self.most:
                self._held.popitem(last=False)

    def clear(self) -> None:
        with self._lock:
            self._held.clear()


CACHE = _Cache(MOST_CACHED)
"""What workers have found, timeouts included. Crashes and wall ceilings are not kept: those may be the machine's doing."""


class Math(Verifier):
    """Whether an answer is the gold, mathematically.

    Answers are compared by meaning: `0.5`, `1/2`, `\\frac{1}{2}` and `50\\%` are one, `x > 3` is `(3, \\infty)`,
    `\\{1, 2\\}` is `\\{2, 1\\}`. What mathematics leaves open is policy, stated here.
    """

    kind: ClassVar[str] = "math"
    revision: ClassVar[int] = 2
    changes: ClassVar[str] = "docs/verifier.md, section 'What has changed'"

    percent: Literal["unit", "fraction", "strict"] = Field(
        default="unit",
        description="`fraction`: 50% is 0.5. `unit`: it is also the bare 50, for questions that ask for a "
        "percentage (from 1% up). `strict`: it is only itself.",
    )
    units: Literal["one_side", "strict", "ignore", "convert"] = Field(
        default="one_side",
        description="`one_side`: a unit may be missing on one side, and two units must agree. `strict`: it may not. "
        "`ignore`: units never matter. `convert`: as `one_side`, and where both sides have units of one dimension, "
        "2 hours are 120 minutes.",
    )
    ordered: bool = Field(
        default=False,
        description="Whether the items of a list without brackets must come in the gold's order.",
    )
    decimals: Literal["exact", "gold_precision"] = Field(
        default="exact",
        description="`exact`: a decimal is the number it says. `gold_precision`: an answer that rounds to the decimals "
        "of the gold is equal to it.",
    )
    several: Literal["list", "last", "one"] = Field(
        default="list",
        description="Several boxes with only separators between them: a `list`, which is equal to a list and to no "
        "single value, only the `last` where the gold is a single value, or no answer to anything (`one`).",
    )
    deadline_s: float = Field(
        default=2.0,
        gt=0,
        le=60,
        description="Seconds of a worker's processor time that the symbolic route may take for one answer.",
    )

    @cached_property
    def policy(self) -> Policy:
        """The policy as the comparison takes it."""
        return Policy(percent=self.percent, units=self.units, ordered=self.ordered)

    @property
    def _asked(self) -> tuple[Policy, float]:
        """All that a worker's verdict depends on besides the pair."""
        return (self.policy, self.deadline_s)

    def verify(self, questions: Sequence[Question]) -> list[Verdict]:
        """Verdicts in order: what is inline first, then the rest at once over the workers."""
        verdicts: list[Verdict | None] = [None] * len(questions)
        open_: list[tuple[int, list[tuple[str, str, Decision]]]] = []
        for index, question in enumerate(questions):
            settled, pending = self._inline(question)
            verdicts[index] = settled
            if pending:
                open_.append((index, pending))
        if open_:
            self._ask(open_, verdicts)
        return [verdict for verdict in verdicts if verdict is not None]

    def gold_fault(self, gold: str, rollout: Rollout) -> str | None:
        """Why this gold is unusable; None where it is readable, at least as itself."""
        return fault_of(gold)

    def unite(self, answers: Sequence[str]) -> list[str]:
        """Answers of one value as one: `1/2`, `0.5`, `\\frac12`. Where the policy lets two things pass for a third
        (50% for 0.5 and for 50), they stay apart."""
        percent = "strict" if self.percent == "strict" else "fraction"
        units = "ignore" if self.units == "ignore" else "strict"
        return united(answers, Policy(percent=percent, units=units, ordered=self.ordered))

    def gold_doubt(self, gold: str, rollout: Rollout) -> str | None:
        """Why this gold is only equal to its own text; None where it is understood."""
        return doubt_of(gold)

    def compare(self, gold: str, answer: str) -> Verdict:
        """One pair of raw strings, without a completion around them."""
        from ...types import Extraction

        extraction = Extraction(text=answer, span=(0, len(answer)), extractor="whole")
        rollout = Rollout(completion=answer, gold=gold)
        return self.verify([Question(extraction=extraction, golds=(gold,), text=answer, rollout=rollout)])[0]

    def _inline(self, question: Question) -> tuple[Verdict | None, list[tuple[str, str, Decision]]]:
        """The verdict if it can be had inline, and the pairs that need a worker if not."""
        began = time.perf_counter()
        if self.several == "one" and len(question.extraction.parts) > 1:
            return Verdict(equality=Equality.DIFFERENT, route="several"), []
        first: Decision | None = None
        pending: list[tuple[str, str, Decision]] = []
        usable = 0
        for gold in question.golds:
            if fault_of(gold) is not None:
                continue
            usable += 1
            answer = self._text(question, gold)
            found = decide(gold, answer, self.policy, self.decimals)
            if found.equality is None:
                known = CACHE.get((self._asked, found.gold, found.answer))
                if known is None:
                    pending.append((gold, answer, found))
                    continue
                found = found._replace(equality=known[0], route=known[1])
            if found.equality == "equal":
                return self._verdict(found, time.perf_counter() - began), []
            if first is None or first.equality == "undecided":
                first = found
        if not usable:
            fault = "; ".join(filter(None, map(fault_of, question.golds)))
            return Verdict(equality=Equality.UNDECIDED, route="gold", details={"fault": fault}), []
        if pending or first is None:
            return None, pending
        verdict = self._verdict(first, time.perf_counter() - began)
        if verdict.equality == Equality.UNDECIDED:
            doubts = "; ".join(filter(None, map(doubt_of, question.golds)))
            verdict = replace(verdict, details={"fault": doubts})
        return verdict, []

    def doubts(self, longest: int | None) -> Sequence[Doubt]:  # noqa: D102
        if self.several != "last":
            return ()
        says = (
            "takes the last of several boxes, so that a list of guesses is paid as its last one: with `list`, boxes with "
            "only separators between them are an answer of several parts."
        )
        return (Doubt("guesses", says, {"several": "list"}),)

    def _text(self, question: Question, gold: str) -> str:
        extraction = question.extraction
        if len(extraction.parts) > 1 and self.several == "last":
            tree = side(gold).tree
            if tree is None or tree[0] not in ("list", "set"):
                return extraction.parts[-1]
        return extraction.text or ""

    @staticmethod
    def _verdict(found: Decision, seconds: float, route: str | None = None) -> Verdict:
        return Verdict(
            equality=_EQUALITY[found.equality],
            route=route or found.route,
            seconds=seconds,
            answer=found.answer,
            gold=found.gold,
        )

    def _ask(
        self, open_: list[tuple[int, list[tuple[str, str, Decision]]]], verdicts: list[Verdict | None]
    ) -> None:
        """Ask the workers; the same pair is asked once however often it occurs in the batch."""
        policy = {"percent": self.percent, "units": self.units, "ordered": self.ordered}
        unique: dict[tuple[str, str], int] = {}
        jobs: list[dict[str, Any]] = []
        for _, pending in open_:
            for gold, answer, found in pending:
                if unique.setdefault((found.gold, found.answer), len(jobs)) == len(jobs):
                    jobs.append({"gold": gold, "answer": answer, "policy": policy})
        replies = pool().run(jobs, self.deadline_s)
        ceilings = [
            reply.ceilings for reply in replies
        ]  # each is told of once, however many completions share it
        for index, pending in open_:
            best: Verdict | None = None
            hits = 0
            for _, _, found in pending:
                at = unique[found.gold, found.answer]
                hits, ceilings[at] = hits + ceilings[at], 0
                verdict = self._replied(found, replies[at])
                if best is None or verdict.equality == Equality.EQUAL:
                    best = verdict
            if best is not None and hits:
                best = replace(best, details={"ceilings": hits})
            verdicts[index] = best

    def _replied(self, found: Decision, reply: Reply) -> Verdict:
        """The verdict that a worker's reply makes of an open pair; remembered where it is a fact about the pair."""
        if reply.status == "done":
            equality, route = reply.value["equality"], reply.value["route"]
        else:
            equality, route = ("timeout" if reply.status == "ceiling" else reply.status), reply.status
        if reply.status in ("done", "timeout"):
            CACHE.put((self._asked, found.gold, found.answer), (equality, route))
        return self._verdict(found._replace(equality=equality, route=route), reply.seconds)
