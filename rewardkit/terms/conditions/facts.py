"""Numbers and yes/no facts about a reading, for terms and conditions."""

from __future__ import annotations

from dataclasses import replace

import regex

from ...errors import MissingFact
from ...types import Reading
from ..cells import Axis, flag

STEP = regex.compile(r"(Step \d+:|^\d+\.|\n-|\n\*|First,|Second,|Next,|Finally,)")
"""What counts as a reasoning step, as in open-r1's reasoning_steps_reward (no flags)."""

UNITS = ("tokens", "words", "characters")


def tokens(reading: Reading) -> int:
    """Number of tokens in the completion without the end-of-sequence token. Never guessed."""
    rollout = reading.rollout
    if rollout.tokens is not None:
        return rollout.tokens
    if rollout.token_ids is not None:
        return len(rollout.token_ids)
    raise MissingFact(
        f"rollout {rollout.id or '(without id)'} has no token count and this recipe prices tokens; "
        "give it a `tokens` count, or count them with a tokenizer"
    )


def words(reading: Reading) -> int:
    """Words of the text, separated by white space."""
    return len(reading.words)


def characters(reading: Reading) -> int:
    """Number of Unicode code points in the text."""
    return len(reading.text)


def steps(reading: Reading) -> int:
    """Number of reasoning-step markers in the text."""
    return sum(1 for _ in STEP.finditer(reading.text))


def has_tag(reading: Reading, name: str) -> bool:
    """Whether the text has a pair of this tag, opened and closed."""
    opened = reading.text.find(f"<{name}>")
    return opened >= 0 and reading.text.find(f"</{name}>", opened) >= 0


NUMBERS = {"tokens": tokens, "words": words, "characters": characters, "steps": steps}


def number_axis(name: str, cuts: tuple[float, ...] = ()) -> Axis:
    """The axis of tokens, words, characters or steps. A cut begins a new range."""
    return Axis(name, NUMBERS[name], cuts=cuts)


REASONED = flag("reasoned", lambda reading: reading.reasoned)


def tag_axis(name: str) -> Axis:
    """The axis of has_tag(name)."""
    # Written among the reasoning, where an extractor that reads this tag does not look.
    fillers = (f"<{name}> </{name}>",)
    return replace(flag(f"has_tag({name})", lambda reading: has_tag(reading, name)), fillers=fillers)


def field_axis(name: str, literal: str | float | bool | None) -> Axis:
    """The axis of field(name) == literal. A missing column equals nothing, and true is not 1."""

    def equals(reading: Reading) -> bool:
        fields = reading.rollout.fields
        if name not in fields or isinstance(fields[name], bool) is not isinstance(literal, bool):
            return False
        return bool(fields[name] == literal)

    return flag(f"field({name})=={literal!r}", equals)
