"""Terms that pay for the layout of a completion: its tags, all in order or each by itself.

`format` pays for the whole layout, `tag_count` a share for each piece that occurs exactly once. If the prompt has
opened the reasoning (`reading.prefilled`), the opening tag that the model cannot write again counts as written.
"""

from __future__ import annotations

import json
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field, model_validator

from ...types import Reading
from ..base import Number, Payment
from ..cells import Axis, Cell, Pays, exactly, flag, hull
from ..presets import WithPresets
from .shapes import PARITY, Filler, once, tagged


def _tag_name(name: str) -> str:
    if not name or any(sign in name for sign in "<>/") or name != name.strip():
        raise ValueError(f"write a tag without its brackets, as in think; found {name!r}")
    return name


def _distinct(names: tuple[str, ...]) -> tuple[str, ...]:
    if not names:
        raise ValueError("name at least one")
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ValueError(f"{twice!r} is listed twice; list it once")
    return names


TagName = Annotated[str, AfterValidator(_tag_name)]
THINK_ANSWER = ("think", "answer")


class Format(WithPresets):
    """Pays if the whole completion, to the last character, has a given layout.

    Args:
        tags: the blocks, in order, each by its tag's name.
        before: what may come before the first block: nothing, whitespace or text.
        between: what may come between blocks.
        after: what may come after the last block.
        empty: whether a block may be empty or white space only.
        repeated: whether the whole sequence may be repeated.
        nested: whether these tags may occur inside a block.
        parity: a project's own pattern instead of all of the above.
        value: paid if the layout is right.
        miss: paid if it is not.
        preset: `think_answer`, the default: `<think>..</think><answer>..</answer>`, both filled, white
            space around them and nothing else. `think`: a filled reasoning first, then any text. `open-r1`
            (new lines required; lines after `</answer>` pass), `trl` (a second `</think>` and an empty
            answer pass) and `ms-swift` (a final new line fails) are those projects' patterns to the letter.

    If the prompt has opened the reasoning, `think` counts as opened; so does any other first tag
    that the text closes without having opened it.

    Source: the format reward of DeepSeek-R1 (arXiv 2501.12948); open-r1's format_reward, TRL's
    think_format_reward, ms-swift's Format.
    """

    kind: ClassVar[str] = "format"
    looks_at: ClassVar[frozenset[str]] = frozenset({"layout"})
    PRESETS: ClassVar = {
        "think_answer": {},
        "think": {"tags": ("think",), "after": "text"},
        **{name: {"parity": name} for name in PARITY},
    }

    preset: Literal["think_answer", "think", "open-r1", "trl", "ms-swift"] | None = Field(
        None, description="a named layout; explicit parameters win"
    )
    tags: Annotated[tuple[TagName, ...], AfterValidator(_distinct)] = Field(
        THINK_ANSWER, description="the blocks in order, by their tags' names"
    )
    before: Filler = Field("whitespace", description="what may come before the first block")
    between: Filler = Field("whitespace", description="what may come between blocks")
    after: Filler = Field("whitespace", description="what may come after the last block")
    empty: bool = Field(False, description="whether a block may be empty or white space only")
    repeated: bool = Field(False, description="whether the whole sequence may be repeated")
    nested: bool = Field(False, description="whether these tags may occur inside a block")
    parity: Literal["open-r1", "trl", "ms-swift"] | None = Field(
        None, description="a project's own pattern instead of the parameters above"
    )
    value: Number = Field(1.0, description="paid if the layout is right")
    miss: Number = Field(0.0, description="paid if it is not")

    @model_validator(mode="after")
    def _one_or_the_other(self) -> Format:
        shaping = ("tags", "before", "between", "after", "empty", "repeated", "nested")
        changed = [name for name in shaping if getattr(self, name) != type(self).model_fields[name].default]
        if self.parity and changed:
            raise ValueError(
                f"the pattern of {self.parity} is fixed, so `{changed[0]}` has no effect; drop one"
            )
        return self

    def fault(self, reading: Reading) -> str:
        """Why the completion does not have the layout, "" if it does."""
        text = reading.text
        if self.parity is not None:
            return PARITY[self.parity]("<think>\n" + text if reading.prefilled else text)
        if reading.prefilled and self._opened_by_prompt(text):
            text = f"<{self.tags[0]}>{text}"
        return tagged(
            text,
            self.tags,
            before=self.before,
            between=self.between,
            after=self.after,
            empty=self.empty,
            repeated=self.repeated,
            nested=self.nested,
        )

    def pay(self, reading: Reading) -> Payment:  # noqa: D102
        fault = self.fault(reading)
        return Payment(self.miss, fault) if fault else Payment(self.value, "in shape")

    def axes(self) -> tuple[Axis, ...]:  # noqa: D102
        return (flag(self._axis(), lambda reading: not self.fault(reading)),)

    def pays(self, cell: Cell) -> Pays:  # noqa: D102
        return exactly(self.value if cell.holds(self._axis()) else self.miss)

    def _opened_by_prompt(self, text: str) -> bool:
        first = self.tags[0]
        if first == "think":
            return True
        opens, closes = text.find(f"<{first}>"), text.find(f"</{first}>")
        return closes >= 0 and (opens < 0 or closes < opens)

    def _axis(self) -> str:
        if self.parity:
            return f"format({self.parity})"
        prices = {"value", "miss", "parity", *_MODIFIERS}
        shape = self.model_dump(mode="json", exclude_defaults=True, exclude=prices)
        return f"format({json.dumps(shape)[1:-1] if shape else 'think_answer'})"


_MODIFIERS = ("when", "otherwise", "weight", "clip")

OPEN_R1_PIECES = ("<think>\n", "\n</think>\n", "\n<answer>\n", "\n</answer>")


class TagCount(WithPresets):
    """Pays an equal share for each expected piece that occurs exactly once.

    Args:
        expect: the pieces of text, tags with their brackets.
        value: paid if each of them occurs exactly once.
        preset: `open-r1` expects its four tags together with their new lines.

    Order and nesting are not checked: `format` does that. If the prompt has opened the reasoning,
    a first piece `<think>` counts as written once more than the completion shows.

    Source: open-r1's tag_count_reward, 0.25 per tag.
    """

    kind: ClassVar[str] = "tag_count"
    looks_at: ClassVar[frozenset[str]] = frozenset({"layout"})
    PRESETS: ClassVar = {"open-r1": {"expect": OPEN_R1_PIECES}}

    preset: Literal["open-r1"] | None = Field(
        None, description="a project's version; explicit parameters win"
    )
    expect: Annotated[tuple[Annotated[str, Field(min_length=1)], ...], AfterValidator(_distinct)] = Field(
        ("<think>", "</think>", "<answer>", "</answer>"), description="pieces that must occur exactly once"
    )
    value: Number = Field(1.0, description="paid if each occurs exactly once")

    def count(self, reading: Reading) -> int:
        """How many of the expected pieces occur exactly once."""
        first = self.expect[0]
        opened = reading.prefilled and first.strip() == "<think>"
        return once(first + reading.text if opened else reading.text, self.expect)

    def pay(self, reading: Reading) -> Payment:  # noqa: D102
        count = self.count(reading)
        return Payment(
            self._price_at(count),
            f"{count} of the {len(self.expect)} pieces exactly once: {', '.join(map(repr, self.expect))}",
        )

    def axes(self) -> tuple[Axis, ...]:  # noqa: D102
        whole = len(self.expect)
        return (Axis(self._axis(), self.count, cuts=tuple(map(float, range(1, whole + 1))), hi=whole),)

    def pays(self, cell: Cell) -> Pays:  # noqa: D102
        part = cell.ranges[self._axis()]
        return hull((self._price_at(part.lo), self._price_at(part.hi)))

    def _price_at(self, count: float) -> float:
        return self.value * count / len(self.expect)

    def _axis(self) -> str:
        return f"tags({json.dumps(self.expect)[1:-1]})"
