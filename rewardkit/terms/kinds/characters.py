"""Terms that look at the characters of a completion.

Policies trained on rewards alone drift into private-use, full-width and foreign characters. One term
prices every character outside a whitelist, the other pays for the share of letters in the wanted scripts.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, inf
from typing import Annotated, Any, ClassVar

import regex
from pydantic import AfterValidator, Field, field_validator, model_validator

from ...types import Reading
from ..base import Floor, Number, Payment, Term
from ..cells import Axis, Cell, Pays, flag, hull
from ..charsets import charset, outside


def _known(name: str) -> str:
    charset(name)
    return name


CharSetName = Annotated[str, AfterValidator(_known)]
"""The name of a set in charsets.yaml."""

LITTER = "語\ue000Ａ\u200béあ\x07☃Ω→∑~a"
"""Characters of many sets; most whitelists leave out at least one of them."""
FOREIGN = LITTER[0]

NOT_LETTERS = regex.compile(r"\P{L}+")
LETTERS = flag("letters", lambda reading: bool(NOT_LETTERS.sub("", reading.text)))


def _once(names: tuple[str, ...]) -> tuple[str, ...]:
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise ValueError(f"the set '{twice}' is listed twice; list it once")
    return names


CharSetNames = Annotated[tuple[CharSetName, ...], AfterValidator(_once)]
"""Names of sets in charsets.yaml, each once."""


def _revisions(names: tuple[str, ...]) -> dict[str, int]:
    """The revisions of sets, for the digest: changing the characters of a set breaks the lock."""
    return {name: charset(name).revision for name in names}


class Characters(Term):
    """A price on every character outside a whitelist.

    Args:
        allow: named sets that are allowed; see `rewardkit/terms/charsets.yaml` for their contents.
        also: further characters that are allowed, as one string.
        price: paid per character outside, at most 0.
        floor: the lowest payment, however many there are; null (the default) for no bound.

    Source: version 2 of the reward in the None-discrimination report on Qwen3-0.6B (ASCII, Greek,
    mathematical operators and arrows; -0.01 per character, no floor), which took the share of
    completions with stray characters from 43.5 per cent to 0.
    """

    kind: ClassVar[str] = "characters"
    looks_at: ClassVar[frozenset[str]] = frozenset({"text"})
    bounded_by: ClassVar[tuple[str, float]] = ("floor", -0.3)

    allow: CharSetNames = Field(description="names of the character sets allowed (see charsets.yaml)")
    also: str = Field("", description="further characters that are allowed")
    price: Number = Field(description="paid per character outside, at most 0")
    floor: Floor | None = Field(None, description="the lowest payment; null: no bound")

    def identity(self) -> dict[str, Any]:
        """As for every kind, with the revision of each character set."""
        return {**super().identity(), "set_revisions": _revisions(self.allow)}

    @field_validator("price")
    @classmethod
    def _price_sign(cls, price: float) -> float:
        if price > 0:
            raise ValueError(
                f"the price of a character is added to the total, so it is at most 0; write {-price:g}"
            )
        return price

    @model_validator(mode="after")
    def _something_allowed(self) -> Characters:
        if not self.allow and not self.also:
            raise ValueError("no character is allowed: name at least one set")
        return self

    def stray(self, text: str) -> str:
        """The characters of a string that are outside the whitelist, in order.

        >>> Characters(allow=("ascii",), price=-0.01).stray("2＋2")
        '＋'
        """
        return outside(text, self.allow, self.also)

    def price_at(self, count: float) -> float:
        """The payment for this many characters outside."""
        if self.price == 0:
            return 0.0
        price = self.price * count + 0.0
        return price if self.floor is None else max(self.floor, price)

    def pay(self, reading: Reading) -> Payment:  # noqa: D102
        stray = self.stray(reading.text)
        return Payment(self.price_at(len(stray)), _named(stray))

    def amounts(self, readings: Sequence[Reading]) -> list[float | None]:  # noqa: D102
        return [self.price_at(len(self.stray(reading.text))) for reading in readings]

    def axes(self) -> tuple[Axis, ...]:  # noqa: D102
        cuts = [1.0]
        reached = self.floor / self.price if self.floor is not None and self.price else inf
        if reached < inf:
            cuts.append(float(max(1, ceil(reached))))
        return (
            Axis(
                self._axis(),
                lambda reading: len(self.stray(reading.text)),
                cuts=tuple(cuts),
                fillers=tuple(LITTER),
            ),
        )

    def pays(self, cell: Cell) -> Pays:  # noqa: D102
        part = cell.ranges[self._axis()]
        return hull((self.price_at(part.lo), self.price_at(part.hi)))

    def _axis(self) -> str:
        literal = f"+{''.join(sorted(set(self.also)))!r}" if self.also else ""
        return f"stray({'+'.join(sorted(self.allow))}{literal})"


def _named(stray: str) -> str:
    """A note that names stray characters by code point, since many of them are invisible."""
    if not stray:
        return "no character outside"
    kinds = list(dict.fromkeys(stray[:1000]))
    shown = ", ".join(f"U+{ord(c):04X}" + (f' "{c}"' if c.isprintable() else "") for c in kinds[:3])
    more = ", ..." if len(kinds) > 3 else ""
    return f"{len(stray)} character{'s' if len(stray) > 1 else ''} outside: {shown}{more}"


class LanguageShare(Term):
    """A payment for the share of letters that belong to the wanted scripts.

    Pays `value` times (letters within `scripts`) / (letters). A letter is a character of the Unicode
    category L: digits, signs, spaces and punctuation do not count, LaTeX commands do.

    Args:
        scripts: named sets that hold the wanted letters, such as `latin` or `cjk`.
        value: paid if every letter is in `scripts`.
        no_letters: paid for a completion without letters, which has no share.

    Source: the language-consistency reward of DeepSeek-R1 (arXiv 2501.12948, section 2.3.2), which
    takes the share of words in the target language; letters work for scripts without spaces too.
    """

    kind: ClassVar[str] = "language_share"
    looks_at: ClassVar[frozenset[str]] = frozenset({"text"})

    scripts: CharSetNames = Field(description="names of the sets that hold the wanted letters")
    value: Number = Field(1.0, description="paid if every letter is in the scripts")
    no_letters: Number = Field(0.0, description="paid for a completion without letters")

    def identity(self) -> dict[str, Any]:
        """As for every kind, with the revision of each character set."""
        return {**super().identity(), "set_revisions": _revisions(self.scripts)}

    @field_validator("scripts")
    @classmethod
    def _not_empty(cls, scripts: tuple[str, ...]) -> tuple[str, ...]:
        if not scripts:
            raise ValueError("name at least one set of letters, such as latin or cjk")
        return scripts

    def share(self, text: str) -> float | None:
        """The share of letters in the scripts, None if there are no letters.

        >>> LanguageShare(scripts=("latin",)).share("abc 123 中")
        0.75
        """
        letters = NOT_LETTERS.sub("", text)
        if not letters:
            return None
        foreign = len(outside(letters, self.scripts))
        return 1.0 - foreign / len(letters)

    def pay(self, reading: Reading) -> Payment:  # noqa: D102
        share = self.share(reading.text)
        if share is None:
            return Payment(self.no_letters, "no letters")
        return Payment(self.value * share, f"{share:.0%} of the letters within {', '.join(self.scripts)}")

    def axes(self) -> tuple[Axis, ...]:  # noqa: D102
        share = Axis(self._axis(), self._measure, cuts=(0.0, 1.0), hi=1.0, integer=False, fillers=(FOREIGN,))
        # Without letters the measure is 0 as well; where that is paid otherwise, it is a style of its own.
        return (share, LETTERS) if self.no_letters else (share,)

    def pays(self, cell: Cell) -> Pays:  # noqa: D102
        part = cell.ranges[self._axis()]
        if self.no_letters and not cell.holds(LETTERS.name):
            return Pays(self.no_letters, self.no_letters)
        return hull((self.value * part.lo, self.value * part.hi))

    def _measure(self, reading: Reading) -> float:
        return self.share(reading.text) or 0.0

    def _axis(self) -> str:
        return f"share({'+'.join(sorted(self.scripts))})"
