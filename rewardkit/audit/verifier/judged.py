"""How well answers are judged on labelled cases, optionally beside another verifier.

Rows are {completion, gold, label}, with optional `category`, `id`, `note`, and `debatable: true` for those that do
not count. The report has agreement, false positives and false negatives by category, and every miss.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ...documents import MERGED, OMITTED, computed, written_as
from ...errors import DataError, SetupError
from ...extract import extract
from ...extract.reasoning import answer_start
from ...kinds import EXTRACTORS, Extractor, Question, Verifier
from ...types import Equality, Rollout

DEFAULT_TIERS = ("answer_tag", "boxed", "hash", "answer_line")
NO_CATEGORY = "all"
"""The category of a case that names none."""
THINK = ("<think>", "</think>")


@dataclass(frozen=True, slots=True)
class LabelledAnswer:
    """A completion, its gold, and whether its final answer is the gold."""

    id: str
    category: str
    completion: str = field(metadata=OMITTED)
    gold: str
    label: bool = field(metadata=OMITTED)
    debatable: bool = field(default=False, metadata=OMITTED)
    note: str = ""


@dataclass(frozen=True, slots=True)
class Judged:
    """A case with what was found: the answer read (None for nothing), whether it was called equal, and how."""

    case: LabelledAnswer = field(metadata=MERGED)
    answer: str | None
    equal: bool = field(metadata=OMITTED)
    route: str
    seconds: float = field(metadata=OMITTED)

    @property
    @computed("miss")
    def miss(self) -> str:
        """`FP`, `FN` or nothing."""
        if self.equal == self.case.label:
            return ""
        return "FP" if self.equal else "FN"


@dataclass(slots=True)
class Tally:
    """Counts over firm cases."""

    cases: int = 0
    false_positives: int = 0
    false_negatives: int = 0

    def add(self, judged: Judged) -> None:
        """Count one."""
        self.cases += 1
        self.false_positives += judged.miss == "FP"
        self.false_negatives += judged.miss == "FN"

    @property
    @computed("agreement")
    def agreement(self) -> float | None:
        """Share judged as labelled; None for no cases."""
        if not self.cases:
            return None
        return 1 - (self.false_positives + self.false_negatives) / self.cases


SORTED = written_as(lambda counts: dict(sorted(counts.items())))


@dataclass(slots=True)
class Report:
    """What a verifier makes of the cases."""

    verifier: str
    total: Tally = field(default_factory=Tally, metadata=MERGED)
    categories: dict[str, Tally] = field(default_factory=dict, metadata=SORTED)
    routes: dict[str, int] = field(default_factory=dict, metadata=SORTED)
    misses: list[Judged] = field(default_factory=list)
    debatable: int = 0
    seconds: float = field(default=0.0, metadata=written_as(lambda seconds: round(seconds, 4)))


def load_cases(path: str | Path) -> list[LabelledAnswer]:
    """The cases of a file. Raises DataError naming the row where one cannot be used."""
    from ...rows import open_rows

    found: list[LabelledAnswer] = []
    source = open_rows(path)
    for row in source:
        if row.cells is None:
            raise DataError(row.fault, source.name, row.number)
        cells = row.cells
        for name, kind in (("completion", str), ("gold", str), ("label", bool)):
            if not isinstance(cells.get(name), kind):
                raise DataError(
                    f"{name!r} must be a {kind.__name__}; found {cells.get(name)!r:.40}",
                    source.name,
                    row.number,
                )
        found.append(
            LabelledAnswer(
                id=str(cells.get("id") or row.number),
                category=str(cells.get("category") or NO_CATEGORY),
                completion=cells["completion"],
                gold=cells["gold"],
                label=cells["label"],
                debatable=bool(cells.get("debatable", False)),
                note=str(cells.get("note") or ""),
            )
        )
    if not found:
        raise DataError("contains no cases", source.name)
    return found


def tiers(names: Sequence[str]) -> list[Extractor]:
    """Extractors by name, with their defaults. Raises KeyError with the nearest names."""
    return [EXTRACTORS.get(name)() for name in names]


def question(
    completion: str, golds: tuple[str, ...], found: Sequence[Extractor], rollout: Rollout
) -> Question | None:
    """What the verifier is asked about a completion, None where nothing can be read from it."""
    start, _ = answer_start(completion, *THINK)
    extraction = extract(completion, found, start) if start is not None else None
    if extraction is None or extraction.text is None:
        return None
    return Question(extraction=extraction, golds=golds, text=completion, rollout=rollout)


def judge_cases(
    cases: Sequence[LabelledAnswer], verifier: Verifier, found: Sequence[Extractor]
) -> tuple[list[Judged], float]:
    """Every case judged, in order, and the seconds that reading and judging took."""
    began = time.perf_counter()
    asked: dict[int, Question] = {}
    for index, case in enumerate(cases):
        one = question(
            case.completion, (case.gold,), found, Rollout(completion=case.completion, gold=case.gold)
        )
        if one is not None:
            asked[index] = one
    verdicts = dict(zip(asked, verifier.verify(list(asked.values())), strict=True))
    seconds = time.perf_counter() - began
    judged = []
    for index, case in enumerate(cases):
        verdict = verdicts.get(index)
        judged.append(
            Judged(
                case=case,
                answer=asked[index].extraction.text if verdict else None,
                equal=verdict is not None and verdict.equality == Equality.EQUAL,
                route=verdict.route if verdict else "nothing",
                seconds=verdict.seconds if verdict else 0.0,
            )
        )
    return judged, seconds


def judge_with_math_verify(cases: Sequence[LabelledAnswer]) -> tuple[list[Judged], float]:
    """The same cases by math-verify as it is usually called: gold in dollars, the answer found in the text after the reasoning.

    Runs in this process, with math-verify's own timeouts (signals: main thread only).
    """
    try:
        from math_verify import parse, verify
    except ImportError as fault:
        raise SetupError("math-verify is not installed; pip install math-verify") from fault
    import logging

    logging.getLogger("math_verify").setLevel(logging.CRITICAL)
    began = time.perf_counter()
    judged = []
    for case in cases:
        start, _ = answer_start(case.completion, *THINK)
        answer = parse(case.completion[start:]) if start is not None else []
        equal = bool(answer) and verify(parse(f"${case.gold}$"), answer)
        judged.append(Judged(case, str(answer[-1]) if answer else None, bool(equal), "math-verify", 0.0))
    return judged, time.perf_counter() - began


JUDGES: dict[str, Callable[[Sequence[LabelledAnswer]], tuple[list[Judged], float]]] = {
    "math-verify": judge_with_math_verify
}
"""Other verifiers to be measured against."""


def report(name: str, judged: Sequence[Judged], seconds: float) -> Report:
    """Counts, categories and misses; debatable cases are counted apart."""
    made = Report(verifier=name, seconds=seconds)
    for one in judged:
        made.routes[one.route] = made.routes.get(one.route, 0) + 1
        if one.case.debatable:
            made.debatable += 1
            continue
        made.total.add(one)
        made.categories.setdefault(one.case.category, Tally()).add(one)
        if one.miss:
            made.misses.append(one)
    return made
