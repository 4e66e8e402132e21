"""The verifier on real data and on the labelled hard and hostile cases: what must hold there."""

import asyncio
import json
import os
import re
import resource
import threading

import pytest

from rewardkit.audit.verifier.judged import DEFAULT_TIERS, judge_cases, load_cases, question, report, tiers
from rewardkit.extract import extract
from rewardkit.extract.boxed import Boxed
from rewardkit.extract.lines import AnswerLine, Hash, LastNumber
from rewardkit.extract.tags import AnswerTag
from rewardkit.extract.whole import Whole
from rewardkit.kinds import Question
from rewardkit.types import Equality, Rollout
from rewardkit.verify.math.verifier import CACHE, Math

pytestmark = pytest.mark.data


def rows(path):
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def test_firm_equivalence_cases(shared_data):
    cases = load_cases(shared_data / "answers" / "equivalence.jsonl")
    made = report("rewardkit", *judge_cases(cases, Math(deadline_s=20), tiers(DEFAULT_TIERS)))
    assert made.total.cases == 522
    assert made.total.false_positives == 0
    assert made.total.agreement is not None
    assert made.total.agreement >= 0.98, [(one.case.id, one.answer) for one in made.misses]
    # what is left is of one sort: completions without any marker, which only `last_number` reads
    assert {one.case.category for one in made.misses} <= {"last_number"}


def test_last_number_reads_what_has_no_marker(shared_data):
    cases = [
        case
        for case in load_cases(shared_data / "answers" / "equivalence.jsonl")
        if case.category == "last_number"
    ]
    made = report("rewardkit", *judge_cases(cases, Math(), [LastNumber()]))
    assert made.total.agreement == 1


def test_swapping_gold_and_answer_changes_no_verdict(shared_data):
    verifier = Math(deadline_s=20)
    for case in load_cases(shared_data / "answers" / "equivalence.jsonl"):
        asked = question(
            case.completion, (case.gold,), tiers(DEFAULT_TIERS), Rollout(completion="", gold=case.gold)
        )
        if (
            asked is None
            or asked.extraction.text is None
            or verifier.gold_fault(asked.extraction.text, asked.rollout)
        ):
            continue
        there, back = (
            verifier.compare(case.gold, asked.extraction.text),
            verifier.compare(asked.extraction.text, case.gold),
        )
        assert (there.equality == Equality.EQUAL) == (back.equality == Equality.EQUAL), (case.id, there, back)


def labelled(shared_data, path, tier):
    """(gold, label, verdict or None) of every completion of a file of real model output."""
    found, asked = [], []
    for row in rows(shared_data / path):
        for completion, label in zip(row["completions"], row["labels"], strict=True):
            one = question(
                completion, (row["gold"],), [tier], Rollout(completion=completion, gold=row["gold"])
            )
            found.append((row["gold"], label, one))
            if one is not None:
                asked.append(one)
    verdicts = iter(Math(deadline_s=20).verify(asked))
    return [(gold, label, next(verdicts) if one is not None else None) for gold, label, one in found]


def disagreements(found):
    return [
        (gold, label)
        for gold, label, verdict in found
        if label != (verdict is not None and verdict.equality == Equality.EQUAL)
    ]


def test_every_gsm8k_label(shared_data):
    found = labelled(shared_data, "gsm8k/model_solutions.jsonl", AnswerLine())
    assert len(found) == 2640
    assert disagreements(found) == []


def test_every_math_label_but_the_one_known_to_be_wrong(shared_data):
    found = labelled(shared_data, "math/qwen_rollouts.jsonl", Boxed())
    assert len(found) == 400
    assert disagreements(found) == [("10{,}000", False)]


GOLDS = [
    ("gsm8k/train.jsonl", "answer"), ("gsm8k/test.jsonl", "answer"), ("math/math500.jsonl", "answer"),
    ("cmath/test.jsonl", "golden"), ("aime24/test.jsonl", "answer"),
]  # fmt: skip
WRITTEN = [
    ("boxed", Boxed(), "So we get $\\boxed{%s}$."), ("answer_tag", AnswerTag(), "Well.\n<answer>%s</answer>"),
    ("hash", Hash(), "sum\n#### %s"), ("answer_line dollars", AnswerLine(), "The answer is $%s$."),
    ("answer_line", AnswerLine(), "Answer: %s"), ("whole", Whole(), "%s"), ("last_number", LastNumber(), "So it is %s."),
]  # fmt: skip


@pytest.mark.parametrize(("path", "column"), GOLDS)
@pytest.mark.parametrize(("name", "tier", "form"), WRITTEN)
def test_every_gold_equals_itself(shared_data, path, column, name, tier, form):
    golds = {str(row[column]).rpartition("####")[2].strip() for row in rows(shared_data / path)}
    if name == "last_number":
        golds = {gold for gold in golds if re.fullmatch(r"-?\d+(,\d{3})*(\.\d+)?|\d+/\d+", gold)}
    verifier = Math(deadline_s=20)
    asked = []
    for gold in sorted(golds):
        assert verifier.gold_fault(gold, Rollout(completion="", gold=gold)) is None
        completion = form % gold
        found = extract(completion, [tier])
        assert found is not None, (gold, "absent")
        assert found.text is not None, (gold, found.problem)
        asked.append(
            Question(
                extraction=found,
                golds=(gold,),
                text=completion,
                rollout=Rollout(completion=completion, gold=gold),
            )
        )
    for one, verdict in zip(asked, verifier.verify(asked), strict=True):
        assert verdict.equality == Equality.EQUAL, (one.golds, one.extraction.text, verdict)


def hostile(shared_data):
    return load_cases(shared_data / "answers" / "hostile.jsonl")


def check_hostile(cases):
    judged, _ = judge_cases(cases, Math(), tiers(DEFAULT_TIERS))
    assert [one.case.id for one in judged if one.miss] == []


def test_hostile_from_the_main_thread(shared_data, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    CACHE.clear()
    cases = hostile(shared_data)
    check_hostile(cases)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(3):
        CACHE.clear()
        check_hostile(cases)
    assert (
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 30 * 1024
    )  # KiB: the parent stays flat
    assert list(tmp_path.iterdir()) == []  # nothing was executed


def test_hostile_from_four_threads_at_once(shared_data):
    CACHE.clear()
    cases = hostile(shared_data)
    faults = []

    def run():
        try:
            check_hostile(cases)
        except AssertionError as fault:
            faults.append(fault)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []


def test_hostile_under_asyncio(shared_data):
    CACHE.clear()
    cases = hostile(shared_data)

    async def run():
        check_hostile(cases)  # on the loop's own thread
        await asyncio.gather(*(asyncio.to_thread(check_hostile, cases) for _ in range(2)))

    asyncio.run(run())


def test_hostile_after_fork(shared_data):
    cases = hostile(shared_data)
    check_hostile(cases)
    child = os.fork()
    if child == 0:
        status = 1
        try:
            CACHE.clear()
            check_hostile(cases)
            status = 0
        finally:
            os._exit(status)
    assert os.waitpid(child, 0)[1] == 0


def test_under_fire(shared_data):
    """Hostile and ordinary completions interleaved from four threads: every ordinary verdict right."""
    bad = hostile(shared_data)[:40]
    good = [
        case
        for case in load_cases(shared_data / "answers" / "equivalence.jsonl")
        if case.category in ("int_format", "frac_latex", "trig", "roots")
    ]
    good = [case for case in good if not case.debatable]
    wrong = []

    def run(offset):
        mixed = [case for pair in zip(bad[offset::4], good[offset::4], strict=False) for case in pair] + good
        judged, _ = judge_cases(mixed, Math(deadline_s=20), tiers(DEFAULT_TIERS))
        wrong.extend(one.case.id for one in judged if one.miss)

    CACHE.clear()
    threads = [threading.Thread(target=run, args=(offset,)) for offset in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
