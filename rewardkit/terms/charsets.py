"""Named sets of characters, read once from `charsets.yaml`.

Each is a frozen set of code-point ranges with a revision; terms count with the pattern that several of
them compile to.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import yaml

from ..errors import nearest


@dataclass(frozen=True, slots=True)
class CharSet:
    """A named set of characters; `ranges` are inclusive code points."""

    name: str
    revision: int
    about: str
    ranges: tuple[tuple[int, int], ...]

    def __contains__(self, character: str) -> bool:
        return any(lo <= ord(character) <= hi for lo, hi in self.ranges)


@cache
def charsets() -> Mapping[str, CharSet]:
    """Every named set.

    >>> "≤" in charsets()["math_operators"], "＋" in charsets()["math_operators"]
    (True, False)
    """
    text = Path(__file__).with_name("charsets.yaml").read_text(encoding="utf-8")
    # BaseLoader reads every scalar as a string: 0370 stays a code point and does not become an octal number.
    entries = yaml.load(text, Loader=yaml.BaseLoader)
    return {
        name: CharSet(name, int(entry["revision"]), entry["about"].strip(), tuple(_ranges(entry)))
        for name, entry in entries.items()
    }


def _ranges(entry: Mapping[str, Any]) -> Iterator[tuple[int, int]]:
    for text in entry.get("ranges", ()):
        lo, _, hi = text.partition("-")
        yield int(lo, 16), int(hi or lo, 16)
    for character in entry.get("characters", ""):
        yield ord(character), ord(character)


def charset(name: str) -> CharSet:
    """The set with this name. Raises ValueError with the nearest valid names."""
    try:
        return charsets()[name]
    except KeyError:
        raise ValueError(f"unknown character set '{name}'; {nearest(name, charsets())}") from None


@lru_cache(maxsize=256)
def runs_inside(names: tuple[str, ...], literal: str = "") -> re.Pattern[str]:
    """A pattern that matches runs of the sets' characters and the literal ones.

    Removing what it matches leaves all other characters, in one linear pass.
    """
    ranges = [pair for name in names for pair in charset(name).ranges]
    ranges += [(ord(character), ord(character)) for character in literal]
    inside = "".join(f"\\U{lo:08x}-\\U{hi:08x}" for lo, hi in sorted(set(ranges)))
    return re.compile(f"[{inside}]+" if inside else r"(?!)")


@lru_cache(maxsize=256)
def _ascii_inside(names: tuple[str, ...], literal: str) -> bytes:
    """The ASCII characters that the sets and the literal characters hold."""
    inside = runs_inside(names, literal)
    return bytes(code for code in range(128) if inside.match(chr(code)))


def outside(text: str, names: tuple[str, ...], literal: str = "") -> str:
    """The characters of a text that neither the sets nor the literal characters hold, in order."""
    if text.isascii():  # most completions: bytes go through in a tenth of the time
        return text.encode("ascii").translate(None, _ascii_inside(names, literal)).decode("ascii")
    return runs_inside(names, literal).sub("", text)
