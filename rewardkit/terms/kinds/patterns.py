"""Terms that look for something in the text: a regex, a box, an integer, steps.

Each pays for finding it, or for how often it is found.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from typing import Annotated, ClassVar, Literal

import regex
from pydantic import Field, ValidationInfo, field_validator

from ...braces import BOX
from ...types import Reading, Says
from ..base import Number, Payment, Term
from ..cells import Axis, Cell, Pays, exactly, flag, hull
from ..conditions.facts import number_axis, steps
from ..examples import HOLE, template
from ..presets import WithPresets
from .length import Positive

Flag = Literal["ignorecase", "dotall", "multiline", "verbose", "ascii"]
FLAGS = {
    "ignorecase": regex.IGNORECASE,
    "dotall": regex.DOTALL,
    "multiline": regex.MULTILINE,
    "verbose": regex.VERBOSE,
    "ascii": regex.ASCII,
}


EXAMPLE_FLAGS = {
    "ignorecase": re.IGNORECASE,
    "dotall": re.DOTALL,
    "multiline": re.MULTILINE,
    "verbose": re.VERBOSE,
}
MOST_LAYOUTS = 8


@lru_cache(maxsize=256)
def _compiled(pattern: str, flags: tuple[str, ...]) -> regex.Pattern[str]:
    return regex.compile(pattern, sum(FLAGS[name] for name in set(flags)))


class _Finds(Term):
    """A term that pays `value` if it finds what it looks for, and `miss` if not."""

    value: Number = Field(1.0, description="paid if it is found")
    miss: Number = Field(0.0, description="paid if it is not")

    def find(self, reading: Reading) -> tuple[bool, str]:
        """Whether it is found, and a note."""
        raise NotImplementedError

    def axis(self) -> str:
        """The name of the flag that `find` answers."""
        raise NotImplementedError

    def pay(self, reading: Reading) -> Payment:
        found, note = self.find(reading)
        return Payment(self.value if found else self.miss, note)

    def axes(self) -> tuple[Axis, ...]:
        return (flag(self.axis(), lambda reading: self.find(reading)[0]),)

    def pays(self, cell: Cell) -> Pays:
        return exactly(self.value if cell.holds(self.axis()) else self.miss)


class Pattern(_Finds):
    """Pays if a regular expression matches the completion.

    Args:
        pattern: the expression, in the syntax of the `regex` package (that of `re`, and more).
        match: `search` anywhere, or `fullmatch` from the first character to the last.
        flags: ignorecase, dotall, multiline, verbose, ascii.
        timeout_seconds: if matching takes longer, the pattern counts as not matched, and the note says so. Measured in
            the processor time of the process, as the `regex` package does.
        value: paid if it matches.
        miss: paid if it does not, or matching took too long.
    """

    kind: ClassVar[str] = "pattern"
    looks_at: ClassVar[frozenset[str]] = frozenset({"layout"})

    flags: tuple[Flag, ...] = Field((), description="flags of the expression")
    pattern: str = Field(description="a regular expression")
    match: Literal["search", "fullmatch"] = Field("search", description="anywhere, or the whole text")
    timeout_seconds: Annotated[Number, Field(gt=0)] = Field(
        1.0, description="after which the pattern counts as not matched"
    )

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, pattern: str, info: ValidationInfo) -> str:
        try:
            _compiled(pattern, info.data.get("flags", ()))
        except regex.error as error:
            raise ValueError(f"bad regex: {error}") from None
        return pattern

    def find(self, reading: Reading) -> tuple[bool, str]:  # noqa: D102
        compiled = _compiled(self.pattern, self.flags)
        look = compiled.search if self.match == "search" else compiled.fullmatch
        try:
            found = look(reading.text, timeout=self.timeout_seconds) is not None
        except TimeoutError:
            return False, f"not matched within {self.timeout_seconds:g} s"
        return found, "matches" if found else "no match"

    def axis(self) -> str:  # noqa: D102
        how = ", ".join([self.match, *sorted(self.flags)])
        return f"pattern({self.pattern!r}, {how})"

    def axes(self) -> tuple[Axis, ...]:  # noqa: D102
        [axis] = super().axes()
        example = self._example()
        found = example is not None and self.match == "search"
        fillers = (example.replace(HOLE, "a"),) if found and example else ()
        return (replace(axis, fillers=fillers),)

    def layouts(self) -> tuple[tuple[str, str], ...]:
        """What matches, with the reasoning in an earlier hole of the expression and the answer in a later one, in the
        same one, or after it all."""
        example = self._example()
        if example is None:
            return ()
        parts = example.split(HOLE)
        found = [("", f"\n{''.join(parts)}\n{{}}"), (f"{''.join(parts)} ", "\n{}")]
        for at in range(1, len(parts)):
            before, after = "".join(parts[:at]), "".join(parts[at:])
            found.append((before, f"{{}}{after}"))
            found += [
                ("".join(parts[:first]), f"{''.join(parts[first:at])}{{}}{after}") for first in range(1, at)
            ]
        return tuple(dict.fromkeys(found[:MOST_LAYOUTS]))

    def _example(self) -> str | None:
        return template(self.pattern, sum(EXAMPLE_FLAGS.get(name, 0) for name in set(self.flags)))


_BEFORE = regex.compile(r"\\(?:boxed|fbox)\s*\{?\s*\Z")


class Boxed(_Finds):
    r"""Pays if the final answer is in a box, `\boxed{...}` or `\fbox{...}`.

    Args:
        single: whether the answer part (what follows the reasoning) must have exactly one box.
        value: paid if it is.
        miss: paid if it is not: no answer, an empty box, an answer outside a box.

    The final answer is the one that was read; None said in a box counts. ms-swift and many recipes
    based on it pay this to teach the habit.
    """

    kind: ClassVar[str] = "boxed"
    looks_at: ClassVar[frozenset[str]] = frozenset({"layout"})

    single: bool = Field(False, description="whether the answer part must have exactly one box")

    def find(self, reading: Reading) -> tuple[bool, str]:  # noqa: D102
        found = reading.extraction
        if found is None or found.text is None:
            return False, found.problem if found else "no answer"
        before = reading.text[max(0, found.span[0] - 32) : found.span[0]]
        if not _BEFORE.search(before) and not BOX.search(found.text):
            return False, f"answer from {found.extractor}, outside a box"
        if self.single:
            boxes = sum(1 for _ in BOX.finditer(reading.text, reading.answer_from))
            if boxes != 1:
                return False, f"{boxes} boxes"
        return True, "answer in a box"

    def axis(self) -> str:  # noqa: D102
        return "boxed(single)" if self.single else "boxed"


INTEGER = regex.compile(r"[-+−]?(?:[0-9]{1,3}(?:(?:,|\{,\})[0-9]{3})+|[0-9]+)")
FIRST_TAG = regex.compile(r"<answer>\s*(-?\d+)\s*</answer>", regex.IGNORECASE)


class IntegerAnswer(_Finds, WithPresets):
    """Pays if the answer is an integer, right or wrong.

    Args:
        look: `final` looks at the final answer that was read (a sign, digits, thousands commas);
            `any_tag` searches the whole completion for an `<answer>` that holds an integer, ignoring case.
        value: paid if it is one.
        miss: paid if it is not; None is not one.
        preset: `gsm8k-shaped` is the integer_reward of the tutorial of that name: `any_tag`.
    """

    kind: ClassVar[str] = "integer_answer"
    looks_at: ClassVar[frozenset[str]] = frozenset({"form"})
    PRESETS: ClassVar = {"gsm8k-shaped": {"look": "any_tag"}}

    preset: Literal["gsm8k-shaped"] | None = Field(
        None, description="a project's version; explicit parameters win"
    )
    look: Literal["final", "any_tag"] = Field("final", description="where the integer is looked for")

    def find(self, reading: Reading) -> tuple[bool, str]:  # noqa: D102
        if self.look == "any_tag":
            found = FIRST_TAG.search(reading.text) is not None
            return found, "an integer in a tag" if found else "no tag holds an integer"
        if reading.says != Says.VALUE or reading.extraction is None:
            return False, "no answer"
        text = (reading.extraction.text or "").strip().strip("$").strip()
        found = INTEGER.fullmatch(text) is not None
        return found, "an integer" if found else "not an integer"

    def axis(self) -> str:  # noqa: D102
        return f"integer({self.look})"


class ReasoningSteps(WithPresets):
    r"""Pays for visible steps: `value` * min(1, n / enough).

    A step is `Step 1:`, a number with a dot at the very start, a line that starts with - or *, or one of
    `First,` `Second,` `Next,` `Finally,`; the condition language counts the same `steps`.

    Args:
        enough: the number of steps from which the whole value is paid.
        value: paid for that many.
        preset: `open-r1`, the defaults.

    Source: open-r1's reasoning_steps_reward. It pays for markers, not for reasoning: keep it small.
    """

    kind: ClassVar[str] = "reasoning_steps"
    looks_at: ClassVar[frozenset[str]] = frozenset({"form"})
    PRESETS: ClassVar = {"open-r1": {}}

    preset: Literal["open-r1"] | None = Field(
        None, description="a project's version; explicit parameters win"
    )
    enough: Positive = Field(3, description="the number of steps from which the whole value is paid")
    value: Number = Field(1.0, description="paid for that many steps")

    def price_at(self, count: float) -> float:
        """The payment for this many steps."""
        return self.value * min(1.0, count / self.enough)

    def pay(self, reading: Reading) -> Payment:  # noqa: D102
        count = steps(reading)
        return Payment(self.price_at(count), f"{count} steps of {self.enough}")

    def axes(self) -> tuple[Axis, ...]:  # noqa: D102
        return (number_axis("steps", (1.0, float(self.enough))),)

    def pays(self, cell: Cell) -> Pays:  # noqa: D102
        part = cell.ranges["steps"]
        return hull((self.price_at(part.lo), self.price_at(part.hi)))
