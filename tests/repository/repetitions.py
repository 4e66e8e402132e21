"""Feed one reader of completions adversarial repetitions: `python repetitions.py READER [CHARACTERS]`.

A reader is anything of ours that looks at a completion: extractors, verifiers, terms, conditions, the trainers'
metrics. Prints its slowest repetition. Who runs this kills it where a reader is not done in time.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from functools import partial

from rewardkit.kinds import EXTRACTORS, TERMS, Question
from rewardkit.types import Extraction, Outcome, Reading, Rollout, Says

LONG = 20_000
UNITS = (
    " ", "\n", "\t", " \n", "a", "A", "7", "77 ", "_", ".", ",", ", ", ": ", ":", "*", "**", "** ", "$", "$$", "\\", "\\\\", "{", "}", "{}",
    "(", ")", "()", "[", "]", "<", ">", "|", "#", "####", "'", "\"", "-", "+", "=", "^", "/", "%", "!", "?", "~", "`", "&", "é", "，", "答", "选", "和",
    "一", "十", "零", "元", "\u200b", "x=  ", "x= ", "x =", "and ", "and", "a and ", " and b", "or ", " or ", "A, ", "(A) ", "A) and ", "B、", "1,000", "1,",
    "1.5", "1/2", "-1", "1e5", "0.3...", "1'000", "1_000", "5.(3)", "\\frac{1}{2}", "\\frac", "\\frac{", "\\sqrt{", "\\text{", "\\text{ and }", "\\text ", "\\left(",
    "\\, ", "\\ ", "\\quad ", "\\boxed{", "\\boxed ", "\\boxed{}", "\\boxed{1} ", "\\boxed{1}, ", "\\fbox", "\\begin{cases}", "\\begin{", "& ", "\\\\ ", "\\{", "\\}",
    "^{", "_{", "^\\circ", "\\angle m", "m \\angle ", "50\\% ", "$5 ", "USD ", "the ", "The answer is ", "the answer is:", "answer: ", "Answer: ** ", "**Answer** ",
    "is ", "is **", "the final ", "A: ", "A:\n", "答案 ", "答案是 ", "故选 ", "so because ", " because", "not ", "at least ", "otherwise ", " (", " — ", "- ", "\n- ", "* ",
    "<think>", "</think>", "<answer>", "</answer>", "</think> ", "<answer> ", "<answer>1 ", "<|", "<|a", "|>", "Step 1: ", "1. ", "\n1.", "First,", "```", "```\n", "\n```",
    "```json", "{\"a\":", "[1,", "cannot be determined ", "wait ", "twenty ", "one hundred and ", "March 5 ", "per ", " per  ", "每", "又", "百分之", "分之", "o'clock ",
    "3:30 ", "p.m. ", "2^", "2^{10}", "10^", "x 10 ^", "0x", "negative ", "+ / - ", "(1+", "79-60+", "1 + ", "=", "= ", "1=", "aé", "ab ", "of the ",
)  # fmt: skip
FRAMES = (
    "%s", "%s!", "\\boxed{%s}", "\\boxed{%s", "The answer is %s", "The answer is %s.", "<answer>%s</answer>", "<think>%s</think>1", "#### %s", "A %s B",
    "\\boxed{1} %s \\boxed{2}", "%s <answer>7</answer>", "answer%s", "The answer is $5$%s§", "3+4 %s = 7 <answer>7</answer>", "$%s$", "\\text{%s}", "[%s)", "7%s", "Answer: **%s**",
)  # fmt: skip


FEW = ("%s", "\\boxed{%s!}", "<answer>%s</answer>")
"""The frames for terms and for the mathematical reader, which is slower (linear all the same)."""


def texts(length: int, frames: tuple[str, ...] = FRAMES) -> Iterator[str]:
    """Every unit repeated to this length, in every frame; and short of the caps that answers have."""
    for frame in frames:
        for unit in UNITS if frames is FRAMES else UNITS[::3]:
            yield frame % (unit * ((length - len(frame)) // len(unit)))
    for unit in UNITS if frames is FRAMES else ():
        for cap in (60, 390, 1_900):
            if cap < length:
                for frame in (
                    "\\boxed{1}%s§\\boxed{2}",
                    "\\boxed{%s!}",
                    "%s <answer>7</answer>",
                    "The answer is $5$%s§",
                ):
                    yield frame % (unit * (cap // len(unit)))


def rollout(text: str) -> Rollout:
    return Rollout(completion=text, gold="42", tokens=len(text), fields={"nums": [3, 4], "numbers": [3, 4]})


def question(text: str, golds: tuple[str, ...]) -> Question:
    whole = Extraction(text=text, span=(0, len(text)), extractor="whole")
    tag = text.rfind("<answer>")
    if tag >= 0:
        whole = Extraction(text=text[tag + 8 : tag + 9], span=(tag + 8, tag + 9), extractor="answer_tag")
    return Question(extraction=whole, golds=golds, text=text, rollout=rollout(text))


def inline(text: str) -> None:
    """All of the math verifier that runs in the scoring process."""
    from rewardkit.verify.math.decide import decide
    from rewardkit.verify.math.equality.comparison import Policy

    decide("x+1", text, Policy())


def words(text: str) -> None:
    from rewardkit.verify.words import plain, same_words

    plain(text)
    same_words(text, "cannot be determined")


def verify(make: Callable[[], object], golds: tuple[str, ...], text: str) -> None:
    verifier = make()
    verifier.verify([question(text, golds)])  # type: ignore[attr-defined]
    verifier.gold_fault(text, rollout(text))  # type: ignore[attr-defined]


def choice() -> object:
    from rewardkit.verify.choice import Choice

    return Choice()


def countdown() -> object:
    from rewardkit.verify.countdown import Countdown

    return Countdown()


def exact() -> object:
    from rewardkit.verify.exact import Exact

    return Exact(case=False)


TEXT_TERMS = {
    "boxed": {"single": True},
    "integer_answer": {"look": "any_tag"},
    "reasoning_steps": {},
    "pattern": {"pattern": "(a|aa)+$", "timeout_seconds": 0.001},
    "format": {},
    "tag_count": {},
    "json_schema": {"conforms_to": {"type": "object"}, "part": "text"},
    "repetition": {},
    "length": {"above": 10, "penalty": -1, "unit": "words"},
    "characters": {"allow": ["ascii", "greek"], "price": -0.01},
    "language_share": {"scripts": ["cjk"]},
    "numeric_closeness": {"within": 10},
}
"""The terms that look at a completion's text, with parameters."""


def pay(kind: str, text: str) -> None:
    cls = TERMS.get(kind)
    term = cls.model_validate(TEXT_TERMS[kind])
    found = EXTRACTORS.get("boxed")().find(text) or Extraction(
        text=text, span=(0, len(text)), extractor="whole"
    )
    reading = Reading(
        rollout=rollout(text), text=text, outcome=Outcome.WRONG, says=Says.VALUE if found.text else Says.NOTHING, extraction=found
    )  # fmt: skip
    term.score("it", [reading])


def conditions(text: str) -> None:
    from rewardkit.terms.conditions.facts import has_tag, steps

    reading = Reading(rollout=rollout(text), text=text, outcome=Outcome.WRONG, says=Says.NOTHING)
    steps(reading)
    has_tag(reading, "answer")


def reasoning(text: str) -> None:
    from rewardkit.extract.reasoning import answer_start

    answer_start(text, "<think>", "</think>")
    answer_start(text, "<think>", "</think>", prefilled=True)


def watched(text: str) -> None:
    """The trainers' metrics of a completion, and the server's end marks."""
    from rewardkit.recipe.loading import load_recipe
    from rewardkit.trainers.adapter.observe import metrics
    from rewardkit.trainers.serve import END
    from rewardkit.types import Score

    reading = Reading(rollout=rollout(text), text=text, outcome=Outcome.WRONG, says=Says.NOTHING)
    score = Score(total=0.0, terms=(), reading=reading, recipe="r@0", digest="0")
    metrics(load_recipe("math-none@0").model_copy(update={"reward": {}}), [score], None)
    END.search(text)


def readers() -> dict[str, Callable[[str], object]]:
    """Everything of ours that reads a completion, by name."""
    found: dict[str, Callable[[str], object]] = {
        f"extract {name}": EXTRACTORS.get(name)().find
        for name in ("boxed", "answer_tag", "hash", "answer_line", "last_number", "whole")
    }
    found |= {
        "verify math, inline": inline,
        "verify choice": partial(verify, choice, ("B",)),
        "verify countdown": partial(verify, countdown, ("7",)),
        "extract last_boxed": EXTRACTORS.get("last_boxed")().find,
        "verify exact": partial(verify, exact, ("B",)),
        "None words": words,
        "reasoning": reasoning,
        "conditions": conditions,
        "trainers": watched,
    }
    return found | {f"term {name}": partial(pay, name) for name in TEXT_TERMS}


def main(name: str, length: int = LONG) -> None:
    reader = readers()[name]
    slowest, culprit = 0.0, ""
    for text in texts(length, FEW if name.startswith(("term ", "verify math")) else FRAMES):
        began = time.perf_counter()
        reader(text)
        took = time.perf_counter() - began
        if took > slowest:
            slowest, culprit = took, text
    print(f"{name}: slowest {slowest:.3f} s for {culprit[:40]!r} ... {culprit[-20:]!r}")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else LONG)
