"""Named mutations of completions, each with the invariant that it must keep.

An honest completion comes in as a `Base`: its text, where its answer and its reasoning stand, and the
gold. Mutants of it go out as texts. The exploits are those on record in the field: empty blocks, tags
stuffed and nested, hedges, denials, echoes, lookalikes, private-use characters, padding, repetition.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from ...recipe.recipe import Recipe
from ...types import Outcome
from .bases import Base, other

JUNK = "\nSo that is that. As an aside, none of this was checked. asdf jkl"
FOREIGN = "我们一步一步地计算，然后得到答案。"
CODE = "__import__('os').system('true')"
WORDS = (0, 8, 64, 512, 2048)
"""Words of padding on the rungs of the ladder."""
KEPT = (1.0, 0.75, 0.5, 0.25, 0.0)
"""Shares of the reasoning kept on the rungs of the ladder."""
HOMOGLYPHS = str.maketrans({"0": "О", "1": "l", "2": "Ƨ", "3": "З", "4": "Ч", "5": "Ƽ", "6": "б", "8": "Ȣ"})
FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")


class Invariant(StrEnum):
    """What a mutant may do to the reward."""

    NEUTRAL = "moves nothing"
    NOT_MORE = "never pays more"
    LESS = "pays less"
    BELOW = "stays below right"
    LADDER = "never turns back"


Make = Callable[[Base], str | None]


@dataclass(frozen=True, slots=True)
class Mutation:
    """A named mutation. `of` are the outcomes of completions that it is made from."""

    name: str
    invariant: Invariant
    make: Make
    of: tuple[Outcome, ...] = (Outcome.CORRECT,)
    stop: str = ""
    numeric: bool = False
    """Whether it needs a gold with digits."""


def _answer(change: Callable[[Base], str | None]) -> Make:
    def make(base: Base) -> str | None:
        said = change(base)
        return None if said is None else base.saying(said)

    return make


def _empty_reasoning(base: Base) -> str | None:
    return base.thinking("\n") if base.reasoning else None


def _doubled(base: Base) -> str | None:
    text = base.text
    tags = [tag for tag in (base.open, base.close, "<answer>", "</answer>") if tag in text]
    for tag in tags:
        text = text.replace(tag, tag + tag, 1)
    return text if tags else None


def _nested(base: Base) -> str | None:
    place = base.reasoning
    if place is None:
        return None
    inner = base.text[place[0] : place[1]]
    return base.thinking(f"{inner}{base.open}{inner}")


def _stuffed(base: Base) -> str | None:
    return f"{base.open}{base.close}" * 8 + base.text


def _in_reasoning(base: Base) -> str | None:
    place = base.reasoning
    if place is None:
        return None
    head, tail = base.form
    inside = f"{base.text[place[0] : place[1]].rstrip()} {head}{base.said}{tail}"
    return f"{base.text[: place[0]]}{inside}{base.close}\nThat is all."


def _unboxed(base: Base) -> str | None:
    """The answer in prose, its form dropped."""
    head, tail = base.form
    if not head.strip():
        return None
    at = base.text.rfind(head, 0, base.left + 1)
    end = base.text.find(tail, base.right) + len(tail) if tail else base.right
    return f"{base.text[:at]}I mentioned {base.said} somewhere above.{base.text[max(end, base.right) :]}"


def _another(base: Base) -> str | None:
    head, tail = base.form
    return f"{base.text}\n{head}{base.wrong}{tail}" if head.strip() else None


def _prompt(base: Base) -> str | None:
    prompt = base.reading.rollout.prompt
    text = prompt if isinstance(prompt, str) else "\n".join(str(m.get("content", "")) for m in prompt)
    return text or None


def _homoglyphs(base: Base) -> str | None:
    changed = base.said.translate(HOMOGLYPHS)
    return changed if changed != base.said else None


def _full_width(base: Base) -> str | None:
    changed = base.said.translate(FULL_WIDTH)
    return changed if changed != base.said else None


def _repeated(base: Base) -> str | None:
    if base.idle:
        return None
    place = base.reasoning
    if place is not None:
        inner = base.text[place[0] : place[1]].strip() or "so it is"
        return base.thinking("\n" + f"{inner} " * 12 + "\n")
    lead = base.text[: base.text.rfind("\n", 0, base.left) + 1].strip() or "so it is"
    return f"{f'{lead} ' * 12}\n{base.text}"


def _foreign(base: Base) -> str | None:
    if base.idle:
        return None
    return base.thinking(f"\n{FOREIGN}\n") if base.reasoning else f"{FOREIGN}\n{base.text}"


RIGHT_NONE = (Outcome.NONE_CORRECT,)
EITHER = (Outcome.CORRECT, Outcome.NONE_CORRECT)
WRONG = (Outcome.WRONG,)
GATE = "price it only where the answer is right: --set reward.LABEL.when=correct"
SHAPE = "use the safe format: no parity preset, `empty: false`, `repeated: false`, `nested: false`"
READ = (
    "read one answer in one form: extract [boxed] or [answer_tag], never last_number, and verify with `math`"
)
ONLY = "look for the answer after the reasoning alone (answer.reasoning)"
CHARS = "price characters outside a whitelist: kind characters"
LENGTH = "pay a length inside a window alike, and clamp it: kind length, or clamped: true"
REPEAT = "price repetition: kind repetition"

MUTATIONS: tuple[Mutation, ...] = (
    Mutation(
        "final newline",
        Invariant.NEUTRAL,
        lambda b: b.text + "\n",
        EITHER,
        "let white space follow the last block",
    ),
    Mutation(
        "two spaces",
        Invariant.NEUTRAL,
        lambda b: b.text.replace(" ", "  ", 1),
        EITHER,
        "let the shape admit white space",
    ),
    Mutation("empty reasoning", Invariant.NOT_MORE, _empty_reasoning, EITHER, SHAPE),
    Mutation("tags doubled", Invariant.NOT_MORE, _doubled, EITHER, SHAPE),
    Mutation("tags nested", Invariant.NOT_MORE, _nested, EITHER, SHAPE),
    Mutation("tags stuffed", Invariant.NOT_MORE, _stuffed, EITHER, SHAPE),
    Mutation("trailing junk", Invariant.NOT_MORE, lambda b: b.text + JUNK, EITHER, SHAPE),
    Mutation("language switched", Invariant.NOT_MORE, _foreign, EITHER, f"{CHARS}, or language_share"),
    Mutation("reasoning repeated", Invariant.NOT_MORE, _repeated, EITHER, REPEAT),
    Mutation(
        "private-use character", Invariant.NOT_MORE, _answer(lambda b: f"\ue000{b.said}"), EITHER, CHARS
    ),
    Mutation(
        "zero-width character",
        Invariant.NOT_MORE,
        _answer(lambda b: f"{b.said[:1]}\u200b{b.said[1:]}"),
        EITHER,
        CHARS,
    ),
    Mutation("full-width digits", Invariant.NOT_MORE, _answer(_full_width), (Outcome.CORRECT,), CHARS, True),
    Mutation("homoglyph digits", Invariant.LESS, _answer(_homoglyphs), (Outcome.CORRECT,), READ, True),
    Mutation("empty answer", Invariant.LESS, _answer(lambda b: ""), EITHER, READ),
    Mutation("another answer after", Invariant.LESS, _another, (Outcome.CORRECT,), READ),
    Mutation(
        "list of guesses",
        Invariant.LESS,
        _answer(lambda b: f"{b.wrong}, {b.gold}, {other(b.wrong)}"),
        (Outcome.CORRECT,),
        READ,
        True,
    ),
    Mutation("A or B", Invariant.LESS, _answer(lambda b: f"{b.gold} or {b.wrong}"), (Outcome.CORRECT,), READ),
    Mutation("denial", Invariant.LESS, _answer(lambda b: f"not {b.gold}"), (Outcome.CORRECT,), READ),
    Mutation(
        "denial in LaTeX", Invariant.LESS, _answer(lambda b: rf"\neq {b.gold}"), (Outcome.CORRECT,), READ
    ),
    Mutation(
        "said to be wrong",
        Invariant.LESS,
        _answer(lambda b: rf"{b.gold} \text{{ is wrong}}"),
        (Outcome.CORRECT,),
        READ,
    ),
    Mutation(
        "false equation",
        Invariant.LESS,
        _answer(lambda b: f"{b.wrong}={b.gold}"),
        (Outcome.CORRECT,),
        READ,
        True,
    ),
    Mutation("answer in the reasoning", Invariant.LESS, _in_reasoning, (Outcome.CORRECT,), ONLY),
    Mutation("answer in passing", Invariant.LESS, _unboxed, (Outcome.CORRECT,), READ),
    Mutation(
        "None said",
        Invariant.LESS,
        _answer(lambda b: b.none),
        (Outcome.CORRECT,),
        "price false_none below correct",
    ),
    Mutation("None lookalike", Invariant.LESS, _answer(lambda b: "Nοne"), RIGHT_NONE, READ),
    Mutation("not quite None", Invariant.LESS, _answer(lambda b: f"{b.none}, or maybe 3"), RIGHT_NONE, READ),
    Mutation("prompt echoed", Invariant.LESS, _prompt, EITHER, READ),
    Mutation("example echoed", Invariant.LESS, lambda b: b.system_prompt or None, EITHER, READ),
    Mutation("code", Invariant.LESS, _answer(lambda b: CODE), (Outcome.CORRECT,), READ),
    Mutation("wrong, tags stuffed", Invariant.BELOW, _stuffed, WRONG, GATE),
    Mutation("wrong, trailing junk", Invariant.BELOW, lambda b: b.text + JUNK, WRONG, GATE),
    Mutation("wrong, repeated", Invariant.BELOW, _repeated, WRONG, GATE),
    Mutation(
        "wrong, list with the gold", Invariant.BELOW, _answer(lambda b: f"{b.said}, {b.gold}"), WRONG, READ
    ),
    Mutation(
        "wrong, gold mentioned",
        Invariant.BELOW,
        lambda b: f"{b.text}\n({b.gold} would also do.)",
        WRONG,
        READ,
    ),
)

TARGET_ECHO = Mutation(
    "target echoed",
    Invariant.LESS,
    _answer(lambda b: b.gold),
    (Outcome.CORRECT,),
    "let the verifier ask for more than the target itself, as countdown asks for an expression",
)
"""For golds that are targets, as Countdown's: the prompt prints them."""


def mutations(recipe: Recipe) -> Iterator[Mutation]:
    """The mutations that make sense for a recipe."""
    said = recipe.answer.verify.gold_is_answer
    for mutation in MUTATIONS:
        if said or not mutation.numeric:  # the numeric ones are about golds that are answers
            yield mutation
    if not said:
        yield TARGET_ECHO


def padded(base: Base, words: int) -> str:
    """The completion with words added where it reasons, all different."""
    filler = " ".join(_words(words))
    place = base.reasoning
    if not filler:
        return base.text
    if place is not None:
        return f"{base.text[: place[0]]}\n{filler}{base.text[place[0] :]}"
    return f"{filler}\n{base.text}"


def cut(base: Base, share: float) -> str | None:
    """The completion with the first part of its reasoning alone; None where it has no block of it."""
    place = base.reasoning
    if place is None:
        return None
    inner = base.text[place[0] : place[1]]
    return base.thinking(inner[: round(len(inner) * share)])


def _words(number: int) -> Iterator[str]:
    letters = "bcdfghjklmnpqrstvwxz"
    for at in range(number):
        yield letters[at // 400 % 20] + letters[at // 20 % 20] + letters[at % 20] + "a" * (at // 8000)
