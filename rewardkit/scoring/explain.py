"""Why a rollout was paid what it was paid, as lines of text.

A tree shows what each term paid and why; below it is the place where the answer was found:

    reward +0.90
    ├─ correctness +1.00  (boxed "42" = gold "42", numeric)
    └─ too_short   -0.10  (20 tokens, 10 below 30)
    outcome  correct
    answer   boxed "42", characters 27 to 29 of 31
             ...and so we have \\boxed{42}.
                                      ^^
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ..formatting import ends, one_line, signed
from ..types import Outcome, Says, Score, TermScore

if TYPE_CHECKING:
    from ..recipe.recipe import Recipe
    from ..terms.base import Term

AROUND = 36
"""Columns of text shown before an answer; half as many after it."""
LONGEST = 60
"""Columns of an answer that are shown."""


def tree_lines(score: Score, recipe: Recipe | None = None) -> list[str]:
    """The tree of a score, one line per term.

    Args:
        score: what was paid.
        recipe: shows which weight and clip changed a payment; without it, only that one did.
    """
    terms: Mapping[str, Term] = recipe.reward if recipe is not None else {}
    return [f"reward {signed(score.total)}{_clipped(score, recipe)}", *_branches(score.terms, terms, "")]


def _clipped(score: Score, recipe: Recipe | None) -> str:
    """What the recipe's own clip did to the sum."""
    if recipe is None or recipe.clip is None or score.total is None:
        return ""
    from ..terms.combinators import total

    whole = total([term.value for term in score.terms]).value
    if whole is None or whole == score.total:
        return ""
    return f"  ({signed(whole)} clipped to {_interval(recipe.clip)})"


def _branches(scores: Sequence[TermScore], terms: Mapping[str, Term], stem: str) -> list[str]:
    lines: list[str] = []
    width = max((len(score.label) for score in scores), default=0)
    for score in scores:
        last = score is scores[-1]
        term = terms.get(score.label)
        why = "; ".join(part for part in (score.note, _modified(score, term)) if part)
        tail = f"  ({one_line(why)})" if why else ""
        lines.append(f"{stem}{'└─' if last else '├─'} {score.label:<{width}} {signed(score.value):>5}{tail}")
        inner: Mapping[str, Term] = getattr(term, "terms", {})
        lines += _branches(score.children, inner, stem + ("   " if last else "│  "))
    return lines


def _modified(score: TermScore, term: Term | None) -> str:
    """What weight and clip made of the raw payment; empty where they changed nothing."""
    if score.raw is None or score.raw == score.value:
        return ""
    if term is None:
        return f"{signed(score.raw)} before weight and clip"
    weighted = score.raw * term.weight
    text = signed(score.raw)
    if term.weight != 1:
        text += f" × {term.weight:g}"
    if term.clip is not None and weighted != score.value:
        text += f" clipped to {_interval(term.clip)}"
    return text


def _interval(clip: tuple[float, float]) -> str:
    return f"[{clip[0]:g}, {clip[1]:g}]"


def explain_lines(score: Score, recipe: Recipe | None = None) -> list[str]:
    """The tree, the outcome, and where the answer was found."""
    reading = score.reading
    facts = [str(reading.outcome)]
    if reading.truncated:
        facts.append("truncated")
    ids = reading.rollout.token_ids
    count = reading.rollout.tokens if reading.rollout.tokens is not None or ids is None else len(ids)
    if count is not None:
        facts.append(f"{count:,} tokens")
    facts.append(f"{len(reading.text):,} characters")
    lines = [*tree_lines(score, recipe), f"outcome  {', '.join(facts)}"]
    if reading.outcome == Outcome.UNDECIDED and reading.verdict is not None:
        lines.append(
            f"gold     unusable: {one_line(str(reading.verdict.details.get('fault') or reading.route))}"
        )
    return lines + answer_lines(score)


def answer_lines(score: Score) -> list[str]:
    """The extracted answer, its place, and the text around it with the answer marked."""
    reading = score.reading
    found = reading.extraction
    if found is None:
        if reading.answer_from >= len(reading.text) > 0:
            return ["answer   none: the reasoning is never closed, or nothing follows it"]
        return ["answer   none found"]
    start, stop = found.span
    said = (
        f'{found.extractor} "{one_line(ends(found.text, LONGEST))}"'
        if found.text is not None
        else found.extractor
    )
    said += f", {found.problem}" if found.problem else ""
    said += ", which means None" if reading.says == Says.NONE else ""
    lines = [f"answer   {said}, characters {start:,} to {stop:,} of {len(reading.text):,}"]
    return lines + [f"         {line}" for line in marked(reading.text, start, stop)]


def marked(text: str, start: int, stop: int) -> list[str]:
    """Two lines: the text around a span, and carets below the span.

    >>> marked("so it is 42.", 9, 11)
    ['so it is 42.', '         ^^']
    """
    from rich.cells import cell_len

    begin, end = max(0, start - AROUND), min(len(text), stop + AROUND // 2)
    before = ("..." if begin else "") + one_line(text[begin:start])
    inside = one_line(ends(text[start:stop], LONGEST))
    after = one_line(text[stop:end]) + ("..." if end < len(text) else "")
    return [f"{before}{inside}{after}".rstrip(), " " * cell_len(before) + "^" * max(cell_len(inside), 1)]
